/**
 * What a log knows of its idempotent producers: ProducerStateManager and ProducerAppendInfo (KIP-98), for batches outside
 * transactions. The state follows from the log below its end: replaying the log gives it, and truncation takes it back.
 */
import { KafkaError, type ErrorCode } from '../protocol/errors.js';
import { NO_PRODUCER_EPOCH, NO_PRODUCER_ID, type RecordBatch } from '../protocol/records.js';

/** ProducerStateEntry.NUM_BATCHES_TO_RETAIN: why at most five batches may be in flight. */
const BATCHES_RETAINED = 5;
/** A snapshot is taken after every so many batches: truncation replays at most that many. */
export const BATCHES_PER_SNAPSHOT = 128;
const MAX_SEQUENCE = 0x7fffffff;

interface ProducerEntry {
  readonly producerId: number;
  producerEpoch: number;
  /** The newest batches of this epoch, oldest first. */
  batches: RecordBatch[];
}

interface Snapshot {
  /** Batches of the log that it covers. */
  readonly batchCount: number;
  readonly entries: readonly ProducerEntry[];
}

export class ProducerState {
  readonly #producers = new Map<number, ProducerEntry>();
  readonly #snapshots: Snapshot[] = [];
  #batchCount = 0;

  get producerCount(): number {
    return this.#producers.size;
  }

  /** The batch of the log that this one repeats: same producer, epoch, first and last sequence, among the newest five. */
  findDuplicate(batch: RecordBatch): RecordBatch | undefined {
    const entry = this.#producers.get(batch.producerId);
    if (entry === undefined || entry.producerEpoch !== batch.producerEpoch) return undefined;
    const batches = entry.batches;
    for (let i = 0; i < batches.length; i++) {
      const appended = batches[i];
      if (appended.baseSequence === batch.baseSequence && appended.records.length === batch.records.length) {
        return appended;
      }
    }
    return undefined;
  }

  /**
   * May a leader append this batch of a client? In the order of ProducerAppendInfo.maybeValidateDataBatch: epoch, then
   * sequence. A producer that this log does not know may begin with any sequence.
   */
  check(batch: RecordBatch): ErrorCode {
    if (batch.producerId === NO_PRODUCER_ID) return KafkaError.NONE;
    const entry = this.#producers.get(batch.producerId);
    if (entry === undefined || entry.producerEpoch === NO_PRODUCER_EPOCH) return KafkaError.NONE;
    if (batch.producerEpoch < entry.producerEpoch) return KafkaError.INVALID_PRODUCER_EPOCH;
    if (batch.producerEpoch !== entry.producerEpoch) {
      return batch.baseSequence === 0 ? KafkaError.NONE : KafkaError.OUT_OF_ORDER_SEQUENCE_NUMBER;
    }
    const expected = nextSequence(entry.batches[entry.batches.length - 1]);
    return batch.baseSequence === expected ? KafkaError.NONE : KafkaError.OUT_OF_ORDER_SEQUENCE_NUMBER;
  }

  /** Takes in a batch that was appended, in the order of the log: a follower's and a replayed one without validation. */
  append(batch: RecordBatch): void {
    if (batch.producerId !== NO_PRODUCER_ID) this.#update(batch);
    this.#batchCount++;
    if (this.#batchCount % BATCHES_PER_SNAPSHOT === 0) this.#snapshots.push(this.#snapshot());
  }

  /** The log keeps its first `batchCount` batches: forget those after (ProducerStateManager.truncateAndReload). */
  truncate(batches: readonly RecordBatch[], batchCount: number): void {
    const snapshots = this.#snapshots;
    while (snapshots.length > 0 && snapshots[snapshots.length - 1].batchCount > batchCount) snapshots.pop();
    this.#producers.clear();
    this.#batchCount = 0;
    if (snapshots.length > 0) {
      const snapshot = snapshots[snapshots.length - 1];
      for (const entry of snapshot.entries) this.#producers.set(entry.producerId, copyEntry(entry));
      this.#batchCount = snapshot.batchCount;
    }
    while (this.#batchCount < batchCount) {
      const batch = batches[this.#batchCount];
      if (batch.producerId !== NO_PRODUCER_ID) this.#update(batch);
      this.#batchCount++;
    }
  }

  /**
   * Forgets producers whose newest record is older than `expirationMs` (producer.id.expiration.ms): the record's own
   * CreateTime against the broker's wall clock (ProducerStateManager.isProducerExpired).
   */
  removeExpired(nowMs: number, expirationMs: number): void {
    for (const entry of this.#producers.values()) {
      const newest = entry.batches[entry.batches.length - 1];
      if (nowMs - maxTimestamp(newest) >= expirationMs) this.#producers.delete(entry.producerId);
    }
  }

  #update(batch: RecordBatch): void {
    let entry = this.#producers.get(batch.producerId);
    if (entry === undefined) {
      entry = { producerId: batch.producerId, producerEpoch: batch.producerEpoch, batches: [] };
      this.#producers.set(batch.producerId, entry);
    }
    if (entry.producerEpoch !== batch.producerEpoch) {
      entry.producerEpoch = batch.producerEpoch;
      entry.batches.length = 0;
    }
    if (entry.batches.length === BATCHES_RETAINED) entry.batches.shift();
    entry.batches.push(batch);
  }

  #snapshot(): Snapshot {
    return { batchCount: this.#batchCount, entries: [...this.#producers.values()].map(copyEntry) };
  }
}

/** Sequences count on from 0 after 2^31 - 1 (DefaultRecordBatch.incrementSequence). */
export function nextSequence(batch: RecordBatch): number {
  const next = batch.baseSequence + batch.records.length;
  return next > MAX_SEQUENCE ? next - MAX_SEQUENCE - 1 : next;
}

function copyEntry(entry: ProducerEntry): ProducerEntry {
  return { producerId: entry.producerId, producerEpoch: entry.producerEpoch, batches: entry.batches.slice() };
}

function maxTimestamp(batch: RecordBatch): number {
  let max = batch.records[0].timestamp;
  for (const record of batch.records) if (record.timestamp > max) max = record.timestamp;
  return max;
}
