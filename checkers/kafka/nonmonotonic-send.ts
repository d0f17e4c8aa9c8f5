/**
 * nonmonotonic-send: of two records that one producer session sent to one partition, the later stands first in the log.
 * int-nonmonotonic-send: the same, for two sends of one operation.
 *
 *   p0  |-- send orders-0 value 7 --| ok, offset 5
 *   p0       |-- send orders-0 value 8 --| ok, offset 4 → nonmonotonic
 *
 * Order is that of invocation within the session (an asynchronous producer's sends overlap); other sessions may stand
 * between. A record that repeats right after itself is a retry, and `duplicate` at most.
 */
import type { Anomaly } from '../../histories/anomaly.js';
import type { Checker } from '../checker.js';
import { bySession, forEachInversion } from './history/inversions.js';
import { endOf, evidenceOf, findings, operationsOf } from './history/findings.js';
import { historyIndex, type HistoryIndex } from './history/history-index.js';
import { recordWords } from './history/words.js';

export const nonmonotonicSend: Checker = {
  name: 'nonmonotonic-send',
  check(history) {
    const index = historyIndex(history);
    const anomalies: Anomaly[] = [];
    forEachInversion(index, bySession(index), (key, earlier, later) => {
      const oneOperation =
        index.records.writer[index.positions.record[earlier]!]! ===
        index.records.writer[index.positions.record[later]!]!;
      const type = oneOperation ? 'int-nonmonotonic-send' : 'nonmonotonic-send';
      anomalies.push(inversion(index, type, key, earlier, later));
    });
    return findings(index, anomalies);
  },
};

/** Two positions in the order of the log, whose sends were invoked in the other order. */
export function inversion(index: HistoryIndex, type: string, key: number, earlier: number, later: number): Anomaly {
  const positions = [earlier, later];
  const records = positions.map((position) => index.positions.record[position]!);
  const offsets = positions.map((position) => index.positions.offset[position]!);
  const writers = records.map((record) => index.writer(record)!);
  const evidence = positions.map((position) => evidenceOf(index, position));
  const [sentLater, sentFirst] = records.map((record, i) => recordWords(index, record, offsets[i]!));
  return {
    type,
    key,
    offsets,
    operations: operationsOf(...writers.map((writer) => writer.index), ...evidence),
    values: records.map((record) => index.records.value[record]!),
    events: [],
    at: Math.max(...evidence.map((operation) => endOf(index, operation))),
    story: `${writers[0]!.client} sent ${sentFirst} before ${sentLater}, and they stand the other way round`,
    preventedBy: null,
  };
}
