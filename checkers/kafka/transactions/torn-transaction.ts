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
 * read, came to its end without it. Those who read committed records alone are asked first: what others saw of a
 * transaction that was aborted, they were not to see. Of a compacted partition nobody can say what was passed by: it may
 * have been superseded.
 */
import type { Anomaly } from '../../../histories/anomaly.js';
import type { Checker } from '../../checker.js';
import { committedReaders } from '../history/committed-readers.js';
import { Compaction } from '../history/compaction.js';
import { endOf, findings, operationsOf } from '../history/findings.js';
import { historyIndex, type HistoryIndex } from '../history/history-index.js';
import { recordWords } from '../history/words.js';
import { isolationOf } from '../settings.js';
import { recordsSentBy, transactionsOf } from './transactions.js';

export const tornTransaction: Checker = {
  name: 'torn-transaction',
  check(history) {
    const index = historyIndex(history);
    const transactions = transactionsOf(index);
    if (transactions.length === 0) return findings(index, []);
    const committed = new Reads(index, committedReaders(index));
    const all = isolationOf(history.header) === 'all-committed' ? committed : new Reads(index, index.records.reader);
    const anomalies = transactions.flatMap((operation) => {
      const records = recordsSentBy(index, operation);
      if (records.length < 2) return [];
      return (
        tornApart(committed, operation, records) ??
        (all === committed ? null : tornApart(all, operation, records)) ??
        []
      );
    });
    return findings(index, anomalies);
  },
};

/** What these readers saw of each record, and how far they got. */
class Reads {
  readonly index: HistoryIndex;
  /** By record: who first read it; -1: none of them did. */
  readonly reader: Int32Array;
  readonly #compaction: Compaction;
  /** By key: of the records that they read, the one whose lowest offset is the highest; -1: none. */
  readonly #bounds: Int32Array;

  constructor(index: HistoryIndex, reader: Int32Array) {
    this.index = index;
    this.reader = reader;
    this.#compaction = new Compaction(index);
    this.#bounds = index.readBounds(reader);
  }

  /** The operation that must have returned a record, and did not; -1: none is known. */
  past(record: number, seenAt: number): number {
    const { index } = this;
    const key = index.records.key[record]!;
    if (key < 0 || this.#compaction.isCompacted(key)) return -1;
    const bound = this.#bounds[key]!;
    const offset = index.lastOffset(record);
    if (bound >= 0 && offset >= 0 && offset <= index.firstOffset(bound)) return this.reader[bound]!;
    const read = index.finalReads.find((one) => one.key === key && one.complete && one.invokedAt >= seenAt);
    return read?.operations[0] ?? -1;
  }
}

function tornApart(reads: Reads, operation: number, records: readonly number[]): Anomaly | null {
  const { index, reader } = reads;
  const seen = records.filter((record) => reader[record]! >= 0);
  if (seen.length === 0) return null;
  const seenAt = Math.min(...seen.map((record) => endOf(index, reader[record]!)));
  for (const record of records) {
    if (reader[record]! >= 0) continue;
    const passedBy = reads.past(record, seenAt);
    if (passedBy >= 0) return torn(reads, operation, seen[0]!, record, passedBy);
  }
  return null;
}

function torn(
  { index, reader: readers }: Reads,
  operation: number,
  seen: number,
  unseen: number,
  passedBy: number,
): Anomaly {
  const offsets = [seen, unseen].map((record) => index.firstOffset(record));
  const [read, missing] = [seen, unseen].map((record, i) => recordWords(index, record, offsets[i]!));
  const reader = readers[seen]!;
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
