/**
 * Sequence numbers of a producer before KIP-360 (2.5). It cannot bump its own epoch: an idempotent one that has lost track
 * asks for a new producer id and begins at 0 in every partition, and what was in flight under the old id is not retried.
 * Where only the leader has forgotten it, or a batch was refused for good, it goes on under the same id and epoch with
 * lower sequences. (TransactionManager 2.4: resetProducerId, startSequencesAtBeginning, adjustSequencesDueToFailedBatch)
 */
import { KafkaError, type ErrorCode } from '../protocol/errors.js';
import { NO_PRODUCER_EPOCH, NO_PRODUCER_ID } from '../protocol/records.js';
import type { Rules } from '../protocol/versions/rules.js';
import { isFatalForProducer, isRetriable } from './error-classes.js';
import type { ProducerBatch } from './producer-batch.js';
import { TransactionManager } from './transaction-manager.js';

/** The sequences of an idempotent producer, as its release keeps them. */
export function newTransactionManager(partitionCount: number, rules: Rules): TransactionManager {
  return rules.producerEpochRecovery
    ? new TransactionManager(partitionCount, rules)
    : new ResettingTransactionManager(partitionCount, rules);
}

class ResettingTransactionManager extends TransactionManager {
  override mayDrain(batch: ProducerBatch): boolean {
    if (!this.maySend(batch.partition)) return false;
    const { inFlight, unresolvedNext } = this.partitions[batch.partition]!;
    if (!batch.hasSequence) return unresolvedNext < 0;
    return inFlight.length === 0 || inFlight[0]!.baseSequence === batch.baseSequence;
  }

  override handleCompleted(batch: ProducerBatch, baseOffset: number): void {
    if (this.isCurrent(batch)) super.handleCompleted(batch, baseOffset);
  }

  override handleFailed(batch: ProducerBatch, error: ErrorCode, refused: boolean): void {
    if (this.lifecycle === null && isFatalForProducer(error)) this.fatalError = error;
    this.lifecycle?.batchFailed(error === KafkaError.NONE ? KafkaError.REQUEST_TIMED_OUT : error);
    if (!this.isCurrent(batch)) return;
    // UnknownProducerIdException is an OutOfOrderSequenceException.
    const isGap = error === KafkaError.OUT_OF_ORDER_SEQUENCE_NUMBER || error === KafkaError.UNKNOWN_PRODUCER_ID;
    if (isGap && this.lifecycle === null) {
      this.resetProducerId();
      return;
    }
    const sequences = this.partitions[batch.partition]!;
    sequences.remove(batch);
    if (refused) sequences.closeGap(batch);
  }

  override canRetry(batch: ProducerBatch, error: ErrorCode, logStartOffset: number): boolean {
    // Its sequence is of another id, under which the leader would take it for new.
    if (!this.isCurrent(batch)) return false;
    if (isRetriable(error)) return true;
    const sequences = this.partitions[batch.partition]!;
    if (error === KafkaError.OUT_OF_ORDER_SEQUENCE_NUMBER) {
      // It is not this batch's turn: its predecessors come back as well.
      return sequences.unresolvedNext < 0 && (batch.sequenceHasBeenReset || !sequences.isNext(batch.baseSequence));
    }
    if (error !== KafkaError.UNKNOWN_PRODUCER_ID) return false;
    if (logStartOffset < 0 || batch.sequenceHasBeenReset) return true;
    // All that it wrote there was deleted: the leader had reason to forget it. Else the log has lost records.
    if (sequences.lastAckedOffset >= logStartOffset) return false;
    sequences.startAtBeginning(this.producerId, this.producerEpoch);
    return true;
  }

  override resolveSequences(): void {
    for (const sequences of this.partitions) {
      if (sequences.unresolvedNext < 0) continue;
      if (this.lifecycle !== null) {
        this.lifecycle.sequencesUnknown();
        return;
      }
      if (sequences.inFlight.length > 0) continue;
      if (!sequences.isNext(sequences.nextSequence)) {
        this.resetProducerId();
        return;
      }
      sequences.unresolvedNext = -1;
    }
  }

  /** The id and all sequences go. What is on its way under the old id goes on, but is not tried again. */
  private resetProducerId(): void {
    this.setProducerId(NO_PRODUCER_ID, NO_PRODUCER_EPOCH);
    this.resetSequences();
  }

  private isCurrent(batch: ProducerBatch): boolean {
    return batch.producerId === this.producerId && batch.producerEpoch === this.producerEpoch;
  }
}
