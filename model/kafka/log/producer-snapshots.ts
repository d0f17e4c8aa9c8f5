/**
 * Snapshots of the producers' state beside the segments: what ProducerStateManager writes to `<offset>.snapshot`.
 *
 * Of each producer a snapshot keeps the newest batch alone: a state that was loaded from one recognises no repetition of
 * the four before it. One that was taken on a roll is not fsynced before the segment is; after power loss it may be gone
 * or torn, and then the one before it serves.
 */
import { ENTRY_OK, type Disk, type File } from '../../kernel/disk.js';
import type { RecordBatch } from '../protocol/records.js';
import { isSnapshot, offsetOfPath, snapshotPath } from './paths.js';
import { mustSucceed } from './storage-error.js';

/** What is kept of one producer (ProducerSnapshot.ProducerEntry). */
export interface SnapshotEntry {
  readonly producerId: number;
  readonly producerEpoch: number;
  /** Sequence and offset of the last batch; null: there was none since the last marker, which began another epoch. */
  readonly newest: RecordBatch | null;
  /** CreateTime of the newest record, markers included. */
  readonly lastTimestamp: number;
  /** -1: no marker yet. */
  readonly coordinatorEpoch: number;
  /** -1: no transaction is open. */
  readonly currentTxnFirstOffset: number;
}

interface Snapshot {
  readonly entries: readonly SnapshotEntry[];
}

const HEADER_BYTES = 10;
const ENTRY_BYTES = 48;

export class ProducerSnapshots {
  readonly #disk: Disk;
  readonly #partitionName: string;
  /** Ascending. */
  #offsets: number[];

  constructor(disk: Disk, partitionName: string) {
    this.#disk = disk;
    this.#partitionName = partitionName;
    this.#offsets = disk.list(partitionName).filter(isSnapshot).map(offsetOfPath);
  }

  get offsets(): readonly number[] {
    return this.#offsets;
  }

  /** Written, not fsynced: the caller decides. In the place of an older one of the same offset. */
  write(offset: number, entries: readonly SnapshotEntry[]): File {
    const file = this.#disk.open(snapshotPath(this.#partitionName, offset));
    mustSucceed(file.truncate(0), file.path);
    const snapshot: Snapshot = { entries };
    mustSucceed(file.append(snapshot, HEADER_BYTES + ENTRY_BYTES * entries.length), file.path);
    if (!this.#offsets.includes(offset)) this.#offsets = [...this.#offsets, offset].sort((a, b) => a - b);
    return file;
  }

  /** undefined: nothing, or something torn, is in the file (CorruptSnapshotException). */
  read(offset: number): readonly SnapshotEntry[] | undefined {
    const file = this.#disk.open(snapshotPath(this.#partitionName, offset));
    if (file.length !== 1 || file.state(0) !== ENTRY_OK) return undefined;
    return (file.read(0) as Snapshot).entries;
  }

  /** Removes those that the condition names. */
  remove(isUnwanted: (offset: number) => boolean): void {
    for (const offset of this.#offsets) {
      if (isUnwanted(offset)) this.#disk.remove(snapshotPath(this.#partitionName, offset));
    }
    this.#offsets = this.#offsets.filter((offset) => !isUnwanted(offset));
  }

  /**
   * Of those that no segment begins at, only the newest stays, and it only above the last segment's base offset
   * (removeStraySnapshots).
   */
  removeStrays(segmentBases: readonly number[]): void {
    const strays = this.#offsets.filter((offset) => !segmentBases.includes(offset));
    const newest = strays.at(-1) ?? -1;
    const kept = newest > (segmentBases.at(-1) ?? -1) ? newest : -1;
    this.remove((offset) => offset !== kept && strays.includes(offset));
  }
}
