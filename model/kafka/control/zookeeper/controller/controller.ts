/**
 * The controller of a ZooKeeper-mode cluster: KafkaController. Every broker has one; that whose znode stands at /controller
 * is active. One thread does one event after the other, and blocks on ZooKeeper in between; what it learns of others, that
 * it is no longer the controller included, it learns when the event's turn comes.
 */
import type { Host } from '../../../../kernel/process.js';
import { logDirCount } from '../../../cluster-spec.js';
import { Probe } from '../../../probes.js';
import { KafkaError } from '../../../protocol/errors.js';
import {
  Api,
  type AlterPartitionReassignmentsRequest,
  type AlterPartitionRequest,
  type CreatePartitionsRequest,
  type ElectLeadersRequest,
  type Request,
  type Response,
} from '../../../protocol/messages.js';
import {
  ControlApi,
  type ControlledShutdownRequest,
  type ControlResponse,
} from '../../../protocol/control-messages.js';
import { alterReassignmentsResponse, createPartitionsResponse } from '../../admin-answers.js';
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
import {
  alterIsrRefusal,
  deleteIsrChanges,
  processAlterIsr,
  processIsrChanges,
  refreshLeaderships,
} from './isr-changes.js';
import { PartitionStateMachine } from './partition-state-machine.js';
import type { ControllerParts } from './parts.js';
import { createPartitions } from './create-partitions.js';
import { alterPartitionReassignments, maybeCompleteReassignments, resumeReassignments } from './reassignments.js';
import { ReplicaStateMachine } from './replica-state-machine.js';
import { RequestBatch } from './request-batch.js';
import {
  controlledShutdown,
  electLeaders,
  electLeadersResponse,
  rebalance,
  shutdownResponse,
} from './requested-elections.js';
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

export class KafkaController {
  readonly context = new ControllerContext();
  private readonly home: ControllerHome;
  private readonly timers: ControllerTimers;
  private readonly parts: ControllerParts;
  private readonly queue: ControllerEvent[] = [];
  /** An event is being processed, or its turn has come. */
  private isBusy = false;
  private activeControllerId = NOBODY;
  /** Watches on the cluster are its business only while it is active. */
  private isWatching = false;
  private rebalanceTimer = 0;

  constructor(home: ControllerHome, settings: ControllerSettings, timers: ControllerTimers) {
    const { host } = home;
    const { context } = this;
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
    this.parts = { host, settings, paths, context, channels, batch, partitions, replicas };
  }

  get isActive(): boolean {
    return this.activeControllerId === this.brokerId;
  }

  /** The broker is registered. */
  startup(): void {
    this.put({ kind: 'startup' });
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
    this.dropQueue();
    this.put({ kind: 'expire' });
  }

  /** afterInitializingSession */
  onNewSession(): void {
    this.put({ kind: 'register-broker-and-reelect' });
  }

  onZnodeEvent({ type, path }: ZnodeEvent): void {
    if (path === ZkPath.controller) this.put({ kind: type === 'deleted' ? 'reelect' : 'controller-change' });
    else if (this.isWatching) this.onClusterEvent(path);
  }

  /** AlterIsr, ControlledShutdown, ElectLeaders. */
  onRequest(request: Request, respond: (response: Response) => void): void {
    this.put({ kind: 'request', request, respond });
  }

  onTimer(kind: number, arg: number): void {
    switch (kind) {
      case this.timers.event:
        this.processNext();
        return;
      case this.timers.rebalance:
        this.rebalanceTimer = 0;
        this.put({ kind: 'rebalance' });
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
    this.put({ kind: 'leader-and-isr-response', broker, response });
  }

  private onClusterEvent(path: string): void {
    if (path === ZkPath.brokerIds) this.put({ kind: 'broker-change' });
    else if (path === ZkPath.topics) this.put({ kind: 'topic-change' });
    else if (path === ZkPath.isrChanges) this.put({ kind: 'isr-change' });
    else if (path === ZkPath.logDirEvents) this.put({ kind: 'log-dir-event' });
    else this.onStateWritten(path);
  }

  /** PartitionReassignmentIsrChangeHandler, PartitionModificationsHandler */
  private onStateWritten(path: string): void {
    const { paths } = this.parts;
    const topic = paths.topicOfPath(path);
    if (topic !== undefined) this.put({ kind: 'partition-modifications', topic });
    const partition = paths.partitionOf(path);
    if (partition !== undefined) this.put({ kind: 'reassignment-isr-change', partition });
  }

  // ---------------------------------------------------------------------- the event thread

  private put(event: ControllerEvent): void {
    this.queue.push(event);
    this.proceed();
  }

  private proceed(): void {
    if (this.isBusy || this.queue.length === 0) return;
    this.isBusy = true;
    this.home.host.later(this.timers.event, 0);
  }

  private processNext(): void {
    const event = this.queue.shift();
    if (event === undefined) {
      this.isBusy = false;
      return;
    }
    this.home.session.run(this.process(event), () => {
      // Whatever a failed event had still to say is not said by the next. (ControllerEventManager: error processing event)
      this.parts.batch.clear();
      this.isBusy = false;
      this.proceed();
    });
  }

  private dropQueue(): void {
    for (const event of this.queue.splice(0)) if (event.kind === 'request') this.refuse(event.request, event.respond);
  }

  private *process(event: ControllerEvent): ZkSteps<void> {
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
    if (mayCreateTopics(this.parts)) this.put({ kind: 'create-topics' });
  }

  // ---------------------------------------------------------------------- requests

  private *handleRequest(request: Request, respond: (response: Response) => void): ZkSteps<void> {
    if (!this.isActive) {
      this.refuse(request, respond);
      return;
    }
    try {
      respond(yield* this.answer(request));
    } catch (failure) {
      this.refuse(request, respond);
      throw failure;
    }
    if (request.kind !== Api.alterPartition) return;
    const { partitions } = request as AlterPartitionRequest;
    yield* maybeCompleteReassignments(
      partitions.map(({ partition }) => partition),
      this.parts,
    );
  }

  private *answer(request: Request): ZkSteps<Response> {
    switch (request.kind) {
      case Api.alterPartition:
        return yield* processAlterIsr(request as AlterPartitionRequest, this.parts);
      case Api.alterPartitionReassignments:
        return yield* alterPartitionReassignments(request as AlterPartitionReassignmentsRequest, this.parts);
      case Api.createPartitions:
        return yield* createPartitions(request as CreatePartitionsRequest, this.parts);
      case ControlApi.controlledShutdown:
        return yield* controlledShutdown(request as ControlledShutdownRequest, this.parts);
      default:
        return yield* electLeaders(request as ElectLeadersRequest, this.parts);
    }
  }

  private refuse(request: Request, respond: (response: Response) => void): void {
    const error = KafkaError.NOT_CONTROLLER;
    switch (request.kind) {
      case Api.alterPartition:
        respond(alterIsrRefusal(request as AlterPartitionRequest, error));
        return;
      case Api.alterPartitionReassignments:
        respond(alterReassignmentsResponse(request as AlterPartitionReassignmentsRequest, error, []));
        return;
      case Api.createPartitions:
        respond(createPartitionsResponse(request as CreatePartitionsRequest, error, []));
        return;
      case ControlApi.controlledShutdown:
        respond(shutdownResponse(request as ControlledShutdownRequest, error, []));
        return;
      default:
        respond(electLeadersResponse(request as ElectLeadersRequest, error, []));
    }
  }
}
