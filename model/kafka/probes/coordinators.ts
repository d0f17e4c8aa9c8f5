/** Probes: what coordinators announce, of transactions and of groups (coordinator/). */
import { SYSTEM_PROBES, type ProbeSpec } from '../../kernel/probes.js';
import { probe } from './probe.js';

export const CoordinatorProbe = {
  coordinatorLoaded: SYSTEM_PROBES + 63,
  transactionPending: SYSTEM_PROBES + 60,
  transactionChanged: SYSTEM_PROBES + 61,
  transactionMarker: SYSTEM_PROBES + 62,
  groupState: SYSTEM_PROBES + 70,
  memberJoined: SYSTEM_PROBES + 71,
  memberLeft: SYSTEM_PROBES + 72,
  partitionAssigned: SYSTEM_PROBES + 73,
  partitionReleased: SYSTEM_PROBES + 79,
  groupRefused: SYSTEM_PROBES + 74,
  offsetPending: SYSTEM_PROBES + 75,
  offsetCommitted: SYSTEM_PROBES + 76,
  offsetRefused: SYSTEM_PROBES + 77,
  offsetExpired: SYSTEM_PROBES + 78,
} as const;

/** Why a member is no longer in its group. */
export const MemberLeft = {
  left: 0,
  sessionExpired: 1,
  rebalanceTimeout: 2,
  syncTimeout: 3,
  /** Under its instance id another goes on. */
  replaced: 4,
  groupFull: 5,
  /** KIP-848: it did not give up its partitions in time. */
  fenced: 6,
} as const;

export const coordinatorsProbes: readonly ProbeSpec[] = [
  probe(
    CoordinatorProbe.coordinatorLoaded,
    'coordinator-loaded',
    ['coordinatorEpoch', 'keys'],
    'A broker that came to lead a partition of __transaction_state or __consumer_offsets has read it, and answers. TransactionStateManager.loadTransactionsForTxnTopicPartition, GroupMetadataManager.loadGroupsAndOffsets',
  ),
  probe(
    CoordinatorProbe.transactionPending,
    'transaction-pending',
    ['producerId', 'producerEpoch', 'state', 'coordinatorEpoch'],
    'A coordinator began to write a change of a transaction into its log: Empty 0, Ongoing 1, PrepareCommit 2, PrepareAbort 3, CompleteCommit 4, CompleteAbort 5. TransactionStateManager.appendTransactionToLog',
  ),
  probe(
    CoordinatorProbe.transactionChanged,
    'transaction-changed',
    ['producerId', 'producerEpoch', 'state', 'coordinatorEpoch'],
    'The change is replicated, and applied. TransactionMetadata.completeTransitionTo',
  ),
  probe(
    CoordinatorProbe.transactionMarker,
    'transaction-marker',
    ['offset', 'producerId', 'producerEpoch', 'committed'],
    'A leader appended the marker that ends a transaction in its partition. ProducerAppendInfo.appendEndTxnMarker',
  ),
  probe(
    CoordinatorProbe.groupState,
    'group-state',
    ['group', 'state', 'generation', 'members'],
    'A coordinator moved a group (its index in the spec; the key is its partition of __consumer_offsets) to another state: Empty 0, PreparingRebalance 1, CompletingRebalance 2, Stable 3, and with KIP-848 Assigning 5, Reconciling 6 (the generation is the group epoch then); Dead 4: it coordinates it no more. GroupMetadata.transitionTo, ConsumerGroup.maybeUpdateGroupState',
  ),
  probe(
    CoordinatorProbe.memberJoined,
    'member-joined',
    ['group', 'member', 'client', 'isStatic'],
    'A coordinator took a member (a hash of its id) into a group: it takes part in the rebalance that follows. GroupCoordinator.addMemberAndRebalance',
  ),
  probe(
    CoordinatorProbe.memberLeft,
    'member-left',
    ['group', 'member', 'generation', 'reason'],
    'A member is out of its group: it left 0, its session expired 1, it did not join in time 2, it did not sync in time 3, another goes on under its instance id 4, the group was full 5, it did not give up its partitions in time 6.',
  ),
  probe(
    CoordinatorProbe.partitionAssigned,
    'partition-assigned',
    ['group', 'generation', 'member', 'client'],
    'A partition (the key) is assigned to a member from this generation on, or with KIP-848 from this member epoch on until it is released. GroupCoordinator.setAndPropagateAssignment, CurrentAssignmentBuilder',
  ),
  probe(
    CoordinatorProbe.partitionReleased,
    'partition-released',
    ['group', 'groupEpoch', 'member'],
    'KIP-848: a member has given up a partition (the key), or is out of its group: another may have it. ConsumerGroup.removePartitionEpochs',
  ),
  probe(
    CoordinatorProbe.groupRefused,
    'group-refused',
    ['group', 'api', 'error', 'client'],
    'A coordinator answered an OffsetFetch 9, JoinGroup 11, Heartbeat 12, SyncGroup 14 or ConsumerGroupHeartbeat 68 with an error.',
  ),
  probe(
    CoordinatorProbe.offsetPending,
    'offset-pending',
    ['group', 'offset', 'generation', 'current'],
    'A coordinator began to write a committed offset of a partition (the key), which a member of a generation sent (-1: none) when this one was the current. GroupMetadata.prepareOffsetCommit',
  ),
  probe(
    CoordinatorProbe.offsetCommitted,
    'offset-committed',
    ['group', 'offset', 'producerId'],
    'A committed offset of a partition (the key) is replicated, and its transaction committed if it has one (producerId -1: none): it can be fetched. GroupMetadata.onOffsetCommitAppend',
  ),
  probe(
    CoordinatorProbe.offsetRefused,
    'offset-refused',
    ['group', 'error', 'generation', 'client'],
    'A coordinator refused a committed offset of a partition (the key). GroupCoordinator.validateOffsetCommit',
  ),
  probe(
    CoordinatorProbe.offsetExpired,
    'offset-expired',
    ['group'],
    'A committed offset of a partition (the key) was removed: offsets.retention.minutes. GroupMetadata.removeExpiredOffsets',
  ),
];
