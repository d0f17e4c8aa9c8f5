/**
 * The transactions of an application that consumes, transforms and produces: each has the outputs of one poll, and the
 * offsets behind its inputs (KafkaProducer.sendOffsetsToTransaction; KIP-98, KIP-447). It is aborted after an abortable
 * error; a fatal one is the end of the producer.
 *
 * A transaction is an operation, 'txn': what it sends, from which inputs each of that was made, and the offsets that it
 * commits. `ok`: it was committed. `fail`: it was aborted, or commitTransaction was never called. `info`: whether the
 * coordinator has decided for a commit is not known.
 */
import type { Host } from '../../../kernel/process.js';
import type { Outcome } from '../../../kernel/recorder.js';
import { errorName } from '../../protocol/errors.js';
import type { OffsetToCommit } from '../../protocol/group-messages.js';
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
  readonly #host: Host;
  readonly #producer: TransactionalProducer;
  readonly #topic: number;
  readonly #owner: TransformOwner;
  #step: Step = 'opening';
  #operation = -1;
  #current: Transformation = { records: [], offsets: [] };
  /** By index in the records: where the output stands, as far as it was acknowledged. */
  #partitions: number[] = [];
  #offsets: number[] = [];
  #groupId = '';
  #error: string | null = null;

  /** @param topic number of the one that it writes to */
  constructor(host: Host, producer: TransactionalProducer, topic: number, owner: TransformOwner) {
    this.#host = host;
    this.#producer = producer;
    this.#topic = topic;
    this.#owner = owner;
  }

  get openSends(): number {
    return this.#operation < 0 ? 0 : this.#current.records.length;
  }

  readonly isFlushing = false;

  // ---------------------------------------------------------------------- what the application calls

  /** beginTransaction; the records are being transformed. */
  begin(transformation: Transformation): void {
    const { lifecycle, session } = this.#producer;
    this.#current = transformation;
    this.#groupId = this.#owner.groupMetadata().groupId;
    this.#partitions = transformation.records.map(() => -1);
    this.#offsets = transformation.records.map(() => -1);
    this.#error = null;
    this.#step = 'working';
    if (lifecycle.state === 'ready') lifecycle.beginTransaction();
    this.#operation = this.#host.recorder.invoke(this.#host.id, session, 'txn', this.#value());
  }

  /** They are transformed: the outputs are sent, then the offsets. */
  send(): void {
    if (this.#step !== 'working') return;
    this.#step = 'sending';
    for (const { recordKey, value } of this.#current.records) {
      this.#producer.sendUnder({ topic: this.#topic, partition: -1, recordKey, value }, this.#operation);
    }
  }

  transact(): void {
    throw new Error('an application that transforms begins transactions by itself');
  }

  // ---------------------------------------------------------------------- what comes of them

  onSendDone(value: number, partition: number, offset: number, outcome: Outcome, error: string | undefined): void {
    const index = this.#operation < 0 ? -1 : this.#current.records.findIndex((record) => record.value === value);
    if (index < 0) return;
    this.#partitions[index] = partition;
    this.#offsets[index] = offset;
    if (outcome !== 'ok') this.#error ??= error ?? 'the send failed';
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
        if (this.#hasFailed) this.#abort();
        else {
          this.#step = 'offsets';
          lifecycle.sendOffsetsToTransaction(this.#current.offsets, this.#owner.groupMetadata());
        }
        return;
      case 'offsets':
        if (this.#hasFailed) this.#abort();
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

  get #hasFailed(): boolean {
    return this.#producer.lifecycle.state === 'abortable-error' || this.#error !== null;
  }

  /** abortTransaction, after whatever was thrown. */
  #abort(): void {
    const { lifecycle } = this.#producer;
    this.#error ??= errorName(lifecycle.lastError);
    this.#step = 'ending';
    lifecycle.abortTransaction();
  }

  #ended(): void {
    const error = this.#error;
    this.#step = 'idle';
    if (error === null) this.#complete('ok', undefined);
    else this.#complete('fail', error);
    this.#owner.onEnded(error === null);
  }

  #fail(): void {
    const { lifecycle } = this.#producer;
    this.#step = 'fatal';
    // A commit that was answered by an error may have been decided by an earlier attempt.
    if (this.#operation >= 0) this.#complete(lifecycle.commitWasSent ? 'info' : 'fail', errorName(lifecycle.lastError));
    this.#owner.onFatal();
  }

  #complete(outcome: Outcome, error: string | undefined): void {
    this.#host.recorder.complete(this.#operation, outcome, this.#value(), error);
    this.#operation = -1;
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
