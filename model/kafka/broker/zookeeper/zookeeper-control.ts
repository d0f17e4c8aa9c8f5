/**
 * A broker under ZooKeeper: its session, its registration, its own controller, and the orders of the active one.
 * (KafkaServer.startup, KafkaZkClient)
 *
 * It learns what it leads from controllers alone. When its session is over it registers anew; until it hears of that it
 * serves as before, a zombie.
 */
import { KafkaController, type ControllerHome } from '../../control/zookeeper/controller/controller.js';
import { logDirCount } from '../../cluster-spec.js';
import { propagateLogDirEvent } from '../../control/zookeeper/controller/log-dir-failures.js';
import type { LogDirectory } from '../../log/log-directory.js';
import { ALREADY_REGISTERED, registerBroker } from '../../control/zookeeper/broker-registration.js';
import type { ZnodeEvent } from '../../control/zookeeper/ensemble/operations.js';
import { alterConfigsResponse } from '../../control/admin-answers.js';
import { alterConfigs } from '../../control/zookeeper/topic-configs.js';
import { TopicPaths } from '../../control/zookeeper/znodes.js';
import { ZkSession, type ZkSessionListener } from '../../control/zookeeper/zk-session.js';
import type { ZkSteps } from '../../control/zookeeper/zk-steps.js';
import { ControlApi, UNKNOWN_BROKER_EPOCH } from '../../protocol/control-messages.js';
import { KafkaError } from '../../protocol/errors.js';
import { Api, type IncrementalAlterConfigsRequest } from '../../protocol/messages.js';
import { NOBODY } from '../../protocol/raft-messages.js';
import { AlterPartitionManager } from '../alter-partition-manager.js';
import { TimerRange, TIMER_RANGE_WIDTH } from '../components.js';
import type { ControlledBroker, ControlPlane } from '../control-plane.js';
import type { FetcherManager } from '../fetcher-manager.js';
import type { IsrState } from '../isr-state.js';
import type { Partition } from '../partition.js';
import type { ReplicaManager } from '../replica-manager.js';
import type { RequestChannel } from '../request-channel.js';
import { ControlRequests } from './control-requests.js';
import { IsrWriter, PROPAGATION_CHECK_MICROS } from './isr-writer.js';
import { ZkMetadataCache } from './metadata-cache.js';
import { ZkProducerIds } from './producer-ids.js';
import { TopicConfigListener, type TopicConfigHandler } from './topic-config-listener.js';
import { ControlledShutdown } from './shutdown.js';

const Timer = {
  sessionCheck: TimerRange.zookeeper + 0,
  sessionConnect: TimerRange.zookeeper + 1,
  register: TimerRange.zookeeper + 2,
  transition: TimerRange.zookeeper + 3,
  startFetchers: TimerRange.zookeeper + 4,
  propagateIsr: TimerRange.zookeeper + 5,
  propagateLogDirEvent: TimerRange.zookeeper + 8,
  shutdownRetry: TimerRange.zookeeper + 6,
  shutdownDeadline: TimerRange.zookeeper + 7,
  controllerEvent: TimerRange.zookeeper + 10,
  controllerRebalance: TimerRange.zookeeper + 11,
  channelRetry: TimerRange.zookeeper + 12,
  channelDeadline: TimerRange.zookeeper + 13,
} as const;

/** Kafka's process ends when its znode is still there, and whoever supervises it starts it again: to others it is the same. */
const REGISTER_AGAIN_MICROS = 1_000_000;

export class ZooKeeperControl implements ControlPlane, ControllerHome, ZkSessionListener, TopicConfigHandler {
  readonly cache = new ZkMetadataCache();
  readonly producerIds: ZkProducerIds;
  readonly session: ZkSession;
  readonly controller: KafkaController;
  private readonly broker: ControlledBroker;
  private readonly paths: TopicPaths;
  private replicas!: ReplicaManager;
  private requests!: ControlRequests;
  private isrWriter!: IsrWriter;
  private alterPartition!: AlterPartitionManager;
  private shutdown: ControlledShutdown | null = null;
  private epoch = -1;
  private isRegistered = false;
  private readonly topicConfigs: TopicConfigListener;
  private readonly formerSessions: number[] = [];

