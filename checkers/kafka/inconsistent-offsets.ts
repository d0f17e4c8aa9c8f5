/**
 * inconsistent-offsets: two different records known at one offset of one partition.
 *
 *   p0  |-- send orders-0 value 7 --| ok, offset 4
 *   p1        |-- send orders-0 value 8 --| ok, offset 4 → inconsistent
 *
 * An offset that was truncated and given out again looks so, when somebody had been told of the first record.
 */
import type { Anomaly } from '../../histories/anomaly.js';
import type { Checker } from '../checker.js';
import { endOf, evidenceOf, findings, operationsOf } from './history/findings.js';
import { historyIndex, type HistoryIndex } from './history/history-index.js';
import { keyWords, valueWords } from './history/words.js';

export const inconsistentOffsets: Checker = {
  name: 'inconsistent-offsets',
  check(history) {
    const index = historyIndex(history);
    const anomalies: Anomaly[] = [];
    for (let key = 0; key < history.keys.length; key++) {
      const end = index.logStart[key + 1]!;
      for (let i = index.logStart[key]!; i < end;) {
        const offset = index.positions.offset[index.log[i]!]!;
        let next = i + 1;
        while (next < end && index.positions.offset[index.log[next]!]! === offset) next++;
        if (next - i > 1) anomalies.push(conflict(index, key, offset, [...index.log.subarray(i, next)]));
        i = next;
      }
    }
    return findings(index, anomalies);
  },
};

function conflict(index: HistoryIndex, key: number, offset: number, positions: readonly number[]): Anomaly {
  const records = positions.map((position) => index.positions.record[position]!);
  const evidence = positions.map((position) => evidenceOf(index, position));
  const values = records.map((record) => `value ${valueWords(index, record)}`);
  return {
    type: 'inconsistent-offsets',
    key,
    offsets: [offset],
    operations: operationsOf(...evidence),
    values: records.map((record) => index.records.value[record]!),
    events: [],
    at: Math.max(...evidence.slice(0, 6).map((operation) => endOf(index, operation))),
    story: `${keyWords(index.history, key)}@${offset} held ${values.join(' and ')}`,
    preventedBy: null,
  };
}
