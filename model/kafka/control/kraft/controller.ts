/**
 * The active controller: requests in, decisions as records into the metadata log, answers once they are committed.
 * (QuorumController)
 *
 * It decides from an image that holds its own uncommitted records. Three steps, with yields between them in which it may
 * crash: it decides and appends | the fsync commits | the answer goes out. Whoever crashes before the second has decided
 * nothing: neither an answer nor a broker's fetch has left the machine.
 */
import type { IoResult } from '../../../kernel/disk.js';
import type { Connection } from '../../../kernel/network.js';
import { Process, type Host, type Message } from '../../../kernel/process.js';
import type { BrokerSettings, TopicSpec } from '../../cluster-spec.js';
import { Probe } from '../../probes.js';
import { KafkaError, type ErrorCode } from '../../protocol/errors.js';
import {
  Api,
  RESPONSE,
  type AllocateProducerIdsRequest,
  type AlterPartitionRequest,
  type AlterPartitionResponse,
  type BrokerHeartbeatRequest,
  type BrokerRegistrationRequest,
  type ElectLeadersRequest,
  type FetchMetadataRequest,
  type Request,
  type Response,
} from '../../protocol/messages.js';
import type { MetadataRecord } from '../../protocol/metadata-records.js';
import type { Rules } from '../../protocol/versions/rules.js';
import type { CommittedMetadata } from '../committed-metadata.js';
import { MetadataImage } from '../metadata-image.js';
import { alterPartition } from './alter-partition.js';
import { createTopics, mayCreateTopics } from './bootstrap.js';
import { ClusterControl } from './cluster-control.js';
import { DeferredAnswers } from './deferred-answers.js';
import { Heartbeats } from './heartbeats.js';
import { MetadataFetches } from './metadata-fetches.js';
import { MetadataLog } from './metadata-log.js';
import { allocateProducerIds } from './producer-ids.js';
import { ReplicationControl } from './replication-control.js';

export interface ControllerConfig {
  readonly settings: BrokerSettings;
  readonly rules: Rules;
  /** To be created once all brokers serve. */
  readonly topics: readonly TopicSpec[];
  /** Their ids are 1..brokers. */
  readonly brokers: number;
}

/** Kinds of this process's timers, yields and fsyncs. */
const Timer = {
  /** A request was taken from its socket: handle it. */
  handle: 1,
  logLingered: 2,
  logFlushed: 3,
  /** Records were committed: answer what waited for them. */
  committed: 4,
  fetchExpired: 5,
  checkSessions: 6,
  createTopics: 7,
  balanceLeaders: 8,
  electUnclean: 9,
} as const;

interface PendingRequest {
  readonly connection: Connection;
  readonly request: Request;
}

const LEADER_CHANGE: readonly MetadataRecord[] = [{ kind: 'no-op' }];

export class Controller extends Process {
  /** The log replayed to its end, uncommitted records included. */
  readonly image = new MetadataImage();
  private readonly config: ControllerConfig;
  private readonly committed: CommittedMetadata;
  private readonly log: MetadataLog;
  private readonly heartbeats: Heartbeats;
  private readonly replication: ReplicationControl;
  private readonly cluster: ClusterControl;
  private readonly fetches: MetadataFetches;
  private readonly answers = new DeferredAnswers();
  /** recovering: its log is not yet known to be committed. */
  private state: 'recovering' | 'active' = 'recovering';
  /** Records of the decision being made. */
  private decided: MetadataRecord[] = [];
  private announcedOffset = 0;
  private isCheckingSessions = false;
  private isBalanceScheduled = false;

  constructor(host: Host, config: ControllerConfig, committed: CommittedMetadata) {
    super(host);
    this.config = config;
    this.committed = committed;
    this.log = new MetadataLog(host, { lingered: Timer.logLingered, flushed: Timer.logFlushed });
    this.heartbeats = new Heartbeats(config.settings['broker.session.timeout.ms'] * 1000);
    this.replication = new ReplicationControl(
      this.image,
      config.topics.map((topic) => topic.settings),
    );
    this.cluster = new ClusterControl(this.image, this.replication, this.heartbeats, config.rules);
    this.fetches = new MetadataFetches(host, this.log, Timer.fetchExpired);
  }

