/**
 * One disk of a machine: the files, the weather of its fsyncs, and the faults laid over both.
 *
 * It belongs to the machine, not to the process: a fsync that a dead process had begun still takes effect, but nobody
 * is called back.
 */
import type { Core } from './core.js';
import { DirectoryTree, parentOf } from './directory.js';
import {
  ENTRY_CORRUPT,
  ENTRY_OK,
  type DataLossListener,
  type Disk,
  type EntryState,
  type File,
  type FileLoss,
  type IoResult,
  type LossCause,
  type OneDiskFaults,
} from './disk.js';
import { Recipient, type EventHandler, type EventId } from './event-queue.js';
import { Inode, type Flush } from './inode.js';
import { losePower } from './power-loss.js';
import type { MachineId } from './process.js';
import { createStream } from './random.js';
import { Weather, weatherKey } from './weather.js';
import { FSYNC } from './weather-tables.js';

/** Whom a disk calls back: an incarnation of the machine's process. */
export interface DiskUser {
  readonly alive: boolean;
  complete(kind: number, arg: number, payload: unknown): void;
}

/** Those outside the simulated world look and write, and are not called back. */
const NOBODY: DiskUser = { alive: true, complete: () => undefined };

interface RunningFlush {
  readonly flush: Flush;
  /** Truncations on this disk when it began. */
  readonly truncations: number;
  readonly user: DiskUser;
  readonly kind: number;
  readonly arg: number;
}

/** The mount point of a machine's first disk. */
export const ROOT_MOUNT = '';

export class FileSystem implements OneDiskFaults, EventHandler {
  /** Where its files lie: ROOT_MOUNT, or a directory below it. Paths are given in full. */
  readonly mountPoint: string;
  readonly tree: DirectoryTree;
  private readonly core: Core;
  private readonly recipient = new Recipient(this);
  private readonly machine: MachineId;
  private readonly name: string;
  private readonly listeners: readonly DataLossListener[];
  private readonly weather: Weather;
  private readonly running = new Map<RunningFlush, EventId>();
  /** Files of which a truncation is not in the journal yet. */
  private readonly truncated = new Set<Inode>();
  private truncations = 0;
  private powerLosses = 0;
  private failing = false;
  private isFull = false;
  private slowness = 1;

  /** @param machineName its weather and what it loses are drawn by that and by where it is mounted */
  constructor(
    core: Core,
    machine: MachineId,
    machineName: string,
    listeners: readonly DataLossListener[],
    mountPoint = ROOT_MOUNT,
  ) {
    this.core = core;
    this.machine = machine;
    this.mountPoint = mountPoint;
    this.name = mountPoint === ROOT_MOUNT ? machineName : `${machineName}/${mountPoint}`;
    this.listeners = listeners;
    this.tree = new DirectoryTree(mountPoint);
    this.weather = new Weather(weatherKey(core.seed, `disk/${this.name}`), FSYNC);
  }

  /** The disk as this user sees it; without one, as seen from outside the simulated world. */
  view(user: DiskUser = NOBODY): Disk {
    return new DiskView(this, user);
  }

  /** The result of a write now: of one that needs room, or of any other. */
  writeResult(needsRoom: boolean): IoResult {
    if (this.failing) return 'io-error';
    return needsRoom && this.isFull ? 'full' : 'ok';
  }

  replace(path: string, entry: object, bytes: number): IoResult {
    const result = this.writeResult(true);
    if (result !== 'ok') return result;
    const inode = this.tree.create(path);
    inode.replace(entry, bytes);
    this.tree.pinFile(inode);
    this.tree.sync(parentOf(path));
    this.commitTruncations(this.truncations);
    return 'ok';
  }

  truncate(inode: Inode, length: number): IoResult {
    const result = this.writeResult(false);
    if (result !== 'ok' || length >= inode.entries.length) return result;
    inode.truncate(length);
    inode.truncation = ++this.truncations;
    this.truncated.add(inode);
    return 'ok';
  }

  syncNow(inode: Inode): IoResult {
    if (this.failing) return 'io-error';
    inode.syncAll();
    this.tree.pinFile(inode);
    this.commitTruncations(this.truncations);
    return 'ok';
  }

  beginSync(inode: Inode, user: DiskUser, kind: number, arg: number): void {
    const { core } = this;
    const running: RunningFlush = {
      flush: inode.beginFlush(),
      truncations: this.truncations,
      user,
      kind,
      arg,
    };
    const micros = Math.floor(this.weather.sample(core.now) * this.slowness);
    this.running.set(running, core.queue.push(core.now + micros, this.recipient, 0, 0, running));
  }

  /** An fsync is through. */
  onEvent(_kind: number, _a: number, payload: unknown): void {
    const running = payload as RunningFlush;
    const { flush, truncations, user, kind, arg } = running;
    this.running.delete(running);
    flush.inode.endFlush(flush, !this.failing);
    if (!this.failing) {
      this.tree.pinFile(flush.inode);
      this.commitTruncations(truncations);
    }
    user.complete(kind, arg, this.writeResult(false));
  }

