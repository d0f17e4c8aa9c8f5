/** Which operations took effect, as far as the history proves it. */
import { FAIL, OK, SEND } from '../../../histories/history-columns.js';
import { committedReaders } from './committed-readers.js';
import type { HistoryIndex } from './history-index.js';

/**
 * It succeeded; or nobody knows how it ended, and something that it alone sent was read. Of a transaction that must have
 * been somebody who reads committed records alone: then all of it was committed. Of other operations it proves that they
 * were carried out, and of each record that was acknowledged in them that it was written.
 */
export function isCommitted(index: HistoryIndex, operation: number): boolean {
  const { outcome, f, firstMicroOp, microOpCount, microOpKind, key, firstRecord, value } = index.operations;
  if (outcome[operation] === OK) return true;
  if (outcome[operation] === FAIL) return false;
  const { records } = index;
  const reader = f.at(operation) === 'txn' && provesCommits(index) ? committedReaders(index) : records.reader;
  const first = firstMicroOp[operation]!;
  for (let microOp = first; microOp < first + microOpCount[operation]!; microOp++) {
    if (microOpKind[microOp] !== SEND) continue;
    const sent = value[firstRecord[microOp]!]!;
    const placed = key[microOp]! < 0 ? -1 : index.recordOf(key[microOp]!, sent);
    const record = placed >= 0 ? placed : index.recordWrittenBy(operation, sent);
    const isItsOwn = record >= 0 && records.writer[record] === operation && records.resent[record] === 0;
    if (isItsOwn && reader[record]! >= 0) return true;
  }
  return false;
}

/** The header says who reads committed records alone. Of other tools' histories nobody knows: there every read counts. */
function provesCommits({ history: { header } }: HistoryIndex): boolean {
  return Object.keys(header.settings).some((name) => /(^|:)isolation\.level$/.test(name));
}
