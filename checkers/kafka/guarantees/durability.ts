/** What Kafka promises about acknowledged records staying, by acks and min.insync.replicas. */
import type { HistoryHeader } from '../../../histories/operation.js';
import type { Guarantee } from '../../checker.js';
import { allProducers, allowsUnclean, hasRule } from '../settings.js';

const lossOfRecords = ['lost-write', 'unseen', 'inconsistent-offsets', 'ack-offset-mismatch'];

const cleanly = 'No unclean election chooses a replica that lacks the record.';
const soundDisks =
  'No replica that may be elected has lost what it wrote: neither to power loss, nor to a damaged disk.';
const nobodyRemoves = 'Nothing removes the record by policy: retention, compaction, DeleteRecords.';

export const acksAll: Guarantee = {
  id: 'acks-all',
  sentence:
    'A record acknowledged under acks=all stays at its offset on every replica that can be elected, and every full read returns it.',
  source: 'Kafka documentation, Replication; KIP-497, KIP-903',
  assumptions: [cleanly, soundDisks, nobodyRemoves],
  covers: (header) => (anyProducer(header, 'all') ? lossOfRecords : []),
};

export const acksOne: Guarantee = {
  id: 'acks-1',
  sentence: 'A record acknowledged under acks=1 stays as long as the leader that acknowledged it leads.',
  source: 'Kafka documentation, producer configuration: acks',
  assumptions: [
    'Leadership does not change: not after the acknowledgement, nor before it without the acknowledging broker knowing.',
    'The leader loses nothing that it wrote.',
    nobodyRemoves,
  ],
  covers: (header) => (anyProducer(header, 1) ? lossOfRecords : []),
};

export const minInsyncReplicas: Guarantee = {
  id: 'min-insync-replicas',
  sentence:
    'A success under acks=all means that at least min.insync.replicas replicas were in sync, and that the high watermark had passed the record.',
  source: 'Partition.checkEnoughReplicasReachOffset; KAFKA-15583',
  assumptions: [],
  covers: (header) => (anyProducer(header, 'all') ? ['W3'] : []),
};

export const committedPrefix: Guarantee = {
  id: 'committed-prefix',
  sentence:
    'What was below the high watermark of the leader is on every replica in the ISR, and on every leader elected from it.',
  source: 'Kafka documentation, Replication; KIP-101, KIP-279, KIP-320',
  assumptions: [cleanly, soundDisks],
  covers: () => ['W1', 'W2', 'W6'],
};

export const cleanElections: Guarantee = {
  id: 'clean-elections',
  sentence:
    'With unclean.leader.election.enable=false only members of the ISR are elected, so that no election loses what was committed (below the high watermark).',
  source: 'KIP-106; PartitionChangeBuilder',
  assumptions: [soundDisks],
  covers: (header) => (allowsUnclean(header) ? [] : [...lossOfRecords, 'W1']),
};

export const impairment: Guarantee = {
  id: 'impairment',
  sentence:
    'With eligible leader replicas committed records survive min.insync.replicas - 1 replicas of a partition that lose unsynced data at once.',
  source: 'KIP-966',
  assumptions: [
    cleanly,
    'No more replicas than that are impaired at once; nor stopped by a kill or power loss while one is, since Kafka cannot tell a kill from a loss.',
    nobodyRemoves,
  ],
  covers: (header) => (hasRule(header, 'eligibleLeaderReplicas') ? [...lossOfRecords, 'W1', 'W6'] : []),
};

function anyProducer(header: HistoryHeader, acks: 'all' | 0 | 1): boolean {
  return allProducers(header).some((producer) => producer.acks === acks);
}
