/**
 * How a consumer goes through a partition that was assigned to it: in the order of offsets, leaving nothing out.
 *
 *   c0  |-- poll --| 0=7 1=8   |-- poll --| 4=9   and others read 2 and 3 → poll-skip
 *   c0  |-- poll --| 0=7 1=8   |-- poll --| 1=8                           → nonmonotonic-poll
 *
 * The same within one operation: int-poll-skip, int-nonmonotonic-poll. Left out is a record that was acknowledged and that
 * some read returned: offsets have gaps, and who reads committed transactions alone passes aborted records. Of a compacted
 * partition nobody can say what was left out: it may have been superseded.
 *
 * Between polls only what a session is known to have been assigned is judged. Polls of any outcome are compared, but the
 * position goes on from ok ones alone: a transaction that aborts rewinds. An assignment keeps the positions of the keys
 * that it names, unless the next poll begins at the first offset known: a seek to the beginning. Any other seek says so
 * itself. Who subscribes may be moved by any rebalance: nothing is said. Within one operation everybody is judged, but for
 * the keys that a rebalance moved meanwhile. A warning (an offset out of range) does not say of which partition it is, and
 * what it tells shows in that poll or in a later one: the session begins anew everywhere.
 */
import type { Anomaly } from '../../histories/anomaly.js';
import { FAIL, OK, POLL, type HistoryColumns } from '../../histories/history-columns.js';
import type { Checker } from '../checker.js';
import { endOf, findings, operationsOf } from './history/findings.js';
import { historyIndex, type HistoryIndex } from './history/history-index.js';
import { keyWords, recordWords } from './history/words.js';
import { isCompacted } from './settings.js';

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
  /** In the records of the history. */
  readonly row: number;
  /** Assigned anew since: it may have sought the beginning. */
  readonly assignedSince: boolean;
}

const NONE: readonly number[] = [];

class PollOrder {
  readonly anomalies: Anomaly[] = [];
  private readonly index: HistoryIndex;
  private readonly columns: HistoryColumns;
  /** By session, by key. Sessions that nothing was assigned to have none. */
  private readonly positions = new Map<number, Map<number, Position>>();
  /** By key, once it was asked. */
  private readonly compacted: (boolean | undefined)[] = [];

  constructor(index: HistoryIndex) {
    this.index = index;
    this.columns = index.operations;
  }

  take(operation: number): void {
    const { session: sessions, f, finalReadOf } = this.columns;
    if (finalReadOf[operation]! >= 0) return;
    switch (f.at(operation)) {
      case 'send': // most operations
        return;
      case 'assign':
        return this.assign(operation, sessions[operation]!);
      case 'seek':
        return this.seek(operation, sessions[operation]!);
      case 'subscribe':
      case 'crash':
        this.positions.delete(sessions[operation]!);
        return;
    }
    this.poll(operation, this.positions.get(sessions[operation]!));
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

  /** @param positions undefined: nothing was assigned to the session */
  private poll(operation: number, positions: Map<number, Position> | undefined): void {
    const { columns } = this;
    const isOk = columns.outcome[operation] === OK;
    const isWarned = isOk && columns.error.at(operation) !== null;
    const rebalanced = columns.rebalanced.get(operation) ?? NONE;
    const reads = new Map<number, Position>();
    const first = columns.firstMicroOp[operation]!;
    for (let microOp = first; microOp < first + columns.microOpCount[operation]!; microOp++) {
      if (columns.microOpKind[microOp] !== POLL) continue;
      const key = columns.key[microOp]!;
      const before = reads.get(key) ?? positions?.get(key) ?? null;
      const isJudged = !isWarned && !rebalanced.includes(key);
      const last = this.records(operation, microOp, before, isJudged);
      if (last >= 0) reads.set(key, { operation, row: last, assignedSince: false });
    }
    if (isWarned) positions?.clear();
    else if (isOk && positions !== undefined) for (const [key, position] of reads) positions.set(key, position);
  }

  /** The records of one poll, each against the one before it. @returns the row of the last; -1: no offset is known */
  private records(operation: number, microOp: number, before: Position | null, isJudged: boolean): number {
    const { key: keys, firstRecord, recordCount, offset } = this.columns;
    const key = keys[microOp]!;
    const begin = firstRecord[microOp]!;
    const end = begin + recordCount[microOp]!;
    let last = -1;
    for (let row = begin; row < end; row++) {
      if (offset[row]! < 0) continue;
      if (isJudged && last < 0 && before !== null) this.compare(key, before, operation, row);
      // What follows at once leaves nothing out.
      if (isJudged && last >= 0 && offset[row] !== offset[last]! + 1) {
        this.compare(key, { operation, row: last, assignedSince: false }, operation, row);
      }
      last = row;
    }
    return last;
  }

  private compare(key: number, before: Position, operation: number, row: number): void {
    const { offset: offsets, value } = this.columns;
    const within = before.operation === operation ? 'int-' : '';
    const [from, to] = [offsets[before.row]!, offsets[row]!];
    const read = `${this.columns.client.at(operation)} read ${this.place(key, to)}`;
    if (to <= from) {
      if (before.assignedSince && to <= this.firstOffsetOf(key)) return;
      const story = `${read} after ${this.place(key, from)}`;
      const values = [...new Set([value[before.row]!, value[row]!])];
      this.found(`${within}nonmonotonic-poll`, key, [from, to], values, before, operation, story);
      return;
    }
    const skipped = this.firstBetween(key, from, to);
    if (skipped < 0) return;
    const { positions, records } = this.index;
    const record = positions.record[skipped]!;
    const left = recordWords(this.index, record, positions.offset[skipped]!);
    const story = `${read} next after ${this.place(key, from)}, and left out ${left}`;
    const skippedAt = [positions.offset[skipped]!];
    this.found(`${within}poll-skip`, key, skippedAt, [records.value[record]!], before, operation, story);
  }

  /** The lowest position between two offsets whose record was acknowledged, and read there by somebody; -1: none. */
  private firstBetween(key: number, low: number, high: number): number {
    if ((this.compacted[key] ??= isCompacted(this.index.history, key))) return -1;
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

  private place(key: number, offset: number): string {
    return `${keyWords(this.index.history, key)}@${offset}`;
  }
}
