import type { TopicConfiguration } from '../topic-configuration.js';
import type { FeatureName } from './versions/features.js';

/** Records of the metadata log, named as in Kafka's metadata/src/main/resources/common/metadata. An offset each. */
export type MetadataRecord =
  | RegisterBrokerRecord
  | BrokerRegistrationChangeRecord
  | TopicRecord
  | PartitionRecord
  | PartitionChangeRecord
  | ConfigRecord
  | ClearElrRecord
  | ProducerIdsRecord
  | FeatureLevelRecord
  | NoOpRecord
  | LeaderChangeRecord
  | VotersRecord;

export interface RegisterBrokerRecord {
  readonly kind: 'register-broker';
  readonly brokerId: number;
  readonly incarnationId: number;
  /** = the record's own offset. */
  readonly brokerEpoch: number;
  readonly fenced: boolean;
  readonly inControlledShutdown: boolean;
  readonly rack: string | null;
  /** The highest metadata.version that it supports. Left out: whatever the cluster may agree on. */
  readonly metadataVersion?: number;
  /** Ids of the log directories that are online (KIP-858). Left out: it does not say. */
  readonly logDirs?: readonly number[];
}
export interface BrokerRegistrationChangeRecord {
  readonly kind: 'broker-registration-change';
  readonly brokerId: number;
  readonly brokerEpoch: number;
  /** 1 fenced, -1 unfenced, 0 no change. */
  readonly fenced: -1 | 0 | 1;
  readonly inControlledShutdown: 0 | 1;
  /** Left out: no change. */
  readonly logDirs?: readonly number[];
}
export interface TopicRecord {
  readonly kind: 'topic';
  readonly topic: number;
  readonly name: string;
}
export interface PartitionRecord {
  readonly kind: 'partition';
  readonly partition: number;
  readonly topic: number;
  readonly replicas: readonly number[];
  readonly isr: readonly number[];
  readonly leader: number;
  readonly leaderEpoch: number;
  readonly partitionEpoch: number;
  readonly leaderRecoveryState: 0 | 1;
  /** The log directory of each replica, by id (KIP-858). Left out: nothing is said of directories. */
  readonly directories?: readonly number[];
}
/** Only what changed: leader -2 means no change (NO_LEADER_CHANGE); null, or absent, means no change. */
export interface PartitionChangeRecord {
  readonly kind: 'partition-change';
  readonly partition: number;
  readonly isr: readonly number[] | null;
  readonly leader: number;
  readonly leaderRecoveryState: 0 | 1 | null;
  /** Eligible leader replicas (KIP-966). */
  readonly elr?: readonly number[];
  /** Of a partition that nobody leads: the broker that led last. Its name in Kafka promises more than it holds. */
  readonly lastKnownElr?: readonly number[];
  /** The assignment, and what a reassignment under way adds to it and will take from it (KIP-455). */
  readonly replicas?: readonly number[];
  readonly addingReplicas?: readonly number[];
  readonly removingReplicas?: readonly number[];
  /** The log directory of each replica that there is after the change. */
  readonly directories?: readonly number[];
}
/** A setting of a topic is another from here on. */
export interface ConfigRecord {
  readonly kind: 'config';
  readonly topic: number;
  /** One setting, by its name; Kafka writes name and value as text. */
  readonly altered: TopicConfiguration;
}
/** No replica of the topic is eligible to lead any more, nor known as the last leader: min.insync.replicas is another (KIP-966). */
export interface ClearElrRecord {
  readonly kind: 'clear-elr';
  readonly topic: number;
}
export interface ProducerIdsRecord {
  readonly kind: 'producer-ids';
  readonly brokerId: number;
  readonly brokerEpoch: number;
  readonly nextProducerId: number;
}
export interface FeatureLevelRecord {
  readonly kind: 'feature-level';
  readonly name: FeatureName;
  readonly level: number;
}
export interface NoOpRecord {
  readonly kind: 'no-op';
}
/** LeaderChangeMessage: the first record of every epoch of the quorum, written by its leader. */
export interface LeaderChangeRecord {
  readonly kind: 'leader-change';
  readonly leaderId: number;
}
/** The voters from here on (KIP-853). In force as soon as it is in a log, committed or not. */
export interface VotersRecord {
  readonly kind: 'voters';
  readonly voters: readonly VoterKey[];
}

/** A voter is a node with the directory that it votes from: with an empty one it is another (ReplicaKey). */
export interface VoterKey {
  readonly id: number;
  /** directory.id of meta.properties; NO_DIRECTORY: the voter is known by its id alone (kraft.version 0). */
  readonly directoryId: number;
}
export const NO_DIRECTORY = -1;
export const NO_LEADER = -1;
export const NO_LEADER_CHANGE = -2;
