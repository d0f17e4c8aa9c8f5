/** What Kafka promises about acknowledged records staying, by acks and min.insync.replicas. */
import type { HistoryHeader } from '../../../histories/operation.js';
import type { Guarantee } from '../../checker.js';
import { allProducers, hasRule, isTrue, topicSetting } from '../settings.js';

const lossOfRecords = ['lost-write', 'unseen', 'inconsistent-offsets', 'ack-offset-mismatch'];

export const acksAll: Guarantee = {
  id: 'acks-all',
  sentence:
    'A record acknowledged under acks=all stays at its offset on every replica that can be elected, as long as elections are clean and replicas keep what they wrote.',
  source: 'Kafka documentation, Replication; KIP-497, KIP-903; replication.md §10.3',
  covers: (header) => (anyProducer(header, 'all') ? lossOfRecords : []),
};

export const acksOne: Guarantee = {
  id: 'acks-1',
  sentence:
    'A record acknowledged under acks=1 stays as long as the leader that acknowledged it leads, and keeps what it wrote.',
  source: 'Kafka documentation, producer configuration: acks',
  covers: (header) => (anyProducer(header, 1) ? lossOfRecords : []),
};

export const acksZero: Guarantee = {
  id: 'acks-0',
  sentence: 'Under acks=0 nobody is asked whether a record arrived: nothing is promised.',
  source: 'Kafka documentation, producer configuration: acks',
  covers: () => [],
};

export const minInsyncReplicas: Guarantee = {
  id: 'min-insync-replicas',
  sentence:
    'A success under acks=all means that at least min.insync.replicas replicas were in sync, and that the high watermark had passed the record.',
  source: 'Partition.checkEnoughReplicasReachOffset; KAFKA-15583',
  covers: (header) => (anyProducer(header, 'all') ? ['W3'] : []),
};

export const committedPrefix: Guarantee = {
  id: 'committed-prefix',
  sentence:
    'What was below the high watermark of the leader is on every replica in the ISR, and on every leader elected from it.',
  source: 'Kafka documentation, Replication; KIP-101, KIP-279, KIP-320; replication.md §11 (I1, I2, I4)',
  covers: () => ['W1', 'W2', 'W6'],
};

export const cleanElections: Guarantee = {
  id: 'clean-elections',
  sentence:
    'With unclean.leader.election.enable=false only members of the ISR are elected, so that no election loses a committed record.',
  source: 'KIP-106; PartitionChangeBuilder',
  covers: (header) => (allowsUnclean(header) ? [] : [...lossOfRecords, 'W1']),
};

export const impairment: Guarantee = {
  id: 'impairment',
  sentence:
    'Committed records survive replicas that lose unsynced data: min.insync.replicas - 1 of a partition at once with eligible leader replicas, none without them (flush.messages=1: any number, nothing is unsynced).',
  source: 'KIP-966; replication.md §12 (S8)',
  covers: (header) => (hasRule(header, 'eligibleLeaderReplicas') ? [...lossOfRecords, 'W1', 'W6'] : []),
};

function anyProducer(header: HistoryHeader, acks: 'all' | 0 | 1): boolean {
  return allProducers(header).some((producer) => producer.acks === acks);
}

function allowsUnclean(header: HistoryHeader): boolean {
  const topics = new Set(header.topology?.partitions.map(({ topic }) => topic) ?? ['']);
  return [...topics].some((topic) => isTrue(topicSetting(header, topic, 'unclean.leader.election.enable')));
}
