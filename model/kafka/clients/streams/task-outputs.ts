/**
 * The producers of a thread under exactly_once: one for each task, with a transactional.id of the task (KIP-129). It calls
 * initTransactions when the task is created, within onPartitionsAssigned: that ends what a former owner of the task has left
 * open, and fences it, before the committed offset and the changelog are read (StreamTask of Kafka 0.11 to 2.5).
 *
 * A commit of the thread is one of each task, one after another. Whatever keeps one of them from committing is the end of all
 * (TaskMigratedException, or a StreamsException that ends the thread, and somebody starts it again).
 */
import type { OffsetToCommit } from '../../protocol/group-messages.js';
import { PartitionProducers, type PartitionProducer } from '../partition-producers.js';
import type { ProducerClient } from '../producer.js';
import type { CountUpdate, OutputOwner, StreamOutput } from './stream-output.js';
import type { TransactionalOutput } from './transactional-output.js';

export interface TaskProducer extends PartitionProducer {
  readonly output: TransactionalOutput;
}

/** What of a task's output the thread does not hear of by itself. */
type TaskOutputOwner = Pick<OutputOwner, 'onOpened' | 'onCommitted' | 'onFailed'>;

export class TaskOutputs implements StreamOutput {
  readonly #owner: TaskOutputOwner;
  /** By partition of the input. */
  readonly #producers: PartitionProducers<TaskProducer>;
  /** Of tasks that are still to commit. */
  #toCommit: readonly OffsetToCommit[] = [];

  /** @param createProducer of the task with this input */
  constructor(createProducer: (input: number, owner: TaskOutputOwner) => TaskProducer, owner: TaskOutputOwner) {
    this.#owner = owner;
    this.#producers = new PartitionProducers(
      (input, onOpened) =>
        createProducer(input, {
          onOpened,
          onCommitted: () => this.#commitNext(),
          onFailed: () => owner.onFailed('migrated'),
        }),
      () => owner.onOpened(),
    );
  }

  get isOpen(): boolean {
    return this.#producers.areOpen;
  }

  get clients(): readonly ProducerClient[] {
    return this.#producers.clients;
  }

  open(inputs: readonly number[]): void {
    this.#producers.open(inputs);
  }

  close(inputs: readonly number[]): void {
    this.#producers.close(inputs);
  }

  closeAll(): void {
    this.#producers.closeAll();
  }

  /** A transaction that is open is left to whoever has the task next. */
  lose(inputs: readonly number[]): void {
    this.#producers.close(inputs);
  }

  send(update: CountUpdate): void {
    this.#producers.of(update.inputPartition).output.send(update);
  }

  commit(offsets: readonly OffsetToCommit[]): void {
    this.#toCommit = offsets;
    this.#commitNext();
  }

  #commitNext(): void {
    const [next, ...rest] = this.#toCommit;
    this.#toCommit = rest;
    if (next === undefined) this.#owner.onCommitted();
    else this.#producers.of(next.partition).output.commit([next]);
  }
}
