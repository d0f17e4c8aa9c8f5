/**
 * Where each leader epoch begins in one log: LeaderEpochFileCache (KIP-101, KIP-279). An epoch that begins is written to
 * `leader-epoch-checkpoint` at once, what is trimmed a moment later: so after a crash the file may name too much, never
 * too little, and what lies outside the log is trimmed on load.
 */
import type { Disk } from '../../kernel/disk.js';
import { mustSucceed } from './storage-error.js';
import { leaderEpochCheckpointPath } from './paths.js';

export interface EpochEntry {
  readonly epoch: number;
  readonly startOffset: number;
}

/** The largest epoch not above the one asked for, and the offset at which it ends (exclusive). */
export interface EpochEndOffset {
  readonly epoch: number;
  readonly endOffset: number;
}

/** What the checkpoint file holds. */
interface EpochCheckpoint {
  readonly entries: readonly EpochEntry[];
}

const CHECKPOINT_ENTRY_BYTES = 24;

export class LeaderEpochCache {
  readonly #disk: Disk;
  readonly #path: string;
  readonly #onTrimmed: () => void;
  readonly #keepsEpochs: boolean;
  /** Ascending in both fields. */
  #entries: EpochEntry[];
  /** The file names epochs that are trimmed. */
  #stale = false;

  /**
   * @param onTrimmed asked to call `flush` a moment later (truncateFromEndAsyncFlush)
   * @param keepsEpochs false: the log's message format has none, and the cache stays empty (maybeCreateLeaderEpochCache)
   */
  constructor(disk: Disk, partitionName: string, onTrimmed: () => void, keepsEpochs = true) {
    this.#disk = disk;
    this.#onTrimmed = onTrimmed;
    this.#keepsEpochs = keepsEpochs;
    this.#path = leaderEpochCheckpointPath(partitionName);
    this.#entries = readCheckpoint(disk, this.#path);
  }

  /** -1 if the log has no epoch yet. */
  get latestEpoch(): number {
    return this.#entries.length === 0 ? -1 : this.#entries[this.#entries.length - 1].epoch;
  }

  get entries(): readonly EpochEntry[] {
    return this.#entries;
  }

  /**
   * Says that `epoch` begins at `startOffset`. Entries that would no longer ascend give way: an epoch that began here
   * and wrote nothing leaves no trace (maybeTruncateNonMonotonicEntries).
   */
  assign(epoch: number, startOffset: number): void {
    if (!this.#keepsEpochs) return;
    const entries = this.#entries;
    const latest = entries.length === 0 ? undefined : entries[entries.length - 1];
    if (latest !== undefined && latest.epoch === epoch && startOffset >= latest.startOffset) return;
    while (entries.length > 0) {
      const last = entries[entries.length - 1];
      if (last.epoch < epoch && last.startOffset < startOffset) break;
      entries.pop();
    }
    entries.push({ epoch, startOffset });
    this.#write();
  }

  /**
   * While a segment is scanned after a crash: only an epoch above all that the file names is taken from the batches
   * (LogSegment.recover). One that the file misplaces, since a truncation was undone (KAFKA-9892), stays.
   */
  recover(epoch: number, startOffset: number, lowestEpoch: number): void {
    if (epoch >= lowestEpoch && epoch > this.latestEpoch) this.assign(epoch, startOffset);
  }

  /** Drops every epoch that begins at or above `endOffset`. */
  truncateFromEnd(endOffset: number): void {
    const entries = this.#entries;
    const before = entries.length;
    while (entries.length > 0 && entries[entries.length - 1].startOffset >= endOffset) entries.pop();
    if (entries.length !== before) this.#trimmed();
  }

  /** Drops every epoch that ends at or below `startOffset`; the one that reaches over it begins there from now on. */
  truncateFromStart(startOffset: number): void {
    const entries = this.#entries;
    let count = 0;
    while (count < entries.length && entries[count].startOffset <= startOffset) count++;
    if (count === 0 || (count === 1 && entries[0].startOffset === startOffset)) return;
    entries.splice(0, count, { epoch: entries[count - 1].epoch, startOffset });
    this.#trimmed();
  }

  /** Of a log that is emptied (clearAndFlush). */
  clear(): void {
    this.#entries.length = 0;
    this.#write();
  }

  /** Brings the file up to date with what was trimmed. */
  flush(): void {
    if (this.#stale) this.#write();
  }

  /**
   * Where the history of `requestedEpoch` ends in this log (LeaderEpochFileCache.endOffsetFor, KIP-279). undefined: no
   * epoch was asked for, or a later one than this log knows.
   */
  endOffsetFor(requestedEpoch: number, logEndOffset: number): EpochEndOffset | undefined {
    if (requestedEpoch < 0) return undefined;
    const entries = this.#entries;
    if (requestedEpoch === this.latestEpoch) return { epoch: requestedEpoch, endOffset: logEndOffset };
    let higher = entries.length;
    while (higher > 0 && entries[higher - 1].epoch > requestedEpoch) higher--;
    if (higher === entries.length) return undefined;
    const epoch = higher === 0 ? requestedEpoch : entries[higher - 1].epoch;
    return { epoch, endOffset: entries[higher].startOffset };
  }

  /** The epoch of the record at an offset; -1 if it lies below every entry. */
  epochAt(offset: number): number {
    const entries = this.#entries;
    let index = entries.length - 1;
    while (index >= 0 && entries[index].startOffset > offset) index--;
    return index < 0 ? -1 : entries[index].epoch;
  }

  #trimmed(): void {
    if (this.#stale) return;
    this.#stale = true;
    this.#onTrimmed();
  }

  #write(): void {
    this.#stale = false;
    const checkpoint: EpochCheckpoint = { entries: this.#entries.slice() };
    const bytes = CHECKPOINT_ENTRY_BYTES * (1 + checkpoint.entries.length);
    mustSucceed(this.#disk.replace(this.#path, checkpoint, bytes), this.#path);
  }
}

function readCheckpoint(disk: Disk, path: string): EpochEntry[] {
  if (!disk.exists(path)) return [];
  const file = disk.open(path);
  return file.length === 0 ? [] : [...(file.read(0) as EpochCheckpoint).entries];
}
