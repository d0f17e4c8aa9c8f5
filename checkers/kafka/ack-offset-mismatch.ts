/**
 * ack-offset-mismatch: the acknowledgement named an offset, and the record was read, but never there.
 *
 *   p0  |-- send orders-0 value 7 --| ok, offset 0
 *   c0                                |-- poll --|  12=7, and no read shows 7 at offset 0 → mismatch
 *
 * Some read must have reached that offset, or the end: until then the acknowledged copy may be one that nobody has read yet (that it
 * stands twice, `duplicate` tells).
 */
import type { Anomaly } from '../../histories/anomaly.js';
import type { Checker } from '../checker.js';
import { endOf, findings, operationsOf } from './history/findings.js';
import { historyIndex, type HistoryIndex } from './history/history-index.js';
import { recordWords } from './history/words.js';

export const ackOffsetMismatch: Checker = {
  name: 'ack-offset-mismatch',
  check(history) {
    const index = historyIndex(history);
    const anomalies: Anomaly[] = [];
    const reach = readUpTo(index);
    for (let position = 0; position < index.positions.length; position++) {
      const record = index.positions.record[position]!;
      if (index.positions.reader[position]! >= 0 || !index.hasCopies(record)) continue;
      const key = index.records.key[record]!;
      if (index.positions.offset[position]! > reach[key]! && !isReadToTheEnd(index, key, position)) continue;
      const readAt = index.positionsOf(record).find((other) => index.positions.reader[other]! >= 0);
      if (readAt !== undefined) anomalies.push(mismatch(index, record, position, readAt));
    }
    return findings(index, anomalies);
  },
};

/** A full read began when the record had been acknowledged: it would have met it. */
function isReadToTheEnd({ finalReads, operations, positions }: HistoryIndex, key: number, position: number): boolean {
  const acknowledgedAt = operations.completedAt[positions.ack[position]!]!;
  return finalReads.some((read) => read.key === key && read.complete && read.invokedAt >= acknowledgedAt);
}

/** By key: the highest offset that any read returned; -1: none. */
function readUpTo({ history, positions, records }: HistoryIndex): Float64Array {
  const reach = new Float64Array(history.keys.length).fill(-1);
  for (let position = 0; position < positions.length; position++) {
    const key = records.key[positions.record[position]!]!;
    const offset = positions.offset[position]!;
    if (key >= 0 && positions.reader[position]! >= 0 && offset > reach[key]!) reach[key] = offset;
  }
  return reach;
}

function mismatch(index: HistoryIndex, record: number, acknowledged: number, readAt: number): Anomaly {
  const send = index.positions.ack[acknowledged]!;
  const reader = index.positions.reader[readAt]!;
  const offsets = [index.positions.offset[acknowledged]!, index.positions.offset[readAt]!];
  return {
    type: 'ack-offset-mismatch',
    key: index.records.key[record]!,
    offsets,
    operations: operationsOf(send, reader),
    values: [index.records.value[record]!],
    events: [],
    at: endOf(index, reader),
    story: `${recordWords(index, record, -1)}: acknowledged at offset ${offsets[0]}, read at offset ${offsets[1]} and never at ${offsets[0]}`,
    preventedBy: null,
  };
}
