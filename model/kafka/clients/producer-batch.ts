import {
  BATCH_OVERHEAD_BYTES,
  NO_PRODUCER_EPOCH,
  NO_PRODUCER_ID,
  NO_SEQUENCE,
  recordSizeUpperBound,
  type ProducerRecord,
  type RecordBatch,
} from '../protocol/records.js';

const MAX_SEQUENCE = 2147483647;

/** Sequence numbers run from 0 to 2^31 - 1 and then from 0 again (DefaultRecordBatch.incrementSequence). */
export function incrementSequence(sequence: number, increment: number): number {
  return sequence > MAX_SEQUENCE - increment ? increment - (MAX_SEQUENCE - sequence) - 1 : sequence + increment;
}

/** The other way round (DefaultRecordBatch.decrementSequence). */
export function decrementSequence(sequence: number, decrement: number): number {
  return sequence < decrement ? MAX_SEQUENCE - (decrement - sequence) + 1 : sequence - decrement;
}

/** Records of one partition on their way to its leader (ProducerBatch). Times are microseconds of the wall clock. */
export class ProducerBatch {
  readonly partition: number;
  readonly createdAt: number;
  /** Bytes that the batch may grow to. The first record fits always. */
  readonly capacity: number;
  /** Made by a split: allocated outside of buffer.memory. */
  readonly isSplit: boolean;
  /** The first record makes a list of one: a log keeps it, and most batches hold no more. */
  records: ProducerRecord[] = [];
  /** The operation of each record, side by side. */
  operations: number[] = [];
  bytes = BATCH_OVERHEAD_BYTES;
  /** Nothing is appended any more. */
  closed = false;
  /** Completed, whatever may still be under way. */
  done = false;

  /** Attempts that ended and were followed by another. */
  attempts = 0;
  lastAttemptAt: number;
  lastAppendAt: number;
  /** How long this batch backs off before its next attempt; drawn once for each. */
  backoffMicros = 0;
  private leaderEpoch = -1;
  private attemptsWhenLeaderLastChanged = 0;

  producerId = NO_PRODUCER_ID;
  producerEpoch = NO_PRODUCER_EPOCH;
  baseSequence = NO_SEQUENCE;
  isTransactional = false;
  /** Its sequence was rewritten, and it was not drained again since (ProducerBatch.reopened). */
  sequenceHasBeenReset = false;
  private wireForm: RecordBatch | null = null;

  /** An attempt was written and not answered yet. */
  attemptOutstanding = false;
  /** An attempt ended in a way that leaves open whether the batch was appended. It stays so. */
  mayHaveBeenAppended = false;

  constructor(partition: number, createdAt: number, capacity: number, isSplit: boolean) {
    this.partition = partition;
    this.createdAt = createdAt;
    this.capacity = capacity;
    this.isSplit = isSplit;
    this.lastAttemptAt = createdAt;
    this.lastAppendAt = createdAt;
  }

  get inRetry(): boolean {
    return this.attempts > 0;
  }

  get hasSequence(): boolean {
    return this.baseSequence !== NO_SEQUENCE;
  }

  get lastSequence(): number {
    return incrementSequence(this.baseSequence, this.records.length - 1);
  }

  get isFull(): boolean {
    return this.closed || (this.records.length > 0 && this.bytes >= this.capacity);
  }

  /** If there is no room, the batch takes no more records from then on (MemoryRecordsBuilder.hasRoomFor). */
  hasRoomFor(bytes: number): boolean {
    if (!this.closed && this.records.length > 0 && this.bytes + bytes > this.capacity) this.closed = true;
    return !this.closed;
  }

  /** False if there is no room. */
  tryAppend(record: ProducerRecord, operation: number, now: number): boolean {
    if (!this.hasRoomFor(record.bytes)) return false;
    if (this.records.length === 0) {
      this.records = [record];
      this.operations = [operation];
    } else {
      this.records.push(record);
      this.operations.push(operation);
    }
    this.bytes += record.bytes;
    this.lastAppendAt = now;
    return true;
  }

  waitedMicros(now: number): number {
    return Math.max(0, now - this.lastAttemptAt);
  }

  /** Put back into the queue after a failed attempt. */
  reenqueued(now: number, backoffMicros: number): void {
    this.attempts++;
    this.lastAttemptAt = Math.max(this.lastAppendAt, now);
    this.lastAppendAt = this.lastAttemptAt;
    this.backoffMicros = backoffMicros;
  }

  /** A new leader since the failed attempt makes the backoff pointless (KIP-951). */
  isBackingOff(latestLeaderEpoch: number, now: number): boolean {
    if (latestLeaderEpoch > this.leaderEpoch) {
      this.attemptsWhenLeaderLastChanged = this.attempts;
      this.leaderEpoch = latestLeaderEpoch;
    }
    if (this.attempts === 0 || this.attempts === this.attemptsWhenLeaderLastChanged) return false;
    return this.waitedMicros(now) < this.backoffMicros;
  }

  setProducerState(producerId: number, producerEpoch: number, baseSequence: number): void {
    this.producerId = producerId;
    this.producerEpoch = producerEpoch;
    this.baseSequence = baseSequence;
    this.wireForm = null;
  }

  /** After an epoch bump (ProducerBatch.resetProducerState). */
  resetProducerState(producerId: number, producerEpoch: number, baseSequence: number): void {
    this.setProducerState(producerId, producerEpoch, baseSequence);
    this.sequenceHasBeenReset = true;
  }

  /** The batch as it travels: the same object at every attempt, until its producer state changes. */
  toRecordBatch(): RecordBatch {
    this.wireForm ??= {
      baseOffset: -1,
      partitionLeaderEpoch: -1,
      producerId: this.producerId,
      producerEpoch: this.producerEpoch,
      baseSequence: this.baseSequence,
      records: this.records,
      bytes: this.bytes,
      isTransactional: this.isTransactional ? true : undefined,
      marker: undefined,
      compacted: undefined,
    };
    return this.wireForm;
  }

  /**
   * Pieces of at most `pieceBytes` (or one record), in order, with this batch's age and, if it had one, its share of the
   * sequence. As if never tried, but for what earlier attempts may have done.
   */
  split(pieceBytes: number): ProducerBatch[] {
    const pieces: ProducerBatch[] = [];
    let piece: ProducerBatch | null = null;
    for (let i = 0; i < this.records.length; i++) {
      const record = this.records[i]!;
      if (piece === null || !piece.tryAppend(record, this.operations[i]!, this.createdAt)) {
        piece = new ProducerBatch(
          this.partition,
          this.createdAt,
          Math.max(pieceBytes, BATCH_OVERHEAD_BYTES + recordSizeUpperBound(record.bytes)),
          true,
        );
        piece.tryAppend(record, this.operations[i]!, this.createdAt);
        piece.mayHaveBeenAppended = this.mayHaveBeenAppended;
        pieces.push(piece);
      }
    }
    let sequence = this.baseSequence;
    for (const part of pieces) {
      part.closed = true;
      if (!this.hasSequence) continue;
      part.isTransactional = this.isTransactional;
      part.setProducerState(this.producerId, this.producerEpoch, sequence);
      sequence = incrementSequence(sequence, part.records.length);
    }
    return pieces;
  }
}
