/**
 * A controller: a node of the metadata quorum with the cluster's state above it. (QuorumController)
 *
 * The leader of the quorum is the active one: requests in, decisions as records into the metadata log, answers once they
 * are committed. It decides from an image that holds its own uncommitted records. Three steps, with yields between them in
 * which it may crash or be deposed: it decides and appends | a majority has it | the answer goes out. Who loses the
 * leadership before the second has perhaps decided nothing: it goes back to what is committed, and whoever waits is told
 * to ask another. The others follow the log, so as to take over.
 */
import type { Connection } from '../../../kernel/network.js';
import { Process, type BrokenReason, type Host, type Message } from '../../../kernel/process.js';
import type { MetadataFollower, SharedMetadataLog } from '../../broker/local-metadata.js';
import type { BrokerSettings, TopicSpec } from '../../cluster-spec.js';
import { numberPartitions } from '../../partition-table.js';
import { Probe } from '../../probes.js';
import { KafkaError, type ErrorCode } from '../../protocol/errors.js';
import {
  Api,
  RESPONSE,
  type AllocateProducerIdsRequest,
  type AssignReplicasToDirsRequest,
  type AlterPartitionReassignmentsRequest,
  type AlterPartitionRequest,
  type AlterPartitionResponse,
  type BrokerHeartbeatRequest,
  type BrokerRegistrationRequest,
  type CreatePartitionsRequest,
  type ElectLeadersRequest,
  type Request,
  type Response,
  type UpdateFeaturesRequest,
} from '../../protocol/messages.js';
import type { MetadataRecord } from '../../protocol/metadata-records.js';
import { isQuorumRequest, NOWHERE, type MetadataBatch, type MetadataSnapshot } from '../../protocol/raft-messages.js';
import type { Rules } from '../../protocol/versions/rules.js';
import type { CommittedMetadata } from '../committed-metadata.js';
import { MetadataImage } from '../metadata-image.js';
import { alterPartition } from './alter-partition.js';
import { createTopics, mayCreateTopics } from './bootstrap.js';
import { ClusterControl } from './cluster-control.js';
import { createPartitions } from './create-partitions.js';
import { DeferredAnswers } from './deferred-answers.js';
import { Heartbeats } from './heartbeats.js';
import { allocateProducerIds } from './producer-ids.js';
import { MAX_FETCH_BYTES } from './raft/config.js';
import { MetadataLogFailure } from './raft/log.js';
import type { RaftListener } from './raft/member.js';
import { RaftNode } from './raft/raft-node.js';
import { alterPartitionReassignments } from './reassignment.js';
import { ReplicationControl } from './replication-control.js';
import { SnapshotGenerator } from './snapshot-generator.js';
import { updateFeatures } from './update-features.js';

export interface ControllerConfig {
  readonly settings: BrokerSettings;
  readonly rules: Rules;
  /** The highest metadata.version that its release supports. Left out: whatever the cluster may agree on. */
  readonly metadataVersion?: number;
  /** controller.quorum.voters: machines. */
  readonly voters: readonly number[];
  /** To be created once all brokers serve. */
  readonly topics: readonly TopicSpec[];
  /** Their ids are 1..brokers. */
  readonly brokers: number;
}

/** Above those of a broker, which may share the process. */
export const FIRST_CONTROLLER_TIMER = 10_000;

/** Kinds of this process's timers and yields. Those of an active controller carry the epoch of its leadership. */
const Timer = {
  poll: FIRST_CONTROLLER_TIMER + 1,
  flushed: FIRST_CONTROLLER_TIMER + 2,
  fetchExpired: FIRST_CONTROLLER_TIMER + 3,
  /** A request was taken from its socket: handle it. */
  handle: FIRST_CONTROLLER_TIMER + 4,
  /** Records were committed: answer what waited for them. */
  committed: FIRST_CONTROLLER_TIMER + 5,
  checkSessions: FIRST_CONTROLLER_TIMER + 6,
  createTopics: FIRST_CONTROLLER_TIMER + 7,
  balanceLeaders: FIRST_CONTROLLER_TIMER + 8,
  electUnclean: FIRST_CONTROLLER_TIMER + 9,
  writeNoOp: FIRST_CONTROLLER_TIMER + 10,
} as const;

