/**
 * key-order, between producer sessions: a record was acknowledged before another of its key was sent, by a restarted or
 * another producer, and a consumer finds the other first.
 *
 *   p0  |-- send acct-8=7 --| ok, read at orders-0 offset 5
 *   p1                         |-- send acct-8=8 --| ok, read at orders-0 offset 4 → out of order
 *
 * Sends of two sessions that overlapped may stand either way. Only what was read counts: an acknowledged record that was
 * lost leaves its offset to others, and that is told as the loss.
 */
import type { Anomaly } from '../../histories/anomaly.js';
import { OK } from '../../histories/history-columns.js';
import type { Checker } from '../checker.js';
import { findings } from './history/findings.js';
import { historyIndex, type HistoryIndex } from './history/history-index.js';
import { inversion } from './nonmonotonic-send.js';

export const keyOrderAcrossSessions: Checker = {
  name: 'key-order-across-sessions',
  check(history) {
    const index = historyIndex(history);
    const anomalies: Anomaly[] = [];
    const names = index.operations.recordKey.distinct;
    /** By record key, of the records above: when the first of them was acknowledged, and where it stands. */
    const acknowledged = new Float64Array(names);
    const standsAt = new Int32Array(names);
    for (let key = 0; names > 0 && key < history.keys.length; key++) {
      acknowledged.fill(Infinity);
      for (let i = index.logStart[key + 1]! - 1; i >= index.logStart[key]!; i--) {
        const position = index.log[i]!;
        const name = recordKeyAt(index, position);
        if (name < 0) continue;
        const { session, invokedAt, completedAt, outcome } = index.operations;
        const writer = writerAt(index, position);
        if (invokedAt[writer]! > acknowledged[name]!) {
          const above = standsAt[name]!;
          if (session[writerAt(index, above)] !== session[writer]) {
            anomalies.push(inversion(index, 'key-order', key, position, above));
          }
        }
        if (outcome[writer] === OK && completedAt[writer]! < acknowledged[name]!) {
          acknowledged[name] = completedAt[writer]!;
          standsAt[name] = position;
        }
      }
    }
    return findings(index, anomalies);
  },
};

function writerAt({ records, positions }: HistoryIndex, position: number): number {
  return records.writer[positions.record[position]!]!;
}

/** The number of its record key; -1: it has none, was not read, or stands or was sent more than once. */
function recordKeyAt(index: HistoryIndex, position: number): number {
  const { records, positions, operations } = index;
  const record = positions.record[position]!;
  if (positions.reader[position]! < 0 || records.send[record]! < 0) return -1;
  if (records.resent[record] === 1 || index.hasCopies(record)) return -1;
  return operations.recordKey.number(records.send[record]!);
}
