/**
 * The one list of what the simulated Kafka announces. `key` is the partition's number, `machine` who announces.
 * Recorder, invariants, situations, the budget, triggers and the report all listen to these.
 *
 * ISR and other sets of brokers travel as bit masks: bit n is broker n (so at most 30 brokers).
 */
import { kernelProbes, SYSTEM_PROBES, type ProbeSpec } from '../kernel/probes.js';

const first = SYSTEM_PROBES;

export const Probe = {
  // The log of one replica (log/)
  append: first + 0,
  truncate: first + 1,
  highWatermark: first + 2,
  logLoaded: first + 3,
  dataLost: first + 4,
  // A broker's role for a partition (broker/)
  becomeLeader: first + 5,
  becomeFollower: first + 6,
  followerFetched: first + 7,
  isrPending: first + 8,
  isrAdopted: first + 9,
  acknowledged: first + 10,
  refused: first + 11,
  deduplicated: first + 12,
  readServed: first + 13,
  metadataPublished: first + 14,
  // The controller (control/)
  brokerRegistered: first + 15,
  brokerFenced: first + 16,
  brokerUnfenced: first + 17,
  partitionChanged: first + 18,
  elected: first + 19,
  alterPartitionRefused: first + 20,
  controllerReady: first + 21,
  // Clients (clients/)
  batchSent: first + 22,
  batchRetried: first + 23,
  batchExpired: first + 24,
  leaderLearnt: first + 25,
  producerIdLearnt: first + 26,
  batchAppended: first + 27,
  offsetsEnded: first + 28,
  registrationRefused: first + 29,
  fetchRefused: first + 30,
  // The log of one replica, once more
  segmentRolled: first + 31,
  logStart: first + 32,
  producerWindow: first + 33,
  compacted: first + 34,
  logGap: first + 35,
  // The metadata quorum (control/kraft/raft/)
  quorumLeader: first + 40,
  quorumResigned: first + 41,
  quorumVoters: first + 42,
  // Coordinators (coordinator/): of transactions, with the leaders of their partitions
  transactionPending: first + 60,
  transactionChanged: first + 61,
  transactionMarker: first + 62,
  coordinatorLoaded: first + 63,
  // Coordinators: of groups
  groupState: first + 70,
  memberJoined: first + 71,
  memberLeft: first + 72,
  partitionAssigned: first + 73,
  groupRefused: first + 74,
  offsetPending: first + 75,
  offsetCommitted: first + 76,
  offsetRefused: first + 77,
  offsetExpired: first + 78,
  partitionReleased: first + 79,
  // Members of groups (clients/group/)
  partitionsRevoked: first + 85,
  uncommittedReverted: first + 43,
  metadataSnapshotLoaded: first + 44,
  metadataLost: first + 45,
  // The controller, once more
  elrChanged: first + 48,
  // ZooKeeper (control/zookeeper/)
  ensembleLed: first + 50,
  controllerElected: first + 51,
  sessionExpired: first + 52,
  controllerResigned: first + 53,
  staleControllerWrote: first + 54,
} as const;

export const TruncateReason = { divergence: 0, outOfRange: 1, recovery: 2, highWatermark: 3 } as const;
/** Why a log begins later than it did: LogStartOffsetIncrementReason; restarted: it was emptied to begin there;
 * loaded: so a starting broker found it. */
