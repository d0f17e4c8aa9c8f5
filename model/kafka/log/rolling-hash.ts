/** A 32-bit hash that grows with a log, so that two replicas compare whole prefixes by one number. */
import { offsetAt, type RecordBatch } from '../protocol/records.js';

/** The hash of a prefix and the record that follows it. */
export function hashRecord(hash: number, offset: number, leaderEpoch: number, value: number): number {
  let h = Math.imul(hash ^ offset, 0x9e3779b1);
  h = Math.imul(h ^ (h >>> 15) ^ leaderEpoch, 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13) ^ value, 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/** The hash of a prefix and the first `count` records of the batch that follows it. */
export function hashBatch(hash: number, batch: RecordBatch, count: number): number {
  let h = hash;
  for (let i = 0; i < count; i++) {
    h = hashRecord(h, offsetAt(batch, i), batch.partitionLeaderEpoch, batch.records[i].value);
  }
  return h;
}
