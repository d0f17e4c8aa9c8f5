/** Probes: what brokers announce of their partitions and of those who ask (broker/). */
import { SYSTEM_PROBES, type ProbeSpec } from '../../kernel/probes.js';
import { probe } from './probe.js';

export const ReplicationProbe = {
  becomeLeader: SYSTEM_PROBES + 5,
  becomeFollower: SYSTEM_PROBES + 6,
  followerFetched: SYSTEM_PROBES + 7,
  isrPending: SYSTEM_PROBES + 8,
  isrAdopted: SYSTEM_PROBES + 9,
  isrNotAttempted: SYSTEM_PROBES + 37,
  acknowledged: SYSTEM_PROBES + 10,
  refused: SYSTEM_PROBES + 11,
  deduplicated: SYSTEM_PROBES + 12,
  batchAppended: SYSTEM_PROBES + 27,
  readServed: SYSTEM_PROBES + 13,
  fetchRefused: SYSTEM_PROBES + 30,
  metadataPublished: SYSTEM_PROBES + 14,
  topicSettingsApplied: SYSTEM_PROBES + 57,
} as const;

export const replicationProbes: readonly ProbeSpec[] = [
  probe(
    ReplicationProbe.becomeLeader,
    'become-leader',
    ['leaderEpoch', 'startOffset', 'isr', 'partitionEpoch'],
    'A broker began to lead, or refreshed its leadership. Partition.makeLeader',
  ),
  probe(
    ReplicationProbe.becomeFollower,
    'become-follower',
    ['leaderEpoch', 'leader', 'logEnd', 'partitionEpoch'],
    'A broker began to follow (leader -1: nobody). Partition.makeFollower',
  ),
  probe(
    ReplicationProbe.followerFetched,
    'follower-fetched',
    ['follower', 'fetchOffset', 'leaderEpoch'],
    'A leader learnt a new log end of a follower: the replication ack. Replica.updateFetchStateOrThrow',
  ),
  probe(
    ReplicationProbe.isrPending,
    'isr-pending',
    ['isr', 'partitionEpoch', 'leaderEpoch', 'expand'],
    'A leader proposed another ISR. Partition.submitAlterPartition (KIP-497)',
  ),
  probe(
    ReplicationProbe.isrAdopted,
    'isr-adopted',
    ['isr', 'partitionEpoch', 'leaderEpoch'],
    'A leader adopted the ISR that the controller confirmed. Partition.handleAlterPartitionUpdate',
  ),
  probe(
    ReplicationProbe.isrNotAttempted,
    'isr-not-attempted',
    ['isr', 'partitionEpoch', 'leaderEpoch'],
    'A leader took its proposal of an ISR back at once: an older one of the partition is still with the controller (OPERATION_NOT_ATTEMPTED). AlterPartitionManager.submit',
  ),
  probe(
    ReplicationProbe.acknowledged,
    'acknowledged',
    ['baseOffset', 'lastOffset', 'leaderEpoch', 'acks'],
    'A leader decided that a produce request succeeds for this partition; its answer follows when all partitions of the request are decided.',
  ),
  probe(
    ReplicationProbe.refused,
    'refused',
    ['error', 'producer', 'acks'],
    'A broker answered a produce request with an error for this partition.',
  ),
  probe(
    ReplicationProbe.deduplicated,
    'deduplicated',
    ['baseOffset', 'producerId', 'baseSequence'],
    'A leader recognised a batch that it had already appended. ProducerStateEntry.findDuplicateBatch',
  ),
  probe(
    ReplicationProbe.batchAppended,
    'batch-appended',
    ['baseOffset', 'lastOffset', 'producerId', 'baseSequence'],
    'A leader appended a batch of a producer (producerId -1: not idempotent).',
  ),
  probe(
    ReplicationProbe.readServed,
    'read-served',
    ['from', 'to', 'highWatermark', 'consumer'],
    'A leader answered a consumer with the records in [from, to).',
  ),
  probe(
    ReplicationProbe.fetchRefused,
    'fetch-refused',
    ['error', 'sender'],
    'A broker answered a fetch of a follower or consumer with an error for this partition. Partition.fetchRecords',
  ),
  probe(
    ReplicationProbe.metadataPublished,
    'metadata-published',
    ['offset'],
    'A broker applied the committed metadata up to this offset to its cache. BrokerMetadataPublisher',
  ),
  probe(
    ReplicationProbe.topicSettingsApplied,
    'topic-settings-applied',
    ['minInsyncReplicas', 'uncleanElections'],
    'A replica goes by these settings of its topic from here on: those that its broker had heard of when it was opened, or hears of now. LogManager.updateTopicConfig',
  ),
];
