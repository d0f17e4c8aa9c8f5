/**
 * G1a (aborted read): a poll returned a record whose send failed.
 *
 *   p0  |-- send orders-0 value 7 --| fail
 *   c0                                |-- poll --|  4=7 → G1a
 *
 * `fail` means that the record certainly did not get into a log: who says so, and is wrong, misleads an application
 * into sending again. Reads by polls that failed themselves count too: what they returned was real. Of several readers
 * the one is named that reads committed records alone: if any was promised that there is no such record, that one was.
 */
import type { Anomaly } from '../../histories/anomaly.js';
import { FAIL } from '../../histories/history-columns.js';
import type { Checker } from '../checker.js';
import { committedReaders } from './history/committed-readers.js';
import { endOf, findings, operationsOf } from './history/findings.js';
import { historyIndex, type HistoryIndex } from './history/history-index.js';
import { recordWords } from './history/words.js';

export const abortedRead: Checker = {
  name: 'G1a',
  check(history) {
    const index = historyIndex(history);
    const anomalies: Anomaly[] = [];
    for (let record = 0; record < index.records.length; record++) {
      const reader = index.records.reader[record]!;
      if (index.records.outcome[record]! !== FAIL || reader < 0) continue;
      const committed = committedReaders(index)[record]!;
      anomalies.push(readThoughFailed(index, record, committed >= 0 ? committed : reader));
    }
    return findings(index, anomalies);
  },
};

function readThoughFailed(index: HistoryIndex, record: number, reader: number): Anomaly {
  const writer = index.writer(record)!;
  const offset = index.firstOffset(record);
  return {
    type: 'G1a',
    key: index.records.key[record]!,
    offsets: offset < 0 ? [] : [offset],
    operations: operationsOf(writer.index, reader),
    values: [index.records.value[record]!],
    events: [],
    at: endOf(index, reader),
    story: `${recordWords(index, record, offset)}: its send failed (${writer.error ?? 'no error said'}), and it was read`,
    preventedBy: null,
  };
}
