/**
 * KafkaProducer.send (doSend): a call waits until the metadata knows its partition and the accumulator has memory for its
 * record, at most max.block.ms; then the record is in a batch, and what becomes of it is the Sender's.
 */
import type { ProducerSettings } from '../cluster-spec.js';
import { BATCH_OVERHEAD_BYTES, recordSizeUpperBound, type ProducerRecord } from '../protocol/records.js';
import { BlockedSends } from './blocked-sends.js';
import type { Metadata } from './metadata.js';
import type { TransactionalSend } from './producer-application.js';
import type { RecordAccumulator } from './record-accumulator.js';
import type { RecordPartitioner } from './record-partitioner.js';
import type { TransactionLifecycle } from './transaction-lifecycle.js';

/** What a call needs of its producer. */
export interface SendCallsContext {
  readonly settings: ProducerSettings;
  /** Serialized size of a record with its overhead: all have one size. */
  readonly recordBytes: number;
  readonly metadata: Metadata;
  readonly partitioner: RecordPartitioner;
  readonly accumulator: RecordAccumulator;
  /** null: not transactional. */
  readonly lifecycle: TransactionLifecycle | null;
  /** send threw: the record is in no batch. */
  readonly onThrown: (send: TransactionalSend, partition: number, operation: number, error: string) => void;
  readonly wakeup: () => void;
}

export class SendCalls {
  readonly #context: SendCallsContext;
  readonly #blocked = new BlockedSends();
  /** KafkaProducer.ensureValidRecordSize */
  readonly #isTooLarge: boolean;
  /** The version of the metadata that the head of the blocked calls has looked at. */
  #metadataSeen = -1;

  constructor(context: SendCallsContext) {
    const { settings, recordBytes } = context;
    const bytes = BATCH_OVERHEAD_BYTES + recordSizeUpperBound(recordBytes);
    this.#context = context;
    this.#isTooLarge = bytes > settings['max.request.size'] || bytes > settings['buffer.memory'];
  }

  get areBlocked(): boolean {
    return this.#blocked.length > 0;
  }

  /** When the first of those that wait has waited for max.block.ms. */
  deadline(): number {
    return this.#blocked.head?.deadline ?? Infinity;
  }

  /** @param operation what is completed with it */
  call(send: TransactionalSend, operation: number, now: number): void {
    const { settings, metadata, partitioner, wakeup } = this.#context;
    const { topic, recordKey } = send;
    const asked = send.partition >= 0 ? send.partition : partitioner.partitionByKey(topic, recordKey);
    if (this.#isTooLarge) {
      this.#context.onThrown(send, asked, operation, 'RecordTooLargeException');
      return;
    }
    metadata.addTopic(topic);
    const known = metadata.knowsPartition(topic, asked);
    if (!known) this.#awaitMetadata(topic);
    const placed = known && !this.areBlocked;
    const partition = placed ? this.#place(topic, asked) : asked;
    if (placed && this.#append(send, partition, operation, now)) return;
    const deadline = now + settings['max.block.ms'] * 1000;
    this.#blocked.push({ send, partition, placed, operation, deadline });
    wakeup();
  }

  /**
   * Lets blocked calls through, in order, as far as metadata and memory allow; fails those that waited max.block.ms.
   * @returns whether any went through
   */
  proceed(now: number): boolean {
    const { metadata, accumulator, onThrown } = this.#context;
    let proceeded = false;
    for (let head = this.#blocked.head; head !== undefined; head = this.#blocked.head) {
      const { send, operation, deadline } = head;
      const known = metadata.knowsPartition(send.topic, head.partition);
      if (deadline <= now) {
        const error = known ? 'BufferExhaustedException' : 'TimeoutException: max.block.ms';
        onThrown(send, head.partition, operation, error);
      } else if (!known) {
        this.#awaitMetadata(send.topic);
        return proceeded;
      } else {
        if (!head.placed) head.partition = this.#place(send.topic, head.partition);
        head.placed = true;
        if (!this.#append(send, head.partition, operation, now)) return proceeded;
        proceeded = true;
      }
      this.#blocked.shift();
      accumulator.memoryExhausted = false;
    }
    return proceeded;
  }

  #place(topic: number, partition: number): number {
    return this.#context.partitioner.place(topic, partition, this.#beginsBatch);
  }

  readonly #beginsBatch = (partition: number): boolean =>
    !this.#context.accumulator.hasRoom(partition, this.#context.recordBytes);

  /** False: there is no memory for a new batch. */
  #append(send: TransactionalSend, partition: number, operation: number, now: number): boolean {
    const { recordBytes, accumulator, partitioner, lifecycle, wakeup } = this.#context;
    const { topic, recordKey, value, tombstone } = send;
    const plain: ProducerRecord = { key: recordKey, value, timestamp: Math.floor(now / 1000), bytes: recordBytes };
    const record: ProducerRecord = tombstone === undefined ? plain : { ...plain, isTombstone: true };
    const result =
      partition >= 0
        ? accumulator.append(partition, record, operation, now)
        : accumulator.appendSticky(partitioner.stickyFor(topic), topic, record, operation, now);
    accumulator.memoryExhausted = result === 'no-memory';
    if (result === 'no-memory') return false;
    // The batch may have gone to the sticky partition: it is the last one begun or joined.
    lifecycle?.addPartition(partition >= 0 ? partition : accumulator.lastAppended);
    if (result === 'began') wakeup();
    return true;
  }

  /** KafkaProducer.waitOnMetadata asks again after each answer that does not know the topic, or not the partition. */
  #awaitMetadata(topic: number): void {
    const { metadata } = this.#context;
    if (this.#metadataSeen === metadata.version) return;
    this.#metadataSeen = metadata.version;
    metadata.requestUpdateForTopic(topic);
  }
}
