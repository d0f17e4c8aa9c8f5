/** A broker that answers from a FakeCluster, and for some requests by script. One request at a time on a connection, as brokers do. */
import type { Connection } from '../../../kernel/network.js';
import { Process, type Host, type MachineId, type Message } from '../../../kernel/process.js';
import { KafkaError, type ErrorCode } from '../../protocol/errors.js';
import {
  Api,
  LATEST_TIMESTAMP,
  RESPONSE,
  type FetchRequest,
  type FetchResponse,
  type InitProducerIdResponse,
  type ListOffsetsRequest,
  type ListOffsetsResponse,
  type MetadataRequest,
  type MetadataResponse,
  type OffsetForLeaderEpochRequest,
  type OffsetForLeaderEpochResponse,
  type ProduceRequest,
  type ProduceResponse,
  type Request,
  type Response,
} from '../../protocol/messages.js';
import type {
  ConsumerGroupHeartbeatRequest,
  HeartbeatRequest,
  JoinGroupRequest,
  LeaveGroupRequest,
  OffsetCommitRequest,
  OffsetFetchRequest,
  SyncGroupRequest,
} from '../../protocol/group-messages.js';
import { lastOffset } from '../../protocol/records.js';
import type { FakeCluster } from './fake-cluster.js';

/**
 * answer: as truth has it. error: the same code for every partition, and nothing is done. hold: answered as truth has it when
 * the test releases it. lose: processed, but the connection is reset in place of the answer. drop: reset unprocessed.
 */
export interface Refusal {
  readonly error: ErrorCode;
  /** Say who leads instead (KIP-951). */
  readonly hint?: boolean;
  readonly logStartOffset?: number;
}
export type Act =
  | { readonly kind: 'answer' }
  | ({ readonly kind: 'error' } & Refusal)
  | { readonly kind: 'append-then-error'; readonly error: ErrorCode }
  | { readonly kind: 'hold' }
  | { readonly kind: 'lose' }
  | { readonly kind: 'drop' };
export type Script = (request: Request, broker: ScriptedBroker) => Act;

export const answer: Act = { kind: 'answer' };
export const hold: Act = { kind: 'hold' };
export const lose: Act = { kind: 'lose' };
export const drop: Act = { kind: 'drop' };
export const refuse = (error: ErrorCode): Act => ({ kind: 'error', error });

const TIMER_FETCH = 1;
const TIMER_PARKED = 2;
/** How often a request that waits for other members is looked at again. */
const PARKED_MICROS = 10_000;
const RESPONSE_BYTES = 100;

interface Queue {
  readonly requests: Request[];
  /** The head waits for a test, or for data. */
  waiting: boolean;
}

export class ScriptedBroker extends Process {
  /** Every request that reached this broker, in order of arrival. */
  readonly requests: Request[] = [];
  /** By partition: whom its metadata names, whoever leads in truth. */
  readonly believes = new Map<number, { readonly leader: MachineId; readonly leaderEpoch: number }>();
  private readonly cluster: FakeCluster;
  private readonly script: Script;
  private connections: Connection[] = [];

  constructor(host: Host, cluster: FakeCluster, script: Script) {
    super(host);
    this.cluster = cluster;
    this.script = script;
  }

  override start(): void {}
  override onConnected(): void {}
  override onBroken(): void {}

  override onConnection(connection: Connection): void {
    connection.state = { requests: [], waiting: false } satisfies Queue;
    this.connections.push(connection);
  }

  override onMessage(connection: Connection, message: Message): void {
    this.requests.push(message as Request);
    const queue = connection.state as Queue;
    queue.requests.push(message as Request);
    this.processNext(connection);
  }

  override onTimer(kind: number, _arg: number, payload: unknown): void {
    const connection = payload as Connection;
    const queue = connection.state as Queue;
    queue.waiting = false;
    if (kind === TIMER_PARKED) {
      if (queue.requests.length > 0) this.park(connection);
      return;
    }
    this.finish(connection, this.process(queue.requests[0]!));
  }

