/**
 * Who owned which partition of a group, and for how long for certain: from the end of the rebalance that gave it until the
 * next rebalance of the same member begins.
 */
import type { History } from '../../../histories/operation.js';
import { columnsOf, OK, OWN } from '../../../histories/history-columns.js';

export interface Stint {
  /** The rebalance that gave it. */
  readonly operation: number;
  readonly group: string;
  readonly member: string;
  readonly client: string;
  readonly generation: number;
  readonly key: number;
  readonly from: number;
  /** Infinity: no later rebalance of the member is known. */
  readonly to: number;
}

const known = new WeakMap<History, readonly Stint[]>();

/** In order of invocation of the rebalances that gave them. */
export function stintsOf(history: History): readonly Stint[] {
  let stints = known.get(history);
  if (stints === undefined) known.set(history, (stints = find(history)));
  return stints;
}

function find(history: History): readonly Stint[] {
  const columns = columnsOf(history);
  const { length, outcome, invokedAt, completedAt, client, firstMicroOp, microOpCount, microOpKind } = columns;
  const { key, firstRecord, offset, value, names } = columns;
  if (!columns.has(OWN)) return [];
  const stints: Stint[] = [];
  /** By group and member: since when it owned something else, from the last operation back. */
  const next = new Map<string, number>();
  for (let operation = length - 1; operation >= 0; operation--) {
    const first = firstMicroOp[operation]!;
    const involved = new Set<string>();
    for (let microOp = first + microOpCount[operation]! - 1; microOp >= first; microOp--) {
      if (microOpKind[microOp] !== OWN) continue;
      const row = firstRecord[microOp]!;
      const group = names.at(value[row]!);
      const member = names.at(value[row + 1]!);
      const name = `${group}|${member}`;
      involved.add(name);
      if (outcome[operation] !== OK || key[microOp]! < 0) continue;
      stints.push({
        operation,
        group,
        member,
        client: client.at(operation)!,
        generation: offset[row]!,
        key: key[microOp]!,
        from: completedAt[operation]!,
        to: next.get(name) ?? Infinity,
      });
    }
    for (const name of involved) next.set(name, invokedAt[operation]!);
  }
  return stints.reverse();
}

/** By group and key, in order. */
export function stintsByPartition(stints: readonly Stint[]): ReadonlyMap<string, readonly Stint[]> {
  const groups = new Map<string, Stint[]>();
  for (const stint of stints) {
    const name = `${stint.group}|${stint.key}`;
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [stint]);
    else group.push(stint);
  }
  return groups;
}
