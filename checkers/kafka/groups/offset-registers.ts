/**
 * committed-phantom: a fetch answered an offset that nobody had committed, or whoever did failed: a commit that was
 * refused, a transaction that was aborted.
 *
 *   t0  |-- begin, send y=7, commit g: x=5, abort --| fail
 *   c1                                                |-- fetch g --| x=5 → phantom
 *
 * committed-nonlinearizable: no order of a group's commits and fetches of one partition explains what the fetches
 * answered, though none of them answered less than had been committed before (committed-regression says that).
 *
 *   c0  |-- commit x=5 --------------------|
 *   c1  |-- commit x=6 --------------------|
 *   c2                                        |-- fetch: 5 --|   |-- fetch: 6 --|   → no order explains both
 */
import type { Anomaly } from '../../../histories/anomaly.js';
import { FAIL, INFO } from '../../../histories/history-columns.js';
import type { Checker } from '../../checker.js';
import { linearizability, type RegisterOperation } from '../../registers/linearizability.js';
import { findings, operationsOf } from '../history/findings.js';
import { historyIndex, type HistoryIndex } from '../history/history-index.js';
import { keyWords } from '../history/words.js';
import { lineageOf } from './lineage.js';
import { anomaly, fetchesOf, fetchName, regressions } from './offsets.js';

/** A group that never committed has no offset. */
const NONE = -1;

interface Register {
  readonly group: string;
  readonly key: number;
  /** Commits that took effect, or may have; fetches that were answered. */
  readonly operations: RegisterOperation[];
  /** What those commits wrote, and that there is nothing. */
  readonly written: Set<number>;
  /** Commits that took no effect. */
  readonly failed: RegisterOperation[];
}

export const offsetRegisters: Checker = {
  name: 'offset-registers',
  check(history) {
    const index = historyIndex(history);
    const anomalies: Anomaly[] = [];
    const undecided = new Set<string>();
    const wentBack = new Map(regressions(index, lineageOf(history).commits).map((one) => [one.fetch, one.anomaly]));
    for (const register of registersOf(index)) {
      const { operations } = register;
      const unknown = operations.filter((one) => one.kind === 'read' && !register.written.has(one.value));
      const invented = unknown.filter((one) => isPhantom(register, one));
      anomalies.push(
        ...invented
          .filter(({ operation }) => !wentBack.has(fetchName(operation, register)))
          .map((one) => phantom(index, register, one)),
      );
      if (invented.length < unknown.length) undecided.add(fedFromElsewhere(index, register));
      // What went back is told already.
      if (operations.some(({ operation }) => wentBack.has(fetchName(operation, register)))) continue;
      const result = linearizability(
        operations.filter((one) => !unknown.includes(one)),
        NONE,
      );
      if (result.kind === 'undecided') undecided.add(result.reason);
      if (result.kind === 'not-linearizable') anomalies.push(unexplained(index, register, result.operation));
    }
    return findings(index, anomalies, undecided.size === 0 ? undefined : [...undecided].join('; '));
  },
};

/**
 * Nobody who succeeded, or may have, committed this offset: a phantom, if somebody failed to; or if this history shows
 * what the group had committed before. Else it may have been committed before the history began.
 */
function isPhantom({ operations, failed }: Register, { value, invokedAt, completedAt }: RegisterOperation): boolean {
  if (failed.some((one) => one.value === value && one.invokedAt <= completedAt)) return true;
  return operations.some((one) => one.kind === 'write' && one.completedAt < invokedAt);
}

function phantom(
  index: HistoryIndex,
  { group, key, failed }: Register,
  { operation, value }: RegisterOperation,
): Anomaly {
  const refused = failed.find((one) => one.value === value);
  const why =
    refused === undefined ? 'which nobody had committed' : `whose only commit failed (operation ${refused.operation})`;
  const story = `group ${group} was answered offset ${value} of ${keyWords(index.history, key)}, ${why}`;
  const operations = operationsOf(operation, refused?.operation ?? -1);
  return anomaly(index, 'committed-phantom', key, [value], operations, story);
}

function fedFromElsewhere({ history }: HistoryIndex, { group, key }: Register): string {
  return `group ${group} had an offset of ${keyWords(history, key)} before anybody here committed one`;
}

function unexplained(index: HistoryIndex, { group, key }: Register, { operation, value }: RegisterOperation): Anomaly {
  const told = value === NONE ? 'none' : `${value}`;
  const story = `no order of the commits and fetches of ${keyWords(index.history, key)} by group ${group} explains that operation ${operation} was answered ${told}`;
  return anomaly(index, 'committed-nonlinearizable', key, value < 0 ? [] : [value], operationsOf(operation), story);
}

function registersOf(index: HistoryIndex): Iterable<Register> {
  const { outcome, invokedAt, completedAt } = index.operations;
  const registers = new Map<string, Register>();
  const add = (group: string, key: number, kind: 'write' | 'read', operation: number, value: number): void => {
    const name = `${group}|${key}`;
    let register = registers.get(name);
    if (register === undefined) {
      register = { group, key, operations: [], written: new Set([NONE]), failed: [] };
      registers.set(name, register);
    }
    const end = outcome[operation] === INFO ? Infinity : completedAt[operation]!;
    const one = { operation, kind, value, invokedAt: invokedAt[operation]!, completedAt: end };
    if (outcome[operation] === FAIL) {
      register.failed.push(one);
      return;
    }
    register.operations.push(one);
    if (kind === 'write') register.written.add(value);
  };
  const fetches = fetchesOf(index);
  if (fetches.length === 0) return [];
  for (const { group, key, offset, operation } of lineageOf(index.history).commits)
    add(group, key, 'write', operation, offset);
  for (const { name, key, offset, operation } of fetches) add(name, key, 'read', operation, offset);
  for (const { operations } of registers.values()) operations.sort((x, y) => x.operation - y.operation);
  return registers.values();
}
