/**
 * `unseen` as jepsen.tests.kafka judges it, for `--compat jepsen`: acknowledged, and polled by no ok operation, however
 * early reading ended. Ours (unseen.ts) asks for a read that reached the end.
 */
import type { Anomaly } from '../../histories/anomaly.js';
import { OK, POLL } from '../../histories/history-columns.js';
import type { History } from '../../histories/operation.js';
import { endOf } from './history/findings.js';
import { historyIndex, type HistoryIndex } from './history/history-index.js';
import { recordWords } from './history/words.js';

export function jepsenUnseen(history: History): readonly Anomaly[] {
  const index = historyIndex(history);
  const { length, key, outcome, value, writer } = index.records;
  const polled = polledByOk(index);
  const anomalies: Anomaly[] = [];
  for (let record = 0; record < length; record++) {
    if (outcome[record] !== OK || polled[record] === 1 || key[record]! < 0) continue;
    const offset = index.firstOffset(record);
    anomalies.push({
      type: 'unseen',
      key: key[record]!,
      offsets: offset < 0 ? [] : [offset],
      operations: [writer[record]!],
      values: [value[record]!],
      events: [],
      at: endOf(index, writer[record]!),
      story: `${recordWords(index, record, offset)}: acknowledged, and in no read`,
      preventedBy: null,
    });
  }
  return anomalies;
}

/** By record: 1 if an ok operation polled it. */
function polledByOk(index: HistoryIndex): Uint8Array {
  const { length, outcome, firstMicroOp, microOpCount, microOpKind, key, firstRecord, recordCount, value } =
    index.operations;
  const polled = new Uint8Array(index.records.length);
  for (let operation = 0; operation < length; operation++) {
    if (outcome[operation] !== OK) continue;
    const first = firstMicroOp[operation]!;
    for (let microOp = first; microOp < first + microOpCount[operation]!; microOp++) {
      if (microOpKind[microOp] !== POLL) continue;
      const begin = firstRecord[microOp]!;
      for (let row = begin; row < begin + recordCount[microOp]!; row++) {
        polled[index.recordOf(key[microOp]!, value[row]!)] = 1;
      }
    }
  }
  return polled;
}