interface PendingRequest {
  readonly connection: Connection;
  readonly request: Request;
}

/** No leadership: this controller is not the active one. */
const STANDBY = -1;
/** Of a controller in a cluster of one release: nobody upgrades it. */
const NO_METADATA_VERSION = -1;
const NO_OP: readonly MetadataRecord[] = [{ kind: 'no-op' }];

export class Controller extends Process implements RaftListener, SharedMetadataLog {
  /** While active: the log replayed to its end, uncommitted records included. */
  readonly image = new MetadataImage();
  /** What is committed, as far as this controller has heard. */
  readonly stable = new MetadataImage();
  raft!: RaftNode;
  private readonly config: ControllerConfig;
  private readonly committed: CommittedMetadata;
  private readonly heartbeats: Heartbeats;
  private readonly replication: ReplicationControl;
  private readonly cluster: ClusterControl;
  private readonly snapshots: SnapshotGenerator;
  private readonly answers = new DeferredAnswers();
  /** By topic: the numbers of all partitions that it will ever have. */
  private readonly partitionsOf: readonly (readonly number[])[];
  /** In which it leads the quorum and acts; STANDBY: it does not. */
  private activeEpoch = STANDBY;
  /** Records of the decision being made. */
  private decided: MetadataRecord[] = [];
  /** Offset of the last record that says more than that it is there; NOWHERE: it has decided nothing. */
  private lastDecision: number = NOWHERE;
  private isCheckingSessions = false;
  private isBalanceScheduled = false;
  /** A broker in the same process. */
  private follower: MetadataFollower | null = null;

  constructor(host: Host, config: ControllerConfig, committed: CommittedMetadata) {
    super(host);
    this.config = config;
    this.committed = committed;
    this.heartbeats = new Heartbeats(config.settings['broker.session.timeout.ms'] * 1000, config.rules);
    this.replication = new ReplicationControl(
      this.image,
      config.topics.map((topic) => topic.settings),
      config.rules,
    );
    this.cluster = new ClusterControl(this.image, this.replication, this.heartbeats, config.rules);
    this.snapshots = new SnapshotGenerator(config.settings);
    this.partitionsOf = numberPartitions(config.topics).partitionsOf;
  }

  override start(): void {
    const { voters, settings, rules } = this.config;
    const quorum = {
      nodeId: this.host.id,
      voters,
      bootstrapServers: voters,
      maxFetchBytes: MAX_FETCH_BYTES,
      settings,
      rules,
    };
    try {
      this.raft = new RaftNode(this.host, quorum, this, Timer);
    } catch (failure) {
      if (!(failure instanceof MetadataLogFailure)) throw failure;
      this.host.die('halt');
      return;
    }
    this.raft.start();
  }

  /** False: it could not read its log. */
  get hasStarted(): boolean {
    return this.raft !== undefined;
  }

  /** It leads the quorum, and has taken up its leadership. */
  get isActive(): boolean {
    return this.activeEpoch !== STANDBY;
  }

  override onConnection(): void {
    // A connection says nothing by itself: requests name who asks.
  }

  override onConnected(connection: Connection): void {
    this.raft.onConnected(connection);
  }

  override onMessage(connection: Connection, message: Message): void {
    if (message.kind >= RESPONSE) {
      this.raft.onMessage(connection, message as Response);
      return;
    }
    // One request at a time: the next is read after this one's answer.
    connection.pauseReading();
    const pending: PendingRequest = { connection, request: message as Request };
    this.host.later(Timer.handle, 0, pending);
  }

  override onBroken(connection: Connection, _why: BrokenReason): void {
    this.raft.onBroken(connection);
  }

