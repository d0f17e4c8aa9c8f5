/** The states of replicas: ReplicaStateMachine. A replica is online while its broker lives. */
import { NO_LEADER } from '../../../protocol/metadata-records.js';
import type { TopicPaths } from '../znodes.js';
import type { ZkSteps } from '../zk-steps.js';
import type { ControllerContext } from './context.js';
import { readStates, writeDecisions, type Update } from './partition-states.js';
import type { RequestBatch } from './request-batch.js';

export interface PartitionAndReplica {
  readonly partition: number;
  readonly replica: number;
}

export class ReplicaStateMachine {
  private readonly context: ControllerContext;
  private readonly batch: RequestBatch;
  private readonly paths: TopicPaths;

  constructor(context: ControllerContext, batch: RequestBatch, paths: TopicPaths) {
    this.context = context;
    this.batch = batch;
    this.paths = paths;
  }

  /** At failover: live brokers are told of all they host; the others are taken out of the ISRs. */
  *startup(): ZkSteps<void> {
    const { context } = this;
    const online: PartitionAndReplica[] = [];
    const offline: PartitionAndReplica[] = [];
    for (const partition of context.partitions()) {
      for (const replica of context.replicasOf(partition)) {
        const isOnline = context.isReplicaOnline(replica, partition);
        (isOnline ? online : offline).push({ partition, replica });
        context.setReplicaState(partition, replica, isOnline ? 'online' : 'offline');
      }
    }
    this.toOnline(online);
    yield* this.toOffline(offline);
  }

  toNew(replicas: readonly PartitionAndReplica[]): void {
    for (const { partition, replica } of replicas) {
      this.batch.addLeaderAndIsr([replica], partition, true);
      this.context.setReplicaState(partition, replica, 'new');
    }
    this.batch.send();
  }

  toOnline(replicas: readonly PartitionAndReplica[]): void {
    for (const { partition, replica } of replicas) {
      if (this.context.replicaState(partition, replica) !== 'new') {
        this.batch.addLeaderAndIsr([replica], partition, false);
      }
      this.context.setReplicaState(partition, replica, 'online');
    }
    this.batch.send();
  }

  /** The replicas are stopped and leave their ISRs, broker after broker. */
  *toOffline(replicas: readonly PartitionAndReplica[]): ZkSteps<void> {
    const { context, batch } = this;
    const brokers = new Set(replicas.map(({ replica }) => replica));
    for (const broker of brokers) {
      const partitions = replicas.filter(({ replica }) => replica === broker).map(({ partition }) => partition);
      for (const partition of partitions) batch.addStopReplica(broker, partition, false);
      const led = partitions.filter((partition) => context.leaderships[partition] !== undefined);
      yield* this.removeFromIsrs(broker, led);
      const live = context.liveOrShuttingDown();
      for (const partition of partitions) {
        if (context.leaderships[partition] === undefined) batch.addUpdateMetadata(live, [partition]);
        context.setReplicaState(partition, broker, 'offline');
      }
    }
    batch.send();
  }

  /** StopReplica with deletion, and the replica is no more. */
  *toDeleted(replicas: readonly PartitionAndReplica[]): ZkSteps<void> {
    yield* this.toOffline(replicas);
    for (const { partition, replica } of replicas) {
      this.batch.addStopReplica(replica, partition, true);
      this.context.setReplicaState(partition, replica, 'non-existent');
    }
    this.batch.send();
  }

  /** The last member stays, without leading: an ISR is never empty. (doRemoveReplicasFromIsr) */
  private *removeFromIsrs(broker: number, partitions: readonly number[]): ZkSteps<void> {
    const { context, batch, paths } = this;
    let remaining = partitions;
    while (remaining.length > 0) {
      const states = yield* readStates(remaining, paths, context);
      const updates: Update[] = [];
      const finished: number[] = [];
      for (const [partition, from] of states) {
        if (from.isr.includes(broker)) {
          const leader = from.leader === broker ? NO_LEADER : from.leader;
          const isr = from.isr.length === 1 ? from.isr : from.isr.filter((member) => member !== broker);
          updates.push({ partition, leader, isr, from });
        } else {
          context.leaderships[partition] = from;
          finished.push(partition);
        }
      }
      const { done, badVersion } = yield* writeDecisions(updates, paths, context);
      for (const { partition, state } of done) {
        context.leaderships[partition] = state;
        finished.push(partition);
      }
      for (const partition of finished) {
        const others = context.replicasOf(partition).filter((replica) => replica !== broker);
        batch.addLeaderAndIsr(others, partition, false);
      }
      remaining = badVersion;
    }
  }
}
