/** What holds in the replicas whatever the settings. Never licensed, but for log-matching where records were lost. */
import type { Anomaly } from '../../../histories/anomaly.js';
import { POLL } from '../../../histories/history-columns.js';
import type { History } from '../../../histories/operation.js';
import type { Guarantee } from '../../checker.js';
import { historyIndex, type HistoryIndex } from '../history/history-index.js';
import { compacts } from '../settings.js';

export const realReads: Guarantee = {
  id: 'real-reads',
  sentence:
    "What a consumer reads was sent to that partition before, and stood in the answering broker's log below its high watermark.",
  source: 'Partition.fetchRecords',
  assumptions: [],
  // Of lists in another system Kafka promises nothing.
  covers: ({ workload }) => (workload === 'list-append' ? [] : ['phantom', 'misplaced', 'G1c-realtime', 'W22']),
  holdsFor: (anomaly, history) => anomaly.type !== 'G1c-realtime' || isReadBeforeItsSend(anomaly, history),
};

/**
 * A read that had ended when the send of what it read was invoked. A longer circle may lead through a transaction that
 * was read while it was open, which is the affair of isolation.level.
 */
function isReadBeforeItsSend({ values, operations }: Anomaly, history: History): boolean {
  const index = historyIndex(history);
  const { completedAt, invokedAt } = index.operations;
  return index.history.keys.some((_, key) =>
    values.some((value) => {
      const record = index.recordOf(key, value);
      const writer = record < 0 ? -1 : index.records.writer[record]!;
      if (writer < 0) return false;
      return operations.some(
        (reader) =>
          completedAt[reader]! >= 0 && completedAt[reader]! < invokedAt[writer]! && hasRead(index, reader, record),
      );
    }),
  );
}

function hasRead(index: HistoryIndex, operation: number, record: number): boolean {
  const { firstMicroOp, microOpCount, microOpKind, key, firstRecord, recordCount, value } = index.operations;
  const first = firstMicroOp[operation]!;
  for (let microOp = first; microOp < first + microOpCount[operation]!; microOp++) {
    if (microOpKind[microOp] !== POLL) continue;
    for (let row = firstRecord[microOp]!; row < firstRecord[microOp]! + recordCount[microOp]!; row++) {
      if (index.recordOf(key[microOp]!, value[row]!) === record) return true;
    }
  }
  return false;
}

export const diskKept: Guarantee = {
  id: 'disk-kept',
  sentence:
    'What a broker wrote is there when it starts again, unless its disk lost or damaged it: a process that is killed loses nothing.',
  source: 'LogLoader.recoverLog; UnifiedLog (the page cache belongs to the operating system)',
  assumptions: [],
  covers: () => ['W21'],
};

export const compaction: Guarantee = {
  id: 'compaction',
  sentence: 'Compaction keeps the latest record of every key, and removes only what is committed.',
  source: 'LogCleaner; KIP-58, KIP-534',
  assumptions: [],
  covers: () => ['W23'],
  bearsOn: compacts,
};

export const readsInOrder: Guarantee = {
  id: 'reads-in-order',
  sentence:
    'A consumer is given the records of a partition in the order of their offsets: none that it may read is left out, and none comes twice while its position is not moved.',
  source: 'SubscriptionState.position, FetchCollector.fetchRecords: the next position is that behind the last record',
  assumptions: [
    'No leader loses records that consumers could read: those go back to where the logs part (KIP-320).',
    'Nobody moves the position: no seek, no rebalance, no reset of an offset that is out of range.',
  ],
  covers: ({ workload }) =>
    workload === 'list-append' ? [] : ['poll-skip', 'nonmonotonic-poll', 'int-poll-skip', 'int-nonmonotonic-poll'],
};

export const oneLeaderPerEpoch: Guarantee = {
  id: 'one-leader-per-epoch',
  sentence: 'In one leader epoch of a partition at most one broker leads and appends.',
  source: 'KIP-101; PartitionChangeBuilder',
  assumptions: [],
  covers: () => ['W7'],
};

export const metadataKept: Guarantee = {
  id: 'metadata-kept',
  sentence: 'What the controllers have committed stays as it is, whoever of them fails.',
  source: 'KIP-595; KafkaRaftClient',
  assumptions: ['A majority of the controllers keeps what it has flushed.'],
  covers: () => ['W20'],
  bearsOn: ({ control }) => control !== 'zookeeper',
};

export const partitionState: Guarantee = {
  id: 'partition-state',
  sentence:
    'The controller keeps every leader in its ISR, the ISR among the replicas, and eligible leader replicas out of it.',
  source: 'PartitionChangeBuilder; KIP-966',
  assumptions: [],
  covers: () => ['W9'],
};

export const epochsMonotonic: Guarantee = {
  id: 'epochs-monotonic',
  sentence: 'Epochs never go back: at the controller, within one incarnation of a broker, or by offset within a log.',
  source: 'KIP-101, KIP-320, KIP-380',
  assumptions: [],
  covers: () => ['W8'],
};

export const logMatching: Guarantee = {
  id: 'log-matching',
  sentence:
    'Equal offset and leader epoch mean an equal record on every replica, and below their high watermarks replicas hold the same.',
  source: 'KIP-101, KIP-279',
  assumptions: [
    'No committed record was lost: one that was may still stand on the replicas that have not yet heard of it.',
  ],
  covers: () => ['W5'],
};

export const highWatermark: Guarantee = {
  id: 'high-watermark',
  sentence:
    "A leader's high watermark passes only what every member of its maximal ISR has fetched, never goes back while it leads, and stays within the log.",
  source: 'Partition.maybeIncrementLeaderHW; KIP-497, KAFKA-15583',
  assumptions: [],
  covers: () => ['W4', 'W10', 'W11'],
};

export const writableAgain: Guarantee = {
  id: 'writable-again',
  sentence:
    'When a sufficient set of machines is healed, every partition has a leader and takes writes again within a bound that the time-outs give; when all are, every ISR is whole again.',
  source: 'Kafka documentation, Replication; AbstractFetcherThread on CorruptRecordException',
  assumptions: [
    'Servers that end themselves are started again from the heal on, as a service manager does.',
    'Healed with the set is whatever a client takes for a leader: a machine that is paused accepts requests and answers none.',
    'The log of the leader is sound: a follower or reader that meets a damaged batch on it tries again for ever, and gets no further.',
  ],
  covers: () => ['stuck'],
};
