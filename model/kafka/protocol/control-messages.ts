/**
 * Requests by which a ZooKeeper-mode controller rules the brokers, and brokers ask it, with the field names of Kafka's
 * message schemas. Gone with ZooKeeper in 4.0.
 */
import type { ErrorCode } from './errors.js';
import type { Request, Response } from './messages.js';

/** Message.kind: Kafka's API keys. */
export const ControlApi = {
  leaderAndIsr: 4,
  stopReplica: 5,
  updateMetadata: 6,
  controlledShutdown: 7,
} as const;

/** Connection.purpose of the controller's connection to a broker. */
export const CONTROLLER_TO_BROKER = 10;
/** Connection.purpose of a broker's controlled shutdown (KafkaServer.controlledShutdown). */
export const CONTROLLED_SHUTDOWN = 11;

/** Before KIP-380 (2.2) requests named no broker epoch. */
export const UNKNOWN_BROKER_EPOCH = -1;
/** LeaderAndIsr.NoEpoch: the request names no leader epoch, as all StopReplica before KIP-570 (2.6). */
export const NO_LEADER_EPOCH = -1;
/** LeaderAndIsr.EpochDuringDelete: overrides any. */
export const EPOCH_DURING_DELETE = -2;

export interface ControlRequest extends Request {
  readonly controllerId: number;
  readonly controllerEpoch: number;
  /** Of the incarnation that is meant. */
  readonly brokerEpoch: number;
}

export interface ControlPartitionState {
  readonly partition: number;
  /** Under which the partition's leader was last chosen. */
  readonly controllerEpoch: number;
  readonly leader: number;
  readonly leaderEpoch: number;
  readonly isr: readonly number[];
  /** Version of the znode. */
  readonly zkVersion: number;
  readonly replicas: readonly number[];
}

// LeaderAndIsr (key 4)
export interface LeaderAndIsrPartition extends ControlPartitionState {
  /** The replica has never been: its log may be made. */
  readonly isNew: boolean;
}
export interface LeaderAndIsrRequest extends ControlRequest {
  readonly partitions: readonly LeaderAndIsrPartition[];
  /** Leaders named above that are alive. */
  readonly liveLeaders: readonly number[];
}

// UpdateMetadata (key 6)
export interface LiveBroker {
  readonly id: number;
  readonly rack: string | null;
}
export interface UpdateMetadataRequest extends ControlRequest {
  readonly partitions: readonly ControlPartitionState[];
  readonly liveBrokers: readonly LiveBroker[];
}

// StopReplica (key 5)
export interface StopReplicaRequest extends ControlRequest {
  readonly partitions: readonly {
    readonly partition: number;
    readonly leaderEpoch: number;
    readonly deletePartition: boolean;
  }[];
}

/** Of each of the three. */
export interface ControlResponse extends Response {
  /** STALE_CONTROLLER_EPOCH and STALE_BROKER_EPOCH concern the whole. */
  readonly error: ErrorCode;
  readonly partitions: readonly { readonly partition: number; readonly error: ErrorCode }[];
}

// ControlledShutdown (key 7)
export interface ControlledShutdownRequest extends Request {
  readonly brokerId: number;
  readonly brokerEpoch: number;
}
export interface ControlledShutdownResponse extends Response {
  readonly error: ErrorCode;
  /** Partitions that the broker still leads. */
  readonly remainingPartitions: readonly number[];
}
