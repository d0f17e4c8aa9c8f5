/** Transactions in a history: operations `txn`, which commit (ok), abort (fail), or nobody knows. */
import { SEND } from '../../../histories/history-columns.js';
import type { HistoryIndex } from '../history/history-index.js';

const known = new WeakMap<HistoryIndex, readonly number[]>();

/** Operations, in order of invocation. */
export function transactionsOf(index: HistoryIndex): readonly number[] {
  let transactions = known.get(index);
  if (transactions === undefined) known.set(index, (transactions = find(index)));
  return transactions;
}

function find({ operations: { length, f } }: HistoryIndex): readonly number[] {
  const transactions: number[] = [];
  let number = -1;
  for (let operation = 0; operation < length && number < 0; operation++) {
    if (f.at(operation) === 'txn') number = f.number(operation);
  }
  if (number < 0) return transactions;
  for (let operation = 0; operation < length; operation++) {
    if (f.number(operation) === number) transactions.push(operation);
  }
  return transactions;
}

/** The records that a transaction sent; those that were sent elsewhere too are left out. */
export function recordsSentBy(index: HistoryIndex, operation: number): readonly number[] {
  const { firstMicroOp, microOpCount, microOpKind, firstRecord, key, value } = index.operations;
  const records: number[] = [];
  const first = firstMicroOp[operation]!;
  for (let microOp = first; microOp < first + microOpCount[operation]!; microOp++) {
    if (microOpKind[microOp] !== SEND) continue;
    const sent = value[firstRecord[microOp]!]!;
    const placed = index.recordOf(key[microOp]!, sent);
    const record = placed >= 0 ? placed : index.recordWrittenBy(operation, sent);
    if (record >= 0 && index.records.resent[record] === 0) records.push(record);
  }
  return records;
}
