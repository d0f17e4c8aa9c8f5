/**
 * Who owned which partition of a group, and for how long for certain: from the end of the rebalance that gave it until the
 * next rebalance of the same member begins.
 */
import type { History } from '../../../histories/operation.js';
import { columnsOf, OK, OWN } from '../../../histories/history-columns.js';
import { saysProtocol, speaksBothProtocols } from '../settings.js';

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

/**
 * Those whose generations can be compared: a later one has a higher number. Not of a group whose members speak both protocols:
 * when it is empty and a member of the other protocol comes, it is deleted, and another of its name counts from 1 again
 * (GroupMetadataManager.maybeDeleteEmptyClassicGroup, maybeDeleteEmptyConsumerGroup). Members of the former group go by its
 * numbers until they hear of that, and nothing that a client saw tells one group from the other. What coordinators do with
 * generations W17 and W18 judge, and what comes of it the checkers of outputs.
 */
export function comparableStintsOf(history: History): readonly Stint[] {
  const stints = stintsOf(history);
  if (!saysProtocol(history.header)) return stints;
  const clients = clientsOf(history);
  const groups = new Set(stints.map(({ group }) => group));
  const mixed = [...groups].filter((group) => speaksBothProtocols(history.header, clients, group));
  return mixed.length === 0 ? stints : stints.filter(({ group }) => !mixed.includes(group));
}

function clientsOf(history: History): readonly string[] {
  const { client, length } = columnsOf(history);
  const clients = new Set<string>();
  for (let operation = 0; operation < length; operation++) {
    const name = client.at(operation);
    if (name !== null) clients.add(name);
  }
  return [...clients];
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