  override onTimer(kind: number, arg: number, payload: unknown): void {
    if (this.raft.onTimer(kind, payload)) return;
    if (kind === Timer.handle) {
      const { connection, request } = payload as PendingRequest;
      this.handle(connection, request);
    } else if (kind === Timer.committed) {
      this.answers.complete(arg);
    } else if (arg === this.activeEpoch) {
      this.onDuty(kind);
    }
  }

  /** Offset of the next record, uncommitted ones included. */
  get nextOffset(): number {
    return this.raft.nextOffset;
  }

  // ---------------------------------------------------------------------- the log below

  onCommitted(batch: MetadataBatch): void {
    let offset = batch.baseOffset;
    for (const record of batch.records) {
      this.stable.replay(record, offset);
      this.committed.commit(this.host.probes, this.host.id, record, offset++, this.stable);
    }
    if (this.isActive) this.host.later(Timer.committed, offset);
    this.follower?.onCommitted(batch);
    if (this.snapshots.isDue(batch, this.host.wallMicros())) this.raft.snapshot(offset, this.stable.copy());
  }

  onSnapshot(snapshot: MetadataSnapshot): void {
    this.stable.copyFrom(snapshot.state as MetadataImage);
    this.host.probes.emit(Probe.metadataSnapshotLoaded, this.host.id, -1, snapshot.endOffset);
    this.follower?.onSnapshot(snapshot);
  }

  onLeaderChange(leaderId: number, epoch: number): void {
    if (leaderId === this.host.id) this.claim(epoch);
    else if (this.isActive) this.renounce();
  }

  /** It is in charge. Every broker begins a new session. (QuorumController.claim) */
  private claim(epoch: number): void {
    this.activeEpoch = epoch;
    this.image.copyFrom(this.stable);
    this.host.probes.emit(Probe.controllerReady, this.host.id, -1, this.stable.nextOffset, epoch);
    this.cluster.activate(this.host.monotonicMicros());
    if (this.config.rules.periodicUncleanElection) this.scheduleUncleanElections();
    this.scheduleNoOp();
    this.afterDecision();
  }

  /** What it decided and nobody committed it takes back; another leads, or will. (QuorumController.renounce) */
  private renounce(): void {
    const uncommitted = this.lastDecision - this.stable.nextOffset + 1;
    if (uncommitted > 0) {
      this.host.probes.emit(Probe.uncommittedReverted, this.host.id, -1, uncommitted, this.activeEpoch);
    }
    this.lastDecision = NOWHERE;
    this.raft.resign(this.activeEpoch);
    this.activeEpoch = STANDBY;
    this.decided = [];
    this.isCheckingSessions = false;
    this.isBalanceScheduled = false;
    this.heartbeats.clear();
    this.image.copyFrom(this.stable);
    this.answers.failAll((request) => refusal(request, KafkaError.NOT_CONTROLLER));
  }

  // ---------------------------------------------------------------------- for a broker in the same process

  get leaderId(): number {
    return this.raft.leaderId;
  }

  follow(follower: MetadataFollower): void {
    this.follower = follower;
  }

  /** The others are told that they need not wait: KafkaRaftClient.shutdown, which would hear them out for up to 5 s. */
  leave(): void {
    if (this.isActive) this.raft.resign(this.activeEpoch);
  }

  // ---------------------------------------------------------------------- requests

  private handle(connection: Connection, request: Request): void {
    if (!connection.open) return;
    if (isQuorumRequest(request.kind)) {
      this.raft.onRequest(connection, request);
      return;
    }
    if (!this.isActive) {
      this.refuse(connection, request, KafkaError.NOT_CONTROLLER);
      return;
    }
    const response = this.decide(request);
    if (!this.write()) {
      this.refuse(connection, request, KafkaError.NOT_CONTROLLER);
      return;
    }
    this.answers.add(connection, request, response, this.lastUncommitted());
    this.afterDecision();
  }

