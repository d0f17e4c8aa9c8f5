/** What Kafka promises those who read transactions with isolation.level=read_committed. */
import type { Anomaly } from '../../../histories/anomaly.js';
import { columnsOf, COMMIT, POLL } from '../../../histories/history-columns.js';
import type { History, HistoryHeader } from '../../../histories/operation.js';
import type { Guarantee } from '../../checker.js';
import {
  commitsInTransactions,
  fencesFormerOwners,
  isolationOf,
  isTransactional,
  processesExactlyOnce,
  readsCommitted,
} from '../settings.js';

export const atomicTransactions: Guarantee = {
  id: 'atomic-transactions',
  sentence:
    'Under read_committed a transaction is read in full or not at all, by nobody before it is committed, and never if it was aborted.',
  source: 'KIP-98; FetchResponse.abortedTransactions, Partition.lastStableOffset',
  assumptions: ['No leader loses records or transaction markers that were replicated.'],
  covers: (header) =>
    isTransactional(header) || isolationOf(header) !== 'all-uncommitted'
      ? ['torn-transaction', 'G1a', 'G1a-failed-reader', 'precommitted-read', 'G1c', 'G1c-process', 'G1c-realtime']
      : [],
  bearsOn: isTransactional,
  holdsFor: everyReaderReadsCommitted,
};

export const transactionsInTurn: Guarantee = {
  id: 'transactions-in-turn',
  sentence: 'Committed transactions of one transactional.id stand one after the other in every partition.',
  source: 'KIP-98; TransactionCoordinator.handleInitProducerId ends the open one before another begins',
  assumptions: ['No leader loses what the coordinators of transactions wrote, or markers.'],
  covers: (header) => (isTransactional(header) ? ['interleaved-transactions'] : []),
  bearsOn: isTransactional,
  holdsFor: everyReaderReadsCommitted,
};

export const lastStableOffset: Guarantee = {
  id: 'last-stable-offset',
  sentence:
    'Who reads committed records is served nothing of a transaction that is open in the log of the broker that answers.',
  source: 'KIP-98; UnifiedLog.fetchLastStableOffsetMetadata',
  assumptions: [],
  covers: () => ['W12'],
  bearsOn: isTransactional,
};

export const coordinatedTransactions: Guarantee = {
  id: 'coordinated-transactions',
  sentence:
    "A transaction ends as its coordinator decided, the same in every partition, by the coordinator's rules and under an epoch that never goes back.",
  source: 'KIP-98; TransactionMetadata, ProducerAppendInfo.appendEndTxnMarker',
  assumptions: ['No leader loses what the coordinators of transactions wrote, or markers.'],
  covers: () => ['W14', 'W15', 'W16'],
  bearsOn: isTransactional,
};

const processingAssumptions = [
  'Consumers read committed transactions, and commit offsets in their transactions alone.',
  "No leader loses records, transaction markers or the group's offsets that were replicated.",
];

export const transactionalProcessing: Guarantee = {
  id: 'transactional-processing',
  sentence:
    "What is consumed, transformed and produced in transactions that commit the group's offsets leaves no input below those offsets without a committed output, and no output without its offset; first outputs are in order.",
  source: 'KIP-98 (sendOffsetsToTransaction)',
  assumptions: processingAssumptions,
  covers: (header) => (transformsCommitted(header) ? ['ctp-missing', 'ctp-phantom', 'ctp-torn', 'ctp-order'] : []),
  bearsOn: commitsInTransactions,
  holdsFor: processesInTransactions,
};

export const exactlyOnceProcessing: Guarantee = {
  id: 'exactly-once-processing',
  sentence:
    'If the offsets are sent with the metadata of the consumer, or with a transactional.id for each partition that initTransactions was called with before its committed offset is read, each input is in exactly one committed output; with the metadata, nothing is committed of a member that was replaced.',
  source: 'KIP-447 (fencing by generation; in its motivation, by a transactional.id for each partition)',
  assumptions: processingAssumptions,
  covers: (header) =>
    transformsCommitted(header) && fencesFormerOwners(header) ? ['ctp-duplicate', 'zombie-output'] : [],
  bearsOn: commitsInTransactions,
  holdsFor: processesInTransactions,
};

export const exactlyOnceState: Guarantee = {
  id: 'exactly-once-state',
  sentence:
    'The local state of a Kafka Streams application under exactly_once or exactly_once_v2 holds what was committed, whoever has it: each input counts once in every committed output from then on.',
  source:
    'KIP-129, KIP-447; ProcessorStateManager.initializeStoreOffsetsFromCheckpoint, StoreChangelogReader (KAFKA-10167)',
  assumptions: processingAssumptions,
  covers: (header) => (processesExactlyOnce(header) ? ['count-too-high', 'count-too-low'] : []),
  holdsFor: processesInTransactions,
};

function transformsCommitted(header: HistoryHeader): boolean {
  return isTransactional(header) && isolationOf(header) !== 'all-uncommitted';
}

function processesInTransactions(anomaly: Anomaly, history: History): boolean {
  return everyReaderReadsCommitted(anomaly, history) && commitsInTransactionsAlone(anomaly, history);
}

/** Whoever reads uncommitted records is promised nothing, and what is promised to others does not depend on it. */
export function everyReaderReadsCommitted({ operations }: Anomaly, history: History): boolean {
  const { client, finalReadOf } = columnsOf(history);
  return operations
    .filter((operation) => hasMicroOp(history, operation, POLL))
    .every((operation) => readsCommitted(history.header, client.at(operation)!, finalReadOf[operation]! >= 0));
}

function commitsInTransactionsAlone({ operations }: Anomaly, history: History): boolean {
  const { f } = columnsOf(history);
  return operations.every((operation) => f.at(operation) === 'txn' || !hasMicroOp(history, operation, COMMIT));
}

function hasMicroOp(history: History, operation: number, kind: number): boolean {
  const { microOpKind, firstMicroOp, microOpCount } = columnsOf(history);
  const first = firstMicroOp[operation]!;
  return microOpKind.subarray(first, first + microOpCount[operation]!).includes(kind);
}
