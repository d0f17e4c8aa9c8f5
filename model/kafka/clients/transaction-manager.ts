/**
 * Sequence numbers of an idempotent producer (TransactionManager, TxnPartitionEntry; KIP-98; the local epoch bump of
 * KIP-360). Transactions have a file of their own, transaction-lifecycle.ts; in Kafka both are one class of this name.
 */
import { removeAt } from '../../kernel/arrays.js';
import { KafkaError, type ErrorCode } from '../protocol/errors.js';
import { NO_PRODUCER_EPOCH, NO_PRODUCER_ID, NO_SEQUENCE } from '../protocol/records.js';
import type { Rules } from '../protocol/versions/rules.js';
import { isFatalForProducer, isRetriable } from './error-classes.js';
import { decrementSequence, incrementSequence, type ProducerBatch } from './producer-batch.js';
import type { TransactionLifecycle } from './transaction-lifecycle.js';

const MAX_EPOCH = 32767;

/** One partition's sequences under one producer id and epoch (TxnPartitionEntry). */
export class PartitionSequences {
  producerId = NO_PRODUCER_ID;
  producerEpoch = NO_PRODUCER_EPOCH;
  nextSequence = 0;
  lastAckedSequence = NO_SEQUENCE;
  /** Of the last record that was acknowledged with its offset; -1: none. */
  lastAckedOffset = -1;
  /** One more than the last sequence of a batch that was given up after it had been sent; -1: none. */
  unresolvedNext = -1;
  /** Drained and not complete, by sequence. A batch that waits for its next attempt is among them. */
  readonly inFlight: ProducerBatch[] = [];

  add(batch: ProducerBatch): void {
    const { inFlight } = this;
    let at = inFlight.length;
    inFlight.push(batch);
    for (; at > 0 && isAfter(inFlight[at - 1]!, batch); at--) inFlight[at] = inFlight[at - 1]!;
    inFlight[at] = batch;
  }

  remove(batch: ProducerBatch): void {
    const at = this.inFlight.indexOf(batch);
    if (at >= 0) removeAt(this.inFlight, at);
  }

  /** Everything in flight gets a new sequence, from 0, under this id and epoch. */
  startAtBeginning(producerId: number, producerEpoch: number): void {
    let sequence = 0;
    for (const batch of this.inFlight) {
      batch.resetProducerState(producerId, producerEpoch, sequence);
      sequence += batch.records.length;
    }
    this.producerId = producerId;
    this.producerEpoch = producerEpoch;
    this.nextSequence = sequence;
    this.lastAckedSequence = NO_SEQUENCE;
  }

  /** A batch was refused for good: those behind it move up (adjustSequencesDueToFailedBatch). */
  closeGap({ baseSequence, records: { length } }: ProducerBatch): void {
    this.nextSequence = decrementSequence(this.nextSequence, length);
    for (const later of this.inFlight) {
      if (later.baseSequence < baseSequence) continue;
      later.resetProducerState(later.producerId, later.producerEpoch, later.baseSequence - length);
    }
  }

  /** Does this sequence follow the last acknowledged one? */
  isNext(sequence: number): boolean {
    return sequence - this.lastAckedSequence === 1;
  }
}

/** As since 2.5; for what was before, see producer-id-reset.ts. */
export class TransactionManager {
  /** By partition. */
  protected readonly partitions: PartitionSequences[] = [];
  producerId = NO_PRODUCER_ID;
  producerEpoch = NO_PRODUCER_EPOCH;
  private readonly rewritesOpenBatches: boolean;
  private epochBumpRequired = false;
  private readonly partitionsToRewrite: number[] = [];
  /** null: a producer without transactional.id. */
  lifecycle: TransactionLifecycle | null = null;
  /** A producer with a fatal error sends nothing more. */
  fatalError: ErrorCode = KafkaError.NONE;

  constructor(partitionCount: number, rules: Rules) {
    this.rewritesOpenBatches = rules.defects['KAFKA-14034'];
    for (let i = 0; i < partitionCount; i++) this.partitions.push(new PartitionSequences());
  }

  get hasProducerId(): boolean {
    return this.producerId !== NO_PRODUCER_ID;
  }

  /** InitProducerId was answered. */
  setProducerId(producerId: number, producerEpoch: number): void {
    this.producerId = producerId;
    this.producerEpoch = producerEpoch;
  }

  /**
   * May this batch, the head of its partition's queue, be drained now?
   * A new batch waits while batches of an older id or epoch are in flight, or while it is unknown what became of earlier
   * sequences. A retried batch waits until it is the lowest in flight, so that retries go one at a time.
   * (RecordAccumulator.shouldStopDrainBatchesForPartition)
   */
  mayDrain(batch: ProducerBatch): boolean {
    if (!this.maySend(batch.partition)) return false;
    const sequences = this.partitions[batch.partition]!;
    if (!batch.hasSequence) {
      if (sequences.inFlight.length > 0 && this.isStale(sequences)) return false;
      return sequences.unresolvedNext < 0;
    }
    return sequences.inFlight.length === 0 || sequences.inFlight[0]!.baseSequence === batch.baseSequence;
  }

