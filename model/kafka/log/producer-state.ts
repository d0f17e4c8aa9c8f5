/**
 * What a log knows of its idempotent producers: ProducerStateManager and ProducerAppendInfo (KIP-98), for batches outside
 * transactions. The state follows from the log below its end, but not wholly: after a restart or a truncation it is the
 * latest snapshot and what the log holds behind it, so that a leader may know less of a producer than its log does.
 */
import { KafkaError, type ErrorCode } from '../protocol/errors.js';
import { lastOffset, maxTimestamp, NO_PRODUCER_EPOCH, NO_PRODUCER_ID, type RecordBatch } from '../protocol/records.js';
import type { Rules } from '../protocol/versions/rules.js';
import type { File } from '../../kernel/disk.js';
import type { ProducerSnapshots, SnapshotEntry } from './producer-snapshots.js';

const MAX_SEQUENCE = 0x7fffffff;

export interface ProducerEntry {
  readonly producerId: number;
  producerEpoch: number;
  /** The newest batches of this epoch that are known, oldest first. */
  readonly batches: RecordBatch[];
}

export class ProducerState {
  readonly snapshots: ProducerSnapshots;
  /** Why at most five batches may be in flight. */
  readonly batchesRemembered: number;
  readonly #withoutState: Rules['sequenceWithoutState'];
  readonly #outlivesRecords: boolean;
  readonly #expirationMs: number;
  readonly #producers = new Map<number, ProducerEntry>();
  /** The state is that of the log below this offset (mapEndOffset). */
  #end = 0;
  #lastSnapshotOffset = 0;

  /** @param expirationMs producer.id.expiration.ms */
  constructor(snapshots: ProducerSnapshots, rules: Rules, expirationMs: number) {
    this.snapshots = snapshots;
    this.batchesRemembered = rules.batchesRemembered;
    this.#withoutState = rules.sequenceWithoutState;
    this.#outlivesRecords = rules.producerStateOutlivesRecords;
    this.#expirationMs = expirationMs;
  }

  get producerCount(): number {
    return this.#producers.size;
  }
  get end(): number {
    return this.#end;
  }
  entries(): Iterable<ProducerEntry> {
    return this.#producers.values();
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
   * sequence.
   */
  check(batch: RecordBatch): ErrorCode {
    if (batch.producerId === NO_PRODUCER_ID) return KafkaError.NONE;
    const entry = this.#producers.get(batch.producerId);
    if (entry === undefined || entry.producerEpoch === NO_PRODUCER_EPOCH) return this.#checkUnknown(batch);
    if (batch.producerEpoch < entry.producerEpoch) return KafkaError.INVALID_PRODUCER_EPOCH;
    if (batch.producerEpoch !== entry.producerEpoch) {
      return batch.baseSequence === 0 ? KafkaError.NONE : KafkaError.OUT_OF_ORDER_SEQUENCE_NUMBER;
    }
    const expected = nextSequence(entry.batches[entry.batches.length - 1]);
    return batch.baseSequence === expected ? KafkaError.NONE : KafkaError.OUT_OF_ORDER_SEQUENCE_NUMBER;
  }

  /** Of a producer that this log does not know: since KIP-360 (2.5) it may begin with any sequence. */
  #checkUnknown({ baseSequence }: RecordBatch): ErrorCode {
    if (baseSequence === 0) return KafkaError.NONE;
    switch (this.#withoutState) {
      case 'out-of-order':
        return KafkaError.OUT_OF_ORDER_SEQUENCE_NUMBER;
      case 'unknown-producer-id':
        return KafkaError.UNKNOWN_PRODUCER_ID;
      default:
        return KafkaError.NONE;
    }
  }

  /** The log begins here now. Before KAFKA-7190 (2.4) a producer without a record left was forgotten. */
  startAt(logStart: number): void {
    if (this.#outlivesRecords) return;
    for (const { producerId, batches } of this.#producers.values()) {
      if (lastOffset(batches[batches.length - 1]) < logStart) this.#producers.delete(producerId);
    }
  }

  /** Takes in a batch that was appended, in the order of the log: a follower's and a replayed one without validation. */
  append(batch: RecordBatch): void {
    if (batch.producerId !== NO_PRODUCER_ID) this.#update(batch);
    this.#end = batch.baseOffset + batch.records.length;
  }

  /** The log below `offset` is taken in; there may be nothing at its end (updateMapEndOffset). */
  moveEndTo(offset: number): void {
    this.#end = offset;
  }

  /** undefined: nothing is new since the last one. */
  takeSnapshot(): File | undefined {
    if (this.#end <= this.#lastSnapshotOffset) return undefined;
    const entries: SnapshotEntry[] = [];
    for (const { producerId, producerEpoch, batches } of this.#producers.values()) {
      entries.push({ producerId, producerEpoch, newest: batches[batches.length - 1] });
    }
    this.#lastSnapshotOffset = this.#end;
    return this.snapshots.write(this.#end, entries);
  }

  /**
   * The log begins at `logStart` and ends at `logEnd`: back to the latest snapshot in between that can be read, or to
   * nothing at the log's start (truncateAndReload). The caller takes in what the log holds from `end` on.
   */
  reload(logStart: number, logEnd: number, nowMs: number): void {
    this.snapshots.remove((offset) => offset > logEnd || offset <= logStart);
    if (logEnd === this.#end) return;
    this.#producers.clear();
    for (;;) {
      const offset = this.snapshots.offsets.at(-1);
      const entries = offset === undefined ? [] : this.snapshots.read(offset);
      this.#end = offset ?? logStart;
      this.#lastSnapshotOffset = this.#end;
      if (entries !== undefined) {
        for (const entry of entries) this.#load(entry, nowMs);
        return;
      }
      this.snapshots.remove((corrupt) => corrupt === offset);
    }
  }

  /** Nothing is known, of a log that begins and ends here (truncateFullyAndStartAt). */
  restartAt(offset: number): void {
    this.#producers.clear();
    this.snapshots.remove(() => true);
    this.#end = offset;
    this.#lastSnapshotOffset = 0;
  }

  /**
   * Forgets producers whose newest record is older than producer.id.expiration.ms: the record's own CreateTime against
   * the broker's wall clock (isProducerExpired).
   * @returns those that were forgotten
   */
  removeExpired(nowMs: number): readonly number[] {
    const expired: number[] = [];
    for (const { producerId, batches } of this.#producers.values()) {
      if (!this.#isExpired(batches[batches.length - 1], nowMs)) continue;
      this.#producers.delete(producerId);
      expired.push(producerId);
    }
    return expired;
  }

  #load({ producerId, producerEpoch, newest }: SnapshotEntry, nowMs: number): void {
    if (this.#isExpired(newest, nowMs)) return;
    this.#producers.set(producerId, { producerId, producerEpoch, batches: [newest] });
  }

  #isExpired(newest: RecordBatch, nowMs: number): boolean {
    return nowMs - maxTimestamp(newest) >= this.#expirationMs;
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
    if (entry.batches.length === this.batchesRemembered) entry.batches.shift();
    entry.batches.push(batch);
  }
}

/** Sequences count on from 0 after 2^31 - 1 (DefaultRecordBatch.incrementSequence). */
export function nextSequence(batch: RecordBatch): number {
  const next = batch.baseSequence + batch.records.length;
  return next > MAX_SEQUENCE ? next - MAX_SEQUENCE - 1 : next;
}
