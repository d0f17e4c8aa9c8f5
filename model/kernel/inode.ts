/**
 * A file's content: the page cache, and how much of it the platter has.
 *
 * The first `synced` entries are on the platter. Behind them the platter may hold any prefix of what was written since.
 * A truncation may be undone, so that the content before it comes back (`before`), until an fsync of any file follows: a
 * file's length is in the file system's journal, which is written in order (ext4, xfs).
 */
import { ENTRY_OK, type EntryState } from './disk.js';
import type { DirectoryOperation } from './directory.js';

/** What a file held behind the cut of its first truncation that is not yet durable. */
interface Before {
  /** Entries kept by the truncation. */
  readonly kept: number;
  readonly entries: object[];
  readonly sizes: number[];
  /** Damage comes back with what is damaged. */
  readonly states: EntryState[];
  /** How many of the file's entries were durable, counted from its beginning. */
  synced: number;
}

/** An fsync that is under way. */
export interface Flush {
  readonly inode: Inode;
  /** Entries written when it began. */
  readonly asked: number;
  /** Those of them that no truncation has touched since. */
  covered: number;
  /** Whether all truncations so far are covered too. */
  coversTruncation: boolean;
}

export class Inode {
  path: string;
  readonly entries: object[] = [];
  readonly sizes: number[] = [];
  bytes = 0;
  synced = 0;
  before: Before | null = null;
  /** The disk's count of truncations at the last one of this file. */
  truncation = 0;
  /** The operation that made its name, until that is durable. */
  creation: DirectoryOperation | null = null;
  private states: Map<number, EntryState> | null = null;
  private readonly flushes = new Set<Flush>();

  constructor(path: string) {
    this.path = path;
  }

  append(entry: object, bytes: number): void {
    this.entries.push(entry);
    this.sizes.push(bytes);
    this.bytes += bytes;
  }

  truncate(length: number): void {
    if (length >= this.entries.length) return;
    const entries = this.entries.splice(length);
    const sizes = this.sizes.splice(length);
    const states = entries.map((_, index) => this.state(length + index));
    for (const size of sizes) this.bytes -= size;
    this.forgetStates(length);
    this.remember(length, entries, sizes, states);
    this.synced = Math.min(this.synced, length);
    for (const flush of this.flushes) {
      flush.covered = Math.min(flush.covered, length);
      flush.coversTruncation = false;
    }
  }

  /** The whole file becomes one durable entry. */
  replace(entry: object, bytes: number): void {
    this.clear();
    this.append(entry, bytes);
    this.syncAll();
    for (const flush of this.flushes) flush.covered = 0;
  }

  state(index: number): EntryState {
    return this.states === null ? ENTRY_OK : (this.states.get(index) ?? ENTRY_OK);
  }

  firstDamaged(from: number): number {
    if (this.states === null) return -1;
    let first = -1;
    for (const index of this.states.keys()) if (index >= from && (first < 0 || index < first)) first = index;
    return first;
  }

  mark(index: number, state: EntryState): void {
    (this.states ??= new Map()).set(index, state);
  }

  /** The platter has all of it, and nothing else. */
  get isSettled(): boolean {
    return this.synced === this.entries.length && this.before === null && this.creation === null;
  }

  syncAll(): void {
    this.synced = this.entries.length;
    this.before = null;
  }

  /** Its length is in the journal: no truncation so far can be undone. */
  settleTruncations(): void {
    this.before = null;
  }

  beginFlush(): Flush {
    const length = this.entries.length;
    const flush: Flush = { inode: this, asked: length, covered: length, coversTruncation: true };
    this.flushes.add(flush);
    return flush;
  }

  endFlush(flush: Flush, succeeded: boolean): void {
    this.flushes.delete(flush);
    if (!succeeded) return;
    this.synced = Math.max(this.synced, flush.covered);
    if (flush.coversTruncation) this.before = null;
    // The flush wrote what the file held before it was cut.
    else if (this.before !== null) this.before.synced = Math.max(this.before.synced, flush.asked);
  }

  /** What the platter held before the truncations becomes the content. */
  revertTruncations(): void {
    const { before } = this;
    if (before === null) return;
    this.cut(before.kept);
    for (let i = 0; i < before.entries.length; i++) {
      this.append(before.entries[i], before.sizes[i]);
      if (before.states[i] !== ENTRY_OK) this.mark(before.kept + i, before.states[i]);
    }
    this.synced = Math.max(this.synced, before.synced);
    this.before = null;
  }

  /** Power was lost: so many entries are left, and all that is left is on the platter. */
  settle(length: number): void {
    this.cut(length);
    this.syncAll();
    this.flushes.clear();
    this.creation = null;
  }

  private clear(): void {
    this.cut(0);
    this.before = null;
  }

  private cut(length: number): void {
    this.entries.length = length;
    for (let i = length; i < this.sizes.length; i++) this.bytes -= this.sizes[i];
    this.sizes.length = length;
    this.forgetStates(length);
  }

  /** Of several truncations the platter may have seen none: what the first and the deepest cut off is one piece. */
  private remember(kept: number, entries: object[], sizes: number[], states: EntryState[]): void {
    const { before } = this;
    if (before === null) {
      this.before = { kept, entries, sizes, states, synced: this.synced };
      return;
    }
    if (kept >= before.kept) return;
    const shared = before.kept - kept;
    this.before = {
      kept,
      entries: entries.slice(0, shared).concat(before.entries),
      sizes: sizes.slice(0, shared).concat(before.sizes),
      states: states.slice(0, shared).concat(before.states),
      synced: before.synced,
    };
  }

  private forgetStates(from: number): void {
    if (this.states === null) return;
    for (const index of this.states.keys()) {
      if (index >= from) this.states.delete(index);
    }
  }
}