  /** There is an id, and no transaction that the partition is not in yet. */
  protected maySend(partition: number): boolean {
    if (!this.hasProducerId || this.fatalError !== KafkaError.NONE) return false;
    return this.lifecycle === null || this.lifecycle.mayDrain(partition);
  }

  /** At a batch's first drain. The sequence stays with it over plain retries, since an earlier attempt may have been appended. */
  assignSequence(batch: ProducerBatch): void {
    const sequences = this.partitions[batch.partition]!;
    if (this.isStale(sequences) && sequences.inFlight.length === 0) {
      // After an epoch bump the partition follows once nothing of the old epoch is in flight (KAFKA-12152).
      sequences.startAtBeginning(this.producerId, this.producerEpoch);
    }
    batch.isTransactional = this.lifecycle !== null;
    batch.setProducerState(this.producerId, this.producerEpoch, sequences.nextSequence);
    sequences.nextSequence = incrementSequence(sequences.nextSequence, batch.records.length);
    sequences.add(batch);
  }

  addInFlight(batch: ProducerBatch): void {
    this.partitions[batch.partition]!.add(batch);
  }

  removeInFlight(batch: ProducerBatch): void {
    this.partitions[batch.partition]!.remove(batch);
  }

  /** The batch was acknowledged. baseOffset -1: not known. */
  handleCompleted(batch: ProducerBatch, baseOffset: number): void {
    const sequences = this.partitions[batch.partition]!;
    sequences.lastAckedSequence = Math.max(sequences.lastAckedSequence, batch.lastSequence);
    if (baseOffset >= 0) {
      sequences.lastAckedOffset = Math.max(sequences.lastAckedOffset, baseOffset + batch.records.length - 1);
    }
    sequences.remove(batch);
  }

  /**
   * The batch has failed for good.
   * @param error NONE for a local time-out
   * @param refused a broker answered with retries left: then the sequence is a gap. The epoch is bumped; in a transaction,
   *   where that is left to the abort, the batches behind it close the gap
   */
  handleFailed(batch: ProducerBatch, error: ErrorCode, refused: boolean): void {
    const sequences = this.partitions[batch.partition]!;
    sequences.remove(batch);
    if (this.lifecycle !== null) {
      this.lifecycle.batchFailed(error === KafkaError.NONE ? KafkaError.REQUEST_TIMED_OUT : error);
      if (this.fatalError === KafkaError.NONE) this.afterFailureInTransaction(batch, sequences, error, refused);
    } else if (isFatalForProducer(error)) {
      this.fatalError = error;
    } else if (error === KafkaError.UNKNOWN_PRODUCER_ID) {
      // The broker has forgotten the producer and takes sequence 0 again.
      this.partitions[batch.partition] = new PartitionSequences();
    } else if (error === KafkaError.OUT_OF_ORDER_SEQUENCE_NUMBER || refused) {
      if (this.mayRewrite(sequences)) this.requestEpochBump(batch.partition);
      else this.markUnresolved(batch);
    }
  }

  /** As long as the fate of the batch, or of one behind it, is open, nobody knows whether there is a gap: see mayRewrite. */
  private afterFailureInTransaction(
    batch: ProducerBatch,
    sequences: PartitionSequences,
    error: ErrorCode,
    refused: boolean,
  ): void {
    if (error === KafkaError.UNKNOWN_PRODUCER_ID) this.partitions[batch.partition] = new PartitionSequences();
    else if (!refused || !batch.hasSequence) return;
    else if (this.rewritesOpenBatches || (!batch.mayHaveBeenAppended && this.mayRewrite(sequences))) {
      sequences.closeGap(batch);
    } else this.markUnresolved(batch);
  }

  /** TransactionManager.canRetry. May ask for an epoch bump. logStartOffset is the response's; -1: not said. */
  canRetry(batch: ProducerBatch, error: ErrorCode, logStartOffset: number): boolean {
    const sequences = this.partitions[batch.partition]!;
    if (this.lifecycle !== null) return this.mayRetryInTransaction(batch, sequences, error, logStartOffset);
    if (error === KafkaError.UNKNOWN_PRODUCER_ID) {
      // Without a log start offset the answer says nothing yet. Batches behind the first that was reset come back with
      // the same error: their sequences are new already.
      if (logStartOffset >= 0 && !batch.sequenceHasBeenReset) this.requestEpochBump(batch.partition);
      return true;
    }
    if (error === KafkaError.OUT_OF_ORDER_SEQUENCE_NUMBER) {
      const unresolved = sequences.unresolvedNext >= 0;
      if (!unresolved && (batch.sequenceHasBeenReset || !sequences.isNext(batch.baseSequence))) {
        // It is not this batch's turn: its predecessors come back as well.
        return true;
      }
      // It was its turn, or it follows what was given up: there is a gap in the log.
      const isGap = !unresolved || batch.baseSequence === sequences.unresolvedNext;
      if (isGap && this.mayRewrite(sequences)) this.requestEpochBump(batch.partition);
      return true;
    }
    return isRetriable(error);
  }