  /** Answers what is held, on every connection, as truth has it now or with an error. */
  release(error?: ErrorCode): void {
    for (const connection of this.connections) {
      const queue = connection.state as Queue;
      if (!queue.waiting || queue.requests[0]!.kind === Api.fetch) continue;
      queue.waiting = false;
      this.finish(
        connection,
        error === undefined ? this.process(queue.requests[0]!) : this.refusal(queue.requests[0]!, { error }),
      );
    }
  }

  /** Resets every connection. */
  reset(): void {
    for (const connection of this.connections.splice(0)) connection.reset();
  }

  requestsOf<T extends Request>(kind: number): T[] {
    return this.requests.filter((request) => request.kind === kind) as T[];
  }

  private processNext(connection: Connection): void {
    const queue = connection.state as Queue;
    const request = queue.requests[0];
    if (queue.waiting || request === undefined) return;
    const act = this.script(request, this);
    switch (act.kind) {
      case 'answer':
        if (request.kind === Api.fetch && !this.hasData(request as FetchRequest)) {
          queue.waiting = true;
          this.host.timer(TIMER_FETCH, (request as FetchRequest).maxWaitMs * 1000, 0, connection);
        } else if (isParked(request)) {
          this.park(connection);
        } else {
          this.finish(connection, this.process(request));
        }
        return;
      case 'error':
        this.finish(connection, this.refusal(request, act));
        return;
      case 'append-then-error':
        this.process(request);
        this.finish(connection, this.refusal(request, act));
        return;
      case 'hold':
        queue.waiting = true;
        return;
      case 'lose':
        this.process(request);
        this.giveUp(connection);
        return;
      case 'drop':
        this.giveUp(connection);
    }
  }

  /** Resets the connection and forgets what waits on it. */
  private giveUp(connection: Connection): void {
    this.connections = this.connections.filter((other) => other !== connection);
    connection.reset();
  }

  private finish(connection: Connection, response: Response | null): void {
    if (response !== null && connection.open) connection.send(response);
    (connection.state as Queue).requests.shift();
    this.processNext(connection);
  }

  /** JoinGroup and SyncGroup are answered when the group has come so far. */
  private park(connection: Connection): void {
    const queue = connection.state as Queue;
    const response = this.process(queue.requests[0]!);
    if (response !== null) {
      this.finish(connection, response);
      return;
    }
    queue.waiting = true;
    this.host.timer(TIMER_PARKED, PARKED_MICROS, 0, connection);
  }

  private process(request: Request): Response | null {
    switch (request.kind) {
      case Api.findCoordinator:
        return { ...this.head(request), error: KafkaError.NONE, nodeId: this.cluster.coordinator } as Response;
      case Api.joinGroup:
        return this.parked(request, this.cluster.group.join(request as JoinGroupRequest));
      case Api.syncGroup:
        return this.parked(request, this.cluster.group.sync(request as SyncGroupRequest));
      case Api.heartbeat:
        return { ...this.head(request), error: this.cluster.group.heartbeat(request as HeartbeatRequest) } as Response;
      case Api.leaveGroup:
        this.cluster.group.leave(request as LeaveGroupRequest);
        return { ...this.head(request), error: KafkaError.NONE, members: [] } as Response;
      case Api.consumerGroupHeartbeat: {
        const heard = this.cluster.consumerGroup.heartbeat(request as ConsumerGroupHeartbeatRequest);
        return { ...this.head(request), ...heard } as Response;
      }
      case Api.offsetCommit:
        return this.commit(request as OffsetCommitRequest);
      case Api.offsetFetch:
        return this.offsets(request as OffsetFetchRequest);
      case Api.metadata:
        return this.metadata(request as MetadataRequest);
      case Api.initProducerId:
        return {
          ...this.head(request),
          error: KafkaError.NONE,
          producerId: this.cluster.nextProducerId++,
          producerEpoch: 0,
        } as InitProducerIdResponse;
      case Api.produce:
        return this.produce(request as ProduceRequest);
      case Api.fetch:
        return this.fetch(request as FetchRequest);
      case Api.listOffsets:
        return this.listOffsets(request as ListOffsetsRequest);
      case Api.offsetForLeaderEpoch:
        return this.offsetForLeaderEpoch(request as OffsetForLeaderEpochRequest);
      default:
        throw new Error(`The scripted broker does not know request ${request.kind}`);
    }
  }

