/**
 * What controllers order: LeaderAndIsr, UpdateMetadata, StopReplica (ReplicaManager.becomeLeaderOrFollower,
 * maybeUpdateMetadataCache, stopReplicas). One at a time, whoever sent it: replicaStateChangeLock.
 *
 * A controller of a lower epoch than the highest heard of is not obeyed; one of the same or a higher epoch is, whether or
 * not it is still the controller.
 */
import type { Host } from '../../../kernel/process.js';
import {
  ControlApi,
  EPOCH_DURING_DELETE,
  NO_LEADER_EPOCH,
  UNKNOWN_BROKER_EPOCH,
  type ControlRequest,
  type ControlResponse,
  type LeaderAndIsrPartition,
  type LeaderAndIsrRequest,
  type StopReplicaRequest,
  type UpdateMetadataRequest,
} from '../../protocol/control-messages.js';
import { KafkaError, type ErrorCode } from '../../protocol/errors.js';
import { RESPONSE } from '../../protocol/messages.js';
import { Probe } from '../../probes.js';
import type { FetcherManager } from '../fetcher-manager.js';
import type { Partition } from '../partition.js';
import type { ReplicaManager } from '../replica-manager.js';
import type { RequestChannel } from '../request-channel.js';
import type { ZkMetadataCache } from './metadata-cache.js';

/** Kinds of yields. */
export interface ControlRequestTimers {
  /** One partition's transition. Payload: what is ordered. */
  readonly transition: number;
  readonly startFetchers: number;
}

export interface ControlRequestListener {
  /** The first LeaderAndIsr was obeyed: from now on high watermarks are checkpointed, not before (KAFKA-1647). */
  onLeaderAndIsr(): void;
}

type PartitionAnswer = ControlResponse['partitions'][number];

const RESPONSE_BYTES = 40;

export class ControlRequests {
  private readonly host: Host;
  private readonly replicas: ReplicaManager;
  private readonly fetchers: FetcherManager;
  private readonly cache: ZkMetadataCache;
  private readonly timers: ControlRequestTimers;
  private readonly listener: ControlRequestListener;
  private readonly ownEpoch: () => number;
  private readonly queue: RequestChannel[] = [];
  /** The highest heard of. */
  private controllerEpoch = 0;
  /** By partition: of the controller that chose its leader. */
  private readonly decidedIn: number[] = [];
  /** The LeaderAndIsr that is being obeyed. */
  private current: { channel: RequestChannel; request: LeaderAndIsrRequest } | null = null;
  private answers: PartitionAnswer[] = [];
  private pending = 0;
  private toFollow: Partition[] = [];

  constructor(
    replicas: ReplicaManager,
    fetchers: FetcherManager,
    cache: ZkMetadataCache,
    timers: ControlRequestTimers,
    listener: ControlRequestListener,
    ownEpoch: () => number,
  ) {
    this.host = replicas.host;
    this.replicas = replicas;
    this.fetchers = fetchers;
    this.cache = cache;
    this.timers = timers;
    this.listener = listener;
    this.ownEpoch = ownEpoch;
  }

  handle(channel: RequestChannel): void {
    this.queue.push(channel);
    this.proceed();
  }

  /** Epoch of the controller that chose the partition's leader. */
  controllerEpochOf(partition: number): number {
    return this.decidedIn[partition] ?? 0;
  }

  onTimer(kind: number, payload: unknown): void {
    if (kind === this.timers.transition) this.transition(payload as LeaderAndIsrPartition);
    else this.startFetchers();
  }

  private proceed(): void {
    while (this.current === null && this.queue.length > 0) {
      const channel = this.queue.shift()!;
      if (channel.request !== null) this.obey(channel, channel.request as ControlRequest);
    }
  }

  private obey(channel: RequestChannel, request: ControlRequest): void {
    const error = this.staleness(request);
    if (error !== KafkaError.NONE) {
      channel.respond(answer(request, error, []));
      return;
    }
    this.controllerEpoch = request.controllerEpoch;
    switch (request.kind) {
      case ControlApi.leaderAndIsr:
        this.becomeLeaderOrFollower(channel, request as LeaderAndIsrRequest);
        return;
      case ControlApi.updateMetadata:
        this.cache.update(request as UpdateMetadataRequest);
        this.host.probes.emit(Probe.metadataPublished, this.host.id, -1, request.correlationId);
        channel.respond(answer(request, KafkaError.NONE, []));
        return;
      default:
        channel.respond(answer(request, KafkaError.NONE, this.stopReplicas(request as StopReplicaRequest)));
    }
  }

  /** KafkaApis.isBrokerEpochStale, then the controller's epoch. */
  private staleness({ brokerEpoch, controllerEpoch }: ControlRequest): ErrorCode {
    if (brokerEpoch !== UNKNOWN_BROKER_EPOCH && brokerEpoch < this.ownEpoch()) return KafkaError.STALE_BROKER_EPOCH;
    return controllerEpoch < this.controllerEpoch ? KafkaError.STALE_CONTROLLER_EPOCH : KafkaError.NONE;
  }

  // ---------------------------------------------------------------------- LeaderAndIsr

