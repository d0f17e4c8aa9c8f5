/**
 * A Kafka broker as a process: its parts, what happens to it, and how its logs are loaded. When, and what it leads, its
 * control plane says.
 *
 * Everything it knows of others it was told in messages. That it was deposed, or fenced, it learns like anything else;
 * until then it serves as before.
 */
import type { Connection } from '../../kernel/network.js';
import { Process, type BrokenReason, type Host, type Message } from '../../kernel/process.js';
import { LogManager } from '../log/log-manager.js';
import type { LogDirectory } from '../log/log-directory.js';
import { LogTimer } from '../log/log-timers.js';
import { LogDirFailure } from '../log/storage-error.js';
import { Probe } from '../probes.js';
import type { ReplicaView } from '../views.js';
import { TIMER_RANGE_WIDTH, TimerRange, type BrokerBasics, type ConnectionOwner } from './components.js';
import type { BrokerConfig } from './config.js';
import type { ControlledBroker, ControlPlane } from './control-plane.js';
import type { DelayedFetch } from './fetch-purgatory.js';
import { FetcherManager } from './fetcher-manager.js';
import type { IsrState } from './isr-state.js';
import { KraftControl } from './kraft-control.js';
import type { SharedMetadataLog } from './local-metadata.js';
import { RequestHandler } from './request-handler.js';
import type { DelayedProduce } from './produce-purgatory.js';
import { ReplicaManager } from './replica-manager.js';
import { PartitionReplicaView } from './replica-view.js';
import { ChannelList } from './channel-list.js';
import { Coordinators } from './coordinators.js';
import type { RequestChannel } from './request-channel.js';
import { BrokerTimer } from './timers.js';
import { ZooKeeperControl } from './zookeeper/zookeeper-control.js';

/** producer.id.expiration.check.interval.ms, which is internal. */
const PRODUCER_EXPIRY_INTERVAL_MICROS = 600_000_000;

export class Broker extends Process implements BrokerBasics, ControlledBroker {
  /** Once its control plane says so (SocketServer.enableRequestProcessing). */
  override listening = false;
  readonly config: BrokerConfig;
  previousBrokerEpoch = -1;
  readonly control: ControlPlane;
  readonly #logs: LogManager;
  readonly #replicas: ReplicaManager;
  readonly #requests: RequestHandler;
  readonly #fetchers: FetcherManager;
  /** null: the cluster has no coordinators, since no client uses transactions or groups. */
  readonly #coordinators: Coordinators | null;
  readonly #channels: ChannelList;
  readonly #views: (PartitionReplicaView | undefined)[] = [];
  #isCheckpointing = false;
  #logsToRecover = 0;

