/**
 * The application's thread, as Kafka's documentation has it: it polls, begins a transaction, transforms the records, sends
 * what came of them, sends the offsets, and commits (KafkaProducer.sendOffsetsToTransaction). What was aborted is polled
 * again.
 *
 * With `fencing: partition` the records of each partition are a transaction by themselves, one partition after another.
 */
import type { Fencing } from '../../cluster-spec.js';
import type { OffsetToCommit } from '../../protocol/group-messages.js';
import type { ApplicationState, GroupApplication, ProcessingTime, RebalanceListener } from '../consumer-application.js';
import type { PolledRecords } from '../fetcher.js';
import type { TransformProducers } from './transform-producers.js';
import type { Transformation, TransformedRecord, TransformTransactions } from './transform-transactions.js';

/** Values of outputs: each is given once in a trial, whoever sends it. */
export interface OutputValues {
  next: number;
}

export interface TransformContext {
  readonly fencing: Fencing;
  readonly time: ProcessingTime;
  readonly values: OutputValues;
  /** Calls `onProcessed` after so long. */
  processFor(micros: number): void;
  /** Positions behind all that was polled. */
  consumed(): readonly OffsetToCommit[];
  /** consumer.seek to what consumer.committed answers, of every partition. */
  seekToCommitted(): void;
  seek(partition: number, offset: number): void;
  /** The consumer may go on. */
  wakeupConsumer(): void;
}

const NOTHING: readonly PolledRecords[] = [];

export class TransformApplication implements GroupApplication, RebalanceListener {
  state: ApplicationState;
  readonly #context: TransformContext;
  readonly #producers: TransformProducers;
  /** What the last poll has returned and no transaction was begun with. */
  #polled = NOTHING;
  /** What the transaction is made of, and its producer. */
  #records = NOTHING;
  #transactions: TransformTransactions | null = null;

  constructor(context: TransformContext, producers: TransformProducers) {
    this.#context = context;
    this.#producers = producers;
    this.state = producers.areOpen ? 'polling' : 'opening';
  }

  get rebalanceListener(): RebalanceListener {
    return this;
  }

  // ---------------------------------------------------------------------- processing

  onPolled(records: readonly PolledRecords[]): void {
    this.#polled = records;
    this.#beginNext();
  }

  #beginNext(): void {
    const count = this.#context.fencing === 'partition' ? 1 : this.#polled.length;
    this.#records = this.#polled.slice(0, count);
    this.#polled = this.#polled.slice(count);
    if (this.#records.length === 0) {
      this.state = 'polling';
      this.#context.wakeupConsumer();
      return;
    }
    const { time } = this.#context;
    this.state = 'processing';
    const transformation = this.#transformation();
    const partitions = this.#records.map(({ partition }) => partition);
    this.#transactions = this.#producers.begin(partitions, transformation);
    const micros = time.recordMicros * transformation.records.length + time.nextExtraMicros;
    time.nextExtraMicros = 0;
    this.#context.processFor(micros);
  }

  onProcessed(): void {
    this.state = 'committing';
    this.#transactions!.send();
  }

  /** What it waits for is told to it. */
  proceed(): void {}

  onOpened(): void {
    this.state = 'polling';
    this.#context.wakeupConsumer();
  }

  onEnded(committed: boolean): void {
    if (!committed) this.#seekBack();
    this.#beginNext();
  }

  /**
   * Where the group has committed, as KafkaProducer's documentation has it. Before OffsetFetch waited for offsets of
   * transactions that are ending (KIP-447), that could be behind the last commit; but nobody else commits for a partition
   * that one has a producer of.
   */
  #seekBack(): void {
    if (this.#context.fencing !== 'partition') this.#context.seekToCommitted();
    else for (const { partition, offsets } of this.#records) this.#context.seek(partition, offsets[0]!);
  }

  #transformation(): Transformation {
    const { values } = this.#context;
    const records = this.#records.flatMap(({ partition, offsets, keys }) =>
      offsets.map((inputOffset, i): TransformedRecord => ({
        inputPartition: partition,
        inputOffset,
        recordKey: keys![i]!,
        value: values.next++,
      })),
    );
    const offsets = this.#context
      .consumed()
      .filter(({ partition }) => this.#records.some((one) => one.partition === partition));
    return { records, offsets };
  }

  // ---------------------------------------------------------------------- partitions come and go, within poll

  assign(partitions: readonly number[]): void {
    this.#producers.assign(partitions);
    if (!this.#producers.areOpen) this.state = 'opening';
  }

  /** No transaction is under way while it polls. */
  revoke(partitions: readonly number[]): boolean {
    this.#producers.giveUp(partitions);
    return true;
  }

  lose(partitions: readonly number[]): void {
    this.#producers.giveUp(partitions);
  }
}
