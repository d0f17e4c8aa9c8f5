/**
 * How a consumer goes through a partition that was assigned to it: in the order of offsets, leaving nothing out.
 *
 *   c0  |-- poll --| 0=7 1=8   |-- poll --| 4=9   and others read 2 and 3 → poll-skip
 *   c0  |-- poll --| 0=7 1=8   |-- poll --| 1=8                           → nonmonotonic-poll
 *
 * The same within one operation: int-poll-skip, int-nonmonotonic-poll. Left out is a record that was acknowledged and that
 * some read returned: offsets have gaps, and who reads committed transactions alone passes aborted records.
 *
 * Only what a session is known to have been assigned is judged. Polls of any outcome are compared, but the position goes
 * on from ok ones alone: a transaction that aborts rewinds. An assignment keeps the positions of the keys that it names,
 * unless the next poll begins at the first offset known: a seek to the beginning. Any other seek says so itself. A poll with a warning (an offset out of range) begins
 * anew. Who subscribes may be moved by any rebalance: nothing is said.
 */
import type { Anomaly } from '../../histories/anomaly.js';
import { FAIL, OK, POLL, type HistoryColumns } from '../../histories/history-columns.js';
import type { Checker } from '../checker.js';
import { endOf, findings, operationsOf } from './history/findings.js';
import { historyIndex, type HistoryIndex } from './history/history-index.js';
import { keyWords, recordWords } from './history/words.js';

export const pollOrder: Checker = {
  name: 'poll-order',
  check(history) {
    const index = historyIndex(history);
    const order = new PollOrder(index);
    for (let operation = 0; operation < index.operations.length; operation++) order.take(operation);
    return findings(index, order.anomalies);
  },
};

/** Where a session stands in a partition: what it read last. */
interface Position {
  readonly operation: number;
  readonly offset: number;
  /** Assigned anew since: it may have sought the beginning. */
  readonly assignedSince: boolean;
}

class PollOrder {
  readonly anomalies: Anomaly[] = [];
  private readonly index: HistoryIndex;
  private readonly columns: HistoryColumns;
  /** By session, by key. Sessions that nothing was assigned to have none. */
  private readonly positions = new Map<number, Map<number, Position>>();

  constructor(index: HistoryIndex) {
    this.index = index;
    this.columns = index.operations;
  }

  take(operation: number): void {
    const { session: sessions, f, finalReadOf } = this.columns;
    if (finalReadOf[operation]! >= 0) return;
    const session = sessions[operation]!;
    switch (f.at(operation)) {
      case 'assign':
        return this.assign(operation, session);
      case 'seek':
        return this.seek(operation, session);
      case 'subscribe':
      case 'crash':
        this.positions.delete(session);
        return;
    }
    const positions = this.positions.get(session);
    if (positions !== undefined) this.poll(operation, positions);
  }

  private assign(operation: number, session: number): void {
    const { outcome, firstMicroOp, microOpCount, key } = this.columns;
    if (outcome[operation] === FAIL) return;
    const before = this.positions.get(session);
    const kept = new Map<number, Position>();
    const first = firstMicroOp[operation]!;
    for (let microOp = first; microOp < first + microOpCount[operation]!; microOp++) {
      const position = before?.get(key[microOp]!);
      if (position !== undefined) kept.set(key[microOp]!, { ...position, assignedSince: true });
    }
    this.positions.set(session, kept);
  }

  private seek(operation: number, session: number): void {
    const { firstMicroOp, microOpCount, key } = this.columns;
    const first = firstMicroOp[operation]!;
    for (let microOp = first; microOp < first + microOpCount[operation]!; microOp++) {
      this.positions.get(session)?.delete(key[microOp]!);
    }
  }

  private poll(operation: number, positions: Map<number, Position>): void {
    const { columns } = this;
    const isOk = columns.outcome[operation] === OK;
    const isWarned = isOk && columns.error.at(operation) !== null;
    const reads = new Map<number, Position>();
    const first = columns.firstMicroOp[operation]!;
    for (let microOp = first; microOp < first + columns.microOpCount[operation]!; microOp++) {
      if (columns.microOpKind[microOp] !== POLL) continue;
      const key = columns.key[microOp]!;
      const begin = columns.firstRecord[microOp]!;
      for (let row = begin; row < begin + columns.recordCount[microOp]!; row++) {
        const offset = columns.offset[row]!;
        if (offset < 0) continue;
        const before = reads.get(key) ?? positions.get(key);
        if (before !== undefined && !isWarned) this.compare(key, before, operation, offset);
        reads.set(key, { operation, offset, assignedSince: false });
      }
    }
    if (isOk) for (const [key, position] of reads) positions.set(key, position);
  }

  private compare(key: number, before: Position, operation: number, offset: number): void {
    const within = before.operation === operation ? 'int-' : '';
    if (offset <= before.offset) {
      if (before.assignedSince && offset <= this.firstOffsetOf(key)) return;
      const story = `${this.reader(operation)} read ${this.place(key, offset)} after ${this.place(key, before.offset)}`;
      this.found(`${within}nonmonotonic-poll`, key, [before.offset, offset], [], before, operation, story);
      return;
    }
    const skipped = this.firstBetween(key, before.offset, offset);
    if (skipped < 0) return;
    const { record, offset: offsets } = this.index.positions;
    const left = recordWords(this.index, record[skipped]!, offsets[skipped]!);
    const story = `${this.reader(operation)} read ${this.place(key, offset)} next after ${this.place(key, before.offset)}, and left out ${left}`;
    const values = [this.index.records.value[record[skipped]!]!];
    this.found(`${within}poll-skip`, key, [offsets[skipped]!], values, before, operation, story);
  }

  /** The lowest position between two offsets whose record was acknowledged, and read there by somebody; -1: none. */
  private firstBetween(key: number, low: number, high: number): number {
    const { log, logStart, positions, records } = this.index;
    const end = logStart[key + 1]!;
    for (let i = this.firstAbove(key, low); i < end; i++) {
      const position = log[i]!;
      if (positions.offset[position]! >= high) return -1;
      if (positions.reader[position]! >= 0 && records.outcome[positions.record[position]!] === OK) return position;
    }
    return -1;
  }

  /** Index into the key's log of the first position above an offset. */
  private firstAbove(key: number, offset: number): number {
    const { log, logStart, positions } = this.index;
    let low = logStart[key]!;
    let high = logStart[key + 1]!;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (positions.offset[log[middle]!]! <= offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  private firstOffsetOf(key: number): number {
    const { log, logStart, positions } = this.index;
    return positions.offset[log[logStart[key]!]!]!;
  }

  private found(
    type: string,
    key: number,
    offsets: readonly number[],
    values: readonly number[],
    before: Position,
    operation: number,
    story: string,
  ): void {
    const operations = operationsOf(before.operation, operation);
    const at = endOf(this.index, operation);
    this.anomalies.push({ type, key, offsets, operations, values, events: [], at, story, preventedBy: null });
  }

  private reader(operation: number): string {
    return this.columns.client.at(operation)!;
  }

  private place(key: number, offset: number): string {
    return `${keyWords(this.index.history, key)}@${offset}`;
  }
}
