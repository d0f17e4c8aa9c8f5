/**
 * The call shapes between a broker and its parts: what `Broker` offers them, and what they offer it.
 *
 * A part owns its connections and its timers. It puts itself into `connection.state`, and the broker hands it whatever
 * happens on that connection; it asks for timers and yields of kinds in its own range, and the broker hands those back.
 *
 * Order of a start (replication.md §9.2):
 *   lifecycle.start() registers · metadataFetcher.start() fetches from offset 0 · every answer goes to onMetadata()
 *   → lifecycle hears isCaughtUp from the controller → broker.onCaughtUp() → the broker loads and recovers its logs and
 *   publishes its first image → lifecycle.ready() → heartbeats with wantFence=false → broker.onUnfenced().
 */
import type { BrokenReason, Host, MachineId, Message } from '../../kernel/process.js';
import type { Connection } from '../../kernel/network.js';
import { FIRST_GROUP_TIMER } from '../coordinator/group/services.js';
import {
  FIRST_MARKER_TIMER,
  FIRST_TRANSACTION_TIMER,
  FIRST_VERIFICATION_TIMER,
} from '../coordinator/transaction/services.js';
import type { BrokerRegistration, PartitionRegistration } from '../control/metadata-image.js';
import { FIRST_LOG_TIMER } from '../log/log-timers.js';
import type { MetadataRecord } from '../protocol/metadata-records.js';
import type { MetadataSnapshot } from '../protocol/raft-messages.js';
import type { FinalizedRules } from '../protocol/versions/features.js';
import type { TopicConfiguration } from '../topic-configuration.js';
import type { BrokerConfig } from './config.js';

/** Who keeps itself in `connection.state` hears of that connection. */
export interface ConnectionOwner {
  onConnected(connection: Connection): void;
  onMessage(connection: Connection, message: Message): void;
  onBroken(connection: Connection, why: BrokenReason): void;
}

export interface BrokerComponent {
  /** Once, from the broker's own start(). */
  start(): void;
  /** Timers, yields and fsyncs of this part's range. */
  onTimer(kind: number, arg: number, payload: unknown): void;
}

/** First kind of each part's range of timers; a range is 100 wide. */
export const TimerRange = {
  broker: 0,
  lifecycle: 100,
  metadataFetcher: 200,
  alterPartition: 300,
  replicaFetcher: 400,
  forwarding: 500,
  directoryAssignments: 600,
  transactions: FIRST_TRANSACTION_TIMER,
  transactionMarkers: FIRST_MARKER_TIMER,
  transactionVerification: FIRST_VERIFICATION_TIMER,
  log: FIRST_LOG_TIMER,
  zookeeper: 1200,
  groups: FIRST_GROUP_TIMER,
} as const;
export const TIMER_RANGE_WIDTH = 100;

/** BrokerLifecycleManager: registration, heartbeats, unfencing. `new BrokerLifecycle(broker: BrokerServices)`. */
export interface Lifecycle extends BrokerComponent {
  /** Of the registration that the controller accepted; -1 before. */
  readonly brokerEpoch: number;
  /** A log directory has failed: the controller is told, or the broker ends (propagateDirectoryFailure, KIP-858). */
  directoryFailed(directoryId: number): void;
  /** Logs are loaded and recovered: from now on heartbeats ask to be unfenced (setReadyToUnfence). */
  ready(): void;
}

/** Brings the controllers' committed records: from the leader of the quorum, or from the node in the same process. */
export interface MetadataFetching {
  /** Who leads the quorum, as far as is known here; NOBODY. */
  readonly leaderId: MachineId;
  /** Once, from the broker's own start(). */
  start(): void;
  onTimer(kind: number): void;
  /** The broker stops in order. */
  stop(): void;
}

/** What a broker offers its parts, whoever rules it. */
export interface BrokerBasics {
  readonly host: Host;
  readonly config: BrokerConfig;
  brokerEpoch(): number;
}

/** To those that ask the active controller. */
export interface ControllerServices extends BrokerBasics {
  /** The machine of the controller that this broker believes active; NOBODY: it knows none. */
  controllerMachine(): MachineId;
}

/** To the parts of KRaft. */
export interface BrokerServices extends ControllerServices {
  /** Epoch of the last process, if it stopped in order; -1 otherwise (KIP-966). For the registration. */
  readonly previousBrokerEpoch: number;
  /**
   * Committed records in order and without gaps: `baseOffset` is where the last call ended (0 at first).
   * An empty call is allowed; it only brings the high watermark (end of the committed log, exclusive).
   */
  onMetadata(records: readonly MetadataRecord[], baseOffset: number, highWatermark: number): void;
  /** The state at an offset beyond where the last call ended, in place of the records up to there. */
  onMetadataSnapshot(snapshot: MetadataSnapshot): void;
  /**
   * Offset of the last metadata record that this broker has applied, -1 if none: what heartbeats carry as
   * currentMetadataOffset. Before the logs are loaded: the last one handed to onMetadata.
   */
  currentMetadataOffset(): number;
  /** The controller called this broker caught up (a heartbeat answered isCaughtUp): load the logs. Once. */
  onCaughtUp(): void;
  /** Ids of the log directories that are online (KIP-858); none: nothing is said of them. */
  logDirectoryIds(): readonly number[];
  /** It cannot tell the controller that a log directory has failed, and ends in order. */
  shutDown(): void;
  /** A heartbeat answered isFenced=false after ready(): the broker is RUNNING. May come again after each fencing. */
  onUnfenced(): void;
}

/**
 * The metadata cache: what this broker has been told of the cluster, by the log (`control/metadata-image.ts`) or by
 * UpdateMetadata (`zookeeper/metadata-cache.ts`). The states are immutable and replaced at each change, so that who holds one
 * holds the state of that moment.
 */
export interface MetadataImageView {
  /** By id; undefined: never heard of, or gone. */
  readonly brokers: readonly (BrokerRegistrationView | undefined)[];
  /** undefined: never registered. */
  broker(id: number): BrokerRegistrationView | undefined;
  /** Registered and not fenced. */
  isAlive(id: number): boolean;
  /** undefined: never created. */
  partition(partition: number): PartitionRegistrationView | undefined;
  /** By topic number: what was altered of its settings; undefined: nothing. */
  readonly configurations: readonly (TopicConfiguration | undefined)[];
  /** Under KRaft: what feature levels decide that were raised; null: none was. */
  readonly finalized: FinalizedRules | null;
}
/** What brokers go by; the control planes know more. */
export type BrokerRegistrationView = Omit<BrokerRegistration, 'incarnationId' | 'logDirs'>;
export type PartitionRegistrationView = Omit<
  PartitionRegistration,
  'topic' | 'directories' | 'elr' | 'lastKnownElr' | 'addingReplicas' | 'removingReplicas'
>;
