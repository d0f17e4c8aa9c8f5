/**
 * torn-transaction: of what one transaction sent, some records were read and others were not, though reads went past
 * them. A transaction is read in full or not at all, whether it was committed, aborted, or nobody knows.
 *
 *   t0  |-- begin, send x=7, send y=8, commit --| ok
 *   c0                                             |-- poll x --| 4=7
 *   c0                                             |-- poll y --| 9=3, above 8 → torn
 *
 * A record was passed by if a higher offset of its partition was read: under read_committed no read goes past a
 * transaction that is still open. Or if a full read of the partition, begun after another record of the transaction was
 * read, came to its end without it. Of a compacted partition nobody can say what was passed by: it may have been
 * superseded.
 */
import type { Anomaly } from '../../../histories/anomaly.js';
import type { Checker } from '../../checker.js';
import { endOf, findings, operationsOf } from '../history/findings.js';
import { Compaction } from '../history/compaction.js';
import { historyIndex, type HistoryIndex } from '../history/history-index.js';
import { recordWords } from '../history/words.js';
import { recordsSentBy, transactionsOf } from './transactions.js';

export const tornTransaction: Checker = {
  name: 'torn-transaction',
  check(history) {
    const index = historyIndex(history);
    const compaction = new Compaction(index);
    const anomalies = transactionsOf(index).flatMap((operation) => tornApart(index, compaction, operation));
    return findings(index, anomalies);
  },
};

function tornApart(index: HistoryIndex, compaction: Compaction, operation: number): readonly Anomaly[] {
  const records = recordsSentBy(index, operation);
  if (records.length < 2) return [];
  const { reader } = index.records;
  const seen = records.find((record) => reader[record]! >= 0);
  if (seen === undefined) return [];
  const seenAt = Math.min(...records.filter((one) => reader[one]! >= 0).map((one) => endOf(index, reader[one]!)));
  for (const record of records) {
    if (reader[record]! >= 0 || compaction.isCompacted(index.records.key[record]!)) continue;
    const passedBy = readPast(index, record, seenAt);
    if (passedBy >= 0) return [torn(index, operation, seen, record, passedBy)];
  }
  return [];
}

/** The operation that must have returned a record, and did not; -1: none is known. */
function readPast(index: HistoryIndex, record: number, seenAt: number): number {
  const key = index.records.key[record]!;
  if (key < 0) return -1;
  const bound = index.readBounds()[key]!;
  const offset = index.lastOffset(record);
  if (bound >= 0 && offset >= 0 && offset <= index.firstOffset(bound)) return index.records.reader[bound]!;
  const read = index.finalReads.find((one) => one.key === key && one.complete && one.invokedAt >= seenAt);
  return read?.operations[0] ?? -1;
}

function torn(index: HistoryIndex, operation: number, seen: number, unseen: number, passedBy: number): Anomaly {
  const offsets = [seen, unseen].map((record) => index.firstOffset(record));
  const [read, missing] = [seen, unseen].map((record, i) => recordWords(index, record, offsets[i]!));
  const reader = index.records.reader[seen]!;
  return {
    type: 'torn-transaction',
    key: index.records.key[unseen]!,
    offsets: offsets.filter((offset) => offset >= 0),
    operations: operationsOf(operation, reader, passedBy),
    values: [seen, unseen].map((record) => index.records.value[record]!),
    events: [],
    at: Math.max(endOf(index, reader), endOf(index, passedBy)),
    story: `of one transaction (operation ${operation}) ${read} was read, and ${missing} was not, though a read went past it`,
    preventedBy: null,
  };
}