  constructor(broker: ControlledBroker) {
    const { host, config } = broker;
    const { settings, rules, answers, nodeId, topics, brokers } = config;
    this.broker = broker;
    this.paths = new TopicPaths(topics);
    this.producerIds = new ZkProducerIds(nodeId, () => this.session);
    this.session = new ZkSession(
      host,
      {
        servers: config.controllers,
        sessionTimeoutMicros: settings['zookeeper.session.timeout.ms'] * 1000,
        checkTimer: Timer.sessionCheck,
        connectTimer: Timer.sessionConnect,
        threadsEndWithSession: rules.controllerStopsWithSession,
      },
      this,
    );
    this.topicConfigs = new TopicConfigListener(this.session, this.paths, this.cache, this);
    this.controller = new KafkaController(
      this,
      { brokerId: nodeId, settings, rules, answers, topics, brokers },
      {
        event: Timer.controllerEvent,
        rebalance: Timer.controllerRebalance,
        channelRetry: Timer.channelRetry,
        channelDeadline: Timer.channelDeadline,
      },
    );
  }

  get host(): ControlledBroker['host'] {
    return this.broker.host;
  }

  takeCharge(replicas: ReplicaManager, fetchers: FetcherManager): void {
    this.replicas = replicas;
    const timers = { transition: Timer.transition, startFetchers: Timer.startFetchers };
    const listener = {
      onLeaderAndIsr: () => {
        this.broker.startCheckpointing();
        this.broker.rolesChanged();
      },
    };
    this.requests = new ControlRequests(replicas, fetchers, this.cache, timers, listener, () => this.epoch);
    const decidedIn = (partition: number): number => this.requests.controllerEpochOf(partition);
    this.isrWriter = new IsrWriter(replicas, this.session, this.paths, decidedIn);
    const { host, config } = this.broker;
    this.alterPartition = new AlterPartitionManager(
      {
        host,
        config,
        brokerEpoch: () => this.epoch,
        // Whom UpdateMetadata named last.
        controllerMachine: () => (this.cache.controllerId < 0 ? NOBODY : this.cache.controllerId),
      },
      replicas,
    );
  }

  brokerEpoch(): number {
    return this.epoch;
  }

  // ---------------------------------------------------------------------- start-up

  /** connect | load the logs | recover each | register | serve, and stand for election */
  start(): void {
    this.session.open();
    this.broker.loadLogs();
  }

  onLogsLoaded(): void {
    this.register();
  }

  /** In a new session of the same process. */
  *registerBroker(): ZkSteps<void> {
    const { nodeId: brokerId, rack, rules } = this.broker.config;
    const registration = { brokerId, rack, formerSessions: this.formerSessions };
    const epoch = yield* registerBroker(registration, () => this.session.id, rules.reclaimsBrokerNode);
    if (epoch !== ALREADY_REGISTERED) this.epoch = epoch;
    else this.host.timer(Timer.register, REGISTER_AGAIN_MICROS, 0);
  }

  private register(): void {
    this.session.run(this.readAndRegister(), (failure) => {
      if (failure !== null) this.host.timer(Timer.register, REGISTER_AGAIN_MICROS, 0);
      else if (this.epoch >= 0) this.onRegistered();
    });
  }

  private *readAndRegister(): ZkSteps<void> {
    yield* this.topicConfigs.load();
    yield* this.registerBroker();
  }

  private onRegistered(): void {
    if (this.isRegistered) return;
    this.isRegistered = true;
    this.broker.serve();
    if (this.broker.config.rules.isrWrites === 'zookeeper') this.schedulePropagation();
    this.controller.startup();
    this.topicConfigs.startup();
  }

  // ---------------------------------------------------------------------- its session

  onSessionExpired(): void {
    this.formerSessions.push(this.session.id);
    this.controller.onSessionExpired();
  }

  onNewSession(): void {
    // Without a first registration the start-up goes on by itself.
    if (!this.isRegistered) return;
    this.controller.onNewSession();
    this.topicConfigs.onNewSession();
  }

  onZnodeEvent(event: ZnodeEvent): void {
    this.controller.onZnodeEvent(event);
    this.topicConfigs.onZnodeEvent(event);
  }

