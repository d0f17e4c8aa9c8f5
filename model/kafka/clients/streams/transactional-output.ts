/**
 * The producer of a thread under exactly_once_v2 (KIP-447), or of a task under exactly_once: one transaction after another,
 * begun with the first record, with the counts of all tasks that it is for; at a commit all records are acknowledged, then the
 * offsets are sent, then it is committed.
 */
import type { Host } from '../../../kernel/process.js';
import type { Outcome } from '../../../kernel/recorder.js';
import { errorName, KafkaError, type ErrorCode } from '../../protocol/errors.js';
import type { OffsetToCommit } from '../../protocol/group-messages.js';
import { OngoingTransaction } from '../ongoing-transaction.js';
import type { TransactionalProducer } from '../producer-application.js';
import {
  changelogMicroOp,
  outputMicroOps,
  recordsOf,
  type CountUpdate,
  type OutputOwner,
  type OutputTopics,
  type StreamsFailure,
  type ThreadOutput,
} from './stream-output.js';

/**
 * opening: until initTransactions has returned. idle: no transaction. open: records are sent in it. flushing: until all
 * are acknowledged. offsets: until sendOffsetsToTransaction has returned. ending: commit. aborting: abort, after a failure
 * that the thread survives. closed: only close is legal.
 */
type Step = 'opening' | 'idle' | 'open' | 'flushing' | 'offsets' | 'ending' | 'aborting' | 'closed';

/** StreamsProducer, RecordCollectorImpl: a TaskMigratedException. After any other error the transaction can be aborted. */
const MIGRATED: readonly ErrorCode[] = [
  KafkaError.PRODUCER_FENCED,
  KafkaError.INVALID_PRODUCER_EPOCH,
  KafkaError.INVALID_PRODUCER_ID_MAPPING,
  KafkaError.OUT_OF_ORDER_SEQUENCE_NUMBER,
  // CommitFailedException
  KafkaError.UNKNOWN_MEMBER_ID,
  KafkaError.ILLEGAL_GENERATION,
  KafkaError.FENCED_INSTANCE_ID,
];

/** Of a record that was acknowledged. */
interface Place {
  readonly partition: number;
  readonly offset: number;
}

export class TransactionalOutput implements ThreadOutput {
  readonly #producer: TransactionalProducer;
  readonly #topics: OutputTopics;
  readonly #owner: OutputOwner;
  readonly #transaction: OngoingTransaction;
  #step: Step = 'opening';
  #updates: CountUpdate[] = [];
  #offsets: readonly OffsetToCommit[] = [];
  /** By value: where the records of the transaction stand, as far as they were acknowledged. */
  readonly #places = new Map<number, Place>();
  #openSends = 0;
  #groupId = '';

  constructor(host: Host, producer: TransactionalProducer, topics: OutputTopics, owner: OutputOwner) {
    this.#transaction = new OngoingTransaction(host, producer);
    this.#producer = producer;
    this.#topics = topics;
    this.#owner = owner;
  }

  get openSends(): number {
    return this.#openSends;
  }

  get isFlushing(): boolean {
    return this.#step === 'flushing';
  }

  get isOpen(): boolean {
    return this.#step !== 'opening';
  }

  // ---------------------------------------------------------------------- what the thread calls

  open(): void {}

  close(): void {}

