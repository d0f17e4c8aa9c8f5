/**
 * Requests and responses, with the field names of Kafka's message schemas. Immutable: sent by reference.
 *
 * Every request has a correlation id, unique on its connection; its response carries the same. Partitions travel as
 * numbers (index into the cluster's partition table): names exist only at the edges. Fields with no bearing on the
 * protocol (client ids, listeners, throttle times) are left out.
 */
import type { TopicConfiguration } from '../topic-configuration.js';
import type { FeatureName } from './versions/features.js';
import type { Message } from '../../kernel/process.js';
import type { ErrorCode } from './errors.js';
import type { RecordBatch } from './records.js';

/** Message.kind: Kafka's API key for requests; key + 1000 for responses. */
export const Api = {
  produce: 0,
  fetch: 1,
  listOffsets: 2,
  metadata: 3,
  offsetCommit: 8,
  offsetFetch: 9,
  findCoordinator: 10,
  joinGroup: 11,
  heartbeat: 12,
  leaveGroup: 13,
  syncGroup: 14,
  deleteRecords: 21,
  initProducerId: 22,
  offsetForLeaderEpoch: 23,
  addPartitionsToTxn: 24,
  addOffsetsToTxn: 25,
  endTxn: 26,
  writeTxnMarkers: 27,
  txnOffsetCommit: 28,
  createPartitions: 37,
  electLeaders: 43,
  /** KIP-339; before 2.3 AlterConfigs (KIP-133). */
  incrementalAlterConfigs: 44,
  alterPartitionReassignments: 45,
  alterPartition: 56,
  updateFeatures: 57,
  brokerRegistration: 62,
  brokerHeartbeat: 63,
  /** Allocation of blocks of producer ids (KIP-730). */
  allocateProducerIds: 67,
  consumerGroupHeartbeat: 68,
  /** KIP-858. */
  assignReplicasToDirs: 73,
} as const;
export const RESPONSE = 1000;

/** What a connection is for (Connection.purpose). Kafka keeps these apart; so do we (DESIGN: Connections are Kafka's). */
export const Purpose = {
  clientData: 1,
  replicaFetcher: 2,
  /** Registration and heartbeats: BrokerLifecycleManager's own channel. */
  heartbeat: 3,
  alterPartition: 4,
  metadataFetch: 5,
  consumerCoordinator: 6,
  transactionCoordinator: 7,
  admin: 8,
  /** DefaultNodeToControllerChannel for forwarded requests (AllocateProducerIds). */
  forwarding: 9,
  /** One member of the metadata quorum to another: KafkaNetworkChannel. */
  quorum: 10,
  /** Of a transaction coordinator to a partition leader: TransactionMarkerChannelManager. */
  transactionMarkers: 11,
  /** Of a partition leader to a transaction coordinator: AddPartitionsToTxnManager (KIP-890). */
  transactionVerification: 12,
  /** Of a broker to the controller: AssignmentsManager (KIP-858). */
  directoryAssignments: 13,
} as const;

export interface Request extends Message {
  readonly correlationId: number;
}
export type Response = Request;

// Produce (key 0)
export interface ProduceRequest extends Request {
  /** Left out: no transaction. */
  readonly transactionalId?: string | undefined;
  readonly acks: -1 | 0 | 1;
  readonly timeoutMs: number;
  readonly partitions: readonly { readonly partition: number; readonly batch: RecordBatch }[];
}
export interface ProduceResponse extends Response {
  readonly partitions: readonly {
    readonly partition: number;
    readonly error: ErrorCode;
    readonly baseOffset: number;
    readonly logStartOffset: number;
    /** KIP-951 (v10+), with NOT_LEADER_OR_FOLLOWER or FENCED_LEADER_EPOCH. -1: not said. */
    readonly currentLeader: number;
    readonly currentLeaderEpoch: number;
  }[];
}

// Fetch (key 1)
export interface FetchPartition {
  readonly partition: number;
  /** -1: not sent (a consumer that knows none). */
  readonly currentLeaderEpoch: number;
  readonly fetchOffset: number;
  /** -1: not sent (consumers), or the log is empty. */
  readonly lastFetchedEpoch: number;
  readonly logStartOffset: number;
}
export interface FetchRequest extends Request {
  /** -1: a consumer. */
  readonly replicaId: number;
  /** KIP-903; -1 for consumers. */
  readonly replicaEpoch: number;
  /** KIP-392: the consumer's client.rack; empty if it has none, and from followers. */
  readonly rackId: string;
  readonly maxWaitMs: number;
  readonly minBytes: number;
  readonly maxBytes: number;
  readonly partitionMaxBytes: number;
  /** isolation.level of a consumer: up to the last stable offset alone. Left out: read_uncommitted. */
  readonly readCommitted?: boolean;
  readonly partitions: readonly FetchPartition[];
}
/** A transaction that was aborted, and has records in the partition from `firstOffset` on. */
export interface AbortedTransaction {
  readonly producerId: number;
  readonly firstOffset: number;
}
export interface FetchedPartition {
  readonly partition: number;
  readonly error: ErrorCode;
  readonly highWatermark: number;
  readonly lastStableOffset: number;
  readonly logStartOffset: number;
  /** -1 and -1: none. */
  readonly divergingEpoch: number;
  readonly divergingEndOffset: number;
  readonly currentLeader: number;
  readonly currentLeaderEpoch: number;
  /** KIP-392: the follower that the consumer had better read from; -1: this broker. */
  readonly preferredReadReplica: number;
  /** The offset that was asked for, so that a late answer can be told. */
  readonly fetchOffset: number;
  readonly batches: readonly RecordBatch[];
  /** To a read_committed consumer: those that lie in what was returned, in the order of their markers. null: to others. */
  readonly abortedTransactions: readonly AbortedTransaction[] | null;
}
export interface FetchResponse extends Response {
  readonly error: ErrorCode;
  readonly partitions: readonly FetchedPartition[];
}

