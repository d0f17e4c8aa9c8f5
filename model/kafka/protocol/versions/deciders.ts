/**
 * What decides which value a rule has where releases are mixed: the release that a process runs, what the cluster has agreed
 * on, or what the two sides of a connection both know. Where all run one release, and that is what was agreed on, it does not
 * matter; an upgrade is all about it.
 */
import type { RuleName } from './rules.js';

/** Each in words that go on from "decided by". */
export const decidedByWords = {
  binary: 'the release that the process which applies it runs',
  'inter-broker protocol':
    'inter.broker.protocol.version, which each broker reads when it starts (ZooKeeper); metadata.version under KRaft',
  'metadata.version': 'the feature level metadata.version, of which all hear in the metadata log (KRaft)',
  feature: 'a feature with levels of its own, beside metadata.version (KRaft)',
  negotiation: 'the highest version of a request that both sides know (ApiVersions)',
} as const;

export type DecidedBy = keyof typeof decidedByWords;

export const decidedBy = Object.keys(decidedByWords) as readonly DecidedBy[];

export interface Decider {
  readonly by: DecidedBy;
  /** The version, level or feature from which on it has its newer value, and who asks. */
  readonly source: string;
}

function decided(by: DecidedBy, source: string): Decider {
  return { by, source };
}

