/** Rules of producer identity: idempotence and transactions, in clients, logs and coordinators (clients.md §3, §4). */
import { choice, level, toggle } from '../rule.js';

export const producerRules = {
  batchesRemembered: level(
    'How many batches of a producer a log remembers to recognise a repeated one: as many may be in flight.',
    'KAFKA-5494 (1.0); ProducerStateEntry.NUM_BATCHES_TO_RETAIN',
    [
      [1, 'The last.'],
      [5, 'The last five.'],
    ],
  ),

  sequenceWithoutState: choice(
    'What a leader that knows nothing of a producer says to a first batch whose sequence is not 0.',
    'KAFKA-5793 (1.0), KIP-360 (2.5), KAFKA-18202 (4.0); ProducerAppendInfo.checkSequence',
    {
      'out-of-order': 'OUT_OF_ORDER_SEQUENCE_NUMBER.',
      'unknown-producer-id': 'UNKNOWN_PRODUCER_ID: its records may have been deleted.',
      accepted: 'It takes it.',
      'accepted-outside-transactions': 'It takes it, but in a transaction of version 2.',
    },
  ),

  producerStateOutlivesRecords: toggle(
    "A log remembers a producer until its state expires, although all of that producer's records were deleted.",
    'KAFKA-7190 (2.4); ProducerStateManager',
  ),

  producerEpochRecovery: toggle(
    'A producer that has lost track of its sequences goes on with a new epoch, and does not begin anew at 0 under the old one.',
    'KIP-360, KAFKA-8710 (2.5); TransactionManager.bumpIdempotentEpochAndResetIdIfNeeded',
  ),

  staleProducerEpoch: choice(
    'What it is to a transactional producer that a partition refuses its epoch.',
    'KIP-588 (2.7); TransactionManager, INVALID_PRODUCER_EPOCH',
    {
      fatal: 'It is fenced, and has to be closed.',
      abortable: 'The transaction is aborted; the coordinator says whether the producer is fenced.',
    },
  ),

  transactionVersion: level(
    'How transactions are fenced.',
    'transaction.version, KIP-890 part 2 (4.0); TransactionCoordinator.endTransaction',
    [
      [0, 'One epoch for each producer session.'],
      [1, "The same, with flexible records in the coordinator's log."],
      [2, 'One epoch for each transaction; leaders add partitions to it themselves.'],
    ],
  ),

  transactionVerification: toggle(
    'Before the first append of a transaction to a partition, the leader asks the coordinator whether that transaction is open there.',
    'KIP-890 part 1, KAFKA-14402 (3.6); AddPartitionsToTxnManager, VerificationGuard',
  ),

  ongoingTransactionEpoch: toggle(
    'A batch whose epoch is not that of the open transaction of its producer is verified as if none were open.',
    'KAFKA-18575 (4.0); UnifiedLog.hasOngoingTransaction',
  ),

  groupInTransactionalCommits: toggle(
    "Offsets committed in a transaction carry the group's generation and the member's id, and are fenced by them.",
    'KIP-447 (2.5); TxnOffsetCommit version 3',
  ),

  stableOffsetFetch: toggle(
    'A consumer that takes over a partition waits for offsets that an open transaction has pending.',
    'KIP-447 (2.5); OffsetFetch with requireStable',
  ),
};