  /**
   * A gap in the log ends the transaction: the epoch is bumped with its abort. A broker that forgot the producer since its
   * records were deleted takes everything in flight anew, from sequence 0.
   */
  private mayRetryInTransaction(
    batch: ProducerBatch,
    sequences: PartitionSequences,
    error: ErrorCode,
    logStartOffset: number,
  ): boolean {
    if (error === KafkaError.UNKNOWN_PRODUCER_ID) {
      if (logStartOffset < 0 || batch.sequenceHasBeenReset) return true;
      if (sequences.lastAckedOffset >= logStartOffset) return false;
      sequences.startAtBeginning(this.producerId, this.producerEpoch);
      return true;
    }
    if (error !== KafkaError.OUT_OF_ORDER_SEQUENCE_NUMBER) return isRetriable(error);
    return sequences.unresolvedNext < 0 && !sequences.isNext(batch.baseSequence);
  }

  /** Every partition begins at 0: the epoch is another, and nothing of the old one is in flight. */
  resetSequences(): void {
    for (let i = 0; i < this.partitions.length; i++) this.partitions[i] = new PartitionSequences();
  }

  /** A batch expired on the client after it had been sent: nobody knows whether its sequence was used. */
  markUnresolved(batch: ProducerBatch): void {
    const sequences = this.partitions[batch.partition]!;
    sequences.unresolvedNext = Math.max(sequences.unresolvedNext, incrementSequence(batch.lastSequence, 1));
  }

  /** When nothing is in flight any more, either the last acknowledged sequence shows that all is well, or the epoch is bumped. */
  resolveSequences(): void {
    for (let partition = 0; partition < this.partitions.length; partition++) {
      const sequences = this.partitions[partition]!;
      if (sequences.unresolvedNext < 0 || sequences.inFlight.length > 0) continue;
      if (!sequences.isNext(sequences.nextSequence)) {
        if (this.lifecycle === null) this.requestEpochBump(partition);
        else this.lifecycle.sequencesLost();
      }
      sequences.unresolvedNext = -1;
    }
  }

  /**
   * Does the bump that was asked for: the next epoch, without asking any broker (KIP-360, idempotent producers); the
   * partitions that asked get their sequences rewritten from 0, the others follow when they have nothing in flight.
   * True if id or epoch changed.
   */
  bumpEpochIfRequired(): boolean {
    if (!this.epochBumpRequired) return false;
    this.epochBumpRequired = false;
    if (this.producerEpoch === MAX_EPOCH) this.setProducerId(NO_PRODUCER_ID, NO_PRODUCER_EPOCH);
    else this.producerEpoch++;
    for (const partition of this.partitionsToRewrite) {
      const sequences = this.partitions[partition]!;
      sequences.startAtBeginning(this.producerId, this.producerEpoch);
      sequences.unresolvedNext = -1;
    }
    this.partitionsToRewrite.length = 0;
    return true;
  }

  /**
   * A new sequence makes a new batch of it for the leader: one that was appended and not acknowledged would be appended
   * again. So the bump waits until every batch in flight whose fate is open is decided, at the latest by
   * delivery.timeout.ms. Released clients do not wait (KAFKA-14034): besides a refusal for good, two leaders bring it about.
   * Five batches wait for an answer of the old one, the new one has appended more than it remembers (five), and refuses
   * the old ones' retries as out of order.
   */
  private mayRewrite(sequences: PartitionSequences): boolean {
    return (
      this.rewritesOpenBatches ||
      !sequences.inFlight.some((batch) => batch.mayHaveBeenAppended || batch.attemptOutstanding)
    );
  }

  private requestEpochBump(partition: number): void {
    this.epochBumpRequired = true;
    if (!this.partitionsToRewrite.includes(partition)) this.partitionsToRewrite.push(partition);
  }

  private isStale(sequences: PartitionSequences): boolean {
    return sequences.producerId !== this.producerId || sequences.producerEpoch !== this.producerEpoch;
  }
}

function isAfter(a: ProducerBatch, b: ProducerBatch): boolean {
  if (a.producerId !== b.producerId) return a.producerId > b.producerId;
  if (a.producerEpoch !== b.producerEpoch) return a.producerEpoch > b.producerEpoch;
  return a.baseSequence > b.baseSequence;
}
