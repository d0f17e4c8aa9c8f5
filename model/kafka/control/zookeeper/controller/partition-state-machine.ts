/** The states of partitions: PartitionStateMachine. A partition is online when it has a leader. */
import type { TopicSpec } from '../../../cluster-spec.js';
import { NO_LEADER } from '../../../protocol/metadata-records.js';
import { withAltered } from '../../../topic-configuration.js';
import { NOTHING_ALTERED, readConfigurations, type Configurations } from '../topic-configs.js';
import type { LeaderAndIsr, PartitionStateZnode, TopicPaths } from '../znodes.js';
import type { ZkSteps } from '../zk-steps.js';
import type { ControllerContext, PartitionState } from './context.js';
import { chooseLeader, type Choice, type ElectionStrategy } from './leader-elections.js';
import { createStates, readStates, writeDecisions, type Update } from './partition-states.js';
import type { RequestBatch } from './request-batch.js';

export class PartitionStateMachine {
  private readonly context: ControllerContext;
  private readonly batch: RequestBatch;
  private readonly paths: TopicPaths;
  private readonly topics: readonly TopicSpec[];

  constructor(context: ControllerContext, batch: RequestBatch, paths: TopicPaths, topics: readonly TopicSpec[]) {
    this.context = context;
    this.batch = batch;
    this.paths = paths;
    this.topics = topics;
  }

  /** At failover: what has no live leader is elected for. */
  *startup(): ZkSteps<void> {
    const { context } = this;
    for (const partition of context.partitions()) {
      context.partitionStates[partition] = this.initialState(partition);
    }
    yield* this.triggerOnline();
  }

  /** triggerOnlinePartitionStateChange: for all that have no leader, after anything that may have changed that. */
  *triggerOnline(): ZkSteps<void> {
    yield* this.triggerOnlineOf(this.context.partitions());
  }

  /** The same for the partitions of one topic. */
  *triggerOnlineOfTopic(topic: number): ZkSteps<void> {
    const { context, paths } = this;
    yield* this.triggerOnlineOf(context.partitions().filter((partition) => paths.topicOf[partition] === topic));
  }

  private *triggerOnlineOf(partitions: readonly number[]): ZkSteps<void> {
    const { partitionStates } = this.context;
    const without = partitions.filter(
      (partition) => partitionStates[partition] === 'offline' || partitionStates[partition] === 'new',
    );
    yield* this.toOnline(without, { kind: 'offline' });
  }

  toNew(partitions: readonly number[]): void {
    for (const partition of partitions) this.context.partitionStates[partition] = 'new';
  }

  toOffline(partitions: readonly number[]): void {
    for (const partition of partitions) this.context.partitionStates[partition] = 'offline';
  }

  /** @returns the partitions that have a leader by it */
  *toOnline(partitions: readonly number[], strategy: ElectionStrategy): ZkSteps<readonly number[]> {
    if (partitions.length === 0) return [];
    const { partitionStates } = this.context;
    const fresh = partitions.filter((partition) => partitionStates[partition] === 'new');
    const others = partitions.filter((partition) => partitionStates[partition] !== 'new');
    const done: number[] = [];
    if (fresh.length > 0) done.push(...(yield* this.initialize(fresh)));
    if (others.length > 0) done.push(...(yield* this.elect(others, strategy)));
    for (const partition of done) partitionStates[partition] = 'online';
    this.batch.send();
    return done;
  }

  private initialState(partition: number): PartitionState {
    const leadership = this.context.leaderships[partition];
    if (leadership === undefined) return 'new';
    const isLed = leadership.leader !== NO_LEADER && this.context.isReplicaOnline(leadership.leader, partition);
    return isLed ? 'online' : 'offline';
  }

  /** The first ISR is whoever lives; without anyone the partition stays new. */
  private *initialize(partitions: readonly number[]): ZkSteps<number[]> {
    const { context, batch } = this;
    const states = new Map<number, PartitionStateZnode>();
    for (const partition of partitions) {
      const live = context.replicasOf(partition).filter((replica) => context.isReplicaOnline(replica, partition));
      if (live.length === 0) continue;
      states.set(partition, { leader: live[0], leaderEpoch: 0, isr: live, controllerEpoch: context.epoch });
    }
    const created = yield* createStates(states, this.paths, context);
    for (const partition of created) {
      const state = states.get(partition)!;
      context.leaderships[partition] = { ...state, zkVersion: 0 };
      batch.addLeaderAndIsr(state.isr, partition, true);
    }
    return created;
  }

  /** The leader may have changed the ISR in between: then the choice is made again. */
  private *elect(partitions: readonly number[], strategy: ElectionStrategy): ZkSteps<number[]> {
    const { context, batch, paths } = this;
    const elected: number[] = [];
    let remaining = partitions;
    while (remaining.length > 0) {
      const states = yield* readStates(remaining, paths, context);
      const configurations = strategy.kind === 'offline' ? yield* this.readConfigurations(states) : NOTHING_ALTERED;
      const choices = new Map<number, Choice>();
      const updates: Update[] = [];
      for (const [partition, from] of states) {
        const choice = chooseLeader(strategy, partition, from, context, this.allowsUnclean(partition, configurations));
        if (choice === null) continue;
        choices.set(partition, choice);
        updates.push({ partition, leader: choice.leader, isr: choice.isr, from });
      }
      const { done, badVersion } = yield* writeDecisions(updates, paths, context);
      for (const { partition, state } of done) {
        context.leaderships[partition] = state;
        batch.addLeaderAndIsr(choices.get(partition)!.recipients, partition, false);
        elected.push(partition);
      }
      remaining = badVersion;
    }
    return elected;
  }

  /**
   * What was altered of the topics' settings, of those with partitions that have no live member of the ISR.
   * (collectUncleanLeaderElectionState, which reads the others too; here nobody alters those)
   */
  private *readConfigurations(states: ReadonlyMap<number, LeaderAndIsr>): ZkSteps<Configurations> {
    const { context, paths } = this;
    const topics = new Set<number>();
    for (const [partition, { isr }] of states) {
      const topic = paths.topicOf[partition];
      const isElectable = isr.some((replica) => context.isReplicaOnline(replica, partition));
      if (paths.alterable[topic] && !isElectable) topics.add(topic);
    }
    return topics.size === 0 ? NOTHING_ALTERED : yield* readConfigurations([...topics], paths);
  }

  private allowsUnclean(partition: number, configurations: Configurations): boolean {
    const topic = this.paths.topicOf[partition];
    return withAltered(this.topics[topic].settings, configurations.get(topic))['unclean.leader.election.enable'];
  }
}