  /** @param metadataLog of the controller that shares its process; null: none does */
  constructor(host: Host, config: BrokerConfig, metadataLog: SharedMetadataLog | null = null) {
    super(host);
    this.config = config;
    this.control = config.control === 'kraft' ? new KraftControl(this, metadataLog) : new ZooKeeperControl(this);
    this.#logs = new LogManager(host, config.settings, config.partitions, config.rules);
    this.#replicas = new ReplicaManager(host, config, this.control.cache, this.#logs, () => this.brokerEpoch());
    this.#fetchers = new FetcherManager(this, this.#replicas);
    this.control.takeCharge(this.#replicas, this.#fetchers);
    this.#coordinators = Coordinators.create(this.#replicas, this.control.producerIds);
    this.#requests = new RequestHandler(this.#replicas, this.control, this.#coordinators);
    this.#channels = new ChannelList(host, config.settings['connections.max.idle.ms']);
  }

  // ---------------------------------------------------------------------- what happens to it

  override start(): void {
    if (!this.#openLogDirectories()) {
      this.host.die('halt');
      return;
    }
    this.previousBrokerEpoch = this.#logs.cleanShutdownEpoch();
    this.control.start();
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

  /** Where a write fails that nobody answers for, the log directory does; of the only one the failure halts the broker. */
  override onTimer(kind: number, arg: number, payload: unknown): void {
    try {
      if (kind < TIMER_RANGE_WIDTH) this.#onOwnTimer(kind, arg, payload);
      else this.#partTimer(kind, arg, payload);
    } catch (failure) {
      if (!(failure instanceof LogDirFailure)) throw failure;
      if (this.#logs.outlivesDirectories) this.#replicas.storageError(failure);
      else this.host.die('halt');
    }
  }

  #partTimer(kind: number, arg: number, payload: unknown): void {
    switch (kind - (kind % TIMER_RANGE_WIDTH)) {
      case TimerRange.replicaFetcher:
        this.#fetchers.onTimer(kind, arg, payload);
        return;
      case TimerRange.transactions:
      case TimerRange.transactionMarkers:
      case TimerRange.transactionVerification:
      case TimerRange.groups:
        this.#coordinators?.onTimer(kind, payload, this.#requests.produce);
        return;
      case TimerRange.log:
        if (kind === LogTimer.directoryFailed) this.#directoryFailed(payload as LogDirectory);
        else this.#logs.onTimer(kind, arg, payload);
        return;
      default:
        this.control.onTimer(kind, arg, payload);
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
      case BrokerTimer.transition:
      case BrokerTimer.startFetchers:
        this.control.onTimer(kind, arg, payload);
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
    if (partition !== undefined) this.control.submitIsr(partition, state);
  }

  // ---------------------------------------------------------------------- log directories

  /** False: it cannot do without one that cannot be written (LogManager, KafkaRaftServer.initializeLogDirs). */
  #openLogDirectories(): boolean {
    this.#logs.openDirectories();
    if (!this.#logs.hasOfflineDirectory) return true;
    return this.#logs.outlivesDirectories && this.control.outlives(this.#logs.failedDirectories());
  }

  /** An I/O error | what lies in the directory goes offline, and the control plane is told (ReplicaManager.handleLogDirFailure). */
  #directoryFailed(directory: LogDirectory): void {
    const { id, probes } = this.host;
    const gone = this.#replicas.directoryFailed(directory);
    const goesOn = this.control.outlives(this.#logs.failedDirectories());
    probes.emit(Probe.logDirOffline, id, -1, directory.index, gone.length, goesOn ? 1 : 0);
    for (const partition of gone) {
      this.#fetchers.remove(partition);
      probes.emit(Probe.replicaOffline, id, partition.number, directory.index);
    }
    if (!goesOn) {
      this.host.die('halt');
      return;
    }
    this.control.directoryFailed(directory.id);
    this.rolesChanged();
  }

  // ---------------------------------------------------------------------- start-up

  loadLogs(): void {
    this.host.later(BrokerTimer.loadLogs, 0);
  }

  /** ... | load | ... */
  #loadLogs(): void {
    for (const partition of this.#logs.beginLoading()) {
      this.#logsToRecover++;
      this.host.later(BrokerTimer.recoverLog, partition);
    }
    if (this.#logsToRecover === 0) this.control.onLogsLoaded();
  }

  /** ... | recover, each log in a step of its own */
  #recoverLog(number: number): void {
    this.#logs.load(number);
    this.#logsToRecover--;
    if (this.#logsToRecover === 0) this.control.onLogsLoaded();
  }

  rolesChanged(): void {
    this.#coordinators?.rolesChanged();
  }

  serve(): void {
    if (this.listening) return;
    this.listening = true;
    this.#coordinators?.start();
    this.#schedule(BrokerTimer.shrinkIsr);
    this.#schedule(BrokerTimer.expireProducers);
    this.#logs.startTasks();
    if (this.#channels.closesIdle) this.#schedule(BrokerTimer.closeIdle);
  }

  startCheckpointing(): void {
    if (this.#isCheckpointing) return;
    this.#isCheckpointing = true;
    this.#onPeriodic(BrokerTimer.checkpointHighWatermarks);
  }

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

  brokerEpoch(): number {
    return this.control.brokerEpoch();
  }

  logDirectoryIds(): readonly number[] {
    return this.#logs.onlineDirectoryIds();
  }

  /** undefined: this broker hosts no replica of the partition, as far as it knows. */
  replicaView(number: number): ReplicaView | undefined {
    const partition = this.#replicas.partition(number);
    if (partition === undefined || partition.log.directory.hasFailed) return undefined;
    // The replica may have been deleted, and be another now.
    const known = this.#views[number];
    return known?.partition === partition ? known : (this.#views[number] = new PartitionReplicaView(partition));
  }

  /** SIGTERM: the controller moves the leaderships away, then the logs are flushed and the process ends. */
  shutDown(): void {
    if (this.config.settings['controlled.shutdown.enable']) {
      this.control.beginControlledShutdown(() => this.#stopInOrder());
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
    this.control.close();
    this.host.die('exit');
  }

  #leaveClean(): void {
    this.#logs.checkpointHighWatermarks();
    this.#logs.shutDown(this.brokerEpoch());
  }
}
