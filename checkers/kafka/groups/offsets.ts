/**
 * A group's committed offsets:
 *
 *   committed-regression   a fetch answered an offset below what had been committed before it was asked for
 *   committed-beyond-end   an offset was committed above the end of its partition
 *   committed-too-far      an offset was committed above a record that no member of the group had polled yet
 *
 *   c0  |-- commit g: x=5 --| ok
 *   c1                          |-- fetch g --| x=3 → regression, unless a commit of 3 may have come later
 */
import type { Anomaly } from '../../../histories/anomaly.js';
import { COMMITTED, END_OFFSET, FAIL, OK, POLL } from '../../../histories/history-columns.js';
import type { Checker } from '../../checker.js';
import { endOf, findings, operationsOf } from '../history/findings.js';
import { historyIndex, type HistoryIndex } from '../history/history-index.js';
import { keyWords, recordWords } from '../history/words.js';
import { lineageOf, positionAt, type Commit } from './lineage.js';
import { stintsOf } from './ownership.js';
import { ResetsToLatest } from './resets.js';

export const groupOffsets: Checker = {
  name: 'group-offsets',
  check(history) {
    const index = historyIndex(history);
    const { commits } = lineageOf(history);
    if (commits.length === 0) return findings(index, []);
    const wentBack = regressions(index, commits).map(({ anomaly: found }) => found);
    return findings(index, [...wentBack, ...beyondEnd(index, commits), ...tooFar(index, commits)]);
  },
};

/** What a group's coordinator, or a partition's leader, answered. */
export interface Answer {
  readonly operation: number;
  /** The group, or the isolation level. */
  readonly name: string;
  readonly key: number;
  readonly offset: number;
}

export function fetchesOf(index: HistoryIndex): readonly Answer[] {
  return answersOf(index, COMMITTED);
}

function answersOf({ operations }: HistoryIndex, kind: number): readonly Answer[] {
  const { length, outcome, firstMicroOp, microOpCount, microOpKind, key, firstRecord, offset, value, names } =
    operations;
  const answers: Answer[] = [];
  if (!operations.has(kind)) return answers;
  for (let operation = 0; operation < length; operation++) {
    if (outcome[operation] !== OK) continue;
    const first = firstMicroOp[operation]!;
    for (let microOp = first; microOp < first + microOpCount[operation]!; microOp++) {
      if (microOpKind[microOp] !== kind) continue;
      const row = firstRecord[microOp]!;
      answers.push({ operation, name: names.at(value[row]!), key: key[microOp]!, offset: offset[row]! });
    }
  }
  return answers;
}

/** The commits of one group and key, in order of invocation. */
function byPartition(commits: readonly Commit[]): ReadonlyMap<string, readonly Commit[]> {
  const groups = new Map<string, Commit[]>();
  for (const commit of commits) {
    const name = `${commit.group}|${commit.key}`;
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [commit]);
    else group.push(commit);
  }
  return groups;
}

/** A fetch that answered less than had been committed, by its name. */
interface Regression {
  readonly fetch: string;
  readonly anomaly: Anomaly;
}

/** One operation may fetch of several groups and partitions. */
export function fetchName(operation: number, { group, key }: Pick<Commit, 'group' | 'key'>): string {
  return `${operation}|${group}|${key}`;
}

export function regressions(index: HistoryIndex, commits: readonly Commit[]): readonly Regression[] {
  const partitions = new Map([...byPartition(commits)].map(([name, group]) => [name, new Commits(index, group)]));
  return fetchesOf(index).flatMap((answer) => {
    const partition = partitions.get(`${answer.name}|${answer.key}`);
    const newest = partition?.newestBefore(answer);
    if (partition === undefined || newest === undefined || answer.offset >= newest.offset) return [];
    if (partition.mayHaveReturned(answer, newest)) return [];
    const key = keyWords(index.history, answer.key);
    const told = answer.offset < 0 ? 'none' : `${answer.offset}`;
    const story = `group ${answer.name} had committed offset ${newest.offset} of ${key} (operation ${newest.operation}), and a fetch answered ${told}`;
    const offsets = [newest.offset, answer.offset];
    const operations = [newest.operation, answer.operation];
    return [
      {
        fetch: fetchName(answer.operation, { group: answer.name, key: answer.key }),
        anomaly: anomaly(index, 'committed-regression', answer.key, offsets, operations, story),
      },
    ];
  });
}

/** The commits of one group and partition: looked through from the newest back, and no further than may matter. */
class Commits {
  private readonly index: HistoryIndex;
  /** Those that succeeded, in order of invocation. */
  private readonly known: readonly Commit[];
  /** When the last of `known` up to each had ended. */
  private readonly endedBy: readonly number[];
  /** Those of which nobody knows whether and when they took effect. */
  private readonly unknown: readonly Commit[];

  constructor(index: HistoryIndex, commits: readonly Commit[]) {
    const { outcome } = index.operations;
    this.index = index;
    this.known = commits.filter(({ operation }) => outcome[operation] === OK);
    this.unknown = commits.filter(({ operation }) => outcome[operation] !== OK && outcome[operation] !== FAIL);
    let last = -1;
    this.endedBy = this.known.map(({ operation }) => (last = Math.max(last, endOf(index, operation))));
  }

  /** Of those that had ended when a fetch was invoked, the one that was invoked last. */
  newestBefore({ operation }: Answer): Commit | undefined {
    const { invokedAt, completedAt } = this.index.operations;
    return this.known.findLast((one) => completedAt[one.operation]! < invokedAt[operation]!);
  }

