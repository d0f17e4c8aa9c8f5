/**
 * zombie-output: a member that had been replaced committed a transaction for the partitions that it no longer owned.
 *
 *   m1  |-- owns x, generation 3 --|
 *   m2                                |-- owns x, generation 4 --|
 *   m1                                                              |-- txn: poll x, send y, commit x=5 --| ok → zombie
 *
 * A transaction that was open while the generation changed is a zombie if the new owner, once it was that, was answered
 * an offset below the one that the transaction commits: then it was committed later. KIP-447 fences both by generation.
 *
 * Who has a transactional.id for each partition is fenced by that, whatever its generation: as long as no other has called
 * initTransactions with it, the partition is its own. What it does wrong shows as outputs of one input twice.
 */
import type { Anomaly } from '../../../histories/anomaly.js';
import { COMMITTED, OK, POLL } from '../../../histories/history-columns.js';
import type { Checker } from '../../checker.js';
import { isCommitted } from '../history/committed.js';
import { endOf, findings, operationsOf } from '../history/findings.js';
import { historyIndex, type HistoryIndex } from '../history/history-index.js';
import { keyWords } from '../history/words.js';
import { fencesByPartition } from '../settings.js';
import { lineageOf, type Commit } from './lineage.js';
import { comparableStintsOf, stintsByPartition, type Stint } from './ownership.js';

export const zombieOutput: Checker = {
  name: 'zombie-output',
  check(history) {
    const index = historyIndex(history);
    const stints = stintsByPartition(comparableStintsOf(history));
    if (stints.size === 0) return findings(index, []);
    const anomalies = lineageOf(history).commits.flatMap((commit) => {
      const { operation, group, key } = commit;
      const isJudged =
        index.operations.f.at(operation) === 'txn' &&
        isCommitted(index, operation) &&
        !fencesByPartition(history.header, index.operations.client.at(operation)!);
      const replaced = isJudged ? replacedBy(index, commit, stints.get(`${group}|${key}`) ?? []) : null;
      return replaced === null ? [] : [zombie(index, commit, replaced)];
    });
    return findings(index, anomalies);
  },
};

/** The member that owned the partition in a later generation when the transaction was committed; null: none for certain. */
function replacedBy(index: HistoryIndex, commit: Commit, stints: readonly Stint[]): Stint | null {
  const client = index.operations.client.at(commit.operation);
  const begun = index.operations.invokedAt[commit.operation]!;
  const ofClient = stints.filter((one) => one.client === client && one.from < endOf(index, commit.operation));
  const own = ofClient.findLast((one) => one.from <= begun);
  if (own === undefined) return null;
  const isZombieTo = (one: Stint): boolean =>
    one.member !== own.member &&
    one.generation > own.generation &&
    (one.from < begun || committedAfter(index, commit, one.from));
  const found = stints.find(isZombieTo) ?? null;
  const later = ofClient.findLast((one) => one.from > begun);
  const isOfLater = found !== null && later !== undefined && later.generation > found.generation;
  return isOfLater && consumedSince(index, commit, later.from) ? null : found;
}

/**
 * The inputs of the transaction in this partition were polled after the moment: a transaction may be open when its member
 * gets another partition, and then belongs to that ownership as far as the partition goes.
 */
function consumedSince(index: HistoryIndex, { operation, key }: Commit, moment: number): boolean {
  const inputs = lineageOf(index.history).derivations.filter(
    (one) => one.operation === operation && one.inputKey === key,
  );
  const first = inputs.reduce((least, { inputOffset }) => Math.min(least, inputOffset), Infinity);
  const { operations } = index;
  const { client, completedAt, firstMicroOp, microOpCount, microOpKind, firstRecord, recordCount, offset } = operations;
  const end = endOf(index, operation);
  let polledAt = -1;
  for (let poll = 0; poll < operations.length; poll++) {
    const isEarlier = completedAt[poll]! >= 0 && completedAt[poll]! <= end;
    if (!isEarlier || client.at(poll) !== client.at(operation)) continue;
    for (let microOp = firstMicroOp[poll]!; microOp < firstMicroOp[poll]! + microOpCount[poll]!; microOp++) {
      if (microOpKind[microOp] !== POLL || operations.key[microOp] !== key) continue;
      const from = firstRecord[microOp]!;
      const returned = offset.subarray(from, from + recordCount[microOp]!);
      if (returned.includes(first)) polledAt = Math.max(polledAt, completedAt[poll]!);
    }
  }
  return polledAt >= moment;
}

/** Somebody was answered less than this commit after the moment, before the commit ended. */
function committedAfter(index: HistoryIndex, commit: Commit, moment: number): boolean {
  const { operations } = index;
  const { length, outcome, invokedAt, completedAt, firstMicroOp, microOpCount, microOpKind } = operations;
  const { key, firstRecord, offset, value, names } = operations;
  const end = endOf(index, commit.operation);
  if (moment >= end) return false;
  for (let operation = 0; operation < length; operation++) {
    const isWithin = invokedAt[operation]! > moment && completedAt[operation]! >= 0 && completedAt[operation]! < end;
    if (!isWithin || outcome[operation] !== OK) continue;
    const first = firstMicroOp[operation]!;
    for (let microOp = first; microOp < first + microOpCount[operation]!; microOp++) {
      if (microOpKind[microOp] !== COMMITTED || key[microOp] !== commit.key) continue;
      const row = firstRecord[microOp]!;
      if (names.at(value[row]!) === commit.group && offset[row]! < commit.offset) return true;
    }
  }
  return false;
}

function zombie(index: HistoryIndex, { operation, group, key, offset }: Commit, by: Stint): Anomaly {
  const client = index.operations.client.at(operation)!;
  return {
    type: 'zombie-output',
    key,
    offsets: [offset],
    operations: operationsOf(by.operation, operation),
    values: [],
    events: [],
    at: endOf(index, operation),
    story: `${client} committed offset ${offset} of ${keyWords(index.history, key)} for group ${group} in a transaction, when ${by.member} owned it in generation ${by.generation}`,
    preventedBy: null,
  };
}