  /** Makes the decision: the records are in `decided`, the answer is what will be said once they are committed. */
  private decide(request: Request): Response {
    const now = this.host.monotonicMicros();
    const records = this.decided;
    switch (request.kind) {
      case Api.brokerRegistration: {
        const asked = request as BrokerRegistrationRequest;
        const response = this.cluster.register(asked, this.raft.nextOffset, now, records);
        if (response.error !== KafkaError.NONE) {
          this.host.probes.emit(Probe.registrationRefused, this.host.id, -1, asked.brokerId, response.error);
        }
        return response;
      }
      case Api.brokerHeartbeat:
        return this.cluster.heartbeat(request as BrokerHeartbeatRequest, this.raft.nextOffset, now, records);
      case Api.alterPartition: {
        const asked = request as AlterPartitionRequest;
        const response = alterPartition(this.image, this.config.rules, this.replication, asked, records);
        this.announceRefusals(asked, response);
        return response;
      }
      case Api.assignReplicasToDirs:
        return this.replication.assignReplicasToDirs(request as AssignReplicasToDirsRequest, records);
      case Api.allocateProducerIds:
        return allocateProducerIds(this.image, request as AllocateProducerIdsRequest, records);
      case Api.alterPartitionReassignments: {
        const asked = request as AlterPartitionReassignmentsRequest;
        return alterPartitionReassignments(this.image, this.replication, asked, records);
      }
      case Api.createPartitions: {
        const asked = request as CreatePartitionsRequest;
        return createPartitions(this.image, this.partitionsOf, asked, this.host.dice('added-placement'), records);
      }
      case Api.updateFeatures: {
        const supported = this.config.metadataVersion ?? NO_METADATA_VERSION;
        return updateFeatures(this.image, supported, request as UpdateFeaturesRequest, records);
      }
      case Api.electLeaders:
        return this.replication.electLeaders(request as ElectLeadersRequest, records);
      default:
        throw new Error(`a controller does not serve requests of kind ${request.kind}`);
    }
  }

  /**
   * Appends what was decided and replays it at once.
   * @returns false if it turns out that this controller does not lead any more: then nothing was decided
   */
  private write(): boolean {
    const records = this.decided;
    if (records.length === 0) return true;
    this.decided = [];
    let offset = this.raft.nextOffset;
    if (this.raft.append(this.activeEpoch, records) === NOWHERE) {
      this.renounce();
      return false;
    }
    this.image.skipTo(offset);
    for (const record of records) this.image.replay(record, offset++);
    if (records[0].kind !== 'no-op') this.lastDecision = offset - 1;
    return true;
  }

  /**
   * The offset whose commit an answer must wait for; NOWHERE: none. An answer that wrote nothing waits all the same for
   * whatever it may have read that is not committed. (QuorumController.ControllerWriteEvent)
   */
  private lastUncommitted(): number {
    const end = this.image.nextOffset;
    return end > this.raft.highWatermark ? end - 1 : NOWHERE;
  }

  // ---------------------------------------------------------------------- what it does unasked while it is active

  private onDuty(kind: number): void {
    switch (kind) {
      case Timer.checkSessions:
        this.checkSessions();
        return;
      case Timer.createTopics:
        this.createTopics();
        return;
      case Timer.balanceLeaders:
        this.balanceLeaders();
        return;
      case Timer.electUnclean:
        this.electUncleanLeaders();
        return;
      case Timer.writeNoOp:
        this.decided.push(...NO_OP);
        if (this.write()) this.scheduleNoOp();
        return;
    }
  }

  /** What the new state of the image calls for. */
  private afterDecision(): void {
    this.scheduleSessionCheck();
    this.scheduleBalance();
    if (mayCreateTopics(this.image, this.config.topics, this.config.brokers))
      this.host.later(Timer.createTopics, this.activeEpoch);
  }

  // ---------------------------------------------------------------------- sessions of brokers

