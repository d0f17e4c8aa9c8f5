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
import { Probe } from '../../probes.js';
import { KafkaError, type ErrorCode } from '../../protocol/errors.js';
import { RESPONSE, type Request, type Response } from '../../protocol/messages.js';
import type { MetadataRecord } from '../../protocol/metadata-records.js';
import { isQuorumRequest, NOWHERE, type MetadataBatch, type MetadataSnapshot } from '../../protocol/raft-messages.js';
import type { CommittedMetadata } from '../committed-metadata.js';
import { MetadataImage } from '../metadata-image.js';
import { ClusterControl } from './cluster-control.js';
import { ControllerApis, refusal } from './controller-apis.js';
import type { ControllerConfig } from './controller-config.js';
import { ControllerTimer } from './controller-timers.js';
import { DeferredAnswers } from './deferred-answers.js';
import { Heartbeats } from './heartbeats.js';
import { PeriodicTasks } from './periodic-tasks.js';
import { MAX_FETCH_BYTES } from './raft/config.js';
import { MetadataLogFailure } from './raft/log.js';
import type { RaftListener } from './raft/member.js';
import { RaftNode } from './raft/raft-node.js';
import { ReplicationControl } from './replication-control.js';
import { SnapshotGenerator } from './snapshot-generator.js';

interface PendingRequest {
  readonly connection: Connection;
  readonly request: Request;
}

/** No leadership: this controller is not the active one. */
const STANDBY = -1;

export class Controller extends Process implements RaftListener, SharedMetadataLog {
  /** While active: the log replayed to its end, uncommitted records included. */
  readonly image = new MetadataImage();
  /** What is committed, as far as this controller has heard. */
  readonly stable = new MetadataImage();
  raft!: RaftNode;
  private readonly config: ControllerConfig;
  private readonly committed: CommittedMetadata;
  private readonly heartbeats: Heartbeats;
  private readonly cluster: ClusterControl;
  private readonly apis: ControllerApis;
  private readonly tasks: PeriodicTasks;
  private readonly snapshots: SnapshotGenerator;
  private readonly answers = new DeferredAnswers();
  /** In which it leads the quorum and acts; STANDBY: it does not. */
  private activeEpoch = STANDBY;
  /** Offset of the last record that says more than that it is there; NOWHERE: it has decided nothing. */
  private lastDecision: number = NOWHERE;
  /** A broker in the same process. */
  private follower: MetadataFollower | null = null;

  constructor(host: Host, config: ControllerConfig, committed: CommittedMetadata) {
    super(host);
    this.config = config;
    this.committed = committed;
    const { settings, rules, topics } = config;
    const { image } = this;
    const heartbeats = new Heartbeats(settings['broker.session.timeout.ms'] * 1000, rules);
    const topicSettings = topics.map((topic) => topic.settings);
    const replication = new ReplicationControl(image, topicSettings, rules);
    const cluster = new ClusterControl(image, replication, heartbeats, rules);
    const write = (records: readonly MetadataRecord[]): boolean => this.write(records);
    this.heartbeats = heartbeats;
    this.cluster = cluster;
    this.apis = new ControllerApis(host, config, image, cluster, replication);
    this.tasks = new PeriodicTasks({ host, config, image, heartbeats, cluster, replication, write });
    this.snapshots = new SnapshotGenerator(settings);
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
      this.raft = new RaftNode(this.host, quorum, this, ControllerTimer);
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
    this.host.later(ControllerTimer.handle, 0, pending);
  }

  override onBroken(connection: Connection, _why: BrokenReason): void {
    this.raft.onBroken(connection);
  }

  override onTimer(kind: number, arg: number, payload: unknown): void {
    if (this.raft.onTimer(kind, payload)) return;
    if (kind === ControllerTimer.handle) {
      const { connection, request } = payload as PendingRequest;
      this.handle(connection, request);
    } else if (kind === ControllerTimer.committed) {
      this.answers.complete(arg);
    } else if (arg === this.activeEpoch) {
      this.tasks.run(kind);
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
    if (this.isActive) this.host.later(ControllerTimer.committed, offset);
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
    this.tasks.begin(epoch);
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
    const records: MetadataRecord[] = [];
    const response = this.apis.decide(request, this.raft.nextOffset, records);
    if (!this.write(records)) {
      this.refuse(connection, request, KafkaError.NOT_CONTROLLER);
      return;
    }
    this.answers.add(connection, request, response, this.lastUncommitted());
    this.tasks.afterDecision();
  }

  /**
   * Appends what was decided and replays it at once.
   * @returns false if it turns out that this controller does not lead any more: then nothing was decided
   */
  private write(records: readonly MetadataRecord[]): boolean {
    if (records.length === 0) return true;
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

  private refuse(connection: Connection, request: Request, error: ErrorCode): void {
    connection.send(refusal(request, error));
    connection.resumeReading();
  }
}