// ListOffsets (key 2)
export const LATEST_TIMESTAMP = -1;
export const EARLIEST_TIMESTAMP = -2;
export interface ListOffsetsRequest extends Request {
  readonly replicaId: number;
  /** The latest offset is the last stable one. Left out: read_uncommitted. */
  readonly readCommitted?: boolean;
  readonly partitions: readonly {
    readonly partition: number;
    readonly currentLeaderEpoch: number;
    readonly timestamp: number;
  }[];
}
export interface ListOffsetsResponse extends Response {
  readonly partitions: readonly {
    readonly partition: number;
    readonly error: ErrorCode;
    readonly offset: number;
    readonly leaderEpoch: number;
  }[];
}

// Metadata (key 3)
export interface MetadataRequest extends Request {
  /** Topic numbers; null: all. */
  readonly topics: readonly number[] | null;
}
export interface MetadataResponse extends Response {
  /** Ids of the brokers that are alive (unfenced) as the answering broker knows. */
  readonly brokers: readonly number[];
  readonly partitions: readonly {
    readonly partition: number;
    readonly error: ErrorCode;
    readonly leader: number;
    readonly leaderEpoch: number;
    readonly replicas: readonly number[];
    readonly isr: readonly number[];
  }[];
}

// FindCoordinator (key 10, v3)
/** FindCoordinatorRequest.CoordinatorType. */
export const CoordinatorType = { GROUP: 0, TRANSACTION: 1 } as const;
export interface FindCoordinatorRequest extends Request {
  readonly keyType: 0 | 1;
  /** The group's id, or the transactional id. */
  readonly key: string;
}
export interface FindCoordinatorResponse extends Response {
  readonly error: ErrorCode;
  /** -1: none. */
  readonly nodeId: number;
}

// DeleteRecords (key 21, KIP-107)
/** The offset that stands for the high watermark. */
export const HIGH_WATERMARK_OFFSET = -1;
export interface DeleteRecordsRequest extends Request {
  readonly timeoutMs: number;
  /** Everything below the offset is deleted. */
  readonly partitions: readonly { readonly partition: number; readonly offset: number }[];
}
export interface DeleteRecordsResponse extends Response {
  readonly partitions: readonly {
    readonly partition: number;
    /** The lowest log start of the replicas on live brokers; -1 with an error. */
    readonly lowWatermark: number;
    readonly error: ErrorCode;
  }[];
}

// InitProducerId (key 22, v4)
export interface InitProducerIdRequest extends Request {
  /** Left out: an id for this session alone, from any broker. */
  readonly transactionalId?: string;
  readonly transactionTimeoutMs?: number;
  /** KIP-360: those that the producer has and wants to go on with; left out: none. */
  readonly producerId?: number;
  readonly producerEpoch?: number;
}
export interface InitProducerIdResponse extends Response {
  readonly error: ErrorCode;
  readonly producerId: number;
  readonly producerEpoch: number;
}
export interface AllocateProducerIdsRequest extends Request {
  readonly brokerId: number;
  readonly brokerEpoch: number;
}
export interface AllocateProducerIdsResponse extends Response {
  readonly error: ErrorCode;
  readonly producerIdStart: number;
  readonly producerIdLen: number;
}

// OffsetForLeaderEpoch (key 23, v4): where an epoch ended in the leader's log (KIP-101, KIP-320)
export interface OffsetForLeaderEpochRequest extends Request {
  /** -1: a consumer. */
  readonly replicaId: number;
  /** Version 1 or later (KIP-279): the answer is to name the epoch whose end it tells. */
  readonly namesEpoch: boolean;
  readonly partitions: readonly {
    readonly partition: number;
    /** The leader epoch that the sender believes in; -1: none. Checked as in a fetch: FENCED_LEADER_EPOCH, UNKNOWN_LEADER_EPOCH. */
    readonly currentLeaderEpoch: number;
    /** The epoch that is looked up. */
    readonly leaderEpoch: number;
  }[];
}
export interface OffsetForLeaderEpochResponse extends Response {
  readonly partitions: readonly {
    readonly partition: number;
    readonly error: ErrorCode;
    /** The largest epoch of the log that is not above the one looked up, and the end offset of it; -1 and -1: undefined. */
    readonly leaderEpoch: number;
    readonly endOffset: number;
  }[];
}