  send(update: CountUpdate): void {
    this.#beginIfIdle();
    // KafkaProducer.send throws: what has failed is seen to by `proceed`.
    if (this.#step !== 'open' || this.#producer.lifecycle.state !== 'in-transaction') return;
    this.#updates.push(update);
    this.#transaction.amend(this.#value());
    for (const record of recordsOf(update, this.#topics)) {
      this.#openSends++;
      this.#producer.sendUnder(record, this.#transaction.operation);
    }
    this.#producer.wakeup();
  }

  commit(offsets: readonly OffsetToCommit[]): void {
    this.#offsets = offsets;
    // If nothing was sent, the offsets are a transaction by themselves.
    this.#beginIfIdle();
    if (this.#step === 'open') this.#step = 'flushing';
    this.#producer.wakeup();
  }

  #beginIfIdle(): void {
    if (this.#step !== 'idle' || this.#producer.lifecycle.state !== 'ready') return;
    this.#step = 'open';
    this.#groupId = this.#owner.groupMetadata().groupId;
    this.#transaction.begin(this.#value());
  }

  /** StreamsProducer.resetProducer: a transaction that is open is left to whoever comes next, and another producer is opened. */
  lose(): void {
    this.abandon();
    this.#step = 'opening';
    this.#producer.reopen();
    this.#producer.wakeup();
  }

  /** Of a task that is closed as it stands. */
  abandon(): void {
    this.#abandon('the tasks were lost');
    this.#step = 'closed';
  }

  transact(): void {
    throw new Error('a stream thread begins transactions by itself');
  }

  // ---------------------------------------------------------------------- what comes of them

  onSendDone(value: number, partition: number, offset: number, outcome: Outcome, error: string | undefined): void {
    const update = this.#updates.find(
      ({ changelogValue, outputValue }) => value === changelogValue || value === outputValue,
    );
    if (update === undefined) return;
    this.#openSends--;
    this.#places.set(value, { partition, offset });
    if (outcome !== 'ok') this.#transaction.failed(error);
    else if (value === update.changelogValue) this.#owner.onAcknowledged(partition, offset);
  }

  get mayProceed(): boolean {
    const { lifecycle, hasBlocked } = this.#producer;
    const { state } = lifecycle;
    if (state === 'fatal-error') return this.#step !== 'closed';
    switch (this.#step) {
      case 'opening':
        return state === 'uninitialized' || state === 'ready';
      case 'idle':
      case 'closed':
        return false;
      case 'open':
        return this.#transaction.hasFailed;
      case 'flushing':
        return this.#transaction.hasFailed || (this.#openSends === 0 && !hasBlocked);
      case 'offsets':
        return this.#transaction.hasFailed || !lifecycle.hasPendingOffsets;
      default:
        return state === 'ready' || state === 'abortable-error';
    }
  }

  proceed(): number {
    if (this.mayProceed) this.#proceed();
    return Infinity;
  }

  #proceed(): void {
    const { lifecycle } = this.#producer;
    const { state } = lifecycle;
    if (state === 'fatal-error' || (this.#step !== 'aborting' && this.#transaction.hasFailed)) {
      this.#fail();
      return;
    }
    switch (this.#step) {
      case 'opening':
        if (state === 'uninitialized') lifecycle.initTransactions();
        else {
          this.#step = 'idle';
          this.#owner.onOpened();
        }
        return;
      case 'flushing':
        this.#step = 'offsets';
        // They may be committed from here on, though the process dies (StreamsProducer.commitTransaction).
        this.#transaction.amend(this.#value());
        lifecycle.sendOffsetsToTransaction(this.#offsets, this.#owner.groupMetadata());
        return;
      case 'offsets':
        this.#step = 'ending';
        lifecycle.commitTransaction();
        return;
      case 'ending':
        this.#end();
        this.#owner.onCommitted();
        return;
      default:
        this.#end();
        this.#owner.onFailed('corrupted');
    }
  }

  #fail(): void {
    if (this.#failure === 'corrupted') {
      this.#step = 'aborting';
      this.#transaction.abort();
      return;
    }
    this.#abandon(this.#transaction.error ?? errorName(this.#producer.lifecycle.lastError));
    this.#step = 'closed';
    this.#owner.onFailed('migrated');
  }

  get #failure(): StreamsFailure {
    const { state, lastError } = this.#producer.lifecycle;
    return state === 'fatal-error' || MIGRATED.includes(lastError) ? 'migrated' : 'corrupted';
  }

  #end(): void {
    this.#transaction.end(this.#value());
    this.#forget();
  }

  #abandon(error: string): void {
    if (!this.#transaction.isOpen) return;
    this.#transaction.abandon(this.#value(), error);
    this.#forget();
  }

  #forget(): void {
    this.#step = 'idle';
    this.#updates = [];
    this.#offsets = [];
    this.#places.clear();
    this.#openSends = 0;
  }

  #value(): object {
    const changelog = this.#updates.map((update) => changelogMicroOp(update, this.#offsetOf(update.changelogValue)));
    const outputs = this.#updates.flatMap((update) => {
      const place = this.#places.get(update.outputValue);
      return outputMicroOps(update, place?.partition ?? -1, place?.offset ?? -1);
    });
    const commits = this.#offsets.map(({ partition, committedOffset }) => ({
      kind: 'commit',
      key: partition,
      group: this.#groupId,
      offset: committedOffset,
    }));
    return { microOps: [...changelog, ...outputs, ...commits] };
  }

  #offsetOf(value: number): number {
    return this.#places.get(value)?.offset ?? -1;
  }
}
