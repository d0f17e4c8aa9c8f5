/**
 * The transactions of an application that consumes, transforms and produces: each has the outputs of one poll, and the
 * offsets behind its inputs (KafkaProducer.sendOffsetsToTransaction; KIP-98, KIP-447). It is aborted after an abortable
 * error; a fatal one is the end of the producer.
 *
 * The operation of a transaction has what it sends, from which inputs each of that was made, and the offsets that it commits.
 */
import type { Host } from '../../../kernel/process.js';
import type { Outcome } from '../../../kernel/recorder.js';
import { errorName } from '../../protocol/errors.js';
import type { OffsetToCommit } from '../../protocol/group-messages.js';
import { OngoingTransaction } from '../ongoing-transaction.js';
import type { ProducerApplication, TransactionalProducer } from '../producer-application.js';
import type { ConsumerGroupMetadata } from '../transactional-requests.js';

/** One output, and the input that it was made of. */
export interface TransformedRecord {
  readonly inputPartition: number;
  readonly inputOffset: number;
  readonly recordKey: string | null;
  /** Of the output. */
  readonly value: number;
}

/** What one transaction is to do. */
export interface Transformation {
  readonly records: readonly TransformedRecord[];
  /** Behind the inputs. */
  readonly offsets: readonly OffsetToCommit[];
}

/** The application's thread, which waits for each transaction. */
export interface TransformOwner {
  /** consumer.groupMetadata(), asked when the offsets are sent. */
  groupMetadata(): ConsumerGroupMetadata;
  /** initTransactions has returned. */
  onInitialized(): void;
  /** The transaction has ended, and the producer takes another. */
  onEnded(committed: boolean): void;
  /** Only close is legal. */
  onFatal(): void;
}

/**
 * opening: until initTransactions has returned. working: begun, and its outputs are not there yet. sending: until every
 * call of send has returned. offsets: until sendOffsetsToTransaction has. ending: commit or abort.
 */
type Step = 'opening' | 'idle' | 'working' | 'sending' | 'offsets' | 'ending' | 'fatal';

export class TransformTransactions implements ProducerApplication {
  readonly #producer: TransactionalProducer;
  readonly #topic: number;
  readonly #owner: TransformOwner;
  readonly #transaction: OngoingTransaction;
  #step: Step = 'opening';
  #current: Transformation = { records: [], offsets: [] };
  /** By index in the records: where the output stands, as far as it was acknowledged. */
  #partitions: number[] = [];
  #offsets: number[] = [];
  #groupId = '';

  /** @param topic number of the one that it writes to */
  constructor(host: Host, producer: TransactionalProducer, topic: number, owner: TransformOwner) {
    this.#transaction = new OngoingTransaction(host, producer);
    this.#producer = producer;
    this.#topic = topic;
    this.#owner = owner;
  }

  get openSends(): number {
    return this.#transaction.isOpen ? this.#current.records.length : 0;
  }

  readonly isFlushing = false;

  // ---------------------------------------------------------------------- what the application calls

  /** beginTransaction; the records are being transformed. */
  begin(transformation: Transformation): void {
    this.#current = transformation;
    this.#groupId = this.#owner.groupMetadata().groupId;
    this.#partitions = transformation.records.map(() => -1);
    this.#offsets = transformation.records.map(() => -1);
    this.#step = 'working';
    this.#transaction.begin(this.#value());
  }

  /** They are transformed: the outputs are sent, then the offsets. */
  send(): void {
    if (this.#step !== 'working') return;
    this.#step = 'sending';
    const { operation } = this.#transaction;
    for (const { recordKey, value } of this.#current.records) {
      this.#producer.sendUnder({ topic: this.#topic, partition: -1, recordKey, value }, operation);
    }
    this.#producer.wakeup();
  }

  transact(): void {
    throw new Error('an application that transforms begins transactions by itself');
  }

  // ---------------------------------------------------------------------- what comes of them

  onSendDone(value: number, partition: number, offset: number, outcome: Outcome, error: string | undefined): void {
    const index = this.#current.records.findIndex((record) => record.value === value);
    if (index < 0 || !this.#transaction.isOpen) return;
    this.#partitions[index] = partition;
    this.#offsets[index] = offset;
    if (outcome !== 'ok') this.#transaction.failed(error);
  }

  get mayProceed(): boolean {
    const { lifecycle, hasBlocked } = this.#producer;
    const { state } = lifecycle;
    if (state === 'fatal-error') return this.#step !== 'fatal';
    switch (this.#step) {
      case 'opening':
        return state === 'uninitialized' || state === 'ready';
      case 'sending':
        return !hasBlocked;
      case 'offsets':
        return state === 'abortable-error' || !lifecycle.hasPendingOffsets;
      case 'ending':
        return state === 'ready' || state === 'abortable-error';
      default:
        return false;
    }
  }

  proceed(): number {
    if (this.mayProceed) this.#proceed();
    return Infinity;
  }

  #proceed(): void {
    const { lifecycle } = this.#producer;
    const { state } = lifecycle;
    if (state === 'fatal-error') {
      this.#fail();
      return;
    }
    switch (this.#step) {
      case 'opening':
        if (state === 'uninitialized') lifecycle.initTransactions();
        else {
          this.#step = 'idle';
          this.#owner.onInitialized();
        }
        return;
      case 'sending':
        if (this.#transaction.hasFailed) this.#abort();
        else {
          this.#step = 'offsets';
          lifecycle.sendOffsetsToTransaction(this.#current.offsets, this.#owner.groupMetadata());
        }
        return;
      case 'offsets':
        if (this.#transaction.hasFailed) this.#abort();
        else {
          this.#step = 'ending';
          lifecycle.commitTransaction();
        }
        return;
      default:
        if (state === 'abortable-error') this.#abort();
        else this.#ended();
    }
  }

  #abort(): void {
    this.#step = 'ending';
    this.#transaction.abort();
  }

  #ended(): void {
    const committed = this.#transaction.error === null;
    this.#step = 'idle';
    this.#transaction.end(this.#value());
    this.#owner.onEnded(committed);
  }

  #fail(): void {
    this.#step = 'fatal';
    this.#transaction.abandon(this.#value(), errorName(this.#producer.lifecycle.lastError));
    this.#owner.onFatal();
  }

  #value(): object {
    const { records, offsets } = this.#current;
    return {
      microOps: [
        ...records.map(({ recordKey, value }, i) => ({
          kind: 'send',
          key: this.#partitions[i],
          offset: this.#offsets[i],
          value,
          recordKey,
        })),
        ...records.map(({ inputPartition, inputOffset, value }, i) => ({
          kind: 'derive',
          key: inputPartition,
          offset: inputOffset,
          outputKey: this.#partitions[i],
          outputValue: value,
        })),
        ...offsets.map(({ partition, committedOffset }) => ({
          kind: 'commit',
          key: partition,
          group: this.#groupId,
          offset: committedOffset,
        })),
      ],
    };
  }
}