// AlterPartition (key 56, v3)
export interface AlterPartitionRequest extends Request {
  readonly brokerId: number;
  readonly brokerEpoch: number;
  readonly partitions: readonly {
    readonly partition: number;
    readonly leaderEpoch: number;
    readonly partitionEpoch: number;
    readonly newIsr: readonly { readonly brokerId: number; readonly brokerEpoch: number }[];
    /** 0 RECOVERED, 1 RECOVERING (KIP-704). */
    readonly leaderRecoveryState: 0 | 1;
  }[];
}
export interface AlterPartitionResponse extends Response {
  readonly error: ErrorCode;
  readonly partitions: readonly {
    readonly partition: number;
    readonly error: ErrorCode;
    readonly leaderId: number;
    readonly leaderEpoch: number;
    readonly isr: readonly number[];
    readonly leaderRecoveryState: 0 | 1;
    readonly partitionEpoch: number;
  }[];
}

// BrokerRegistration (key 62)
export interface BrokerRegistrationRequest extends Request {
  readonly brokerId: number;
  readonly incarnationId: number;
  readonly rack: string | null;
  /** From the clean-shutdown file; -1 if unknown (KIP-966). */
  readonly previousBrokerEpoch: number;
  /** The highest metadata.version that it supports. Left out: whatever the cluster may agree on. */
  readonly metadataVersion?: number;
  /** Ids of its log directories that are online (KIP-858). None: it says nothing of them. */
  readonly logDirs: readonly number[];
}
export interface BrokerRegistrationResponse extends Response {
  readonly error: ErrorCode;
  readonly brokerEpoch: number;
}

// BrokerHeartbeat (key 63)
export interface BrokerHeartbeatRequest extends Request {
  readonly brokerId: number;
  readonly brokerEpoch: number;
  readonly currentMetadataOffset: number;
  readonly wantFence: boolean;
  readonly wantShutDown: boolean;
  /** Ids of the log directories that have failed since it registered (KIP-858). */
  readonly offlineLogDirs: readonly number[];
}
export interface BrokerHeartbeatResponse extends Response {
  readonly error: ErrorCode;
  readonly isCaughtUp: boolean;
  readonly isFenced: boolean;
  readonly shouldShutDown: boolean;
}

// ElectLeaders (key 43) and a move of leadership to a named ISR member (for rolling moves in the final read)
export interface ElectLeadersRequest extends Request {
  /** 0 preferred, 1 unclean, 2 to `target` (ours: a reassignment to a list headed by the target, then preferred, in one step). */
  readonly electionType: 0 | 1 | 2;
  readonly target: number;
  readonly partitions: readonly number[];
}
export interface ElectLeadersResponse extends Response {
  readonly error: ErrorCode;
  readonly partitions: readonly { readonly partition: number; readonly error: ErrorCode }[];
}

// CreatePartitions (key 37, KIP-195), without assignments by hand
export interface CreatePartitionsRequest extends Request {
  readonly topics: readonly {
    readonly topic: number;
    /** How many partitions the topic is to have. */
    readonly count: number;
  }[];
}
export interface CreatePartitionsResponse extends Response {
  /** Kafka has one in each result: NOT_CONTROLLER, say. */
  readonly error: ErrorCode;
  readonly topics: readonly { readonly topic: number; readonly error: ErrorCode }[];
}

// IncrementalAlterConfigs (key 44, KIP-339), of topics, and to set values alone
export interface IncrementalAlterConfigsRequest extends Request {
  readonly resources: readonly {
    readonly topic: number;
    readonly configs: TopicConfiguration;
  }[];
}
export interface IncrementalAlterConfigsResponse extends Response {
  /** Kafka has one in each result: NOT_CONTROLLER, say. */
  readonly error: ErrorCode;
  readonly topics: readonly { readonly topic: number; readonly error: ErrorCode }[];
}

// UpdateFeatures (key 57, KIP-584): feature levels are raised, all of them or none
export interface UpdateFeaturesRequest extends Request {
  readonly features: readonly { readonly name: FeatureName; readonly level: number }[];
}
export interface UpdateFeaturesResponse extends Response {
  readonly error: ErrorCode;
}

// AssignReplicasToDirs (key 73, KIP-858)
export interface AssignReplicasToDirsRequest extends Request {
  readonly brokerId: number;
  readonly brokerEpoch: number;
  readonly partitions: readonly { readonly partition: number; readonly directoryId: number }[];
}
export interface AssignReplicasToDirsResponse extends Response {
  readonly error: ErrorCode;
  readonly partitions: readonly { readonly partition: number; readonly error: ErrorCode }[];
}

// AlterPartitionReassignments (key 45, KIP-455)
export interface AlterPartitionReassignmentsRequest extends Request {
  readonly partitions: readonly {
    readonly partition: number;
    /** Who is to have the replicas, the preferred leader first; null: what is under way is taken back. */
    readonly replicas: readonly number[] | null;
  }[];
}
export interface AlterPartitionReassignmentsResponse extends Response {
  readonly error: ErrorCode;
  readonly partitions: readonly { readonly partition: number; readonly error: ErrorCode }[];
}