  /** TopicConfigHandler.processConfigChanges */
  topicAltered(topic: number): void {
    this.replicas.topicAltered(topic);
    const isUnclean = this.cache.configurations[topic]?.['unclean.leader.election.enable'] === true;
    if (isUnclean && this.broker.config.rules.uncleanElectionWhenEnabled)
      this.controller.uncleanElectionsEnabled(topic);
  }

  // ---------------------------------------------------------------------- what it is told, and what it asks

  submitIsr(partition: Partition, state: IsrState): void {
    if (this.broker.config.rules.isrWrites === 'zookeeper') this.isrWriter.submit(partition, state);
    else this.alterPartition.submit(partition, state);
  }

  outlives(failed: readonly LogDirectory[]): boolean {
    return failed.length < logDirCount(this.broker.config.settings);
  }

  /** Nobody is told which: the controller asks (KafkaZkClient.propagateLogDirEvent). */
  directoryFailed(): void {
    if (!this.isRegistered) return;
    this.session.run(propagateLogDirEvent(this.broker.config.nodeId), (failure) => {
      if (failure !== null) this.host.timer(Timer.propagateLogDirEvent, REGISTER_AGAIN_MICROS, 0);
    });
  }

  handle(channel: RequestChannel): boolean {
    const request = channel.request!;
    switch (request.kind) {
      case ControlApi.leaderAndIsr:
      case ControlApi.updateMetadata:
      case ControlApi.stopReplica:
        this.requests.handle(channel);
        return true;
      case ControlApi.controlledShutdown:
      case Api.alterPartition:
      case Api.electLeaders:
      case Api.alterPartitionReassignments:
      case Api.createPartitions:
        this.controller.onRequest(request, (response) => {
          if (channel.request === request) channel.respond(response);
        });
        return true;
      case Api.incrementalAlterConfigs:
        this.alterConfigs(channel, request as IncrementalAlterConfigsRequest);
        return true;
      default:
        return false;
    }
  }

  /** Any broker does, the controller or not. A session that ends meanwhile is an error that nobody had thought of. */
  private alterConfigs(channel: RequestChannel, asked: IncrementalAlterConfigsRequest): void {
    let answer = alterConfigsResponse(asked, KafkaError.UNKNOWN_SERVER_ERROR, []);
    const { paths } = this;
    const steps = function* (): ZkSteps<void> {
      answer = yield* alterConfigs(asked, paths);
    };
    this.session.run(steps(), () => {
      if (channel.request === asked) channel.respond(answer);
    });
  }

  beginControlledShutdown(onStopped: () => void): void {
    if (this.shutdown !== null) return;
    const timers = { retry: Timer.shutdownRetry, deadline: Timer.shutdownDeadline };
    const epoch = this.broker.config.rules.brokerEpochInControlRequests ? this.epoch : UNKNOWN_BROKER_EPOCH;
    this.shutdown = new ControlledShutdown(this.host, this.session, timers, epoch, onStopped);
    if (this.isRegistered) this.shutdown.begin();
    else onStopped();
  }

  /** The session is closed, its znodes with it: nobody has to wait for its time-out. */
  close(): void {
    this.session.client.close();
  }

  onTimer(kind: number, arg: number, payload: unknown): void {
    if (kind - (kind % TIMER_RANGE_WIDTH) === TimerRange.alterPartition) {
      this.alterPartition.onTimer(kind, arg, payload);
      return;
    }
    switch (kind) {
      case Timer.sessionCheck:
      case Timer.sessionConnect:
        this.session.client.onTimer(kind);
        return;
      case Timer.register:
        this.register();
        return;
      case Timer.transition:
      case Timer.startFetchers:
        this.requests.onTimer(kind, payload);
        return;
      case Timer.propagateLogDirEvent:
        this.directoryFailed();
        return;
      case Timer.propagateIsr:
        this.isrWriter.propagate();
        this.schedulePropagation();
        return;
      case Timer.shutdownRetry:
      case Timer.shutdownDeadline:
        this.shutdown!.onTimer(kind, arg);
        return;
      default:
        this.controller.onTimer(kind, arg);
    }
  }

  private schedulePropagation(): void {
    this.host.timer(Timer.propagateIsr, PROPAGATION_CHECK_MICROS, 0);
  }
}
