/**
 * A Kafka broker as a process: its parts, what happens to it, and in which order it starts (replication.md §9.2):
 * register | catch up | load the logs | recover each | first image | serve, and ask to be unfenced.
 *
 * Everything it knows of others it was told in messages. That it was deposed, or fenced, it learns from the metadata log
 * like anything else; until then it serves as before.
 */
import type { Connection } from '../../kernel/network.js';
import { Process, type BrokenReason, type Host, type MachineId, type Message } from '../../kernel/process.js';
import { MetadataImage } from '../control/metadata-image.js';
import { readCleanShutdown } from '../log/clean-shutdown.js';
import { LogManager } from '../log/log-manager.js';
import { LogDirFailure } from '../log/storage-error.js';
import type { MetadataRecord } from '../protocol/metadata-records.js';
import type { MetadataSnapshot } from '../protocol/raft-messages.js';
import type { ReplicaView } from '../views.js';
import { AlterPartitionManager } from './alter-partition-manager.js';
import { TIMER_RANGE_WIDTH, TimerRange, type BrokerServices, type ConnectionOwner } from './components.js';
import type { BrokerConfig } from './config.js';
import type { DelayedFetch } from './fetch-purgatory.js';
import { FetcherManager } from './fetcher-manager.js';
import type { IsrState } from './isr-state.js';
import { BrokerLifecycle } from './lifecycle.js';
import { MetadataFetcher } from './metadata-fetcher.js';
import { MetadataPublisher, type PublishListener } from './metadata-publisher.js';
import { RequestHandler } from './request-handler.js';
import type { DelayedProduce } from './produce-purgatory.js';
import { ProducerIdManager } from './producer-id-manager.js';
import { ReplicaManager } from './replica-manager.js';
import { PartitionReplicaView } from './replica-view.js';
import { ChannelList } from './channel-list.js';
import type { RequestChannel } from './request-channel.js';
import { BrokerTimer } from './timers.js';

/** producer.id.expiration.check.interval.ms, which is internal. */
const PRODUCER_EXPIRY_INTERVAL_MICROS = 600_000_000;

export class Broker extends Process implements BrokerServices, PublishListener {
  /** From the first image on (SocketServer.enableRequestProcessing). */
  override listening = false;
  readonly config: BrokerConfig;
  previousBrokerEpoch = -1;
  readonly #image = new MetadataImage();
  readonly #logs: LogManager;
  readonly #replicas: ReplicaManager;
  readonly #requests: RequestHandler;
  readonly #fetchers: FetcherManager;
  readonly #publisher: MetadataPublisher;
  readonly #lifecycle: BrokerLifecycle;
  readonly #metadataFetcher: MetadataFetcher;
  readonly #alterPartition: AlterPartitionManager;
  readonly #producerIds: ProducerIdManager;
  readonly #channels: ChannelList;
  readonly #views: (PartitionReplicaView | undefined)[] = [];
  #logsToRecover = 0;

  constructor(host: Host, config: BrokerConfig) {
    super(host);
    this.config = config;
    this.#logs = new LogManager(host, config.settings, config.partitions, config.rules);
    this.#replicas = new ReplicaManager(host, config, this.#image, this.#logs, () => this.brokerEpoch());
    this.#fetchers = new FetcherManager(this, this.#replicas);
    this.#publisher = new MetadataPublisher(host, this.#image, this.#replicas, this.#fetchers, this);
    this.#lifecycle = new BrokerLifecycle(this);
    this.#metadataFetcher = new MetadataFetcher(this);
    this.#alterPartition = new AlterPartitionManager(this, this.#replicas);
    this.#producerIds = new ProducerIdManager(this);
    this.#requests = new RequestHandler(this.#replicas, this.#image, this.#producerIds);
    this.#channels = new ChannelList(host, config.settings['connections.max.idle.ms']);
  }

  // ---------------------------------------------------------------------- what happens to it

  override start(): void {
    this.previousBrokerEpoch = readCleanShutdown(this.host.disk);
    this.#lifecycle.start();
    this.#metadataFetcher.start();
  }

