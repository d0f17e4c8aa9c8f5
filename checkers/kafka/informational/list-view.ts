/**
 * Logs seen as lists: a send appends to the list of its partition, and whoever reads a partition from its first record on
 * reads a list, further with every poll. So the checkers of list-append histories, with all of Elle's inference, say
 * in which order transactions took effect.
 *
 *   p0  |-- send x=1, x=2 --|              append x 1, append x 2
 *   c0  |-- poll x: 1 --| |-- poll x: 2 --|      read x=[1]; read x=[1,2]
 *
 * Kafka promises nothing of it: no write is isolated. And a poll may end anywhere: that a read does not go on says nothing
 * of what was there. So only what follows from the order of the lists is told: cycles of ww and wr, reads that disagree on
 * it. Cycles of rw are told where a poll is proven to have reached the end (`rw-deps`). What other checkers say of the
 * same operations (aborted reads, phantoms) is left to them, and so is whether a transaction reads what it sends itself:
 * here it never should.
 */
import { OK, POLL, SEND } from '../../../histories/history-columns.js';
import type { History, MicroOp } from '../../../histories/operation.js';
import type { Checker } from '../../checker.js';
import { listCheckers } from '../../list-append/checkers.js';
import { runCheckers } from '../../verdict.js';
import { historyIndex, type HistoryIndex } from '../history/history-index.js';

/** Elements of all reads together: each read names all before it again. */
const MOST_ELEMENTS = 4_000_000;

/** By the order of lists alone. */
const ofOrder = /^(G0|G1c)(-|$)|^(incompatible-order|duplicate-elements|dirty-update)$/;

export const listView: Checker = {
  name: 'lists',
  check(history) {
    const lists = asLists(history);
    if (lists === null)
      return { anomalies: [], undecided: `more than ${MOST_ELEMENTS} elements in all reads together` };
    const { anomalies, undecided } = runCheckers(listCheckers, lists);
    const told = anomalies.filter(({ type }) => ofOrder.test(type));
    return undecided.length === 0 ? { anomalies: told } : { anomalies: told, undecided: undecided.join('; ') };
  },
};

/** The same operations under the same numbers, as appends and reads; null: their lists are too long to be written out. */
export function asLists(history: History): History | null {
  const view = new ListView(historyIndex(history));
  const { length } = view.index.operations;
  const values: (readonly MicroOp[])[] = [];
  for (let operation = 0; operation < length; operation++) {
    values.push(view.valueOf(operation));
    if (view.elements > MOST_ELEMENTS) return null;
  }
  const { header, keys } = history;
  const operations = history.operations.map((operation, i) => ({ ...operation, f: 'txn', value: values[i]! }));
  return { header, keys, operations, valueName: (value) => history.valueName(value) };
}

/** What a session has read of a key, from its first record on. */
interface Prefix {
  readonly values: readonly number[];
  readonly end: number;
}

class ListView {
  readonly index: HistoryIndex;
  elements = 0;
  /** By session and key. */
  private readonly prefixes = new Map<string, Prefix>();

  constructor(index: HistoryIndex) {
    this.index = index;
  }

  valueOf(operation: number): readonly MicroOp[] {
    const { firstMicroOp, microOpCount, microOpKind } = this.index.operations;
    const first = firstMicroOp[operation]!;
    const made: MicroOp[] = [];
    for (let microOp = first; microOp < first + microOpCount[operation]!; microOp++) {
      if (microOpKind[microOp] === SEND) made.push(...this.append(operation, microOp));
      if (microOpKind[microOp] === POLL) made.push(...this.read(operation, microOp));
    }
    return made;
  }

  private append(operation: number, microOp: number): readonly MicroOp[] {
    const { key, value, firstRecord } = this.index.operations;
    const sent = value[firstRecord[microOp]!]!;
    const record = this.index.recordWrittenBy(operation, sent);
    const placed = key[microOp]! >= 0 || record < 0 ? key[microOp]! : this.index.records.key[record]!;
    return placed < 0 ? [] : [{ kind: 'append', key: placed, value: sent }];
  }

  private read(operation: number, microOp: number): readonly MicroOp[] {
    const { key: keys, session, firstRecord, recordCount, value, offset, outcome } = this.index.operations;
    const key = keys[microOp]!;
    const rows = Array.from({ length: recordCount[microOp]! }, (_, i) => firstRecord[microOp]! + i);
    const known = rows.filter((row) => offset[row]! >= 0);
    const [first, last] = [known[0], known.at(-1)];
    if (first === undefined || last === undefined || known.length < rows.length) return [];
    const name = `${session[operation]!}|${key}`;
    const before = this.prefixes.get(name);
    this.prefixes.delete(name);
    let values: readonly number[] | null = null;
    if (offset[first] === this.firstOffsetOf(key)) values = [];
    else if (before !== undefined && offset[first]! > before.end) values = before.values;
    if (values === null) return [];
    values = [...values, ...rows.map((row) => value[row]!)];
    this.elements += values.length;
    // What did not succeed does not move the consumer on: an aborted transaction goes back.
    const kept = outcome[operation] === OK ? { values, end: offset[last]! } : before;
    if (kept !== undefined) this.prefixes.set(name, kept);
    return [{ kind: 'read', key, values }];
  }

  private firstOffsetOf(key: number): number {
    const { log, logStart, positions } = this.index;
    return positions.offset[log[logStart[key]!]!]!;
  }
}
