/**
 * What became of the records of a group whose members say when they have processed one:
 *
 *   skipped       a record stands below the group's committed offset, and no member has processed it
 *   reprocessed   members processed one record twice
 *
 *   c0  |-- poll x: 4, 5 --| |-- commit g: x=6 --| ok  |-- process x@4 --|  dies   → 5 is skipped
 *   c0  |-- poll x: 4 --| |-- process x@4 --|  dies   c1 |-- poll x: 4 --| |-- process x@4 --|   → 4 is reprocessed
 *
 * What was in the log before anybody was in the group is none of its affair. A process that ended unknown counts neither as
 * done nor as left undone.
 */
import type { Anomaly } from '../../../histories/anomaly.js';
import { FAIL, OK } from '../../../histories/history-columns.js';
import type { Checker } from '../../checker.js';
import { findings } from '../history/findings.js';
import { historyIndex, type HistoryIndex } from '../history/history-index.js';
import { keyWords, recordWords } from '../history/words.js';
import { lineageOf, onlyRecordAt, type Commit } from './lineage.js';
import { anomaly } from './offsets.js';
import { stintsOf } from './ownership.js';
import { processesOf, type Process } from './processes.js';
import { ResetsToLatest } from './resets.js';

export const processing: Checker = {
  name: 'processing',
  check(history) {
    const index = historyIndex(history);
    const done = processesOf(history);
    if (done.length === 0) return findings(index, []);
    const first = firstOperations(index, done);
    return findings(index, [...reprocessed(index, done), ...skipped(index, done, first)]);
  },
};

const nameOf = ({ group, key, offset }: Pick<Process, 'group' | 'key' | 'offset'>): string =>
  `${group}|${key}|${offset}`;

function reprocessed(index: HistoryIndex, done: readonly Process[]): readonly Anomaly[] {
  const { outcome } = index.operations;
  const doneBy = new Map<string, number>();
  return done.flatMap((one) => {
    const { operation, group, key, offset } = one;
    if (outcome[operation] !== OK) return [];
    const name = nameOf(one);
    const other = doneBy.get(name);
    doneBy.set(name, operation);
    if (other === undefined) return [];
    const story = `group ${group} processed ${keyWords(index.history, key)}@${offset} twice, in operations ${other} and ${operation}`;
    const values = valueAt(index, key, offset);
    return [{ ...anomaly(index, 'reprocessed', key, [offset], [other, operation], story), values }];
  });
}

function skipped(
  index: HistoryIndex,
  done: readonly Process[],
  first: ReadonlyMap<string, number>,
): readonly Anomaly[] {
  const { outcome, completedAt, invokedAt } = index.operations;
  const attempted = new Set(done.filter(({ operation }) => outcome[operation] !== FAIL).map(nameOf));
  const { positions, records } = index;
  const resets = new ResetsToLatest(index);
  return [...furthestCommits(index).values()].flatMap((commit) => {
    const { operation, group, key, offset: committed } = commit;
    const begun = first.get(group);
    if (begun === undefined) return [];
    const anomalies: Anomaly[] = [];
    for (let i = index.logStart[key]!; i < index.logStart[key + 1]!; i++) {
      const position = index.log[i]!;
      const offset = positions.offset[position]!;
      const reader = positions.reader[position]!;
      if (offset >= committed || reader < 0 || attempted.has(nameOf({ group, key, offset }))) continue;
      const record = positions.record[position]!;
      const send = records.send[record]!;
      // Its send had ended before anybody was in the group.
      if (send >= 0 && completedAt[send]! >= 0 && completedAt[send]! < invokedAt[begun]!) continue;
      const words = recordWords(index, record, offset);
      const story = `group ${group} committed offset ${committed} (operation ${operation}), and no member has processed ${words}`;
      const values = [records.value[record]!];
      const found = { ...anomaly(index, 'skipped', key, [offset, committed], [operation, reader], story), values };
      anomalies.push(resets.explain(found, commit, offset));
    }
    return anomalies;
  });
}

/** By group and key: the commit that succeeded and went furthest. */
function furthestCommits(index: HistoryIndex): ReadonlyMap<string, Commit> {
  const furthest = new Map<string, Commit>();
  for (const commit of lineageOf(index.history).commits) {
    const name = `${commit.group}|${commit.key}`;
    const isFurther = commit.offset > (furthest.get(name)?.offset ?? -1);
    if (index.operations.outcome[commit.operation] === OK && isFurther) furthest.set(name, commit);
  }
  return furthest;
}

/** By group: the first operation by which somebody was in it. */
function firstOperations(index: HistoryIndex, done: readonly Process[]): ReadonlyMap<string, number> {
  const first = new Map<string, number>();
  for (const { group, operation } of [...stintsOf(index.history), ...done]) {
    first.set(group, Math.min(first.get(group) ?? Infinity, operation));
  }
  return first;
}

/** The value of the record that stands at an offset; none: nobody knows which one does. */
function valueAt(index: HistoryIndex, key: number, offset: number): readonly number[] {
  const record = onlyRecordAt(index, key, offset);
  return record < 0 ? [] : [index.records.value[record]!];
}
