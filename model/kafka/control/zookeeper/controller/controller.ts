/**
 * The controller of a ZooKeeper-mode cluster: KafkaController. Every broker has one; that whose znode stands at /controller
 * is active. What it learns of others, that it is no longer the controller included, it learns when the event's turn comes
 * (event-manager.ts).
 */
import type { Host } from '../../../../kernel/process.js';
import { logDirCount } from '../../../cluster-spec.js';
import { Probe } from '../../../probes.js';
import type { ControlResponse } from '../../../protocol/control-messages.js';
import { Api, type AlterPartitionRequest, type Request, type Response } from '../../../protocol/messages.js';
import type { ZnodeEvent } from '../ensemble/operations.js';
import { TopicPaths, ZkPath } from '../znodes.js';
import { ControllerMoved, watchExistence, type ZkSteps } from '../zk-steps.js';
import type { ZkSession } from '../zk-session.js';
import { processBrokerChange, readBrokers } from './broker-changes.js';
import {
  processLogDirEvents,
  processOfflineReplicas,
  tellsOfOfflineReplicas,
  watchLogDirEvents,
} from './log-dir-failures.js';
import { ChannelManager } from './channel-manager.js';
import { ControllerContext } from './context.js';
import type { ControllerSettings } from './controller-config.js';
import {
  createControllerZnode,
  deleteController,
  incrementEpoch,
  NOBODY,
  readControllerId,
  registerWithEpoch,
} from './controller-election.js';
import type { ControllerEvent } from './controller-events.js';
import { answer, refusal } from './controller-requests.js';
import { ControllerEventManager, type ControllerEventProcessor } from './event-manager.js';
import { deleteIsrChanges, processIsrChanges, refreshLeaderships } from './isr-changes.js';
import { PartitionStateMachine } from './partition-state-machine.js';
import type { ControllerParts } from './parts.js';
import { maybeCompleteReassignments, resumeReassignments } from './reassignments.js';
import { ReplicaStateMachine } from './replica-state-machine.js';
import { RequestBatch } from './request-batch.js';
import { rebalance } from './requested-elections.js';
import {
  createTopics,
  mayCreateTopics,
  processPartitionModifications,
  processTopicChange,
  readNewTopics,
} from './topics.js';

/** Kinds of timers and yields. */
export interface ControllerTimers {
  /** An event's turn. */
  readonly event: number;
  readonly rebalance: number;
  readonly channelRetry: number;
  readonly channelDeadline: number;
}

/** What the broker that it lives in does for it. */
export interface ControllerHome {
  readonly host: Host;
  readonly session: ZkSession;
  /** RegisterBrokerAndReelect: in the new session. */
  registerBroker(): ZkSteps<void>;
}

/** What controller-ready says where KRaft's says how far its log is committed. */
const NO_LOG = -1;
/** controller.socket.timeout.ms */
const SOCKET_TIMEOUT_MICROS = 30_000_000;
/** scheduleAutoLeaderRebalanceTask after a failover. */
const FIRST_REBALANCE_MICROS = 5_000_000;
/** leader.imbalance.per.broker.percentage */
const IMBALANCE_PERCENTAGE = 10;

export class KafkaController implements ControllerEventProcessor {
  readonly context: ControllerContext;
  private readonly home: ControllerHome;
  private readonly timers: ControllerTimers;
  private readonly parts: ControllerParts;
  private readonly events: ControllerEventManager;
  private activeControllerId = NOBODY;
  /** Watches on the cluster are its business only while it is active. */
  private isWatching = false;
  private rebalanceTimer = 0;

  constructor(home: ControllerHome, settings: ControllerSettings, timers: ControllerTimers) {
    const { host } = home;
    const context = new ControllerContext(settings.rules);
    this.context = context;
    this.home = home;
    this.timers = timers;
    const paths = new TopicPaths(settings.topics);
    const channelSettings = {
      socketTimeoutMicros: SOCKET_TIMEOUT_MICROS,
      retryTimer: timers.channelRetry,
      deadlineTimer: timers.channelDeadline,
    };
    const channels = new ChannelManager(host, channelSettings, (broker, response) => this.onResponse(broker, response));
    const batch = new RequestBatch(settings.brokerId, context, channels, settings.rules);
    const partitions = new PartitionStateMachine(context, batch, paths, settings.topics);
    const replicas = new ReplicaStateMachine(context, batch, paths);
    this.events = new ControllerEventManager(host, home.session, timers.event, this);
    this.parts = { host, settings, paths, context, channels, batch, partitions, replicas };
  }

  get isActive(): boolean {
    return this.activeControllerId === this.brokerId;
  }

  /** The broker is registered. */
  startup(): void {
    this.events.put({ kind: 'startup' });
  }

