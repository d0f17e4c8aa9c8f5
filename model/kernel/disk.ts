/**
 * A page cache over a platter. A machine may have several disks (mounts.ts); a process sees one tree of files.
 *
 * A file is a list of immutable entries with sizes and a state. What damage means is decided by the reader (for Kafka:
 * in `log/`). Killing a process loses nothing that was written. After power loss each file is what was fsynced plus a
 * drawn prefix of what was written since, the last entry of it perhaps torn; directory operations that were not fsynced
 * may be undone. Faults (corrupt, EIO, full, slow) are an overlay, kept apart from what was written.
 */

export type IoResult = 'ok' | 'io-error' | 'full';
/** ok, torn (cut short by power loss), corrupt (bit rot). */
export type EntryState = 0 | 1 | 2;
export const ENTRY_OK: EntryState = 0;
export const ENTRY_TORN: EntryState = 1;
export const ENTRY_CORRUPT: EntryState = 2;

export interface Disk {
  /** Opens a file, creating it (a directory operation) if there is none. */
  open(path: string): File;
  exists(path: string): boolean;
  /** Paths directly below a directory, sorted. */
  list(directory: string): readonly string[];
  rename(from: string, to: string): void;
  remove(path: string): void;
  /** Makes the directory's operations so far durable, inside the same event. */
  syncDir(directory: string): void;
  /** The whole file becomes this one entry, atomically: old or new after power loss, never torn. Written aside, fsynced, renamed, directory synced (as Kafka's CheckpointFile). */
  replace(path: string, entry: object, bytes: number): IoResult;
}

export interface File {
  readonly path: string;
  /** Entries; bytes are counted beside. */
  readonly length: number;
  readonly bytes: number;
  /** Entries that would survive power loss. */
  readonly synced: number;
  /** Into the page cache. Nothing is durable before an fsync. */
  append(entry: object, bytes: number): IoResult;
  /** Keeps the first `length` entries. In the page cache, like every write. */
  truncate(length: number): IoResult;
  read(index: number): object;
  state(index: number): EntryState;
  /** The first entry from `from` on whose state is not ok; -1: there is none. */
  firstDamaged(from: number): number;
  /** Makes everything written so far durable after a time drawn from the disk's weather; then `onTimer(kind, arg, result)` with an IoResult. What is written meanwhile is not covered. */
  fsync(kind: number, arg: number): void;
  /** Makes everything written so far durable inside the same event (flush.messages=1). */
  fsyncNow(): IoResult;
}

/** How the nemesis damages a disk. */
export interface DiskFaults {
  /** Marks one entry corrupt. Returns false if there is none such. */
  corrupt(path: string, index: number): boolean;
  /** Writes and fsyncs fail with io-error while on. */
  ioErrors(on: boolean): void;
  full(on: boolean): void;
  /** Multiplies fsync times. 1 ends it. */
  slow(factor: number): void;
  wipe(): void;
}

/** One disk of a machine that may have several. */
export interface OneDiskFaults extends DiskFaults {
  /** '' for the root's. */
  readonly mountPoint: string;
  /**
   * It is taken out and put back, or goes away and returns: of what was not on the platter a drawn part is gone, as after
   * power loss. Returns how many entries were lost or damaged.
   */
  losePower(): number;
}

/** What happened to one file. */
export interface FileLoss {
  readonly path: string;
  /** The first entry that is gone or damaged, or that came back. */
  readonly from: number;
  /** The entries that are gone or damaged, in the order of the file. */
  readonly lost: readonly object[];
}

/** What took or damaged entries. A disk is damaged with or without power. */
export type LossCause = 'power-loss' | 'wipe' | 'corruption';

/**
 * Told once at each power loss, wipe or corruption that took something, so that a system can say what its replicas lost.
 * After power loss the disk may hold other entries from `from` on: a truncation, a removal or a renaming that was not yet
 * durable was undone. Then `lost` may be empty.
 */
export interface DataLossListener {
  onDataLost(machine: number, losses: readonly FileLoss[], cause: LossCause): void;
}
