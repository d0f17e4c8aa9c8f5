/** Reading and writing the partitions' states in ZooKeeper, as both state machines do: each write against the version read. */
import { ZkCode } from '../ensemble/codes.js';
import type { SingleWrite } from '../ensemble/operations.js';
import { leaderAndIsrOf, type LeaderAndIsr, type PartitionStateZnode, type TopicPaths } from '../znodes.js';
import { controllerWrites, persistent, requestAll, type ZkSteps } from '../zk-steps.js';
import type { ControllerContext } from './context.js';

export interface Update {
  readonly partition: number;
  readonly leader: number;
  readonly isr: readonly number[];
  /** The state that was read. */
  readonly from: LeaderAndIsr;
}

export interface StateWrite {
  readonly partition: number;
  /** That the state in ZooKeeper must have. */
  readonly version: number;
  readonly state: PartitionStateZnode;
}

export interface Updated {
  readonly done: readonly { readonly partition: number; readonly state: LeaderAndIsr }[];
  /** Somebody else wrote in between: read again, decide again. */
  readonly badVersion: readonly number[];
}

/**
 * The states as ZooKeeper has them. Missing: those that are not there, and those that a later controller has written, which
 * are no longer this one's to change.
 */
export function* readStates(
  partitions: readonly number[],
  paths: TopicPaths,
  context: ControllerContext,
): ZkSteps<Map<number, LeaderAndIsr>> {
  const states = new Map<number, LeaderAndIsr>();
  const answers = yield* requestAll(
    partitions.map((partition) => ({ kind: 'get-data', path: paths.states[partition], watch: false })),
  );
  answers.forEach(({ code, data, stat }, index) => {
    if (code !== ZkCode.OK) return;
    const state = leaderAndIsrOf(data, stat!);
    if (state.controllerEpoch <= context.epoch) states.set(partitions[index], state);
  });
  return states;
}

/** The leader epoch rises with every decision of the controller. (LeaderAndIsr.newLeaderAndIsr, updateLeaderAndIsr) */
export function* writeDecisions(
  updates: readonly Update[],
  paths: TopicPaths,
  context: ControllerContext,
): ZkSteps<Updated> {
  return yield* writeStates(
    updates.map(({ partition, leader, isr, from }) => ({
      partition,
      version: from.zkVersion,
      state: {
        leader,
        leaderEpoch: from.leaderEpoch + 1,
        isr: context.isrWithReplicas(partition, isr),
        controllerEpoch: context.epoch,
      },
    })),
    paths,
    context,
  );
}

export function* writeStates(
  writes: readonly StateWrite[],
  paths: TopicPaths,
  context: ControllerContext,
): ZkSteps<Updated> {
  const ops = writes.map(({ partition, version, state }): SingleWrite => ({
    kind: 'set-data',
    path: paths.states[partition],
    data: state,
    version,
  }));
  const answers = yield* controllerWrites(ops, context.epochZkVersion);
  const done: { partition: number; state: LeaderAndIsr }[] = [];
  const badVersion: number[] = [];
  answers.forEach(({ code, stat }, index) => {
    const { partition, state } = writes[index];
    if (code === ZkCode.OK) done.push({ partition, state: { ...state, zkVersion: stat!.version } });
    else if (code === ZkCode.BADVERSION) badVersion.push(partition);
  });
  return { done, badVersion };
}

/** createTopicPartition, createTopicPartitions, createTopicPartitionStates. @returns the partitions whose state was made */
export function* createStates(
  states: ReadonlyMap<number, PartitionStateZnode>,
  paths: TopicPaths,
  context: ControllerContext,
): ZkSteps<number[]> {
  const partitions = [...states.keys()];
  const topics = new Set(partitions.map((partition) => paths.topicOf[partition]));
  const above = [...topics].map((topic) => persistent(`${paths.topics[topic]}/partitions`, null));
  yield* controllerWrites(above, context.epochZkVersion);
  const znodes = partitions.map((partition) => persistent(paths.partitions[partition], null));
  yield* controllerWrites(znodes, context.epochZkVersion);
  const writes = partitions.map((partition) => persistent(paths.states[partition], states.get(partition)));
  const answers = yield* controllerWrites(writes, context.epochZkVersion);
  return partitions.filter((_, index) => answers[index].code === ZkCode.OK);
}
