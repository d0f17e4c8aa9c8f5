/**
 * A broker under KRaft: it registers with the controller and sends it heartbeats, learns everything from the metadata log,
 * and asks the controller for other ISRs. The parts are in files of their own; this is how they hang together.
 *
 * Order of a start (replication.md §9.2): register | catch up | load the logs | recover each | first image | serve, and ask to
 * be unfenced.
 */
import type { Host, MachineId } from '../../kernel/process.js';
import { MetadataImage } from '../control/metadata-image.js';
import type { MetadataRecord } from '../protocol/metadata-records.js';
import type { MetadataSnapshot } from '../protocol/raft-messages.js';
import { AlterPartitionManager } from './alter-partition-manager.js';
import { TIMER_RANGE_WIDTH, TimerRange, type BrokerServices, type MetadataFetching } from './components.js';
import type { BrokerConfig } from './config.js';
import type { ControlledBroker, ControlPlane } from './control-plane.js';
import type { FetcherManager } from './fetcher-manager.js';
import type { IsrState } from './isr-state.js';
import { DirectoryAssignments } from './directory-assignments.js';
import type { LogDirectory } from '../log/log-directory.js';
import { BrokerLifecycle } from './lifecycle.js';
import { LocalMetadata, type SharedMetadataLog } from './local-metadata.js';
import { MetadataFetcher } from './metadata-fetcher.js';
import { MetadataPublisher, type PublishListener } from './metadata-publisher.js';
import type { Partition } from './partition.js';
import { ProducerIdManager } from './producer-id-manager.js';
import type { ReplicaManager } from './replica-manager.js';
import { BrokerTimer } from './timers.js';

export class KraftControl implements ControlPlane, BrokerServices, PublishListener {
  readonly cache = new MetadataImage();
  readonly producerIds: ProducerIdManager;
  readonly #broker: ControlledBroker;
  readonly #lifecycle: BrokerLifecycle;
  readonly #metadata: MetadataFetching;
  #publisher!: MetadataPublisher;
  #alterPartition!: AlterPartitionManager;
  readonly #directories: DirectoryAssignments;
  #isReady = false;

  /** @param log of the controller in the same process; null: there is none, and the log is fetched */
  constructor(broker: ControlledBroker, log: SharedMetadataLog | null) {
    this.#broker = broker;
    this.#lifecycle = new BrokerLifecycle(this);
    this.#metadata = log === null ? new MetadataFetcher(this) : new LocalMetadata(this, log);
    this.producerIds = new ProducerIdManager(this);
    this.#directories = new DirectoryAssignments(this, this.cache);
  }

  takeCharge(replicas: ReplicaManager, fetchers: FetcherManager): void {
    this.#publisher = new MetadataPublisher(this.host, this.cache, replicas, fetchers, this.#directories, this);
    this.#alterPartition = new AlterPartitionManager(this, replicas);
  }

  start(): void {
    this.#lifecycle.start();
    this.#metadata.start();
  }

  onLogsLoaded(): void {
    this.#publisher.start();
  }

  submitIsr(partition: Partition, state: IsrState): void {
    this.#alterPartition.submit(partition, state);
  }

  /** The first holds the metadata log, too (metadata.log.dir). */
  outlives(failed: readonly LogDirectory[]): boolean {
    return failed.every(({ index }) => index !== 0);
  }

  directoryFailed(directoryId: number): void {
    this.#lifecycle.directoryFailed(directoryId);
  }

  /** Nobody orders anything: the controller is asked. */
  handle(): boolean {
    return false;
  }

  onTimer(kind: number, arg: number, payload: unknown): void {
    switch (kind - (kind % TIMER_RANGE_WIDTH)) {
      case TimerRange.broker:
        this.#publishing(kind, arg);
        return;
      case TimerRange.lifecycle:
        this.#lifecycle.onTimer(kind, arg);
        return;
      case TimerRange.metadataFetcher:
        this.#metadata.onTimer(kind);
        return;
      case TimerRange.alterPartition:
        this.#alterPartition.onTimer(kind, arg, payload);
        return;
      case TimerRange.directoryAssignments:
        this.#directories.onTimer(kind);
        return;
      case TimerRange.forwarding:
        this.producerIds.onTimer(kind);
        return;
    }
  }

  beginControlledShutdown(onStopped: () => void): void {
    this.#publisher.isShuttingDown = true;
    this.#lifecycle.beginControlledShutdown(onStopped);
  }

  /** The controller notices that the heartbeats end. */
  close(): void {
    this.#metadata.stop();
  }

  #publishing(kind: number, arg: number): void {
    switch (kind) {
      case BrokerTimer.publish:
        this.#publisher.publish();
        return;
      case BrokerTimer.transition:
        this.#publisher.transition(arg);
        return;
      case BrokerTimer.startFetchers:
        this.#publisher.startFetchers();
        return;
    }
  }

  // ---------------------------------------------------------------------- for its parts

  get host(): Host {
    return this.#broker.host;
  }

  get config(): BrokerConfig {
    return this.#broker.config;
  }

  get previousBrokerEpoch(): number {
    return this.#broker.previousBrokerEpoch;
  }

  controllerMachine(): MachineId {
    return this.#metadata.leaderId;
  }

  brokerEpoch(): number {
    return this.#lifecycle.brokerEpoch;
  }

  logDirectoryIds(): readonly number[] {
    return this.#broker.logDirectoryIds();
  }

  shutDown(): void {
    this.#broker.shutDown();
  }

  currentMetadataOffset(): number {
    return this.#publisher.currentOffset;
  }

  onMetadata(records: readonly MetadataRecord[]): void {
    this.#publisher.add(records);
  }

  onMetadataSnapshot(snapshot: MetadataSnapshot): void {
    this.#publisher.replaceBy(snapshot);
  }

  onCaughtUp(): void {
    this.#broker.loadLogs();
  }

  /** recover | serve, and ask to be unfenced: after the first image */
  onPublished(): void {
    this.#broker.rolesChanged();
    if (this.#isReady) return;
    this.#isReady = true;
    this.#broker.serve();
    this.#broker.startCheckpointing();
    this.#lifecycle.ready();
  }

  /** Nothing hangs on it: what this broker may do it learns from the metadata. */
  onUnfenced(): void {}
}