  /** Leaders first, then followers; each partition in a step of its own; then fetching begins, and the controller is told. */
  private becomeLeaderOrFollower(channel: RequestChannel, request: LeaderAndIsrRequest): void {
    this.current = { channel, request };
    this.answers = [];
    const accepted = request.partitions.filter((state) => this.accepts(state));
    const leads = accepted.filter(({ leader }) => leader === this.host.id);
    const follows = accepted.filter(({ leader }) => leader !== this.host.id);
    this.pending = accepted.length;
    for (const state of leads) this.host.later(this.timers.transition, 0, state);
    for (const state of follows) this.host.later(this.timers.transition, 0, state);
    if (this.pending === 0) this.host.later(this.timers.startFetchers, 0);
  }

  /** An order of an epoch that this replica knows already is old. */
  private accepts({ partition, leaderEpoch, replicas }: LeaderAndIsrPartition): boolean {
    if (this.replicas.isOffline(partition)) {
      this.answers.push({ partition, error: KafkaError.KAFKA_STORAGE_ERROR });
      return false;
    }
    const known = this.replicas.partition(partition)?.leaderEpoch ?? -1;
    const isAssigned = replicas.includes(this.host.id);
    const isNew = leaderEpoch > known;
    const error = isAssigned ? KafkaError.STALE_CONTROLLER_EPOCH : KafkaError.UNKNOWN_TOPIC_OR_PARTITION;
    this.answers.push({ partition, error: isNew && isAssigned ? KafkaError.NONE : error });
    return isNew && isAssigned;
  }

  private transition(order: LeaderAndIsrPartition): void {
    let error: ErrorCode = KafkaError.KAFKA_STORAGE_ERROR;
    try {
      if (this.follow(order)) error = KafkaError.NONE;
    } catch (failure) {
      error = this.replicas.storageError(failure);
    }
    if (error !== KafkaError.NONE) {
      this.answers = this.answers.map((one) => (one.partition === order.partition ? { ...one, error } : one));
    }
    this.pending--;
    if (this.pending === 0) this.host.later(this.timers.startFetchers, 0);
  }

  /** @returns false: the replica lies, or may lie, in a log directory that is offline */
  private follow(order: LeaderAndIsrPartition): boolean {
    const { partition: number, replicas, isr, leader, leaderEpoch, zkVersion } = order;
    const state = {
      partition: number,
      replicas,
      isr,
      leader,
      leaderEpoch,
      partitionEpoch: zkVersion,
      leaderRecoveryState: 0,
    } as const;
    this.decidedIn[number] = order.controllerEpoch;
    const partition = this.replicas.hostedAs(number, order.isNew);
    if (partition === undefined) return false;
    if (leader === this.host.id) {
      this.fetchers.remove(partition);
      if (partition.makeLeader(state) && this.replicas.advanceHighWatermark(partition)) {
        this.replicas.completeDelayed(number);
      }
    } else if (this.cache.broker(leader) !== undefined && partition.makeFollower(state)) {
      // Whose leader is not known to live keeps its role: the log alone is made (KAFKA-1647).
      this.toFollow.push(partition);
    }
    return true;
  }

  private startFetchers(): void {
    // Its log directory may have failed meanwhile.
    const toFollow = this.toFollow.filter(({ number }) => !this.replicas.isOffline(number));
    this.toFollow = [];
    for (const partition of toFollow) this.fetchers.remove(partition);
    for (const partition of toFollow) {
      this.fetchers.add(partition);
      this.replicas.completeDelayed(partition.number);
    }
    this.fetchers.closeIdle();
    this.listener.onLeaderAndIsr();
    const { channel, request } = this.current!;
    this.current = null;
    channel.respond(answer(request, KafkaError.NONE, this.answers));
    this.proceed();
  }

  // ---------------------------------------------------------------------- StopReplica

  private stopReplicas({ partitions }: StopReplicaRequest): PartitionAnswer[] {
    return partitions.map(({ partition: number, leaderEpoch, deletePartition }) => {
      const partition = this.replicas.partition(number);
      if (this.replicas.isOffline(number)) return { partition: number, error: KafkaError.KAFKA_STORAGE_ERROR };
      if (partition === undefined) {
        // The log of a replica that this process was never told to host.
        if (deletePartition) this.replicas.delete(number);
        return { partition: number, error: KafkaError.NONE };
      }
      // An equal epoch is obeyed (KAFKA-13972).
      const isLate = leaderEpoch < partition.leaderEpoch;
      if (isLate && leaderEpoch !== NO_LEADER_EPOCH && leaderEpoch !== EPOCH_DURING_DELETE) {
        return { partition: number, error: KafkaError.FENCED_LEADER_EPOCH };
      }
      this.fetchers.remove(partition);
      if (deletePartition) this.replicas.delete(number);
      this.replicas.completeDelayed(number);
      return { partition: number, error: KafkaError.NONE };
    });
  }
}

function answer(request: ControlRequest, error: ErrorCode, partitions: readonly PartitionAnswer[]): ControlResponse {
  const { kind, correlationId } = request;
  return { kind: kind + RESPONSE, bytes: RESPONSE_BYTES, correlationId, error, partitions };
}
