/**
 * What a log knows of its idempotent producers and their transactions: ProducerStateManager and ProducerAppendInfo
 * (KIP-98). The state follows from the log below its end, but not wholly: after a restart or a truncation it is the
 * latest snapshot and what the log holds behind it, so that a leader may know less of a producer than its log does.
 */
import { KafkaError, type ErrorCode } from '../protocol/errors.js';
import {
  lastOffset,
  maxTimestamp,
  offsetCount,
  NO_PRODUCER_EPOCH,
  NO_PRODUCER_ID,
  type EndTransactionMarker,
  type RecordBatch,
} from '../protocol/records.js';
import type { Rules } from '../protocol/versions/rules.js';
import type { File } from '../../kernel/disk.js';
import { OngoingTransactions, type CompletedTransaction } from './ongoing-transactions.js';
import type { ProducerSnapshots, SnapshotEntry } from './producer-snapshots.js';
import { VerificationGuards } from './verification-guards.js';

const MAX_SEQUENCE = 0x7fffffff;

export interface ProducerEntry {
  readonly producerId: number;
  producerEpoch: number;
  /** The newest batches of this epoch that are known, oldest first. */
  readonly batches: RecordBatch[];
  lastTimestamp: number;
  /** Of the newest marker; -1: there was none. */
  coordinatorEpoch: number;
}

