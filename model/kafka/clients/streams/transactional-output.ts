/**
 * The producer of a thread under exactly_once_v2 (KIP-447): one transaction after another, begun with the first record,
 * with the counts of all tasks of the thread; at a commit all records are acknowledged, then the offsets are sent with the
 * metadata of the consumer, then it is committed.
 *
 * A transaction is an operation, 'txn': `ok` if it was committed; `fail` if it was aborted, or commitTransaction was never
 * called; `info` if nobody but the coordinator knows.
 */
import type { Host } from '../../../kernel/process.js';
import type { Outcome } from '../../../kernel/recorder.js';
import { errorName, KafkaError, type ErrorCode } from '../../protocol/errors.js';
import type { OffsetToCommit } from '../../protocol/group-messages.js';
import type { TransactionalProducer } from '../producer-application.js';
import {
  changelogMicroOp,
  outputMicroOps,
  type CountUpdate,
  type OutputOwner,
  type StreamOutput,
  type StreamsFailure,
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

export class TransactionalOutput implements StreamOutput {
  readonly #host: Host;
  readonly #producer: TransactionalProducer;
  readonly #topic: number;
  readonly #changelogTopic: number;
  readonly #owner: OutputOwner;
  #step: Step = 'opening';
  #operation = -1;
  #updates: CountUpdate[] = [];
  #offsets: readonly OffsetToCommit[] = [];
  /** By value: where the records of the transaction stand, as far as they were acknowledged. */
  readonly #places = new Map<number, Place>();
  #openSends = 0;
  #groupId = '';
  #error: string | null = null;

  /** @param topic number of the output */
  constructor(host: Host, producer: TransactionalProducer, topic: number, changelogTopic: number, owner: OutputOwner) {
    this.#host = host;
    this.#producer = producer;
    this.#topic = topic;
    this.#changelogTopic = changelogTopic;
    this.#owner = owner;
  }

  get openSends(): number {
    return this.#openSends;
  }

  get isFlushing(): boolean {
    return this.#step === 'flushing';
  }

  // ---------------------------------------------------------------------- what the thread calls

  send(update: CountUpdate): void {
    const { lifecycle, session } = this.#producer;
    if (this.#step === 'idle' && lifecycle.state === 'ready') {
      lifecycle.beginTransaction();
      this.#step = 'open';
      this.#groupId = this.#owner.groupMetadata().groupId;
      this.#operation = this.#host.recorder.invoke(this.#host.id, session, 'txn', this.#value());
    }
    // KafkaProducer.send throws: what has failed is seen to by `proceed`.
    if (this.#step !== 'open' || lifecycle.state !== 'in-transaction') return;
    const { recordKey, changelogPartition, changelogValue, outputValue } = update;
    this.#updates.push(update);
    this.#openSends += 2;
    this.#host.recorder.amend(this.#operation, this.#value());
    const changelog = { topic: this.#changelogTopic, partition: changelogPartition, recordKey, value: changelogValue };
    this.#producer.sendUnder(changelog, this.#operation);
    this.#producer.sendUnder({ topic: this.#topic, partition: -1, recordKey, value: outputValue }, this.#operation);
  }

  commit(offsets: readonly OffsetToCommit[]): void {
    const { lifecycle } = this.#producer;
    this.#offsets = offsets;
    if (this.#step === 'idle' && lifecycle.state === 'ready') {
      // Nothing was sent: the offsets are a transaction by themselves.
      lifecycle.beginTransaction();
      this.#groupId = this.#owner.groupMetadata().groupId;
      this.#operation = this.#host.recorder.invoke(this.#host.id, this.#producer.session, 'txn', this.#value());
      this.#step = 'open';
    }
    if (this.#step === 'open') this.#step = 'flushing';
  }

  /** StreamsProducer.resetProducer. */
  reset(): void {
    this.#abandon('the tasks were lost');
    this.#step = 'opening';
    this.#producer.reopen();
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
    if (outcome !== 'ok') this.#error ??= error ?? 'the send failed';
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
        return this.#hasFailed;
      case 'flushing':
        return this.#hasFailed || (this.#openSends === 0 && !hasBlocked);
      case 'offsets':
        return this.#hasFailed || !lifecycle.hasPendingOffsets;
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
    if (state === 'fatal-error' || (this.#step !== 'aborting' && this.#hasFailed)) {
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
        lifecycle.sendOffsetsToTransaction(this.#offsets, this.#owner.groupMetadata());
        return;
      case 'offsets':
        this.#step = 'ending';
        lifecycle.commitTransaction();
        return;
      case 'ending':
        this.#end('ok', undefined);
        this.#owner.onCommitted();
        return;
      default:
        this.#end('fail', this.#error ?? undefined);
        this.#owner.onFailed('corrupted');
    }
  }

  get #hasFailed(): boolean {
    return this.#producer.lifecycle.state === 'abortable-error' || this.#error !== null;
  }

  #fail(): void {
    const { lifecycle } = this.#producer;
    this.#error ??= errorName(lifecycle.lastError);
    if (this.#failure === 'corrupted') {
      this.#step = 'aborting';
      lifecycle.abortTransaction();
      return;
    }
    this.#abandon(this.#error);
    this.#step = 'closed';
    this.#owner.onFailed('migrated');
  }

  /** A commit that was sent may have been decided, whatever was answered. */
  #abandon(error: string): void {
    if (this.#operation >= 0) this.#end(this.#producer.lifecycle.commitWasSent ? 'info' : 'fail', error);
  }

  get #failure(): StreamsFailure {
    const { state, lastError } = this.#producer.lifecycle;
    return state === 'fatal-error' || MIGRATED.includes(lastError) ? 'migrated' : 'corrupted';
  }

  #end(outcome: Outcome, error: string | undefined): void {
    this.#host.recorder.complete(this.#operation, outcome, this.#value(), error);
    this.#operation = -1;
    this.#step = 'idle';
    this.#updates = [];
    this.#offsets = [];
    this.#places.clear();
    this.#openSends = 0;
    this.#error = null;
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