  private parked(request: Request, answer: object | null): Response | null {
    return answer === null ? null : { ...this.head(request), ...answer };
  }

  private refusal(request: Request, act: Refusal): Response {
    const { error } = act;
    if (request.kind === Api.offsetFetch) return { ...this.head(request), error, partitions: [] } as Response;
    const asked = (request as ProduceRequest).partitions ?? (request as unknown as OffsetCommitRequest).offsets ?? [];
    const partitions = asked.map(({ partition }) => {
      const { leader, leaderEpoch } = this.cluster.partition(partition);
      return {
        partition,
        error,
        baseOffset: -1,
        logStartOffset: act.logStartOffset ?? -1,
        currentLeader: act.hint === true ? leader : -1,
        currentLeaderEpoch: act.hint === true ? leaderEpoch : -1,
        // For fetches and the rest
        highWatermark: -1,
        fetchOffset: this.offsetAsked(request, partition),
        batches: [],
        offset: -1,
        leaderEpoch: -1,
        endOffset: -1,
      };
    });
    return { ...this.head(request), error, producerId: -1, producerEpoch: -1, brokers: [], partitions } as Response;
  }

  private offsetAsked(request: Request, partition: number): number {
    if (request.kind !== Api.fetch) return -1;
    return (request as FetchRequest).partitions.find((asked) => asked.partition === partition)!.fetchOffset;
  }

  private metadata(request: MetadataRequest): MetadataResponse {
    const topics = request.topics ?? this.cluster.table.partitionsOf.map((_, topic) => topic);
    const partitions = topics.flatMap((topic) =>
      this.cluster.table.partitionsOf[topic]!.map((partition) => {
        const { leader, leaderEpoch } = this.believes.get(partition) ?? this.cluster.partition(partition);
        const alive = this.cluster.alive.includes(leader);
        return {
          partition,
          error: alive ? KafkaError.NONE : KafkaError.LEADER_NOT_AVAILABLE,
          leader: alive ? leader : -1,
          leaderEpoch,
          replicas: this.cluster.alive,
          isr: this.cluster.alive,
        };
      }),
    );
    return { ...this.head(request), brokers: this.cluster.alive, partitions };
  }

  private produce(request: ProduceRequest): ProduceResponse | null {
    const partitions = request.partitions.map(({ partition, batch }) => {
      const state = this.cluster.partition(partition);
      const { error, baseOffset } =
        state.leader === this.host.id
          ? state.append(batch)
          : { error: KafkaError.NOT_LEADER_OR_FOLLOWER, baseOffset: -1 };
      return { partition, error, baseOffset, logStartOffset: 0, currentLeader: -1, currentLeaderEpoch: -1 };
    });
    return request.acks === 0 ? null : { ...this.head(request), partitions };
  }

  private hasData(request: FetchRequest): boolean {
    const { readReplica } = this.cluster;
    return request.partitions.some(({ partition, fetchOffset, currentLeaderEpoch }) => {
      const { leader, leaderEpoch, end } = this.cluster.partition(partition);
      if (request.rackId !== '' && readReplica >= 0) return leader === this.host.id || end !== fetchOffset;
      return end !== fetchOffset || leader !== this.host.id || leaderEpoch !== currentLeaderEpoch;
    });
  }

