/**
 * ack-offset-mismatch: the acknowledgement named an offset, and the record was read, but never there.
 *
 *   p0  |-- send orders-0 value 7 --| ok, offset 0
 *   c0                                |-- poll --|  12=7, and no read shows 7 at offset 0 → mismatch
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
    for (let position = 0; position < index.positions.length; position++) {
      const record = index.positions.record[position]!;
      if (index.positions.reader[position]! >= 0 || !index.hasCopies(record)) continue;
      const readAt = index.positionsOf(record).find((other) => index.positions.reader[other]! >= 0);
      if (readAt !== undefined) anomalies.push(mismatch(index, record, position, readAt));
    }
    return findings(index, anomalies);
  },
};

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
