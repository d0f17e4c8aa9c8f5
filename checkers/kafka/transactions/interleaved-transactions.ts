/**
 * interleaved-transactions: in one partition records of two transactions of one producer stand between each other. A
 * producer has one transaction at a time, and whoever goes on under its transactional.id ends the open one first
 * (InitProducerId): those of one id stand one after the other, whatever others write between them.
 *
 *   t0  |-- send x=1, send x=2, commit --|  |-- send x=3, commit --|
 *   log  x@4=1 x@5=3 x@7=2 → interleaved
 *
 * Counted is what was read by who reads committed records alone; where nobody says who does, all that was read of what may
 * have been committed. Sessions belong together if the header names their client's transactional.id.
 */
import type { Anomaly } from '../../../histories/anomaly.js';
import { FAIL } from '../../../histories/history-columns.js';
import type { Checker } from '../../checker.js';
import { committedReaders } from '../history/committed-readers.js';
import { endOf, findings, operationsOf } from '../history/findings.js';
import { historyIndex, type HistoryIndex } from '../history/history-index.js';
import { recordWords } from '../history/words.js';
import { isolationOf, isTransactionalClient } from '../settings.js';
import { transactionsOf } from './transactions.js';

export const interleavedTransactions: Checker = {
  name: 'interleaved-transactions',
  check(history) {
    const index = historyIndex(history);
    const transactions = transactionsOf(index);
    if (transactions.length < 2) return findings(index, []);
    const producers = producersOf(index, transactions);
    const reader = isolationOf(history.header) === 'all-uncommitted' ? index.records.reader : committedReaders(index);
    return findings(
      index,
      history.keys.flatMap((_, key) => interleavedIn(index, key, producers, reader)),
    );
  },
};

/** By operation that is a transaction: its producer. */
function producersOf(
  { operations, history }: HistoryIndex,
  transactions: readonly number[],
): ReadonlyMap<number, string> {
  const { client, session } = operations;
  const named = new Map<string, boolean>();
  return new Map(
    transactions.map((operation) => {
      const name = client.at(operation)!;
      let isNamed = named.get(name);
      if (isNamed === undefined) named.set(name, (isNamed = isTransactionalClient(history.header, name)));
      return [operation, isNamed ? name : `${name}|${session[operation]}`] as const;
    }),
  );
}

/** In the order of the log: a transaction that comes again after another of its producer had come between. */
function interleavedIn(
  index: HistoryIndex,
  key: number,
  producers: ReadonlyMap<number, string>,
  reader: Int32Array,
): readonly Anomaly[] {
  const { log, logStart, positions, records, operations } = index;
  const anomalies: Anomaly[] = [];
  /** By producer: the position of its transactions that came last. */
  const last = new Map<string, number>();
  const seen = new Set<number>();
  for (let i = logStart[key]!; i < logStart[key + 1]!; i++) {
    const position = log[i]!;
    const record = positions.record[position]!;
    const writer = records.writer[record]!;
    const producer = writer < 0 ? undefined : producers.get(writer);
    if (producer === undefined || reader[record]! < 0 || operations.outcome[writer] === FAIL) continue;
    if (records.resent[record] === 1 || index.hasCopies(record)) continue;
    const before = last.get(producer) ?? -1;
    const isAnother = before >= 0 && records.writer[positions.record[before]!] !== writer;
    if (isAnother && seen.has(writer)) anomalies.push(interleaved(index, key, before, position, reader));
    seen.add(writer);
    last.set(producer, position);
  }
  return anomalies;
}

function interleaved(index: HistoryIndex, key: number, between: number, again: number, reader: Int32Array): Anomaly {
  const { positions, records } = index;
  const both = [between, again].map((position) => positions.record[position]!);
  const offsets = [between, again].map((position) => positions.offset[position]!);
  const writers = both.map((record) => records.writer[record]!);
  const readers = both.map((record) => reader[record]!);
  const [other, own] = both.map((record, i) => recordWords(index, record, offsets[i]!));
  return {
    type: 'interleaved-transactions',
    key,
    offsets,
    operations: operationsOf(...writers, ...readers),
    values: both.map((record) => records.value[record]!),
    events: [],
    at: Math.max(...readers.map((operation) => endOf(index, operation))),
    story: `${own} belongs to one transaction (operation ${writers[1]}) with what stands before ${other}, which another of the same producer sent (operation ${writers[0]})`,
    preventedBy: null,
  };
}