  /** Returns how many entries were lost or damaged. */
  losePower(): number {
    for (const event of this.running.values()) this.core.queue.cancel(event);
    this.running.clear();
    const prefix = `power-loss/${this.name}/${++this.powerLosses}`;
    const losses = losePower(this.tree, (path) => createStream(this.core.seed, `${prefix}/${path}`));
    this.tell(losses, 'power-loss');
    return losses.reduce((sum, { lost }) => sum + lost.length, 0);
  }

  corrupt(path: string, index: number): boolean {
    const inode = this.tree.files.get(path);
    if (inode === undefined || index < 0 || index >= inode.entries.length) return false;
    inode.mark(index, ENTRY_CORRUPT);
    this.tell([{ path, from: index, lost: [inode.entries[index]] }], 'corruption');
    return true;
  }

  ioErrors(on: boolean): void {
    this.failing = on;
  }

  full(on: boolean): void {
    this.isFull = on;
  }

  slow(factor: number): void {
    this.slowness = factor;
  }

  wipe(): void {
    const files = this.filesInOrder();
    this.tree.wipe();
    const written = files.filter(({ entries }) => entries.length > 0);
    const losses = written.map(({ path, entries }) => ({ path, from: 0, lost: entries.slice() }));
    this.tell(losses, 'wipe');
  }

  /** 32 bits over the paths, and of each file the entries' number, bytes and states. */
  fingerprint(): number {
    let hash = 0;
    for (const inode of this.filesInOrder()) {
      for (let i = 0; i < inode.path.length; i++) hash = mixed(hash, inode.path.charCodeAt(i));
      hash = mixed(mixed(hash, inode.entries.length), inode.bytes);
      for (let i = 0; i < inode.entries.length; i++) {
        hash = mixed(hash, inode.state(i));
      }
    }
    return hash;
  }

  /** An fsync wrote the journal up to here. */
  private commitTruncations(upTo: number): void {
    if (this.truncated.size === 0) return;
    for (const inode of this.truncated) {
      if (inode.truncation > upTo) continue;
      inode.settleTruncations();
      this.truncated.delete(inode);
    }
  }

  private filesInOrder(): Inode[] {
    return [...this.tree.files.values()].sort((a, b) => (a.path < b.path ? -1 : Number(a.path > b.path)));
  }

  private tell(losses: readonly FileLoss[], cause: LossCause): void {
    if (losses.length === 0) return;
    for (const listener of this.listeners) listener.onDataLost(this.machine, losses, cause);
  }
}

class DiskView implements Disk {
  private readonly files: FileSystem;
  private readonly user: DiskUser;

  constructor(files: FileSystem, user: DiskUser) {
    this.files = files;
    this.user = user;
  }

  open(path: string): File {
    const { files, user } = this;
    // A dead process leaves no trace: what it opens anew is a file that nobody else will see.
    const inode = user.alive ? files.tree.create(path) : (files.tree.files.get(path) ?? new Inode(path));
    return new OpenFile(files, user, inode);
  }

  exists(path: string): boolean {
    return this.files.tree.exists(path);
  }

  list(directory: string): readonly string[] {
    return this.files.tree.list(directory);
  }

  rename(from: string, to: string): void {
    if (this.user.alive) this.files.tree.rename(from, to);
  }

  remove(path: string): void {
    if (this.user.alive) this.files.tree.remove(path);
  }

  syncDir(directory: string): void {
    if (this.user.alive && this.files.writeResult(false) === 'ok') this.files.tree.sync(directory);
  }

  replace(path: string, entry: object, bytes: number): IoResult {
    return this.user.alive ? this.files.replace(path, entry, bytes) : 'io-error';
  }
}

class OpenFile implements File {
  private readonly files: FileSystem;
  private readonly user: DiskUser;
  private readonly inode: Inode;

  constructor(files: FileSystem, user: DiskUser, inode: Inode) {
    this.files = files;
    this.user = user;
    this.inode = inode;
  }

  get path(): string {
    return this.inode.path;
  }

  get length(): number {
    return this.inode.entries.length;
  }

  get bytes(): number {
    return this.inode.bytes;
  }

  get synced(): number {
    return this.inode.synced;
  }

  append(entry: object, bytes: number): IoResult {
    const result = this.user.alive ? this.files.writeResult(true) : 'io-error';
    if (result === 'ok') this.inode.append(entry, bytes);
    return result;
  }

  truncate(length: number): IoResult {
    return this.user.alive ? this.files.truncate(this.inode, length) : 'io-error';
  }

  read(index: number): object {
    return this.inode.entries[index];
  }

  firstDamaged(from: number): number {
    return this.inode.firstDamaged(from);
  }

  state(index: number): EntryState {
    return index < this.inode.entries.length ? this.inode.state(index) : ENTRY_OK;
  }

  fsync(kind: number, arg: number): void {
    if (this.user.alive) this.files.beginSync(this.inode, this.user, kind, arg);
  }

  fsyncNow(): IoResult {
    return this.user.alive ? this.files.syncNow(this.inode) : 'io-error';
  }
}

/** One step of a rolling hash; of a number only what it is modulo 2^32 counts. */
function mixed(hash: number, value: number): number {
  const product = Math.imul(hash ^ value, 0x9e3779b1);
  return product ^ (product >>> 15);
}
