/**
 * G1a (aborted read): a poll returned a record whose send failed.
 * G1a-failed-reader: the same, of a poll that did not end ok itself (its transaction was aborted, say).
 *
 *   p0  |-- send orders-0 value 7 --| fail
 *   c0                                |-- poll --|  ok, 4=7   → G1a
 *   c1                                |-- poll --|  fail, 4=7 → G1a-failed-reader
 *
 * `fail` means that the record certainly did not get into a log: who says so, and is wrong, misleads an application
 * into sending again. What a poll returned was real, however its operation ended; but Jepsen and Adya ask what committed
 * operations read, and so the two are told apart. Of several readers the one is named that reads committed records
 * alone: if any was promised that there is no such record, that one was.
 */
import type { Anomaly } from '../../histories/anomaly.js';
import { FAIL, OK, POLL } from '../../histories/history-columns.js';
import type { Checker } from '../checker.js';
import { endOf, findings, operationsOf } from './history/findings.js';
import { historyIndex, type HistoryIndex } from './history/history-index.js';
import { recordWords } from './history/words.js';
import { readsCommitted } from './settings.js';

export const abortedRead: Checker = {
  name: 'G1a',
  check(history) {
    const index = historyIndex(history);
    const { outcome, reader } = index.records;
    const failedAndRead: number[] = [];
    for (let record = 0; record < index.records.length; record++) {
      if (outcome[record] === FAIL && reader[record]! >= 0) failedAndRead.push(record);
    }
    if (failedAndRead.length === 0) return findings(index, []);
    const readers = new Readers(index, failedAndRead);
    const anomalies = failedAndRead.flatMap((record): Anomaly[] => [
      ...read(index, 'G1a', record, readers.succeeded.get(record)),
      ...read(index, 'G1a-failed-reader', record, readers.failed.get(record)),
    ]);
    return findings(index, anomalies);
  },
};

/** By record: who read it first, those that read committed records alone before all others. */
class Readers {
  readonly succeeded = new Map<number, number>();
  readonly failed = new Map<number, number>();
  private readonly index: HistoryIndex;

  constructor(index: HistoryIndex, records: readonly number[]) {
    this.index = index;
    const wanted = new Set(records);
    const { length, outcome, firstMicroOp, microOpCount, microOpKind, key, firstRecord, recordCount, value } =
      index.operations;
    for (let operation = 0; operation < length; operation++) {
      const readers = outcome[operation] === OK ? this.succeeded : this.failed;
      const first = firstMicroOp[operation]!;
      for (let microOp = first; microOp < first + microOpCount[operation]!; microOp++) {
        if (microOpKind[microOp] !== POLL) continue;
        for (let row = firstRecord[microOp]!; row < firstRecord[microOp]! + recordCount[microOp]!; row++) {
          const record = index.recordOf(key[microOp]!, value[row]!);
          if (wanted.has(record)) this.add(readers, record, operation);
        }
      }
    }
  }

  private add(readers: Map<number, number>, record: number, operation: number): void {
    const before = readers.get(record);
    const isBetter = before === undefined || (!this.readsCommitted(before) && this.readsCommitted(operation));
    if (isBetter) readers.set(record, operation);
  }

  private readsCommitted(operation: number): boolean {
    const { client, finalReadOf } = this.index.operations;
    return readsCommitted(this.index.history.header, client.at(operation)!, finalReadOf[operation]! >= 0);
  }
}

function read(index: HistoryIndex, type: string, record: number, reader: number | undefined): readonly Anomaly[] {
  if (reader === undefined) return [];
  const writer = index.writer(record)!;
  const offset = index.firstOffset(record);
  const place = recordWords(index, record, offset);
  return [
    {
      type,
      key: index.records.key[record]!,
      offsets: offset < 0 ? [] : [offset],
      operations: operationsOf(writer.index, reader),
      values: [index.records.value[record]!],
      events: [],
      at: endOf(index, reader),
      story: `${place}: its send failed (${writer.error ?? 'no error said'}), and it was read`,
      preventedBy: null,
    },
  ];
}
