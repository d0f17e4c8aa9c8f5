/**
 * Which inputs went into which outputs of a consume-transform-produce workload, and what its groups committed: read from
 * the micro-operations `derive` and `commit`, once, and shared.
 */
import { columnsOf, COMMIT, DERIVE, FAIL, OK } from '../../../histories/history-columns.js';
import { isCommitted } from '../history/committed.js';
import type { HistoryIndex } from '../history/history-index.js';
import { historyIndex } from '../history/history-index.js';
import type { History } from '../../../histories/operation.js';

/** One input of one output. */
export interface Derivation {
  readonly operation: number;
  /** '' if its client commits for no group. */
  readonly group: string;
  readonly inputKey: number;
  readonly inputOffset: number;
  /** The record of the output; -1: the operation says that it made it, and never sent it. */
  readonly output: number;
  /** What the output says, of an application that counts the records of each key; 0: it does not count. */
  readonly count: number;
}

export interface Commit {
  readonly operation: number;
  readonly group: string;
  readonly key: number;
  /** The next to be read. */
  readonly offset: number;
}

export interface Lineage {
  readonly index: HistoryIndex;
  /** In order of invocation. */
  readonly derivations: readonly Derivation[];
  readonly commits: readonly Commit[];
}

const known = new WeakMap<History, Lineage>();

export function lineageOf(history: History): Lineage {
  let lineage = known.get(history);
  if (lineage === undefined) known.set(history, (lineage = find(history)));
  return lineage;
}

function find(history: History): Lineage {
  const index = historyIndex(history);
  const columns = columnsOf(history);
  if (!columns.has(DERIVE) && !columns.has(COMMIT)) return { index, derivations: [], commits: [] };
  const commits = commitsOf(index);
  return { index, commits, derivations: derivationsOf(index, commits) };
}

function commitsOf({ operations }: HistoryIndex): readonly Commit[] {
  const { length, firstMicroOp, microOpCount, microOpKind, key, firstRecord, offset, value, names } = operations;
  const commits: Commit[] = [];
  for (let operation = 0; operation < length; operation++) {
    const first = firstMicroOp[operation]!;
    for (let microOp = first; microOp < first + microOpCount[operation]!; microOp++) {
      if (microOpKind[microOp] !== COMMIT) continue;
      const row = firstRecord[microOp]!;
      commits.push({ operation, group: names.at(value[row]!), key: key[microOp]!, offset: offset[row]! });
    }
  }
  return commits;
}

/** An operation that commits nothing itself works for the group for which its client commits at other times. */
function derivationsOf(index: HistoryIndex, commits: readonly Commit[]): readonly Derivation[] {
  const { length, client, firstMicroOp, microOpCount, microOpKind, key, firstRecord, offset, value } = index.operations;
  const groupOfClient = new Map(commits.map(({ operation, group }) => [client.number(operation), group]));
  const groupOfOperation = new Map(commits.map(({ operation, group }) => [operation, group]));
  const derivations: Derivation[] = [];
  for (let operation = 0; operation < length; operation++) {
    const group = groupOfOperation.get(operation) ?? groupOfClient.get(client.number(operation)) ?? '';
    const first = firstMicroOp[operation]!;
    for (let microOp = first; microOp < first + microOpCount[operation]!; microOp++) {
      if (microOpKind[microOp] !== DERIVE) continue;
      const row = firstRecord[microOp]!;
      const placed = index.recordOf(offset[row + 1]!, value[row]!);
      const output = placed >= 0 ? placed : index.recordWrittenBy(operation, value[row]!);
      const input = { inputKey: key[microOp]!, inputOffset: offset[row]! };
      derivations.push({ operation, group, ...input, output, count: value[row + 1]! });
    }
  }
  return derivations;
}

/** Its output is in the log for good: with its transaction, if it was made in one. */
export function isOutputCommitted(index: HistoryIndex, { operation, output }: Derivation): boolean {
  if (output < 0) return false;
  const { outcome, f } = index.operations;
  if (outcome[operation] === OK || f.at(operation) === 'txn') return isCommitted(index, operation);
  return outcome[operation] !== FAIL && index.records.reader[output]! >= 0;
}

/** The record at a key and offset; -1: none is known. */
export function recordAt(index: HistoryIndex, key: number, offset: number): number {
  const position = positionAt(index, key, offset);
  return position < 0 ? -1 : index.positions.record[position]!;
}

/** The record at a key and offset; -1: none is known, or two were seen there in turn. */
export function onlyRecordAt(index: HistoryIndex, key: number, offset: number): number {
  const { log, logStart, positions } = index;
  const first = firstAt(index, key, offset);
  const isAlone = first + 1 === logStart[key + 1]! || positions.offset[log[first + 1]!] !== offset;
  return first >= 0 && isAlone ? positions.record[log[first]!]! : -1;
}

/** The first known position at a key and offset; -1: none is known. */
export function positionAt(index: HistoryIndex, key: number, offset: number): number {
  const first = firstAt(index, key, offset);
  return first < 0 ? -1 : index.log[first]!;
}

/** Where in `log` the positions of an offset begin; -1: none is known. */
function firstAt({ log, logStart, positions }: HistoryIndex, key: number, offset: number): number {
  const end = logStart[key + 1]!;
  let low = logStart[key]!;
  let high = end;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (positions.offset[log[middle]!]! < offset) low = middle + 1;
    else high = middle;
  }
  return low < end && positions.offset[log[low]!] === offset ? low : -1;
}
