/**
 * The one seam between a broker and who rules it: who tells it what it leads and follows, where it proposes another ISR, and
 * whence it has producer ids. Replicas, partitions and requests of clients know no more than this. Two implementations:
 * KRaft (`kraft-control.ts`) and ZooKeeper (`zookeeper/zookeeper-control.ts`).
 */
import type { Host } from '../../kernel/process.js';
import type { LogDirectory } from '../log/log-directory.js';
import type { MetadataImageView } from './components.js';
import type { BrokerConfig } from './config.js';
import type { FetcherManager } from './fetcher-manager.js';
import type { IsrState } from './isr-state.js';
import type { Partition } from './partition.js';
import type { ReplicaManager } from './replica-manager.js';
import type { RequestChannel } from './request-channel.js';

export interface ProducerIds {
  /** -1: none at hand; more have been asked for. */
  next(): number;
}

export interface ControlPlane {
  readonly cache: MetadataImageView;
  readonly producerIds: ProducerIds;
  /** Of this broker's registration; -1 before. */
  brokerEpoch(): number;
  /** Once, before start(): these are what it rules. */
  takeCharge(replicas: ReplicaManager, fetchers: FetcherManager): void;
  start(): void;
  /** After `ControlledBroker.loadLogs`. */
  onLogsLoaded(): void;
  /** Can the broker do without these log directories? Not without any, nor without that of the metadata log. */
  outlives(failed: readonly LogDirectory[]): boolean;
  /** What lies in a log directory is offline from now on: the controller is to know. */
  directoryFailed(directoryId: number): void;
  /** A leader proposes the ISR that its state holds (Partition.submitAlterPartition). */
  submitIsr(partition: Partition, state: IsrState): void;
  /** A request that clients do not make. @returns false: it is none of this control plane's */
  handle(channel: RequestChannel): boolean;
  /** Timers, yields and fsyncs in the ranges of its parts. */
  onTimer(kind: number, arg: number, payload: unknown): void;
  /** Leaderships are to move away; `onStopped` follows when the process may end. */
  beginControlledShutdown(onStopped: () => void): void;
  /** The process ends in order, its logs are flushed. */
  close(): void;
}

/** What a control plane asks of its broker. */
export interface ControlledBroker {
  readonly host: Host;
  readonly config: BrokerConfig;
  /** Epoch of the last process, if it stopped in order; -1 otherwise (KIP-966). */
  readonly previousBrokerEpoch: number;
  /** Ids of the log directories that are online (KIP-858); none: it has one alone, and nothing is said of it. */
  logDirectoryIds(): readonly number[];
  /** SIGTERM. */
  shutDown(): void;
  /** Loads and recovers what is on the disk; onLogsLoaded() follows. Once. */
  loadLogs(): void;
  /** Opens the port (SocketServer.enableRequestProcessing). Again: nothing happens. */
  serve(): void;
  /** Replicas of this broker have changed their roles: its coordinators go with them. */
  rolesChanged(): void;
  /** From now on the high watermarks of all hosted partitions are written down. Again: nothing happens. */
  startCheckpointing(): void;
}
