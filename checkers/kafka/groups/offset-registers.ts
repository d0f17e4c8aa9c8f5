/**
 * committed-nonlinearizable: no order of a group's commits and fetches of one partition explains what the fetches
 * answered, though none of them answered less than had been committed before (committed-regression says that).
 *
 *   c0  |-- commit x=5 --------------------|
 *   c1  |-- commit x=6 --------------------|
 *   c2                                        |-- fetch: 5 --|   |-- fetch: 6 --|   → no order explains both
 */
import type { Anomaly } from '../../../histories/anomaly.js';
import { FAIL, OK } from '../../../histories/history-columns.js';
import type { Checker } from '../../checker.js';
import { linearizability, type RegisterOperation } from '../../registers/linearizability.js';
import { endOf, findings, operationsOf } from '../history/findings.js';
import { historyIndex, type HistoryIndex } from '../history/history-index.js';
import { keyWords } from '../history/words.js';
import { lineageOf } from './lineage.js';
import { fetchesOf, regressions } from './offsets.js';

/** A group that never committed has no offset. */
const NONE = -1;

interface Register {
  readonly group: string;
  readonly key: number;
  readonly operations: RegisterOperation[];
}

export const offsetRegisters: Checker = {
  name: 'offset-registers',
  check(history) {
    const index = historyIndex(history);
    const anomalies: Anomaly[] = [];
    const undecided = new Set<string>();
    const wentBack = new Set(regressions(index, lineageOf(history).commits).map(({ key }) => key));
    for (const register of registersOf(index)) {
      if (wentBack.has(register.key) || isFedFromElsewhere(register)) continue;
      const result = linearizability(register.operations, NONE);
      if (result.kind === 'undecided') undecided.add(result.reason);
      if (result.kind !== 'not-linearizable') continue;
      const { group, key } = register;
      const { operation, value } = result.operation;
      const told = value === NONE ? 'none' : `${value}`;
      anomalies.push({
        type: 'committed-nonlinearizable',
        key,
        offsets: value < 0 ? [] : [value],
        operations: operationsOf(operation),
        values: [],
        events: [],
        at: endOf(index, operation),
        story: `no order of the commits and fetches of ${keyWords(history, key)} by group ${group} explains that operation ${operation} was answered ${told}`,
        preventedBy: null,
      });
    }
    return findings(index, anomalies, undecided.size === 0 ? undefined : [...undecided].join('; '));
  },
};

/** Somebody was answered what nobody in this history committed. */
function isFedFromElsewhere({ operations }: Register): boolean {
  const written = new Set([NONE]);
  for (const { kind, value } of operations) if (kind === 'write') written.add(value);
  return operations.some(({ kind, value }) => kind === 'read' && !written.has(value));
}

function registersOf(index: HistoryIndex): Iterable<Register> {
  const { outcome, invokedAt, completedAt } = index.operations;
  const registers = new Map<string, Register>();
  const add = (group: string, key: number, kind: 'write' | 'read', operation: number, value: number): void => {
    if (outcome[operation] === FAIL) return;
    const name = `${group}|${key}`;
    const end = outcome[operation] === OK ? completedAt[operation]! : Infinity;
    const one = { operation, kind, value, invokedAt: invokedAt[operation]!, completedAt: end };
    const register = registers.get(name);
    if (register === undefined) registers.set(name, { group, key, operations: [one] });
    else register.operations.push(one);
  };
  const fetches = fetchesOf(index);
  if (fetches.length === 0) return [];
  for (const { group, key, offset, operation } of lineageOf(index.history).commits)
    add(group, key, 'write', operation, offset);
  for (const { name, key, offset, operation } of fetches) add(name, key, 'read', operation, offset);
  for (const { operations } of registers.values()) operations.sort((x, y) => x.operation - y.operation);
  return registers.values();
}
