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
  /** Of it, in order. */
  readonly processed: readonly Operation[];
  /** Of offsets past it, in order, whatever came of them. */
  readonly commits: readonly Operation[];
  /** What was fetched as the committed offset of its partition. */
  readonly fetched: readonly Operation[];
}

type GroupOffset = Extract<MicroOp, { kind: 'commit' | 'committed' | 'process' }>;

/** null: the anomaly names no record of a group. */
export function groupSceneOf(teller: Teller, { anomaly }: JudgedAnomaly): GroupScene | null {
  const { operations } = teller.history;
  const offset = anomaly.offsets[0] ?? -1;
  const group = anomaly.operations.flatMap((index) => operations[index]?.value ?? []).find(isGroupOffset)?.group;
  if (group === undefined || offset < 0) return null;
  const members = new Set<string>();
  const scene = { polls: [], processed: [], commits: [], fetched: [] } as Record<
    'polls' | 'processed' | 'commits' | 'fetched',
    Operation[]
  >;
  for (const operation of operations) {
    for (const microOp of operation.value) {
      if ('group' in microOp && microOp.group === group) members.add(operation.client);
      if (!('key' in microOp) || microOp.key !== anomaly.key) continue;
      if (microOp.kind === 'poll' && microOp.offsets.includes(offset)) scene.polls.push(operation);
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
    historyKey: anomaly.key,
    key: teller.key(anomaly.key),
    offset,
    value: anomaly.values[0] ?? -1,
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
