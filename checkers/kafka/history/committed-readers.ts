/**
 * Who read what under read_committed. Consumers of one history may differ in isolation.level: what one saw that reads
 * uncommitted records says nothing of what the others were promised.
 */
import { POLL } from '../../../histories/history-columns.js';
import { isolationOf, isTransactional, readsCommitted } from '../settings.js';
import type { HistoryIndex } from './history-index.js';

const known = new WeakMap<HistoryIndex, Int32Array>();

/** By record: the first operation that read it under read_committed; -1: none did. */
export function committedReaders(index: HistoryIndex): Int32Array {
  let readers = known.get(index);
  if (readers === undefined) known.set(index, (readers = find(index)));
  return readers;
}

function find(index: HistoryIndex): Int32Array {
  const { header } = index.history;
  const { length, reader } = index.records;
  const isolation = isolationOf(header);
  if (isolation === 'all-committed') return reader.subarray(0, length);
  const readers = new Int32Array(length).fill(-1);
  // Final reads read committed records where there are transactions, whatever the consumers do.
  if (isolation === 'all-uncommitted' && !isTransactional(header)) return readers;
  const { operations } = index;
  const { client, finalReadOf, firstMicroOp, microOpCount, microOpKind, key, firstRecord, recordCount, value } =
    operations;
  for (let operation = 0; operation < operations.length; operation++) {
    const first = firstMicroOp[operation]!;
    const end = first + microOpCount[operation]!;
    if (!microOpKind.subarray(first, end).includes(POLL)) continue;
    if (!readsCommitted(header, client.at(operation)!, finalReadOf[operation]! >= 0)) continue;
    for (let microOp = first; microOp < end; microOp++) {
      if (microOpKind[microOp] !== POLL) continue;
      for (let row = firstRecord[microOp]!; row < firstRecord[microOp]! + recordCount[microOp]!; row++) {
        const record = index.recordOf(key[microOp]!, value[row]!);
        if (record >= 0 && readers[record]! < 0) readers[record] = operation;
      }
    }
  }
  return readers;
}