  private scheduleSessionCheck(): void {
    if (this.isCheckingSessions) return;
    const at = this.heartbeats.nextCheckAt();
    if (at < 0) return;
    this.isCheckingSessions = true;
    this.host.timer(Timer.checkSessions, Math.max(1, at - this.host.monotonicMicros()), this.activeEpoch);
  }

  private checkSessions(): void {
    this.isCheckingSessions = false;
    this.cluster.fenceStaleBroker(this.host.monotonicMicros(), this.decided);
    if (this.write()) this.afterDecision();
  }

  // ---------------------------------------------------------------------- what happens by itself

  private createTopics(): void {
    if (!mayCreateTopics(this.image, this.config.topics, this.config.brokers)) return;
    createTopics(this.image, this.config.topics, this.host.dice('placement'), this.decided);
    if (this.write()) this.afterDecision();
  }

  /** The wait begins when a partition is first seen away from its preferred leader. (maybeScheduleNextBalancePartitionLeaders) */
  private scheduleBalance(): void {
    if (this.isBalanceScheduled || !this.config.settings['auto.leader.rebalance.enable']) return;
    if (!this.replication.isImbalanced()) return;
    this.isBalanceScheduled = true;
    const interval = this.config.settings['leader.imbalance.check.interval.seconds'] * 1_000_000;
    this.host.timer(Timer.balanceLeaders, interval, this.activeEpoch);
  }

  private balanceLeaders(): void {
    this.isBalanceScheduled = false;
    this.replication.balanceLeaders(this.decided);
    if (this.write()) this.afterDecision();
  }

  /** Since 3.9 (KAFKA-12670). */
  private scheduleUncleanElections(): void {
    const interval = this.config.settings['unclean.leader.election.interval.ms'] * 1000;
    this.host.timer(Timer.electUnclean, interval, this.activeEpoch);
  }

  private electUncleanLeaders(): void {
    this.replication.electUncleanLeaders(this.decided);
    if (this.write()) this.scheduleUncleanElections();
  }

  /** So that the high watermark moves, and brokers hear of it, even if nothing happens. (metadata.max.idle.interval.ms) */
  private scheduleNoOp(): void {
    const interval = this.config.settings['metadata.max.idle.interval.ms'] * 1000;
    if (interval > 0) this.host.timer(Timer.writeNoOp, interval, this.activeEpoch);
  }

  // ---------------------------------------------------------------------- refusals

  private refuse(connection: Connection, request: Request, error: ErrorCode): void {
    connection.send(refusal(request, error));
    connection.resumeReading();
  }

  private announceRefusals(request: AlterPartitionRequest, response: AlterPartitionResponse): void {
    const { probes, id } = this.host;
    for (let i = 0; i < request.partitions.length; i++) {
      const asked = request.partitions[i];
      const error = response.error !== KafkaError.NONE ? response.error : response.partitions[i].error;
      if (error === KafkaError.NONE) continue;
      probes.emit(Probe.alterPartitionRefused, id, asked.partition, request.brokerId, error, asked.partitionEpoch);
    }
  }
}

/** What answers hold besides the error when they say nothing but that. By request kind. */
const EMPTY_ANSWERS: ReadonlyMap<number, object> = new Map<number, object>([
  [Api.brokerRegistration, { brokerEpoch: -1 }],
  [Api.brokerHeartbeat, { isCaughtUp: false, isFenced: true, shouldShutDown: false }],
  [Api.alterPartition, { partitions: [] }],
  [Api.allocateProducerIds, { producerIdStart: -1, producerIdLen: 0 }],
  [Api.assignReplicasToDirs, { partitions: [] }],
  [Api.electLeaders, { partitions: [] }],
  [Api.alterPartitionReassignments, { partitions: [] }],
  [Api.createPartitions, { topics: [] }],
]);

function refusal(request: Request, error: ErrorCode): Response {
  const head = { kind: request.kind + RESPONSE, bytes: 30, correlationId: request.correlationId, error };
  return { ...head, ...EMPTY_ANSWERS.get(request.kind) };
}
