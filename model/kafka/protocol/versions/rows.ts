/**
 * The releases whose rules differ, oldest first, each with what it changed (replication.md §14, clients.md). A release
 * between two rows takes the newest row that is not above it. What has "(2.2)" beside it came with that release, and so
 * stands in the row after it.
 *
 * Where a patch release changed a rule, its row has the newer value: 2.0 is 2.0.1.
 */
import type { ControlPlane } from './rule.js';
import type { RuleValues } from './rules.js';

export interface VersionRow {
  /** '3.9' */
  readonly version: string;
  /** Those with which it ran in production; the default first. */
  readonly control: readonly ControlPlane[];
  readonly rules: RuleValues;
}

/** A rule of KRaft stands here as KRaft began with it. */
const first: RuleValues = {
  messageFormat: 0,
  truncation: 'high-watermark',
  logDirFailure: 'halt',
  outOfRange: 'halt',
  epochStartOnElection: false,
  leaderEpochStartOffset: false,
  fetchEpochFencing: false,
  tombstoneRetention: 'segment-time',
  replicaLag: 'messages-and-time',
  highWatermarkWaitsForCaughtUp: false,
  maximalIsr: false,
  highWatermarkGate: false,
  effectiveMinIsr: false,
  highWatermarkWakesFollowers: false,
  fetchAboveEndAnswered: false,
  recoveryPointKept: false,
  followerReads: false,
  offsetNotAvailable: false,
  leaderHints: false,

  isrWrites: 'zookeeper',
  fencedNotInIsr: false,
  brokerEpochInIsr: false,
  repeatedIsrChange: 'refused',
  leaderEpochOnShrink: true,
  leaderRecoveryState: false,
  eligibleLeaderReplicas: false,

  partitionReassignments: false,
  replicaDirectories: false,
  directoryAssignmentBatching: 'until-quiet',

  checkQuorum: false,
  preVote: false,
  periodicBeginQuorumEpoch: false,
  highWatermarkInQuorumFetch: false,
  voterIdentity: 'id',
  uncleanElectionByController: false,
  wholeTargetInIsr: false,
  brokerSession: 'unfenced',

  controllerStopsWithSession: false,
  controllerEpochInWrites: false,
  uncleanElectionWhenEnabled: false,
  brokerEpochInControlRequests: false,
  leaderEpochInStopReplica: false,
  isrChangeNotification: false,
  reclaimsBrokerNode: false,

  partitioner: 'round-robin',
  partitionerHearsOfNewBatches: false,
  batchExpiry: 'retries',
  retryBackoff: 'fixed',
  metadataEpochs: false,
  positionValidation: false,
  backgroundHeartbeat: false,
  memberIdRequired: false,
  staticMembership: false,
  staticLeaderSkipsAssignment: false,
  cooperativeRebalance: false,
  consumerGroupProtocol: false,

  batchesRemembered: 1,
  sequenceWithoutState: 'out-of-order',
  producerStateOutlivesRecords: false,
  producerEpochRecovery: false,
  staleProducerEpoch: 'fatal',
  transactionVersion: 0,
  transactionVerification: false,
  ongoingTransactionEpoch: false,
  groupInTransactionalCommits: false,
  stableOffsetFetch: false,
};

interface Release {
  readonly version: string;
  readonly control: readonly ControlPlane[];
  /** What differs from the row before. */
  readonly changes: Partial<RuleValues>;
}