  /** Whether what was answered, or less, may have been committed after the newest. */
  mayHaveReturned(answer: Answer, newest: Commit): boolean {
    const { invokedAt, completedAt } = this.index.operations;
    const answered = endOf(this.index, answer.operation);
    const fits = (one: Commit): boolean => one.offset <= answer.offset && invokedAt[one.operation]! <= answered;
    const since = invokedAt[newest.operation]!;
    for (let i = this.known.length - 1; i >= 0 && this.endedBy[i]! >= since; i--) {
      const one = this.known[i]!;
      if (completedAt[one.operation]! >= since && fits(one)) return true;
    }
    return this.unknown.some(fits);
  }
}

/** Under read_uncommitted the end is the high watermark, which only grows; the last stable offset may lie below it. */
function beyondEnd(index: HistoryIndex, commits: readonly Commit[]): readonly Anomaly[] {
  const { outcome, invokedAt } = index.operations;
  const ends = answersOf(index, END_OFFSET).filter(({ name }) => name === 'read_uncommitted');
  return commits.flatMap(({ operation, group, key, offset }) => {
    if (outcome[operation] !== OK) return [];
    const end = ends.find(
      (one) =>
        one.key === key &&
        invokedAt[one.operation]! > endOf(index, operation) &&
        one.offset >= 0 &&
        one.offset < offset,
    );
    if (end === undefined) return [];
    const story = `group ${group} committed offset ${offset} of ${keyWords(index.history, key)}, which ended at ${end.offset} even later`;
    return [anomaly(index, 'committed-beyond-end', key, [offset, end.offset], [operation, end.operation], story)];
  });
}

/** From the first offset on that the group polled: it may begin anywhere. */
function tooFar(index: HistoryIndex, commits: readonly Commit[]): readonly Anomaly[] {
  const { outcome } = index.operations;
  const { log, logStart, positions } = index;
  const polls = pollsOfGroups(index, commits);
  const resets = new ResetsToLatest(index);
  const anomalies: Anomaly[] = [];
  for (const group of byPartition(commits).values()) {
    const { key } = group[0]!;
    const polled = polls.get(group[0]!.group)!;
    let at = logStart[key]!;
    const end = logStart[key + 1]!;
    let begun = false;
    for (const { operation, group: name, offset } of group) {
      if (outcome[operation] !== OK) continue;
      for (; at < end && positions.offset[log[at]!]! < offset; at++) {
        const position = log[at]!;
        const reader = positions.reader[position]!;
        const wasPolled = (polled.get(position) ?? Infinity) <= endOf(index, operation);
        if (wasPolled) begun = true;
        if (wasPolled || !begun || reader < 0) continue;
        const record = recordWords(index, positions.record[position]!, positions.offset[position]!);
        const story = `group ${name} committed offset ${offset} (operation ${operation}) before any of its members had polled ${record}`;
        const passedOver = positions.offset[position]!;
        const found = anomaly(index, 'committed-too-far', key, [passedOver, offset], [operation, reader], story);
        const values = [index.records.value[positions.record[position]!]!];
        anomalies.push(resets.explain({ ...found, values }, group[0]!, passedOver));
      }
    }
  }
  return anomalies;
}

/** By group: when a client that commits for it, or owned partitions in it, first polled each position. */
function pollsOfGroups(
  index: HistoryIndex,
  commits: readonly Commit[],
): ReadonlyMap<string, ReadonlyMap<number, number>> {
  const { operations, history } = index;
  const { length, client, invokedAt, firstMicroOp, microOpCount, microOpKind, key, firstRecord, recordCount, offset } =
    operations;
  const groupsOf = new Map<string, Set<string>>();
  const join = (member: string, group: string): void => {
    const groups = groupsOf.get(member);
    if (groups === undefined) groupsOf.set(member, new Set([group]));
    else groups.add(group);
  };
  for (const { operation, group } of commits) join(client.at(operation)!, group);
  for (const { client: owner, group } of stintsOf(history)) join(owner, group);
  const polls = new Map(commits.map(({ group }) => [group, new Map<number, number>()]));
  for (let operation = 0; operation < length; operation++) {
    const groups = groupsOf.get(client.at(operation)!);
    if (groups === undefined) continue;
    const first = firstMicroOp[operation]!;
    for (let microOp = first; microOp < first + microOpCount[operation]!; microOp++) {
      if (microOpKind[microOp] !== POLL) continue;
      for (let row = firstRecord[microOp]!; row < firstRecord[microOp]! + recordCount[microOp]!; row++) {
        const position = positionAt(index, key[microOp]!, offset[row]!);
        if (position < 0) continue;
        for (const group of groups) {
          const polled = polls.get(group);
          if (polled !== undefined && !polled.has(position)) polled.set(position, invokedAt[operation]!);
        }
      }
    }
  }
  return polls;
}

export function anomaly(
  index: HistoryIndex,
  type: string,
  key: number,
  offsets: readonly number[],
  operations: readonly number[],
  story: string,
): Anomaly {
  return {
    type,
    key,
    offsets: offsets.filter((offset) => offset >= 0),
    operations: operationsOf(...operations),
    values: [],
    events: [],
    at: Math.max(...operations.map((one) => endOf(index, one))),
    story,
    preventedBy: null,
  };
}
