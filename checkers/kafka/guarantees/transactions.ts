/** What Kafka promises those who read transactions with isolation.level=read_committed. */
import type { Guarantee } from '../../checker.js';
import { isTransactional, readsCommitted } from '../settings.js';

export const atomicTransactions: Guarantee = {
  id: 'atomic-transactions',
  sentence:
    'Under read_committed a transaction is read in full or not at all, by nobody before it is committed, and never if it was aborted.',
  source: 'KIP-98; FetchResponse.abortedTransactions, Partition.lastStableOffset',
  assumptions: ['No leader loses records or transaction markers that were replicated.'],
  covers: (header) =>
    readsCommitted(header) ? ['torn-transaction', 'G1a', 'precommitted-read', 'G1c', 'G1c-process'] : [],
};

export const exactlyOnceProcessing: Guarantee = {
  id: 'exactly-once-processing',
  sentence:
    "What is consumed, transformed and produced in transactions that commit the group's offsets has each input in exactly one committed output, in order, and nothing of a member that was replaced.",
  source: 'KIP-98 (sendOffsetsToTransaction), KIP-447 (fencing by generation)',
  assumptions: [
    'Consumers read committed transactions, and commit offsets in their transactions alone.',
    "No leader loses records, transaction markers or the group's offsets that were replicated.",
  ],
  covers: (header) =>
    isTransactional(header) && readsCommitted(header)
      ? ['ctp-duplicate', 'ctp-missing', 'ctp-phantom', 'ctp-torn', 'ctp-order', 'zombie-output']
      : [],
};