  override start(): void {
    this.log.recover();
    for (let offset = 0; offset < this.log.nextOffset; offset++) this.image.replay(this.log.record(offset), offset);
    // Raft commits what earlier epochs wrote with the first record of its own: LeaderChangeMessage.
    this.decided.push(...LEADER_CHANGE);
    this.write();
  }

  override onConnection(): void {
    // A connection says nothing by itself: requests name their broker.
  }

  override onConnected(): void {
    // The controller asks nobody.
  }

  override onMessage(connection: Connection, message: Message): void {
    // One request at a time: the next is read after this one's answer.
    connection.pauseReading();
    const pending: PendingRequest = { connection, request: message as Request };
    this.host.later(Timer.handle, 0, pending);
  }

  override onBroken(connection: Connection): void {
    this.fetches.onBroken(connection);
  }

  override onTimer(kind: number, arg: number, payload: unknown): void {
    switch (kind) {
      case Timer.handle: {
        const { connection, request } = payload as PendingRequest;
        this.handle(connection, request);
        return;
      }
      case Timer.logLingered:
        this.log.onLingered();
        return;
      case Timer.logFlushed:
        this.onFlushed(arg, payload as IoResult);
        return;
      case Timer.committed:
        this.answers.complete(arg);
        return;
      case Timer.fetchExpired:
        this.fetches.onExpired(payload);
        return;
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
    }
  }

  /** Offset of the next record, uncommitted ones included. */
  get nextOffset(): number {
    return this.log.nextOffset;
  }

  private handle(connection: Connection, request: Request): void {
    if (!connection.open) return;
    if (this.state !== 'active') {
      this.refuse(connection, request, KafkaError.NOT_CONTROLLER);
      return;
    }
    if (request.kind === Api.fetchMetadata) {
      this.fetches.handle(connection, request as FetchMetadataRequest);
      return;
    }
    const response = this.decide(request);
    const last = this.write();
    this.answers.add(connection, response, last);
    this.afterDecision();
  }

  /** Makes the decision: the records are in `decided`, the answer is what will be said once they are committed. */
  private decide(request: Request): Response {
    const now = this.host.monotonicMicros();
    const records = this.decided;
    switch (request.kind) {
      case Api.brokerRegistration: {
        const asked = request as BrokerRegistrationRequest;
        const response = this.cluster.register(asked, this.log.nextOffset, now, records);
        if (response.error !== KafkaError.NONE) {
          this.host.probes.emit(Probe.registrationRefused, this.host.id, -1, asked.brokerId, response.error);
        }
        return response;
      }
      case Api.brokerHeartbeat:
        return this.cluster.heartbeat(request as BrokerHeartbeatRequest, this.log.nextOffset, now, records);
      case Api.alterPartition: {
        const asked = request as AlterPartitionRequest;
        const response = alterPartition(this.image, this.config.rules, this.replication, asked, records);
        this.announceRefusals(asked, response);
        return response;
      }
      case Api.allocateProducerIds:
        return allocateProducerIds(this.image, request as AllocateProducerIdsRequest, records);
      case Api.electLeaders:
        return this.replication.electLeaders(request as ElectLeadersRequest, records);
      default:
        throw new Error(`a controller does not serve requests of kind ${request.kind}`);
    }
  }

  /**
   * Appends what was decided and replays it at once.
   * @returns the offset whose commit the answer must wait for; -1: none. An answer that wrote nothing waits all the same
   * for whatever it may have read that is not committed (QuorumController.ControllerWriteEvent).
   */
  private write(): number {
    const records = this.decided;
    if (records.length > 0) {
      this.decided = [];
      let offset = this.log.nextOffset;
      this.log.append(records);
      for (const record of records) this.image.replay(record, offset++);
    }
    return this.log.nextOffset > this.log.highWatermark ? this.log.nextOffset - 1 : -1;
  }