  private fetch(request: FetchRequest): FetchResponse {
    const partitions = request.partitions.map(({ partition, fetchOffset, currentLeaderEpoch }) => {
      const { leader, leaderEpoch, end, log } = this.cluster.partition(partition);
      const error = this.fetchError(leader, leaderEpoch, currentLeaderEpoch, fetchOffset, end);
      const sendsOn = leader === this.host.id && request.rackId !== '' && this.cluster.readReplica >= 0;
      return {
        partition,
        error,
        highWatermark: error === KafkaError.NONE ? end : -1,
        lastStableOffset: end,
        logStartOffset: 0,
        divergingEpoch: -1,
        divergingEndOffset: -1,
        preferredReadReplica: sendsOn ? this.cluster.readReplica : -1,
        currentLeader: -1,
        currentLeaderEpoch: -1,
        fetchOffset,
        batches: error === KafkaError.NONE && !sendsOn ? log.filter((batch) => lastOffset(batch) >= fetchOffset) : [],
        abortedTransactions: null,
      };
    });
    return { ...this.head(request), error: KafkaError.NONE, partitions };
  }

  private fetchError(
    leader: number,
    leaderEpoch: number,
    believed: number,
    fetchOffset: number,
    end: number,
  ): ErrorCode {
    if (believed >= 0 && believed < leaderEpoch) return KafkaError.FENCED_LEADER_EPOCH;
    if (believed > leaderEpoch) return KafkaError.UNKNOWN_LEADER_EPOCH;
    if (leader !== this.host.id && this.cluster.readReplica !== this.host.id) return KafkaError.NOT_LEADER_OR_FOLLOWER;
    return fetchOffset > end ? KafkaError.OFFSET_OUT_OF_RANGE : KafkaError.NONE;
  }

  private listOffsets(request: ListOffsetsRequest): ListOffsetsResponse {
    const partitions = request.partitions.map(({ partition, timestamp }) => {
      const { leader, leaderEpoch, end } = this.cluster.partition(partition);
      const error = leader === this.host.id ? KafkaError.NONE : KafkaError.NOT_LEADER_OR_FOLLOWER;
      return { partition, error, offset: timestamp === LATEST_TIMESTAMP ? end : 0, leaderEpoch };
    });
    return { ...this.head(request), partitions };
  }

  private offsetForLeaderEpoch(request: OffsetForLeaderEpochRequest): OffsetForLeaderEpochResponse {
    const partitions = request.partitions.map(({ partition, leaderEpoch }) => {
      const state = this.cluster.partition(partition);
      const error = state.leader === this.host.id ? KafkaError.NONE : KafkaError.NOT_LEADER_OR_FOLLOWER;
      return { partition, error, ...state.endOfEpoch(leaderEpoch) };
    });
    return { ...this.head(request), partitions };
  }

  private commit(request: OffsetCommitRequest): Response {
    const { group, consumerGroup } = this.cluster;
    const error = consumerGroup.isInUse ? consumerGroup.commit(request) : group.commit(request);
    const partitions = request.offsets.map(({ partition }) => ({ partition, error }));
    return { ...this.head(request), partitions } as Response;
  }

  private offsets(request: OffsetFetchRequest): Response {
    const { group, consumerGroup } = this.cluster;
    const error = consumerGroup.isInUse ? consumerGroup.checkFetch(request) : KafkaError.NONE;
    const { committed } = consumerGroup.isInUse ? consumerGroup : group;
    const partitions =
      error === KafkaError.NONE ? offsetsIn(committed, this.cluster.committedLeaderEpoch, request) : [];
    return { ...this.head(request), error, partitions } as Response;
  }

  private head(request: Request): Response {
    return { kind: request.kind + RESPONSE, bytes: RESPONSE_BYTES, correlationId: request.correlationId };
  }
}

function isParked({ kind }: Request): boolean {
  return kind === Api.joinGroup || kind === Api.syncGroup;
}

function offsetsIn(
  committed: ReadonlyMap<number, number>,
  committedLeaderEpoch: number,
  { partitions }: OffsetFetchRequest,
): readonly object[] {
  return partitions!.map((partition) => ({
    partition,
    error: KafkaError.NONE,
    committedOffset: committed.get(partition) ?? -1,
    committedLeaderEpoch,
  }));
}