export const deciders: { readonly [name in RuleName]: Decider } = {
  messageFormat: decided(
    'inter-broker protocol',
    'log.message.format.version, which may not be above inter.broker.protocol.version: 0.10.0-IV0, 0.11.0-IV0 (KafkaConfig.validateValues); read no more once that is 3.0-IV1 (LogConfig.shouldIgnoreMessageFormatVersion, KIP-724)',
  ),
  truncation: decided(
    'inter-broker protocol',
    '0.11.0-IV2, 2.0-IV0, 2.1-IV1, 2.7-IV1; ReplicaFetcherThread.offsetForLeaderEpochRequestVersion, isTruncationOnFetchSupported',
  ),
  outOfRange: decided('binary', 'ReplicaFetcherThread, of the follower'),
  epochStartOnElection: decided('binary', 'Partition.makeLeader, of the leader'),
  leaderEpochStartOffset: decided('binary', 'Partition.isFollowerInSync, of the leader'),
  fetchEpochFencing: decided(
    'inter-broker protocol',
    '2.1-IV2: Fetch version 10; ReplicaFetcherThread.fetchRequestVersion. A leader checks the epoch of whoever names one',
  ),
  logDirFailure: decided('inter-broker protocol', '1.0-IV0: ReplicaManager.haltBrokerOnDirFailure'),
  tombstoneRetention: decided('binary', 'LogCleaner'),
  replicaLag: decided('binary', 'Partition.getOutOfSyncReplicas, of the leader'),
  highWatermarkWaitsForCaughtUp: decided('binary', 'Partition.maybeIncrementLeaderHW, of the leader'),
  maximalIsr: decided('binary', 'PartitionState.maximalIsr, of the leader'),
  highWatermarkGate: decided('binary', 'Partition.maybeIncrementLeaderHW, of the leader'),
  effectiveMinIsr: decided('binary', 'Partition.effectiveMinIsr, of the leader'),
  highWatermarkWakesFollowers: decided('binary', 'DelayedFetch, of the leader'),
  fetchAboveEndAnswered: decided('binary', 'DelayedFetch, of the leader'),
  recoveryPointKept: decided('binary', 'LogLoader'),
  followerReads: decided('negotiation', 'Fetch version 11; FetchParams.fetchOnlyLeader'),
  offsetNotAvailable: decided('negotiation', 'ListOffsets version 5; KafkaApis.handleListOffsetRequest'),
  leaderHints: decided('negotiation', 'Produce version 10, Fetch version 16; tagged fields that an older client skips'),

  isrWrites: decided('inter-broker protocol', '2.7-IV2; KafkaServer, MetadataVersion.isAlterPartitionSupported'),
  fencedNotInIsr: decided('binary', 'Partition.isReplicaIsrEligible, of the leader; the controller checks again'),
  brokerEpochInIsr: decided(
    'metadata.version',
    '3.5-IV1: Fetch version 15; MetadataVersion.fetchRequestVersion. Who names no epoch is not asked for one',
  ),
  repeatedIsrChange: decided('binary', 'KafkaController, of the controller'),
  leaderEpochOnShrink: decided('metadata.version', '3.6-IV0; MetadataVersion.isLeaderEpochBumpRequiredOnIsrShrink'),
  leaderRecoveryState: decided('metadata.version', '3.2-IV0; MetadataVersion.isLeaderRecoverySupported'),
  eligibleLeaderReplicas: decided(
    'feature',
    'eligible.leader.replicas.version=1, which needs metadata.version 4.0-IV1 and is what a new cluster begins with in 4.1; FeatureControlManager.isElrFeatureEnabled',
  ),

  partitionReassignments: decided('negotiation', 'AlterPartitionReassignments version 0, of the controller'),

  checkQuorum: decided('binary', 'LeaderState, of the leader of the quorum'),
  preVote: decided(
    'negotiation',
    'Vote version 2; a voter that is told UNSUPPORTED_VERSION stands at once (KafkaRaftClient.handleVoteResponse)',
  ),
  periodicBeginQuorumEpoch: decided('binary', 'KafkaRaftClient, of the leader of the quorum'),
  highWatermarkInQuorumFetch: decided('negotiation', 'Fetch version 18; an older follower names no high watermark'),
  voterIdentity: decided('feature', 'kraft.version=1'),
  uncleanElectionByController: decided('binary', 'ReplicationControlManager, of the controller'),
  wholeTargetInIsr: decided('binary', 'PartitionReassignmentReplicas, of the controller'),
  brokerSession: decided('binary', 'BrokerHeartbeatManager, of the controller'),

  controllerStopsWithSession: decided('binary', 'KafkaController'),
  controllerEpochInWrites: decided('binary', 'KafkaZkClient, of the controller'),
  uncleanElectionWhenEnabled: decided('binary', 'TopicConfigHandler, of the controller'),
  brokerEpochInControlRequests: decided(
    'inter-broker protocol',
    '2.2-IV0; AbstractControllerBrokerRequestBatch, of the controller. A broker checks what is named',
  ),
  leaderEpochInStopReplica: decided(
    'inter-broker protocol',
    '2.6-IV0: StopReplica version 3; AbstractControllerBrokerRequestBatch, of the controller',
  ),
  isrChangeNotification: decided('binary', 'ReplicaManager.maybePropagateIsrChanges, of the leader'),
  reclaimsBrokerNode: decided('binary', 'KafkaZkClient.CheckedEphemeral'),

  partitioner: decided('binary', 'KafkaProducer'),
  partitionerHearsOfNewBatches: decided('binary', 'KafkaProducer'),
  batchExpiry: decided('binary', 'RecordAccumulator'),
  retryBackoff: decided('binary', 'ExponentialBackoff'),
  metadataEpochs: decided(
    'negotiation',
    'Metadata version 7; from 2.4 on version 9, before which epochs are not to be relied on (MetadataResponse.hasReliableLeaderEpochs)',
  ),
  positionValidation: decided(
    'negotiation',
    'OffsetForLeaderEpoch version 3; OffsetFetcherUtils.hasUsableOffsetForLeaderEpochVersion',
  ),
  backgroundHeartbeat: decided('binary', 'AbstractCoordinator'),
  memberIdRequired: decided('negotiation', 'JoinGroup version 4'),
  staticMembership: decided(
    'inter-broker protocol',
    '2.3-IV0, and JoinGroup version 5; KafkaApis.handleJoinGroupRequest',
  ),
  staticLeaderSkipsAssignment: decided('negotiation', 'JoinGroup version 9'),
  cooperativeRebalance: decided('binary', 'ConsumerCoordinator'),
  consumerGroupProtocol: decided('feature', 'group.version=1'),

  batchesRemembered: decided('binary', 'ProducerStateManager'),
  sequenceWithoutState: decided('binary', 'ProducerAppendInfo, of the leader'),
  producerStateOutlivesRecords: decided('binary', 'ProducerStateManager'),
  producerEpochRecovery: decided('negotiation', 'InitProducerId version 3; TransactionManager.canBumpEpoch'),
  staleProducerEpoch: decided('negotiation', 'InitProducerId version 4'),
  transactionVersion: decided('feature', 'transaction.version'),
  transactionVerification: decided(
    'negotiation',
    'AddPartitionsToTxn version 4, between leader and coordinator; who is told UNSUPPORTED_VERSION appends unverified (AddPartitionsToTxnManager)',
  ),
  ongoingTransactionEpoch: decided('binary', 'UnifiedLog, of the leader'),
  groupInTransactionalCommits: decided('negotiation', 'TxnOffsetCommit version 3'),
  stableOffsetFetch: decided('negotiation', 'OffsetFetch version 7'),
  replicaDirectories: decided('metadata.version', '3.7-IV2: MetadataVersion.isDirectoryAssignmentSupported'),
  directoryAssignmentBatching: decided('binary', 'AssignmentsManager, of the broker'),
};

/** The cluster has agreed on it: no process decides it alone, nor two of them. */
export function isAgreedOn(name: RuleName): boolean {
  const { by } = deciders[name];
  return by === 'inter-broker protocol' || by === 'metadata.version' || by === 'feature';
}
