/** The newest offset of every key in the dirty part of a log: SkimpyOffsetMap, Cleaner.buildOffsetMap. */
import { lastOffset, offsetAt, type RecordBatch } from '../../protocol/records.js';
import type { AbortedEntry } from '../transaction-index.js';
import { CleanedTransactions } from './cleaned-transactions.js';

export class OffsetMap {
  /** So many keys fit in. */
  readonly #capacity: number;
  readonly #offsets = new Map<string, number>();
  /** The part of the log up to here is in the map. */
  latestOffset = -1;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** -1: the dirty part has no record of this key. */
  get(key: string): number {
    return this.#offsets.get(key) ?? -1;
  }

  /** False: the map is full. A key that it holds takes no room, but Kafka asks before it looks. */
  put(key: string, offset: number): boolean {
    if (this.#offsets.size >= this.#capacity) return false;
    this.#offsets.set(key, offset);
    return true;
  }
}

/** A segment's batches, and where the next one begins. */
export interface SegmentToMap {
  readonly batches: readonly RecordBatch[];
  readonly end: number;
}

/**
 * @param from the first dirty offset
 * @param aborted the aborted transactions of the dirty part: their records supersede nothing
 */
export function buildOffsetMap(
  segments: readonly SegmentToMap[],
  from: number,
  aborted: readonly AbortedEntry[],
  capacity: number,
): OffsetMap {
  const map = new OffsetMap(capacity);
  const transactions = new CleanedTransactions();
  transactions.expect(aborted);
  for (const { batches, end } of segments) {
    for (const batch of batches) {
      if (batch.marker !== undefined) transactions.onMarker(batch);
      else if (!transactions.onData(batch) && !putAll(map, batch, from)) return map;
      if (lastOffset(batch) >= from) map.latestOffset = Math.max(map.latestOffset, lastOffset(batch));
    }
    // Behind its last batch there may be a gap.
    map.latestOffset = Math.max(map.latestOffset, end - 1);
  }
  return map;
}

function putAll(map: OffsetMap, batch: RecordBatch, from: number): boolean {
  for (let i = 0; i < batch.records.length; i++) {
    const { key } = batch.records[i];
    const offset = offsetAt(batch, i);
    if (key !== null && offset >= from && !map.put(key, offset)) return false;
  }
  return true;
}