  override onConnection(connection: Connection): void {
    this.#channels.accept(connection);
  }

  override onConnected(connection: Connection): void {
    (connection.state as ConnectionOwner).onConnected(connection);
  }

  override onMessage(connection: Connection, message: Message): void {
    (connection.state as ConnectionOwner).onMessage(connection, message);
  }

  override onBroken(connection: Connection, why: BrokenReason): void {
    (connection.state as ConnectionOwner).onBroken(connection, why);
  }

  /** A failure of the only log directory halts the broker (LogDirFailureHandler). */
  override onTimer(kind: number, arg: number, payload: unknown): void {
    try {
      if (kind < TIMER_RANGE_WIDTH) this.#onOwnTimer(kind, arg, payload);
      else this.#partTimer(kind, arg, payload);
    } catch (failure) {
      if (!(failure instanceof LogDirFailure)) throw failure;
      this.host.die('halt');
    }
  }

  #partTimer(kind: number, arg: number, payload: unknown): void {
    switch (kind - (kind % TIMER_RANGE_WIDTH)) {
      case TimerRange.replicaFetcher:
        this.#fetchers.onTimer(kind, arg, payload);
        return;
      case TimerRange.lifecycle:
        this.#lifecycle.onTimer(kind);
        return;
      case TimerRange.metadataFetcher:
        this.#metadataFetcher.onTimer(kind);
        return;
      case TimerRange.alterPartition:
        this.#alterPartition.onTimer(kind, arg, payload);
        return;
      case TimerRange.forwarding:
        this.#producerIds.onTimer(kind);
        return;
      case TimerRange.log:
        this.#logs.onTimer(kind, arg, payload);
        return;
    }
  }

  #onOwnTimer(kind: number, arg: number, payload: unknown): void {
    switch (kind) {
      case BrokerTimer.handleRequest:
        this.#requests.handle(payload as RequestChannel);
        return;
      case BrokerTimer.purgatoryCheck:
        this.#requests.produce.checkPurgatories(payload as DelayedProduce);
        return;
      case BrokerTimer.followerState:
        this.#requests.fetch.updateFollowerState(payload as DelayedFetch);
        return;
      case BrokerTimer.expandIsr:
        this.#requests.fetch.expandIsrs(payload as DelayedFetch);
        return;
      case BrokerTimer.submitIsr:
        this.#submitIsr(arg, payload as IsrState);
        return;
      case BrokerTimer.fetchDeadline:
        this.#replicas.delayedFetches.onDeadline();
        return;
      case BrokerTimer.deleteRecordsDeadline:
        this.#replicas.delayedDeleteRecords.onDeadline();
        return;
      case BrokerTimer.produceDeadline:
        this.#replicas.delayedProduces.onDeadline();
        return;
      case BrokerTimer.publish:
        this.#publisher.publish();
        return;
      case BrokerTimer.transition:
        this.#publisher.transition(arg);
        return;
      case BrokerTimer.startFetchers:
        this.#publisher.startFetchers();
        return;
      case BrokerTimer.loadLogs:
        this.#loadLogs();
        return;
      case BrokerTimer.recoverLog:
        this.#recoverLog(arg);
        return;
      default:
        this.#onPeriodic(kind);
    }
  }

  #submitIsr(number: number, state: IsrState): void {
    const partition = this.#replicas.partition(number);
    if (partition !== undefined) this.#alterPartition.submit(partition, state);
  }

  // ---------------------------------------------------------------------- start-up

  onMetadata(records: readonly MetadataRecord[]): void {
    this.#publisher.add(records);
  }

  onMetadataSnapshot(snapshot: MetadataSnapshot): void {
    this.#publisher.replaceBy(snapshot);
  }

  onCaughtUp(): void {
    this.host.later(BrokerTimer.loadLogs, 0);
  }

  /** register, catch up | load */
  #loadLogs(): void {
    for (const partition of this.#logs.beginLoading()) {
      this.#logsToRecover++;
      this.host.later(BrokerTimer.recoverLog, partition);
    }
    if (this.#logsToRecover === 0) this.#publisher.start();
  }

  /** load | recover, each log in a step of its own */
  #recoverLog(number: number): void {
    this.#logs.load(number);
    this.#logsToRecover--;
    if (this.#logsToRecover === 0) this.#publisher.start();
  }

  /** recover | serve, and ask to be unfenced: after the first image */
  onPublished(): void {
    if (this.listening) return;
    this.listening = true;
    this.#onPeriodic(BrokerTimer.checkpointHighWatermarks);
    this.#schedule(BrokerTimer.shrinkIsr);
    this.#schedule(BrokerTimer.expireProducers);
    this.#logs.startTasks();
    if (this.#channels.closesIdle) this.#schedule(BrokerTimer.closeIdle);
    this.#lifecycle.ready();
  }

  /** Nothing hangs on it: what this broker may do it learns from the metadata. */
  onUnfenced(): void {}

  // ---------------------------------------------------------------------- what it does by the clock

  #onPeriodic(kind: number): void {
    switch (kind) {
      case BrokerTimer.shrinkIsr:
        this.#replicas.shrinkIsrs();
        break;
      case BrokerTimer.checkpointHighWatermarks:
        this.#logs.checkpointHighWatermarks();
        break;
      case BrokerTimer.expireProducers:
        this.#replicas.expireProducers();
        break;
      case BrokerTimer.closeIdle:
        this.#channels.closeIdle();
        break;
    }
    this.#schedule(kind);
  }

  #schedule(kind: number): void {
    this.host.timer(kind, this.#periodMicros(kind), 0);
  }

  #periodMicros(kind: number): number {
    const { settings } = this.config;
    switch (kind) {
      case BrokerTimer.shrinkIsr:
        return this.#isrExpirationMicros();
      case BrokerTimer.checkpointHighWatermarks:
        return settings['replica.high.watermark.checkpoint.interval.ms'] * 1000;
      case BrokerTimer.closeIdle:
        return this.#channels.untilNextIdleMicros();
      default:
        return PRODUCER_EXPIRY_INTERVAL_MICROS;
    }
  }

  /** Every half of replica.lag.time.max.ms since 0.9, so that a silent follower stays 1.5 times that at most. */
  #isrExpirationMicros(): number {
    const { settings, rules } = this.config;
    const lagMs = settings['replica.lag.time.max.ms'];
    return Math.max(1, rules.replicaLag === 'time' ? Math.trunc(lagMs / 2) : lagMs) * 1000;
  }

  // ---------------------------------------------------------------------- for its parts, and for those outside

  controllerMachine(): MachineId {
    return this.#metadataFetcher.leaderId;
  }

  brokerEpoch(): number {
    return this.#lifecycle.brokerEpoch;
  }

  currentMetadataOffset(): number {
    return this.#publisher.currentOffset;
  }

  /** undefined: this broker hosts no replica of the partition, as far as it knows. */
  replicaView(number: number): ReplicaView | undefined {
    const partition = this.#replicas.partition(number);
    if (partition === undefined) return undefined;
    return (this.#views[number] ??= new PartitionReplicaView(partition));
  }

  /** SIGTERM: the controller moves the leaderships away, then the logs are flushed and the process ends. */
  shutDown(): void {
    if (this.config.settings['controlled.shutdown.enable']) {
      this.#publisher.isShuttingDown = true;
      this.#lifecycle.beginControlledShutdown(() => this.#stopInOrder());
    } else {
      this.#stopInOrder();
    }
  }

  /** Not of logs that were never loaded. */
  #stopInOrder(): void {
    try {
      if (this.listening) this.#leaveClean();
    } catch (failure) {
      if (!(failure instanceof LogDirFailure)) throw failure;
    }
    this.host.die('exit');
  }

  #leaveClean(): void {
    this.#logs.checkpointHighWatermarks();
    this.#logs.shutDown(this.brokerEpoch());
  }
}
