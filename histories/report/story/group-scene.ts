/** What a group's members did with one record: who polled it, processed it, and committed an offset past it. */
import type { JudgedAnomaly } from '../../anomaly.js';
import type { MicroOp, Operation } from '../../operation.js';
import type { Teller } from './teller.js';

export interface GroupScene {
  readonly group: string;
  /** Index into the history's keys, and into the trace's. */
  readonly historyKey: number;
  readonly key: number;
  readonly offset: number;
  /** -1: the history does not tell. */
  readonly value: number;
  /** Polls of members that returned it, in order. */
  readonly polls: readonly Operation[];
  /** What members did with it, in order: processed it, or made an output of it. */
  readonly processed: readonly Operation[];
  /** Of offsets past it, in order, whatever came of them. */
  readonly commits: readonly Operation[];
  /** What was fetched as the committed offset of its partition. */
  readonly fetched: readonly Operation[];
}

type GroupOffset = Extract<MicroOp, { kind: 'commit' | 'committed' | 'process' }>;

/** null: the anomaly names no record of a group. */
export function groupSceneOf(teller: Teller, { anomaly }: JudgedAnomaly): GroupScene | null {
  const offset = anomaly.offsets[0] ?? -1;
  const group = groupOf(teller, anomaly.operations);
  return group === null || offset < 0 ? null : sceneOfRecord(teller, group, anomaly.key, offset);
}

/** The group that the operations, or else other operations of their clients, name; null: none. */
export function groupOf(teller: Teller, operations: readonly number[]): string | null {
  const named = operations.flatMap((index) => teller.history.operations[index] ?? []);
  const direct = named.flatMap(({ value }) => value).find(isGroupOffset);
  if (direct !== undefined) return direct.group;
  const clients = new Set(named.map(({ client }) => client));
  for (const { client, value } of teller.history.operations) {
    const found = clients.has(client) ? value.find(isGroupOffset) : undefined;
    if (found !== undefined) return found.group;
  }
  return null;
}

/** @param historyKey index into the history's keys */
export function sceneOfRecord(teller: Teller, group: string, historyKey: number, offset: number): GroupScene {
  const members = new Set<string>();
  const scene = { polls: [], processed: [], commits: [], fetched: [] } as Record<
    'polls' | 'processed' | 'commits' | 'fetched',
    Operation[]
  >;
  let value = -1;
  for (const operation of teller.history.operations) {
    for (const microOp of operation.value) {
      if ('group' in microOp && microOp.group === group) members.add(operation.client);
      if (!('key' in microOp) || microOp.key !== historyKey) continue;
      if (microOp.kind === 'poll' && microOp.offsets.includes(offset)) {
        scene.polls.push(operation);
        value = microOp.values[microOp.offsets.indexOf(offset)] ?? value;
      } else if (microOp.kind === 'derive' && microOp.offset === offset) scene.processed.push(operation);
      else if (!isGroupOffset(microOp) || microOp.group !== group) continue;
      else if (microOp.kind === 'process' && microOp.offset === offset) scene.processed.push(operation);
      else if (microOp.kind === 'commit' && microOp.offset > offset) scene.commits.push(operation);
      else if (microOp.kind === 'committed') scene.fetched.push(operation);
    }
  }
  return {
    ...scene,
    polls: scene.polls.filter(({ client, finalReadOf }) => finalReadOf < 0 && members.has(client)),
    group,
    historyKey,
    key: teller.key(historyKey),
    offset,
    value,
  };
}

/** The offset that an operation commits, or found committed, for the scene's partition; -1: none. */
export function offsetIn(scene: GroupScene, operation: Operation): number {
  const found = operation.value.find(
    (microOp): microOp is GroupOffset => isGroupOffset(microOp) && microOp.key === scene.historyKey,
  );
  return found?.offset ?? -1;
}

/** When it was over for its client; the end of time if it never was. */
export function endOf({ completedAt }: Operation): number {
  return completedAt < 0 ? Infinity : completedAt;
}

function isGroupOffset(microOp: MicroOp): microOp is GroupOffset {
  return microOp.kind === 'commit' || microOp.kind === 'committed' || microOp.kind === 'process';
}