  /**
   * beforeInitializingSession: what was queued belongs to the session that is over, and the next begins only when what was
   * begun has ended. Before 1.1 (KAFKA-5642) it begins at once, and a controller that has expired goes on until it comes to
   * the event that says so.
   */
  onSessionExpired(): void {
    if (!this.home.session.threadsEndWithSession) {
      this.home.session.open();
      return;
    }
    for (const event of this.events.clear()) if (event.kind === 'request') event.respond(refusal(event.request));
    this.events.put({ kind: 'expire' });
  }

  /** afterInitializingSession */
  onNewSession(): void {
    this.events.put({ kind: 'register-broker-and-reelect' });
  }

  onZnodeEvent({ type, path }: ZnodeEvent): void {
    if (path === ZkPath.controller) this.events.put({ kind: type === 'deleted' ? 'reelect' : 'controller-change' });
    else if (this.isWatching) this.onClusterEvent(path);
  }

  /** enableTopicUncleanLeaderElection: partitions of it that nobody leads are elected for (KAFKA-6835). */
  uncleanElectionsEnabled(topic: number): void {
    if (this.isActive) this.events.put({ kind: 'topic-unclean-election-enable', topic });
  }

  /** AlterIsr, ControlledShutdown, ElectLeaders. */
  onRequest(request: Request, respond: (response: Response) => void): void {
    this.events.put({ kind: 'request', request, respond });
  }

  onTimer(kind: number, arg: number): void {
    switch (kind) {
      case this.timers.event:
        this.events.processNext();
        return;
      case this.timers.rebalance:
        this.rebalanceTimer = 0;
        this.events.put({ kind: 'rebalance' });
        return;
      default:
        this.parts.channels.onTimer(kind, arg);
    }
  }

  private get brokerId(): number {
    return this.parts.settings.brokerId;
  }

  /** Kafka looks into every answer; most say nothing. */
  private onResponse(broker: number, response: ControlResponse): void {
    if (!tellsOfOfflineReplicas(broker, response, this.parts)) return;
    this.events.put({ kind: 'leader-and-isr-response', broker, response });
  }

  private onClusterEvent(path: string): void {
    if (path === ZkPath.brokerIds) this.events.put({ kind: 'broker-change' });
    else if (path === ZkPath.topics) this.events.put({ kind: 'topic-change' });
    else if (path === ZkPath.isrChanges) this.events.put({ kind: 'isr-change' });
    else if (path === ZkPath.logDirEvents) this.events.put({ kind: 'log-dir-event' });
    else this.onStateWritten(path);
  }

  /** PartitionReassignmentIsrChangeHandler, PartitionModificationsHandler */
  private onStateWritten(path: string): void {
    const { paths } = this.parts;
    const topic = paths.topicOfPath(path);
    if (topic !== undefined) this.events.put({ kind: 'partition-modifications', topic });
    const partition = paths.partitionOf(path);
    if (partition !== undefined) this.events.put({ kind: 'reassignment-isr-change', partition });
  }

  // ---------------------------------------------------------------------- events, in their turn

  /** Whatever a failed event had still to say is not said by the next. (ControllerEventManager: error processing event) */
  onProcessed(): void {
    this.parts.batch.clear();
  }

  *process(event: ControllerEvent): ZkSteps<void> {
    try {
      yield* this.handle(event);
    } catch (failure) {
      if (!(failure instanceof ControllerMoved)) throw failure;
      yield* this.maybeResign();
    }
  }

  private *handle(event: ControllerEvent): ZkSteps<void> {
    switch (event.kind) {
      case 'startup':
        yield* watchExistence(ZkPath.controller);
        yield* this.elect();
        return;
      case 'controller-change':
        yield* this.maybeResign();
        return;
      case 'reelect':
        yield* this.maybeResign();
        yield* this.elect();
        return;
      case 'expire':
        this.activeControllerId = NOBODY;
        this.resign();
        this.home.session.open();
        return;
      case 'register-broker-and-reelect':
        yield* this.home.registerBroker();
        yield* this.maybeResign();
        yield* this.elect();
        return;
      case 'request':
        yield* this.handleRequest(event.request, event.respond);
        return;
      case 'reassignment-isr-change':
        if (this.isActive) yield* maybeCompleteReassignments([event.partition], this.parts);
        return;
      case 'leader-and-isr-response':
        if (this.isActive) yield* processOfflineReplicas(event.broker, event.response, this.parts);
        return;
      case 'partition-modifications':
        if (this.isActive) yield* processPartitionModifications(event.topic, this.parts);
        return;
      case 'topic-unclean-election-enable':
        if (this.isActive) yield* this.parts.partitions.triggerOnlineOfTopic(event.topic);
        return;
      default:
        if (this.isActive) yield* this.handleActive(event.kind);
    }
  }

