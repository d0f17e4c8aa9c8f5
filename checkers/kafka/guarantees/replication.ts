/** What holds in the replicas whatever the settings. Never licensed, but for log-matching where records were lost. */
import type { Guarantee } from '../../checker.js';

export const realReads: Guarantee = {
  id: 'real-reads',
  sentence:
    "What a consumer reads was sent to that partition, and stood in the answering broker's log below its high watermark.",
  source: 'Partition.fetchRecords',
  covers: () => ['phantom', 'misplaced', 'W22'],
};

export const oneLeaderPerEpoch: Guarantee = {
  id: 'one-leader-per-epoch',
  sentence: 'In one leader epoch of a partition at most one broker leads and appends.',
  source: 'replication.md §11 (I6); PartitionChangeBuilder',
  covers: () => ['W7'],
};

export const epochsMonotonic: Guarantee = {
  id: 'epochs-monotonic',
  sentence: 'Epochs never go back: at the controller, within one incarnation of a broker, or by offset within a log.',
  source: 'KIP-101, KIP-320, KIP-380; replication.md §11 (I11)',
  covers: () => ['W8'],
};

export const logMatching: Guarantee = {
  id: 'log-matching',
  sentence:
    'Equal offset and leader epoch mean an equal record on every replica, and below their high watermarks replicas hold the same.',
  source: 'KIP-101, KIP-279; replication.md §11 (I4, I5)',
  covers: () => ['W5'],
};

export const highWatermark: Guarantee = {
  id: 'high-watermark',
  sentence:
    "A leader's high watermark passes only what every member of its maximal ISR has fetched, never goes back while it leads, and never passes a log end.",
  source: 'Partition.maybeIncrementLeaderHW; KIP-497, KAFKA-15583',
  covers: () => ['W4', 'W10', 'W11'],
};

export const writableAgain: Guarantee = {
  id: 'writable-again',
  sentence:
    'When a sufficient set of machines is healed, every partition has a leader and takes writes again within a bound that the time-outs give.',
  source: 'replication.md §11, liveness',
  covers: () => ['stuck'],
};