  private onFlushed(end: number, result: IoResult): void {
    this.log.onFlushed(end, result);
    if (result !== 'ok') return;
    for (; this.announcedOffset < end; this.announcedOffset++) {
      const record = this.log.record(this.announcedOffset);
      this.committed.commit(this.host.probes, this.host.id, record, this.announcedOffset);
    }
    if (this.state === 'recovering') this.activate();
    this.fetches.onHighWatermark();
    this.host.later(Timer.committed, end);
  }

  private activate(): void {
    this.state = 'active';
    this.host.probes.emit(Probe.controllerReady, this.host.id, -1, this.log.highWatermark, this.log.leaderEpoch);
    this.cluster.activate(this.host.monotonicMicros());
    if (this.config.rules.periodicUncleanElection) this.scheduleUncleanElections();
    this.afterDecision();
  }

  /** What the new state of the image calls for. */
  private afterDecision(): void {
    this.scheduleSessionCheck();
    this.scheduleBalance();
    if (mayCreateTopics(this.image, this.config.topics, this.config.brokers)) this.host.later(Timer.createTopics, 0);
  }

  // ---------------------------------------------------------------------- sessions of brokers

  private scheduleSessionCheck(): void {
    if (this.isCheckingSessions) return;
    const at = this.heartbeats.nextCheckAt();
    if (at < 0) return;
    this.isCheckingSessions = true;
    this.host.timer(Timer.checkSessions, Math.max(1, at - this.host.monotonicMicros()), 0);
  }

  private checkSessions(): void {
    this.isCheckingSessions = false;
    this.cluster.fenceStaleBroker(this.host.monotonicMicros(), this.decided);
    this.write();
    this.afterDecision();
  }

  // ---------------------------------------------------------------------- what happens by itself

  private createTopics(): void {
    if (!mayCreateTopics(this.image, this.config.topics, this.config.brokers)) return;
    createTopics(this.image, this.config.topics, this.host.dice('placement'), this.decided);
    this.write();
    this.afterDecision();
  }

  /** The wait begins when a partition is first seen away from its preferred leader. (maybeScheduleNextBalancePartitionLeaders) */
  private scheduleBalance(): void {
    if (this.isBalanceScheduled || !this.config.settings['auto.leader.rebalance.enable']) return;
    if (!this.replication.isImbalanced()) return;
    this.isBalanceScheduled = true;
    const interval = this.config.settings['leader.imbalance.check.interval.seconds'] * 1_000_000;
    this.host.timer(Timer.balanceLeaders, interval, 0);
  }

  private balanceLeaders(): void {
    this.isBalanceScheduled = false;
    this.replication.balanceLeaders(this.decided);
    this.write();
    this.afterDecision();
  }

  /** Since 3.9 (KAFKA-12670). */
  private scheduleUncleanElections(): void {
    const interval = this.config.settings['unclean.leader.election.interval.ms'] * 1000;
    this.host.timer(Timer.electUnclean, interval, 0);
  }

  private electUncleanLeaders(): void {
    this.replication.electUncleanLeaders(this.decided);
    this.write();
    this.scheduleUncleanElections();
  }

  // ---------------------------------------------------------------------- refusals

  private refuse(connection: Connection, request: Request, error: ErrorCode): void {
    if (request.kind === Api.fetchMetadata) {
      this.fetches.refuse(connection, request as FetchMetadataRequest, error);
      return;
    }
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
  [Api.electLeaders, { partitions: [] }],
]);

function refusal(request: Request, error: ErrorCode): Response {
  const head = { kind: request.kind + RESPONSE, bytes: 30, correlationId: request.correlationId, error };
  return { ...head, ...EMPTY_ANSWERS.get(request.kind) };
}