export const LogStartReason = {
  segmentDeletion: 0,
  clientDeletion: 1,
  leaderOffset: 2,
  restarted: 3,
  loaded: 4,
} as const;
/** Why compaction removed a record, where no later record of its key did. */
export const Removal = {
  /** delete.retention.ms has passed. */
  tombstone: -1,
  /** Its transaction was aborted. */
  aborted: -2,
  /** Nothing of its transaction was left, and delete.retention.ms has passed. */
  marker: -3,
  withoutKey: -4,
} as const;
export const ElectionReason = {
  clean: 0,
  unclean: 1,
  preferred: 2,
  none: 3,
  transferred: 4,
  /** From the eligible leader replicas (KIP-966). */
  eligible: 5,
  /** The ISR was empty and nobody eligible: whoever led last. Unclean, whatever unclean.leader.election.enable says. */
  lastKnownLeader: 6,
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
export const LossReason = { powerLoss: 0, wiped: 1, corrupt: 2 } as const;

const kafkaOwnProbes: readonly ProbeSpec[] = [
  probe(
    Probe.append,
    'append',
    ['offset', 'leaderEpoch', 'value', 'asLeader'],
    'A replica appended a record: one probe a record, in offset order. UnifiedLog.append',
  ),
  probe(
    Probe.truncate,
    'truncate',
    ['logEnd', 'oldLogEnd', 'reason'],
    'A replica cut its log back: for divergence 0, out of range 1, recovery 2, to the high watermark 3. UnifiedLog.truncateTo',
  ),
  probe(
    Probe.highWatermark,
    'high-watermark',
    ['highWatermark', 'old', 'leaderEpoch', 'asLeader'],
    'A replica moved its high watermark. Partition.maybeIncrementLeaderHW; ReplicaFetcherThread.processPartitionData',
  ),
  probe(
    Probe.logLoaded,
    'log-loaded',
    ['logEnd', 'highWatermark', 'unclean', 'latestEpoch'],
    'A starting broker loaded and recovered a log. LogLoader',
  ),
  probe(
    Probe.dataLost,
    'data-lost',
    ['firstOffset', 'oldLogEnd', 'reason'],
    'The disk below a replica lost or damaged records from this offset on: power loss 0, wiped 1, corrupt 2.',
  ),
  probe(
    Probe.becomeLeader,
    'become-leader',
    ['leaderEpoch', 'startOffset', 'isr', 'partitionEpoch'],
    'A broker began to lead, or refreshed its leadership. Partition.makeLeader',
  ),
  probe(
    Probe.becomeFollower,
    'become-follower',
    ['leaderEpoch', 'leader', 'logEnd', 'partitionEpoch'],
    'A broker began to follow (leader -1: nobody). Partition.makeFollower',
  ),
  probe(
    Probe.followerFetched,
    'follower-fetched',
    ['follower', 'fetchOffset', 'leaderEpoch'],
    'A leader learnt a new log end of a follower: the replication ack. Replica.updateFetchStateOrThrow',
  ),
  probe(
    Probe.isrPending,
    'isr-pending',
    ['isr', 'partitionEpoch', 'leaderEpoch', 'expand'],
    'A leader proposed another ISR. Partition.submitAlterPartition (KIP-497)',
  ),
  probe(
    Probe.isrAdopted,
    'isr-adopted',
    ['isr', 'partitionEpoch', 'leaderEpoch'],
    'A leader adopted the ISR that the controller confirmed. Partition.handleAlterPartitionUpdate',
  ),
  probe(
    Probe.acknowledged,
    'acknowledged',
    ['baseOffset', 'lastOffset', 'leaderEpoch', 'acks'],
    'A leader decided that a produce request succeeds for this partition; its answer follows when all partitions of the request are decided.',
  ),
  probe(
    Probe.refused,
    'refused',
    ['error', 'producer', 'acks'],
    'A broker answered a produce request with an error for this partition.',
  ),
  probe(
    Probe.deduplicated,
    'deduplicated',
    ['baseOffset', 'producerId', 'baseSequence'],
    'A leader recognised a batch that it had already appended. ProducerStateEntry.findDuplicateBatch',
  ),
  probe(
    Probe.readServed,
    'read-served',
    ['from', 'to', 'highWatermark', 'consumer'],
    'A leader answered a consumer with the records in [from, to).',
  ),
  probe(
    Probe.metadataPublished,
    'metadata-published',
    ['offset'],
    'A broker applied the committed metadata up to this offset to its cache. BrokerMetadataPublisher',
  ),
  probe(
    Probe.brokerRegistered,
    'broker-registered',
    ['broker', 'brokerEpoch', 'incarnation'],
    'The controller committed a registration. ClusterControlManager',
  ),
  probe(
    Probe.brokerFenced,
    'broker-fenced',
    ['broker', 'brokerEpoch'],
    'The controller committed a fencing: no heartbeat within broker.session.timeout.ms. BrokerHeartbeatManager',
  ),
  probe(Probe.brokerUnfenced, 'broker-unfenced', ['broker', 'brokerEpoch'], 'The controller committed an unfencing.'),
  probe(
    Probe.partitionChanged,
    'partition-changed',
    ['leader', 'leaderEpoch', 'isr', 'partitionEpoch'],
    'The controller committed a state of the partition (leader -1: none). PartitionChangeBuilder',
  ),
  probe(
    Probe.elected,
    'elected',
    ['leader', 'leaderEpoch', 'oldLeader', 'reason'],
    'The controller elected: clean 0, unclean 1, preferred 2, nobody 3, transferred for the final read 4, eligible 5, last known leader 6.',
  ),
  probe(
    Probe.elrChanged,
    'elr-changed',
    ['elr', 'lastKnownLeader', 'partitionEpoch'],
    'The controller committed other eligible leader replicas, or another last known leader (-1: none). PartitionChangeBuilder',
  ),
  probe(
    Probe.alterPartitionRefused,
    'alter-partition-refused',
    ['broker', 'error', 'partitionEpoch'],
    'The controller refused an ISR change. ReplicationControlManager.validateAlterPartitionData',
  ),
  probe(
    Probe.controllerReady,
    'controller-ready',
    ['offset', 'epoch'],
    'A controller recovered its log and began to act; under ZooKeeper (offset -1) a broker became the controller and read the state of the cluster.',
  ),
  probe(
    Probe.batchSent,
    'batch-sent',
    ['broker', 'firstValue', 'baseSequence', 'attempt'],
    'A producer wrote a batch to a socket.',
  ),
  probe(
    Probe.batchRetried,
    'batch-retried',
    ['error', 'firstValue', 'lastValue', 'attempt'],
    'A producer put a batch back for another attempt: its records are those that it sent from the first to the last. Sender.reenqueueBatch',
  ),
  probe(
    Probe.batchExpired,
    'batch-expired',
    ['firstValue', 'baseSequence', 'wasSent'],
    'A producer gave a batch up: delivery.timeout.ms.',
  ),
  probe(Probe.leaderLearnt, 'leader-learnt', ['leader', 'leaderEpoch'], "A client's metadata named another leader."),
  probe(
    Probe.producerIdLearnt,
    'producer-id-learnt',
    ['producerId', 'producerEpoch'],
    'A producer began a session under this id and epoch.',
  ),
  probe(
    Probe.batchAppended,
    'batch-appended',
    ['baseOffset', 'lastOffset', 'producerId', 'baseSequence'],
    'A leader appended a batch of a producer (producerId -1: not idempotent).',
  ),
  probe(
    Probe.fetchRefused,
    'fetch-refused',
    ['error', 'sender'],
    'A broker answered a fetch of a follower or consumer with an error for this partition. Partition.fetchRecords',
  ),
  probe(
    Probe.segmentRolled,
    'segment-rolled',
    ['baseOffset', 'segments'],
    'A replica began a new segment of its log, which now has so many. UnifiedLog.roll',
  ),
  probe(
    Probe.logStart,
    'log-start',
    ['logStart', 'old', 'reason'],
    'A log begins later: segments deleted by policy 0, records deleted on request 1, as the leader says 2, emptied to begin there 3; as it was found by a starting broker 4. UnifiedLog.maybeIncrementLogStartOffset',
  ),
  probe(
    Probe.producerWindow,
    'producer-window',
    ['producerId', 'producerEpoch', 'oldestSequence', 'reason'],
    'A replica knows less of a producer than the newest five batches in its log: its state was reloaded from a snapshot 0 (and begins with the batch of this sequence), or expired 1. ProducerStateManager',
  ),
  probe(
    Probe.compacted,
    'compacted',
    ['offset', 'leaderEpoch', 'value', 'supersededBy'],
    'The log cleaner of a replica removed a record: the offset of the later record of its key; or a tombstone whose time is over -1, of an aborted transaction -2, a marker -3, without a key -4. LogCleaner',
  ),
  probe(
    Probe.logGap,
    'log-gap',
    ['from', 'to'],
    'A follower took over from its leader that nothing is left at these offsets, up to the second exclusive: compaction had removed it. UnifiedLog.appendAsFollower',
  ),
  probe(
    Probe.registrationRefused,
    'registration-refused',
    ['broker', 'error'],
    "The controller refused a registration: the session of the broker's former life is still valid. ClusterControlManager.registerBroker",
  ),
  probe(
    Probe.quorumLeader,
    'quorum-leader',
    ['epoch', 'startOffset'],
    'A controller was elected leader of the metadata quorum; it acts once a record of its epoch is committed. KafkaRaftClient.onBecomeLeader',
  ),
  probe(
    Probe.quorumResigned,
    'quorum-resigned',
    ['epoch'],
    'A leader of the quorum gave up: a majority did not fetch from it for 1.5 × controller.quorum.fetch.timeout.ms. KafkaRaftClient.pollLeader',
  ),
  probe(
    Probe.quorumVoters,
    'quorum-voters',
    ['epoch', 'voters'],
    'A change of the voters was committed; so many they are now. KIP-853',
  ),
  probe(
    Probe.transactionPending,
    'transaction-pending',
    ['producerId', 'producerEpoch', 'state', 'coordinatorEpoch'],
    'A coordinator began to write a change of a transaction into its log: Empty 0, Ongoing 1, PrepareCommit 2, PrepareAbort 3, CompleteCommit 4, CompleteAbort 5. TransactionStateManager.appendTransactionToLog',
  ),
  probe(
    Probe.transactionChanged,
    'transaction-changed',
    ['producerId', 'producerEpoch', 'state', 'coordinatorEpoch'],
    'The change is replicated, and applied. TransactionMetadata.completeTransitionTo',
  ),
  probe(
    Probe.transactionMarker,
    'transaction-marker',
    ['offset', 'producerId', 'producerEpoch', 'committed'],
    'A leader appended the marker that ends a transaction in its partition. ProducerAppendInfo.appendEndTxnMarker',
  ),
  probe(
    Probe.coordinatorLoaded,
    'coordinator-loaded',
    ['coordinatorEpoch', 'keys'],
    'A broker that came to lead a partition of __transaction_state or __consumer_offsets has read it, and answers. TransactionStateManager.loadTransactionsForTxnTopicPartition, GroupMetadataManager.loadGroupsAndOffsets',
  ),
  probe(
    Probe.groupState,
    'group-state',
    ['group', 'state', 'generation', 'members'],
    'A coordinator moved a group (its index in the spec; the key is its partition of __consumer_offsets) to another state: Empty 0, PreparingRebalance 1, CompletingRebalance 2, Stable 3, and with KIP-848 Assigning 5, Reconciling 6 (the generation is the group epoch then); Dead 4: it coordinates it no more. GroupMetadata.transitionTo, ConsumerGroup.maybeUpdateGroupState',
  ),
  probe(
    Probe.memberJoined,
    'member-joined',
    ['group', 'member', 'client', 'isStatic'],
    'A coordinator took a member (a hash of its id) into a group: it takes part in the rebalance that follows. GroupCoordinator.addMemberAndRebalance',
  ),
  probe(
    Probe.memberLeft,
    'member-left',
    ['group', 'member', 'generation', 'reason'],
    'A member is out of its group: it left 0, its session expired 1, it did not join in time 2, it did not sync in time 3, another goes on under its instance id 4, the group was full 5, it did not give up its partitions in time 6.',
  ),
  probe(
    Probe.partitionAssigned,
    'partition-assigned',
    ['group', 'generation', 'member', 'client'],
    'A partition (the key) is assigned to a member from this generation on, or with KIP-848 from this member epoch on until it is released. GroupCoordinator.setAndPropagateAssignment, CurrentAssignmentBuilder',
  ),
  probe(
    Probe.partitionReleased,
    'partition-released',
    ['group', 'groupEpoch', 'member'],
    'KIP-848: a member has given up a partition (the key), or is out of its group: another may have it. ConsumerGroup.removePartitionEpochs',
  ),
  probe(
    Probe.groupRefused,
    'group-refused',
    ['group', 'api', 'error', 'client'],
    'A coordinator answered an OffsetFetch 9, JoinGroup 11, Heartbeat 12, SyncGroup 14 or ConsumerGroupHeartbeat 68 with an error.',
  ),
  probe(
    Probe.offsetPending,
    'offset-pending',
    ['group', 'offset', 'generation', 'current'],
    'A coordinator began to write a committed offset of a partition (the key), which a member of a generation sent (-1: none) when this one was the current. GroupMetadata.prepareOffsetCommit',
  ),
  probe(
    Probe.offsetCommitted,
    'offset-committed',
    ['group', 'offset', 'producerId'],
    'A committed offset of a partition (the key) is replicated, and its transaction committed if it has one (producerId -1: none): it can be fetched. GroupMetadata.onOffsetCommitAppend',
  ),
  probe(
    Probe.offsetRefused,
    'offset-refused',
    ['group', 'error', 'generation', 'client'],
    'A coordinator refused a committed offset of a partition (the key). GroupCoordinator.validateOffsetCommit',
  ),
  probe(
    Probe.offsetExpired,
    'offset-expired',
    ['group'],
    'A committed offset of a partition (the key) was removed: offsets.retention.minutes. GroupMetadata.removeExpiredOffsets',
  ),
  probe(
    Probe.partitionsRevoked,
    'partitions-revoked',
    ['given', 'kept', 'generation', 'lost'],
    'A consumer gave partitions up, which it had owned in this generation: for a rebalance 0, or because it was no member any more 1. ConsumerCoordinator.invokePartitionsRevoked, invokePartitionsLost',
  ),
  probe(
    Probe.uncommittedReverted,
    'uncommitted-reverted',
    ['records', 'epoch'],
    'A controller lost the leadership and took back what it had decided and nobody had committed. QuorumController.renounce',
  ),
  probe(
    Probe.metadataSnapshotLoaded,
    'metadata-snapshot-loaded',
    ['endOffset'],
    'A controller or a broker took the state from a snapshot of the metadata. KIP-630',
  ),
  probe(
    Probe.metadataLost,
    'metadata-lost',
    ['offset', 'end'],
    'A controller committed a record at an offset at which another had been committed: the quorum lost what it had decided.',
  ),
  probe(
    Probe.ensembleLed,
    'ensemble-led',
    ['epoch'],
    'A majority of the ZooKeeper servers follows this one. Leader.lead',
  ),
  probe(
    Probe.controllerElected,
    'controller-elected',
    ['broker'],
    'A broker made /controller: it is to be the controller, and reads the state of the cluster next. KafkaController.elect',
  ),
  probe(
    Probe.controllerResigned,
    'controller-resigned',
    ['epoch'],
    'A broker that was the controller heard that it no longer is, and stopped. KafkaController.onControllerResignation',
  ),
  probe(
    Probe.staleControllerWrote,
    'stale-controller-wrote',
    ['controllerEpoch', 'current', 'leader', 'leaderEpoch'],
    "A former controller changed a partition's state after another had been elected (KAFKA-6082).",
  ),
  probe(
    Probe.sessionExpired,
    'session-expired',
    ['session'],
    'ZooKeeper ended a session: its client was not heard for the time-out. The client does not know yet. SessionTrackerImpl',
  ),
  probe(
    Probe.offsetsEnded,
    'offsets-ended',
    ['endOffset', 'machineAsked'],
    'A final reader learnt the end offset of a partition.',
  ),
];

/** All that a trial of Kafka announces: the kernel's probes (machines, faults, phases) and Kafka's own. */
export const kafkaProbes: readonly ProbeSpec[] = [...kernelProbes, ...kafkaOwnProbes];

function probe(kind: number, name: string, fields: readonly string[], sentence: string): ProbeSpec {
  return { kind, name, fields, kept: true, sentence };
}
