/**
 * What compaction may take out of a log without anything being lost: topics whose cleanup.policy has `compact` keep the
 * latest record of every key, and of a key that was deleted nothing.
 *
 *   0=a1  1=b1  2=a2  3=b deleted | a read returns 2 alone → 0 is superseded, b is gone as it was meant to be
 *   the same | a read returns 0 and 1 → 2 is lost, and so is the deletion of b
 */
import type { FinalRead } from './final-reads.js';
import type { HistoryIndex } from './history-index.js';
import { INFO } from '../../../histories/history-columns.js';
import { isCompacted } from '../settings.js';

/** What one or many reads returned of a partition. */
export interface ReadRecords {
  /** Records by their numbers, in any order. */
  forEach(take: (record: number) => void): void;
}

/** The records of a final read. */
export function columnOf(records: FinalRead['records']): ReadRecords {
  return {
    forEach(take) {
      for (let i = 0; i < records.length; i++) take(records.at(i));
    },
  };
}

export class Compaction {
  private readonly index: HistoryIndex;
  /** By key: cleanup.policy has `compact`. */
  private readonly compacted: readonly boolean[];
  /** By record: the number of its record key; -1: none, or nobody knows who sent it. */
  private readonly keyOf: Int32Array;
  /** By key: its known tombstones by record key, the highest offset of each. */
  private readonly deletions: (Map<number, number> | undefined)[] = [];
  /** Record keys with a tombstone of which nobody knows whether and where it stands. */
  private readonly doubtful = new Set<number>();

  constructor(index: HistoryIndex) {
    this.index = index;
    const { history, operations, records } = index;
    this.compacted = history.keys.map((_, key) => isCompacted(history, key));
    this.keyOf = new Int32Array(records.length);
    for (let record = 0; record < records.length; record++) {
      const send = records.send[record]!;
      this.keyOf[record] = send < 0 ? -1 : operations.recordKey.number(send);
      if (send >= 0 && operations.tombstones.has(send)) this.addDeletion(record);
    }
  }

  isCompacted(key: number): boolean {
    return key >= 0 && this.compacted[key] === true;
  }

  /** What a read shows of each record key of a partition. */
  shown(read: ReadRecords): ShownKeys {
    const shown = new ShownKeys();
    read.forEach((record) =>
      shown.add(this.keyOf[record]!, this.index.firstOffset(record), this.index.lastOffset(record)),
    );
    return shown;
  }

  /**
   * Whether a record that is missing from what was read is missed by nobody: something later of its key is there; or its
   * key was deleted at or after it (or may have been), and nothing older of it is to be seen.
   */
  isSuperseded(record: number, { latest, earliest }: ShownKeys): boolean {
    const key = this.index.records.key[record]!;
    const name = this.keyOf[record]!;
    const offset = this.index.lastOffset(record);
    if (name < 0 || offset < 0 || !this.isCompacted(key)) return false;
    if ((latest.get(name) ?? -1) > offset) return true;
    const deletedAt = this.deletions[key]?.get(name) ?? -1;
    const oldest = earliest.get(name) ?? Infinity;
    return (deletedAt >= offset && oldest >= deletedAt) || (this.doubtful.has(name) && oldest > offset);
  }

  private addDeletion(record: number): void {
    const key = this.index.records.key[record]!;
    const offset = this.index.lastOffset(record);
    if (key < 0 || offset < 0) {
      if (this.index.records.outcome[record]! === INFO) this.doubtful.add(this.keyOf[record]!);
      return;
    }
    const ofKey = (this.deletions[key] ??= new Map<number, number>());
    const name = this.keyOf[record]!;
    ofKey.set(name, Math.max(ofKey.get(name) ?? -1, offset));
  }
}

/** By record key: the offsets of the latest and the earliest record that were read. */
export class ShownKeys {
  readonly latest = new Map<number, number>();
  readonly earliest = new Map<number, number>();

  add(name: number, first: number, last: number): void {
    if (name < 0) return;
    this.latest.set(name, Math.max(this.latest.get(name) ?? -1, last));
    this.earliest.set(name, Math.min(this.earliest.get(name) ?? Infinity, first));
  }
}
