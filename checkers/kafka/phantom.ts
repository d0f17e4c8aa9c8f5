/**
 * phantom: a poll returned a record that nobody ever sent.
 * misplaced: a poll returned under one partition what was sent to another.
 *
 *   p0  |-- send orders-0 value 7 --| ok
 *   c0                                |-- poll orders-0 --|  1=99 → phantom
 *   c0                                |-- poll orders-1 --|  0=7  → misplaced
 *
 * Never allowed: somebody invented a record, or answered from the wrong log.
 */
import type { Anomaly } from '../../histories/anomaly.js';
import type { Checker } from '../checker.js';
import { endOf, findings, operationsOf } from './history/findings.js';
import { historyIndex, type HistoryIndex } from './history/history-index.js';
import { keyWords, recordWords } from './history/words.js';

export const phantom: Checker = {
  name: 'phantom',
  check(history) {
    const index = historyIndex(history);
    const anomalies: Anomaly[] = [];
    for (let record = 0; record < index.records.length; record++) {
      if (index.records.writer[record]! < 0) anomalies.push(unsent(index, record));
    }
    return findings(index, anomalies);
  },
};

function unsent(index: HistoryIndex, record: number): Anomaly {
  const reader = index.records.reader[record]!;
  const sent = index.sentElsewhere(record);
  const offset = index.firstOffset(record);
  const read = recordWords(index, record, offset);
  const sentTo = sent < 0 ? '' : keyWords(index.history, index.records.key[sent]!);
  return {
    type: sent < 0 ? 'phantom' : 'misplaced',
    key: index.records.key[record]!,
    offsets: offset < 0 ? [] : [offset],
    operations: operationsOf(sent < 0 ? -1 : index.records.writer[sent]!, reader),
    values: [index.records.value[record]!],
    events: [],
    at: endOf(index, reader),
    story: sent < 0 ? `${read} was read, and nobody sent it` : `${read} was read there, and sent to ${sentTo}`,
    preventedBy: null,
  };
}
