/**
 * precommitted-read: a transaction read what it sent itself. Under read_committed nothing of a transaction can be read
 * before it is committed, and nothing of it is read by it thereafter.
 *
 *   t0  |-- begin, send x=7, poll x: 7, commit --| ok → precommitted
 */
import type { Anomaly } from '../../../histories/anomaly.js';
import { FAIL, POLL } from '../../../histories/history-columns.js';
import type { Checker } from '../../checker.js';
import { endOf, findings } from '../history/findings.js';
import { historyIndex, type HistoryIndex } from '../history/history-index.js';
import { recordWords } from '../history/words.js';
import { transactionsOf } from './transactions.js';

export const precommittedRead: Checker = {
  name: 'precommitted-read',
  check(history) {
    const index = historyIndex(history);
    const anomalies: Anomaly[] = [];
    const { outcome, firstMicroOp, microOpCount, microOpKind, key, firstRecord, recordCount, value } = index.operations;
    for (const operation of transactionsOf(index)) {
      if (outcome[operation] === FAIL) continue;
      const first = firstMicroOp[operation]!;
      for (let microOp = first; microOp < first + microOpCount[operation]!; microOp++) {
        if (microOpKind[microOp] !== POLL) continue;
        for (let row = firstRecord[microOp]!; row < firstRecord[microOp]! + recordCount[microOp]!; row++) {
          const record = index.recordOf(key[microOp]!, value[row]!);
          const own = record >= 0 && index.records.writer[record] === operation && index.records.resent[record] === 0;
          if (own) anomalies.push(readOfItsOwn(index, record, operation));
        }
      }
    }
    return findings(index, anomalies);
  },
};

function readOfItsOwn(index: HistoryIndex, record: number, operation: number): Anomaly {
  const offset = index.firstOffset(record);
  const read = recordWords(index, record, offset);
  return {
    type: 'precommitted-read',
    key: index.records.key[record]!,
    offsets: offset < 0 ? [] : [offset],
    operations: [operation],
    values: [index.records.value[record]!],
    events: [],
    at: endOf(index, operation),
    story: `${read}: read by the transaction that sent it (operation ${operation}), before it was committed`,
    preventedBy: { setting: 'isolation.level', value: 'read_committed' },
  };
}