const releases: readonly Release[] = [
  { version: '0.8.2', control: ['zookeeper'], changes: {} },
  {
    version: '0.10.2',
    control: ['zookeeper'],
    changes: {
      messageFormat: 1, // (0.10.0)
      replicaLag: 'time', // (0.9)
      highWatermarkWaitsForCaughtUp: true,
      isrChangeNotification: true, // (0.9)
      batchExpiry: 'request-timeout', // (0.9)
      backgroundHeartbeat: true, // (0.10.1)
    },
  },
  { version: '0.11', control: ['zookeeper'], changes: { messageFormat: 2, truncation: 'epoch-end-offset' } },
  {
    version: '1.1',
    control: ['zookeeper'],
    changes: {
      batchesRemembered: 5, // (1.0)
      sequenceWithoutState: 'unknown-producer-id', // (1.0)
      controllerStopsWithSession: true,
      logDirFailure: 'replicas-offline', // (1.0)
    },
  },
  {
    version: '2.0',
    control: ['zookeeper'],
    changes: {
      truncation: 'epoch-and-end-offset',
      outOfRange: 'truncate',
      epochStartOnElection: true, // (2.0.1)
      leaderEpochStartOffset: true, // (2.0.1)
    },
  },
  {
    version: '2.1',
    control: ['zookeeper'],
    changes: {
      truncation: 'fenced',
      fetchEpochFencing: true,
      controllerEpochInWrites: true,
      uncleanElectionWhenEnabled: true,
      batchExpiry: 'delivery-timeout',
    },
  },
  {
    version: '2.5',
    control: ['zookeeper'],
    changes: {
      highWatermarkWakesFollowers: true, // (2.4)
      followerReads: true, // (2.4)
      offsetNotAvailable: true, // (2.2)
      brokerEpochInControlRequests: true, // (2.2)
      reclaimsBrokerNode: true, // (2.2)
      partitioner: 'sticky', // (2.4)
      partitionerHearsOfNewBatches: true, // (2.4)
      metadataEpochs: true, // (2.2)
      positionValidation: true, // (2.3)
      memberIdRequired: true, // (2.2)
      staticMembership: true, // (2.3)
      cooperativeRebalance: true, // (2.4)
      partitionReassignments: true, // (2.4)
      sequenceWithoutState: 'accepted',
      producerStateOutlivesRecords: true, // (2.4)
      producerEpochRecovery: true,
      groupInTransactionalCommits: true,
      stableOffsetFetch: true,
    },
  },
  {
    version: '2.7',
    control: ['zookeeper'],
    changes: {
      truncation: 'on-fetch',
      maximalIsr: true,
      isrWrites: 'alter-partition',
      highWatermarkWakesFollowers: false, // (2.6)
      leaderEpochInStopReplica: true, // (2.6)
      staleProducerEpoch: 'abortable',
    },
  },
  {
    version: '3.3',
    control: ['kraft', 'zookeeper'],
    changes: {
      fencedNotInIsr: true,
      recoveryPointKept: true, // (2.8)
      repeatedIsrChange: 'accepted',
      leaderRecoveryState: true, // (3.2)
      staticLeaderSkipsAssignment: true, // (3.2)
      tombstoneRetention: 'delete-horizon', // (3.1)
      partitioner: 'adaptive',
    },
  },
  { version: '3.5', control: ['kraft', 'zookeeper'], changes: { brokerEpochInIsr: true } },
  {
    version: '3.7',
    control: ['kraft', 'zookeeper'],
    changes: {
      highWatermarkGate: true,
      effectiveMinIsr: true,
      leaderHints: true,
      replicaDirectories: true,
      leaderEpochOnShrink: false, // (3.6)
      checkQuorum: true,
      retryBackoff: 'exponential',
      transactionVerification: true, // (3.6)
    },
  },
  {
    version: '3.9',
    control: ['kraft', 'zookeeper'],
    changes: {
      fetchAboveEndAnswered: true, // (3.8)
      periodicBeginQuorumEpoch: true,
      uncleanElectionByController: true,
      wholeTargetInIsr: true, // (3.8)
      directoryAssignmentBatching: 'at-most-100-ms',
    },
  },
  {
    version: '4.0',
    control: ['kraft'],
    changes: {
      preVote: true,
      brokerSession: 'heard',
      consumerGroupProtocol: true,
      partitionerHearsOfNewBatches: false,
      sequenceWithoutState: 'accepted-outside-transactions',
      transactionVersion: 2,
      ongoingTransactionEpoch: true,
    },
  },
  {
    version: '4.1',
    control: ['kraft'],
    changes: {
      eligibleLeaderReplicas: true,
      brokerSession: 'heard-if-unfenced-at-takeover',
      highWatermarkInQuorumFetch: true,
    },
  },
];

function addUp(): VersionRow[] {
  let rules = first;
  return releases.map(({ version, control, changes }) => {
    rules = Object.freeze({ ...rules, ...changes });
    return { version, control, rules };
  });
}

/** Oldest first. */
export const versionRows: readonly VersionRow[] = addUp();
