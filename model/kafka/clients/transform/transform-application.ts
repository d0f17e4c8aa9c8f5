/**
 * The application's thread, as Kafka's documentation has it: it polls, begins a transaction, transforms the records, sends
 * what came of them, sends the offsets, and commits (KafkaProducer.sendOffsetsToTransaction). A transaction that was aborted
 * is begun anew from the offsets that the group has committed.
 */
import type { ApplicationState, GroupApplication, ProcessingTime } from '../consumer-application.js';
import type { PolledRecords } from '../fetcher.js';
import type { OffsetToCommit } from '../../protocol/group-messages.js';
import type { Transformation, TransformedRecord, TransformTransactions } from './transform-transactions.js';

/** Values of outputs: each is given once in a trial, whoever sends it. */
export interface OutputValues {
  next: number;
}

export interface TransformContext {
  readonly time: ProcessingTime;
  readonly values: OutputValues;
  /** Calls `onProcessed` after so long. */
  processFor(micros: number): void;
  /** Positions behind all that was polled. */
  consumed(): readonly OffsetToCommit[];
  /** consumer.seek to what consumer.committed answers, of every partition. */
  seekToCommitted(): void;
  /** The producer has something to do; the consumer may go on. */
  wakeupProducer(): void;
  wakeupConsumer(): void;
}

export class TransformApplication implements GroupApplication {
  state: ApplicationState = 'opening';
  readonly #context: TransformContext;
  readonly #transactions: TransformTransactions;

  constructor(context: TransformContext, transactions: TransformTransactions) {
    this.#context = context;
    this.#transactions = transactions;
  }

  onPolled(records: readonly PolledRecords[]): void {
    const { time } = this.#context;
    this.state = 'processing';
    const transformation = this.#transformationOf(records);
    this.#transactions.begin(transformation);
    const micros = time.recordMicros * transformation.records.length + time.nextExtraMicros;
    time.nextExtraMicros = 0;
    this.#context.processFor(micros);
  }

  onProcessed(): void {
    this.state = 'committing';
    this.#transactions.send();
    this.#context.wakeupProducer();
  }

  /** What it waits for is told to it. */
  proceed(): void {}

  onInitialized(): void {
    this.state = 'polling';
    this.#context.wakeupConsumer();
  }

  onEnded(committed: boolean): void {
    if (!committed) this.#context.seekToCommitted();
    this.state = 'polling';
    this.#context.wakeupConsumer();
  }

  #transformationOf(polled: readonly PolledRecords[]): Transformation {
    const { values } = this.#context;
    const records = polled.flatMap(({ partition, offsets, keys }) =>
      offsets.map((inputOffset, i): TransformedRecord => ({
        inputPartition: partition,
        inputOffset,
        recordKey: keys![i]!,
        value: values.next++,
      })),
    );
    const offsets = this.#context
      .consumed()
      .filter(({ partition }) => polled.some((one) => one.partition === partition));
    return { records, offsets };
  }
}
