/**
 * What one step of the controller has to say to the brokers, gathered into one request of each kind for each of them:
 * ControllerBrokerRequestBatch. They go out as LeaderAndIsr, UpdateMetadata, StopReplica.
 */
import {
  ControlApi,
  EPOCH_DURING_DELETE,
  NO_LEADER_EPOCH,
  UNKNOWN_BROKER_EPOCH,
  type ControlPartitionState,
  type ControlRequest,
  type LeaderAndIsrPartition,
  type LeaderAndIsrRequest,
  type StopReplicaRequest,
  type UpdateMetadataRequest,
} from '../../../protocol/control-messages.js';
import type { Rules } from '../../../protocol/versions/rules.js';
import type { ControllerContext } from './context.js';
import type { ChannelManager } from './channel-manager.js';

const HEAD_BYTES = 40;
const PARTITION_BYTES = 50;
const BROKER_BYTES = 20;

type StoppedReplica = StopReplicaRequest['partitions'][number];

export class RequestBatch {
  private readonly controllerId: number;
  private readonly context: ControllerContext;
  private readonly channels: ChannelManager;
  private readonly rules: Rules;
  /** By broker, then partition. */
  private readonly leaderAndIsr = new Map<number, Map<number, LeaderAndIsrPartition>>();
  private readonly stopReplica = new Map<number, Map<number, StoppedReplica>>();
  private readonly updatedBrokers = new Set<number>();
  private readonly updatedPartitions = new Map<number, ControlPartitionState>();

  constructor(controllerId: number, context: ControllerContext, channels: ChannelManager, rules: Rules) {
    this.controllerId = controllerId;
    this.context = context;
    this.channels = channels;
    this.rules = rules;
  }

  /** Everybody else hears of it by UpdateMetadata. */
  addLeaderAndIsr(brokers: readonly number[], partition: number, isNew: boolean): void {
    const state = this.stateOf(partition);
    if (state === null) return;
    for (const broker of brokers) {
      const states = entry(this.leaderAndIsr, broker);
      states.set(partition, { ...state, isNew: isNew || states.get(partition)?.isNew === true });
    }
    this.addUpdateMetadata(this.context.liveOrShuttingDown(), [partition]);
  }

  addStopReplica(broker: number, partition: number, deletePartition: boolean): void {
    const states = entry(this.stopReplica, broker);
    const leaderEpoch = this.stopEpoch(partition, deletePartition);
    const wasDelete = states.get(partition)?.deletePartition === true;
    states.set(partition, { partition, leaderEpoch, deletePartition: deletePartition || wasDelete });
  }

  addUpdateMetadata(brokers: readonly number[], partitions: readonly number[]): void {
    for (const broker of brokers) this.updatedBrokers.add(broker);
    for (const partition of partitions) {
      const state = this.stateOf(partition);
      if (state !== null) this.updatedPartitions.set(partition, state);
    }
  }

  /** What a failed step has left. */
  clear(): void {
    this.leaderAndIsr.clear();
    this.stopReplica.clear();
    this.updatedBrokers.clear();
    this.updatedPartitions.clear();
  }

  send(): void {
    this.sendLeaderAndIsr();
    this.sendUpdateMetadata();
    this.sendStopReplica();
    this.clear();
  }

  private sendLeaderAndIsr(): void {
    for (const [broker, states] of this.leaderAndIsr) {
      if (!this.context.isLiveOrShuttingDown(broker)) continue;
      const partitions = [...states.values()];
      const leaders = new Set(partitions.map(({ leader }) => leader));
      const request: LeaderAndIsrRequest = {
        ...this.head(ControlApi.leaderAndIsr, broker, partitions.length),
        partitions,
        liveLeaders: [...leaders].filter((leader) => this.context.isLiveOrShuttingDown(leader)),
      };
      this.channels.send(broker, request);
    }
  }

  private sendUpdateMetadata(): void {
    const partitions = [...this.updatedPartitions.values()];
    const liveBrokers = this.context.brokers.flatMap((broker) =>
      broker === undefined ? [] : [{ id: broker.id, rack: broker.rack }],
    );
    for (const broker of this.updatedBrokers) {
      if (!this.context.isLiveOrShuttingDown(broker)) continue;
      const head = this.head(ControlApi.updateMetadata, broker, partitions.length);
      const request: UpdateMetadataRequest = {
        ...head,
        bytes: head.bytes + BROKER_BYTES * liveBrokers.length,
        partitions,
        liveBrokers,
      };
      this.channels.send(broker, request);
    }
  }

  private sendStopReplica(): void {
    for (const [broker, states] of this.stopReplica) {
      if (!this.context.isLiveOrShuttingDown(broker)) continue;
      const partitions = [...states.values()];
      const head = this.head(ControlApi.stopReplica, broker, partitions.length);
      const request: StopReplicaRequest = { ...head, partitions };
      this.channels.send(broker, request);
    }
  }

  private head(kind: number, broker: number, partitions: number): ControlRequest {
    return {
      kind,
      bytes: HEAD_BYTES + PARTITION_BYTES * partitions,
      correlationId: this.channels.nextCorrelationId(),
      controllerId: this.controllerId,
      controllerEpoch: this.context.epoch,
      brokerEpoch: this.rules.brokerEpochInControlRequests ? this.context.brokers[broker]!.epoch : UNKNOWN_BROKER_EPOCH,
    };
  }

  private stateOf(partition: number): ControlPartitionState | null {
    const leadership = this.context.leaderships[partition];
    if (leadership === undefined) return null;
    const { controllerEpoch, leader, leaderEpoch, isr, zkVersion } = leadership;
    const replicas = this.context.replicasOf(partition);
    return { partition, controllerEpoch, leader, leaderEpoch, isr, zkVersion, replicas };
  }

  /** KIP-570 (2.6). */
  private stopEpoch(partition: number, deletePartition: boolean): number {
    if (!this.rules.leaderEpochInStopReplica) return NO_LEADER_EPOCH;
    if (deletePartition && this.context.assignments[partition] === undefined) return EPOCH_DURING_DELETE;
    return this.context.leaderships[partition]?.leaderEpoch ?? NO_LEADER_EPOCH;
  }
}

function entry<T>(map: Map<number, Map<number, T>>, broker: number): Map<number, T> {
  let states = map.get(broker);
  if (states === undefined) map.set(broker, (states = new Map()));
  return states;
}
