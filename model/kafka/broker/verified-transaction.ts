/** The check before the first append of a transaction to a partition (KIP-890 part 1): is the transaction open there? */
import type { ProducerState } from '../log/producer-state.js';
import type { VerificationGuard } from '../log/verification-guards.js';
import { KafkaError, type ErrorCode } from '../protocol/errors.js';
import type { RecordBatch } from '../protocol/records.js';
import type { BrokerConfig } from './config.js';

/** What the coordinator said of one produce request, by partition. */
export interface VerifiedTransaction {
  readonly errors: ReadonlyMap<number, ErrorCode>;
  /** Set when the coordinator was asked. */
  readonly guards: ReadonlyMap<number, VerificationGuard>;
}

/** transaction.partition.verification.enable, from 3.6 on. */
export function verifiesTransactions({ rules, transactions }: BrokerConfig): boolean {
  return rules.transactionVerification && transactions?.['transaction.partition.verification.enable'] === true;
}

/**
 * Under the lock of the log: a marker may have fallen between the coordinator's answer and this append, and taken the
 * guard away (UnifiedLog.analyzeAndValidateProducerState).
 */
export function checkVerified(
  producers: ProducerState,
  partition: number,
  batch: RecordBatch,
  verified: VerifiedTransaction | null,
): ErrorCode {
  const { producerId, producerEpoch, baseSequence } = batch;
  if (producers.hasOngoingTransaction(producerId, producerEpoch)) return KafkaError.NONE;
  if (!isVerified(producers, batch, verified?.guards.get(partition) ?? null)) return KafkaError.INVALID_TXN_STATE;
  // A later batch of this producer must not come first.
  const isLater = baseSequence > producers.verifications.lowestSequence(producerId);
  return isLater ? KafkaError.OUT_OF_ORDER_SEQUENCE_NUMBER : KafkaError.NONE;
}

/** Its transaction is open here, or the guard that was set when the coordinator was asked still stands. */
export function isVerified(
  producers: ProducerState,
  { producerId, producerEpoch }: RecordBatch,
  guard: VerificationGuard | null,
): boolean {
  return (
    producers.hasOngoingTransaction(producerId, producerEpoch) || producers.verifications.isStanding(producerId, guard)
  );
}