export class ProducerState {
  readonly snapshots: ProducerSnapshots;
  readonly transactions = new OngoingTransactions();
  readonly verifications = new VerificationGuards();
  /** Why at most five batches may be in flight. */
  readonly batchesRemembered: number;
  readonly #withoutState: Rules['sequenceWithoutState'];
  readonly #outlivesRecords: boolean;
  readonly #isOfOneEpoch: boolean;
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
    this.#isOfOneEpoch = rules.ongoingTransactionEpoch || rules.transactionVersion === 2;
    this.#expirationMs = expirationMs;
  }

  get producerCount(): number {
    return this.#producers.size;
  }
  get end(): number {
    return this.#end;
  }
  entryOf(producerId: number): ProducerEntry | undefined {
    return this.#producers.get(producerId);
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
      if (appended.baseSequence === batch.baseSequence && offsetCount(appended) === offsetCount(batch)) {
        return appended;
      }
    }
    return undefined;
  }

  /**
   * May a leader append this batch of a client? In the order of ProducerAppendInfo.maybeValidateDataBatch: epoch, then
   * sequence, then what is open.
   */
  check(batch: RecordBatch): ErrorCode {
    if (batch.producerId === NO_PRODUCER_ID) return KafkaError.NONE;
    const entry = this.#producers.get(batch.producerId);
    if (entry === undefined || entry.producerEpoch === NO_PRODUCER_EPOCH) return this.#checkUnknown(batch);
    if (batch.producerEpoch < entry.producerEpoch) return KafkaError.INVALID_PRODUCER_EPOCH;
    const { batches } = entry;
    const isFirst = batch.producerEpoch !== entry.producerEpoch || batches.length === 0;
    const expected = isFirst ? 0 : nextSequence(batches[batches.length - 1]);
    if (batch.baseSequence !== expected) return KafkaError.OUT_OF_ORDER_SEQUENCE_NUMBER;
    // Outside of a transaction, while the producer has one open here (ProducerAppendInfo.appendDataBatch).
    const isMixed = batch.isTransactional === undefined && this.transactions.firstOffsetOf(batch.producerId) >= 0;
    return isMixed ? KafkaError.INVALID_TXN_STATE : KafkaError.NONE;
  }

  /** Of a producer that this log does not know: since KIP-360 (2.5) it may begin with any sequence. */
  #checkUnknown({ baseSequence, isTransactional }: RecordBatch): ErrorCode {
    if (baseSequence === 0) return KafkaError.NONE;
    switch (this.#withoutState) {
      case 'out-of-order':
        return KafkaError.OUT_OF_ORDER_SEQUENCE_NUMBER;
      case 'unknown-producer-id':
        return KafkaError.UNKNOWN_PRODUCER_ID;
      case 'accepted-outside-transactions':
        return isTransactional === undefined ? KafkaError.NONE : KafkaError.OUT_OF_ORDER_SEQUENCE_NUMBER;
      default:
        return KafkaError.NONE;
    }
  }

  /** The log begins here now. Before KAFKA-7190 (2.4) a producer without a record left was forgotten. */
  startAt(logStart: number): void {
    if (this.#outlivesRecords) return;
    for (const { producerId, batches } of this.#producers.values()) {
      if (batches.length === 0 || lastOffset(batches[batches.length - 1]) < logStart)
        this.#producers.delete(producerId);
    }
  }

  /**
   * May a leader append this marker? Neither of an older producer epoch nor of a coordinator that was deposed
   * (ProducerAppendInfo.appendEndTxnMarker). A repeated one is appended again.
   */
  checkMarker(producerId: number, producerEpoch: number, marker: EndTransactionMarker): ErrorCode {
    const entry = this.#producers.get(producerId);
    if (entry === undefined) return KafkaError.NONE;
    if (producerEpoch < entry.producerEpoch) return KafkaError.INVALID_PRODUCER_EPOCH;
    const isFenced = marker.coordinatorEpoch < entry.coordinatorEpoch;
    return isFenced ? KafkaError.TRANSACTION_COORDINATOR_FENCED : KafkaError.NONE;
  }

  /** Of a batch that a coordinator appends for a producer: its epoch alone is looked at (AppendOrigin.COORDINATOR). */
  checkEpoch(producerId: number, producerEpoch: number): ErrorCode {
    const entry = this.#producers.get(producerId);
    const isFenced = entry !== undefined && producerEpoch < entry.producerEpoch;
    return isFenced ? KafkaError.INVALID_PRODUCER_EPOCH : KafkaError.NONE;
  }

  /**
   * Has the producer a transaction open here? From 4.0 on, one of this epoch, whatever transaction.version says; before that a
   * batch of a newer epoch is not verified (KAFKA-18575; UnifiedLog.hasOngoingTransaction). Where each transaction has an
   * epoch of its own nothing else would do.
   */
  hasOngoingTransaction(producerId: number, producerEpoch: number): boolean {
    if (this.transactions.firstOffsetOf(producerId) < 0) return false;
    return !this.#isOfOneEpoch || this.#producers.get(producerId)?.producerEpoch === producerEpoch;
  }

  /**
   * Takes in a batch that was appended, in the order of the log: a follower's and a replayed one without validation.
   * @returns the transaction that it ended, if it is a marker and there was one
   */
  append(batch: RecordBatch): CompletedTransaction | null {
    const completed = batch.producerId === NO_PRODUCER_ID ? null : this.#update(batch);
    this.#end = lastOffset(batch) + 1;
    return completed;
  }

  /** The log below `offset` is taken in; there may be nothing at its end (updateMapEndOffset). */
  moveEndTo(offset: number): void {
    this.#end = offset;
  }

  /** undefined: nothing is new since the last one. */
  takeSnapshot(): File | undefined {
    if (this.#end <= this.#lastSnapshotOffset) return undefined;
    const entries: SnapshotEntry[] = [];
    for (const { producerId, producerEpoch, batches, lastTimestamp, coordinatorEpoch } of this.#producers.values()) {
      const newest = batches.length === 0 ? null : batches[batches.length - 1];
      const currentTxnFirstOffset = this.transactions.firstOffsetOf(producerId);
      entries.push({ producerId, producerEpoch, newest, lastTimestamp, coordinatorEpoch, currentTxnFirstOffset });
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
    this.transactions.clear();
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
    this.transactions.clear();
    this.snapshots.remove(() => true);
    this.#end = offset;
    this.#lastSnapshotOffset = 0;
  }

  /**
   * Forgets producers whose newest record is older than producer.id.expiration.ms: the record's own CreateTime against
   * the broker's wall clock. Never one with an open transaction (isProducerExpired).
   * @returns those that were forgotten
   */
  removeExpired(nowMs: number): readonly number[] {
    const expired: number[] = [];
    for (const { producerId, lastTimestamp } of this.#producers.values()) {
      if (this.transactions.firstOffsetOf(producerId) >= 0 || !this.#isExpired(lastTimestamp, nowMs)) continue;
      this.#producers.delete(producerId);
      expired.push(producerId);
    }
    return expired;
  }

  #load(entry: SnapshotEntry, nowMs: number): void {
    const { producerId, producerEpoch, newest, lastTimestamp, coordinatorEpoch, currentTxnFirstOffset } = entry;
    if (currentTxnFirstOffset < 0 && this.#isExpired(lastTimestamp, nowMs)) return;
    const batches = newest === null ? [] : [newest];
    this.#producers.set(producerId, { producerId, producerEpoch, batches, lastTimestamp, coordinatorEpoch });
    if (currentTxnFirstOffset >= 0) this.transactions.begin(producerId, currentTxnFirstOffset);
  }

  #isExpired(lastTimestamp: number, nowMs: number): boolean {
    return nowMs - lastTimestamp >= this.#expirationMs;
  }

  #update(batch: RecordBatch): CompletedTransaction | null {
    const { producerId, producerEpoch, baseOffset, marker } = batch;
    // A marker that was compacted away stands for a transaction of which nothing is left (ProducerAppendInfo.append).
    if (marker !== undefined && batch.records.length === 0) return null;
    let entry = this.#producers.get(producerId);
    if (entry === undefined) {
      entry = { producerId, producerEpoch, batches: [], lastTimestamp: -1, coordinatorEpoch: -1 };
      this.#producers.set(producerId, entry);
    }
    if (entry.producerEpoch !== producerEpoch) {
      entry.producerEpoch = producerEpoch;
      entry.batches.length = 0;
    }
    entry.lastTimestamp = maxTimestamp(batch);
    if (batch.isTransactional !== undefined) this.verifications.clear(producerId);
    if (marker !== undefined) return this.#endTransaction(entry, marker, baseOffset);
    if (entry.batches.length === this.batchesRemembered) entry.batches.shift();
    entry.batches.push(batch);
    if (batch.isTransactional !== undefined && this.transactions.firstOffsetOf(producerId) < 0) {
      this.transactions.begin(producerId, baseOffset);
    }
    return null;
  }

  /** A marker for a transaction without records here ends nothing. */
  #endTransaction(entry: ProducerEntry, marker: EndTransactionMarker, offset: number): CompletedTransaction | null {
    const { producerId } = entry;
    entry.coordinatorEpoch = marker.coordinatorEpoch;
    const firstOffset = this.transactions.firstOffsetOf(producerId);
    if (firstOffset < 0) return null;
    const completed = { producerId, firstOffset, lastOffset: offset, aborted: !marker.committed };
    this.transactions.complete(completed);
    return completed;
  }
}

/** Sequences count on from 0 after 2^31 - 1 (DefaultRecordBatch.incrementSequence). */
export function nextSequence(batch: RecordBatch): number {
  const next = batch.baseSequence + offsetCount(batch);
  return next > MAX_SEQUENCE ? next - MAX_SEQUENCE - 1 : next;
}