  private *handleActive(kind: ControllerEvent['kind']): ZkSteps<void> {
    const { parts } = this;
    switch (kind) {
      case 'broker-change':
        yield* processBrokerChange(parts);
        this.maybeCreateTopics();
        return;
      case 'topic-change':
        yield* processTopicChange(parts);
        return;
      case 'isr-change':
        yield* processIsrChanges(parts);
        return;
      case 'log-dir-event':
        yield* processLogDirEvents(parts);
        return;
      case 'create-topics':
        yield* createTopics(parts);
        return;
      case 'rebalance':
        yield* rebalance(IMBALANCE_PERCENTAGE, parts);
        this.scheduleRebalance(parts.settings.settings['leader.imbalance.check.interval.seconds'] * 1_000_000);
        return;
    }
  }

  // ---------------------------------------------------------------------- election and failover

  private *elect(): ZkSteps<void> {
    this.activeControllerId = yield* readControllerId();
    if (this.activeControllerId !== NOBODY) return;
    try {
      if (!(yield* this.register())) return;
      yield* this.onFailover();
    } catch (failure) {
      if (failure instanceof ControllerMoved && this.parts.settings.rules.controllerEpochInWrites) {
        yield* this.maybeResign();
        return;
      }
      yield* this.triggerMove();
      throw failure;
    }
  }

  /** @returns false: another is the controller */
  private *register(): ZkSteps<boolean> {
    const { context } = this;
    if (this.parts.settings.rules.controllerEpochInWrites) {
      const { epoch, zkVersion } = yield* registerWithEpoch(this.brokerId);
      context.epoch = epoch;
      context.epochZkVersion = zkVersion;
      this.activeControllerId = this.brokerId;
      return true;
    }
    if (!(yield* createControllerZnode(this.brokerId, this.home.session.id))) {
      this.activeControllerId = yield* readControllerId();
      return false;
    }
    this.activeControllerId = this.brokerId;
    context.epoch = (yield* incrementEpoch()).epoch;
    return true;
  }

  /** onControllerFailover: watch, read everything, tell everybody, then set the state machines going. */
  private *onFailover(): ZkSteps<void> {
    const { parts, context, home } = this;
    this.isWatching = true;
    yield* deleteIsrChanges(parts);
    if (logDirCount(parts.settings.settings) > 1) yield* watchLogDirEvents(parts);
    for (const broker of yield* readBrokers()) context.brokers[broker.id] = broker;
    const partitions = yield* readNewTopics(parts);
    yield* refreshLeaderships(partitions, parts);
    const live = context.liveOrShuttingDown();
    for (const broker of live) parts.channels.addBroker(broker);
    // Brokers must know the live ones before they are told whom to follow.
    parts.batch.addUpdateMetadata(live, []);
    parts.batch.send();
    yield* parts.replicas.startup();
    yield* parts.partitions.startup();
    yield* resumeReassignments(parts, () => true);
    home.host.probes.emit(Probe.controllerReady, home.host.id, -1, NO_LOG, context.epoch);
    if (parts.settings.settings['auto.leader.rebalance.enable']) this.scheduleRebalance(FIRST_REBALANCE_MICROS);
    this.maybeCreateTopics();
  }

  /** Is another the controller by now? Then this one stops. */
  private *maybeResign(): ZkSteps<void> {
    const wasActive = this.isActive;
    yield* watchExistence(ZkPath.controller);
    this.activeControllerId = yield* readControllerId();
    if (wasActive && !this.isActive) this.resign();
  }

  private *triggerMove(): ZkSteps<void> {
    const { epochZkVersion } = this.context;
    this.resign();
    this.activeControllerId = NOBODY;
    yield* deleteController(epochZkVersion);
  }

  /** onControllerResignation */
  private resign(): void {
    const { host } = this.home;
    if (this.isWatching) host.probes.emit(Probe.controllerResigned, host.id, -1, this.context.epoch);
    this.isWatching = false;
    if (this.rebalanceTimer !== 0) host.cancel(this.rebalanceTimer);
    this.rebalanceTimer = 0;
    this.parts.batch.clear();
    this.parts.channels.shutDown();
    this.context.clear();
  }

  private scheduleRebalance(afterMicros: number): void {
    this.rebalanceTimer = this.home.host.timer(this.timers.rebalance, afterMicros, 0);
  }

  private maybeCreateTopics(): void {
    if (mayCreateTopics(this.parts)) this.events.put({ kind: 'create-topics' });
  }

  // ---------------------------------------------------------------------- requests

  private *handleRequest(request: Request, respond: (response: Response) => void): ZkSteps<void> {
    if (!this.isActive) {
      respond(refusal(request));
      return;
    }
    try {
      respond(yield* answer(request, this.parts));
    } catch (failure) {
      respond(refusal(request));
      throw failure;
    }
    if (request.kind !== Api.alterPartition) return;
    const { partitions } = request as AlterPartitionRequest;
    yield* maybeCompleteReassignments(
      partitions.map(({ partition }) => partition),
      this.parts,
    );
  }
}
