/**
 * duplicate: one record at two or more offsets of its partition.
 *
 *   p0  |-- send orders-0 value 7 --| ok, offset 4
 *   c0                                |-- poll --|  4=7 5=7 → duplicate
 *
 * Counted over all that is known: what polls returned, and where acknowledgements said that records stand. Reading one
 * offset twice is not a duplicate.
 */
import type { Anomaly } from '../../histories/anomaly.js';
import type { Checker } from '../checker.js';
import { endOf, evidenceOf, findings, operationsOf } from './history/findings.js';
import { historyIndex, type HistoryIndex } from './history/history-index.js';
import { recordWords } from './history/words.js';

export const duplicate: Checker = {
  name: 'duplicate',
  check(history) {
    const index = historyIndex(history);
    const anomalies: Anomaly[] = [];
    for (let record = 0; record < index.records.length; record++) {
      if (index.hasCopies(record)) anomalies.push(copies(index, record));
    }
    return findings(index, anomalies);
  },
};

function copies(index: HistoryIndex, record: number): Anomaly {
  const positions = index.positionsOf(record);
  const offsets = positions.map((position) => index.positions.offset[position]!).sort((x, y) => x - y);
  const evidence = positions.map((position) => evidenceOf(index, position));
  const others = offsets.slice(1).join(' and ');
  return {
    type: 'duplicate',
    key: index.records.key[record]!,
    offsets,
    operations: operationsOf(index.records.writer[record]!, ...evidence),
    values: [index.records.value[record]!],
    events: [],
    at: Math.max(...evidence.slice(0, 6).map((operation) => endOf(index, operation))),
    story: `${recordWords(index, record, offsets[0]!)} stands at offset ${others} too`,
    preventedBy: null,
  };
}
