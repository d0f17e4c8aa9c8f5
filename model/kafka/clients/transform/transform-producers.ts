/**
 * The producers of an application that transforms: one for its life, or with `fencing: partition` one for each partition that
 * it has, as Kafka asked for before KIP-447. Such a producer is open before the committed offset of the partition is read:
 * the offset cannot move any more then, but by the application itself.
 */
import type { Transformation, TransformOwner, TransformTransactions } from './transform-transactions.js';
import { PartitionProducers, type PartitionProducer } from '../partition-producers.js';
import type { ProducerClient } from '../producer.js';

/** A producer, and the application's hold on it. */
export interface TransformProducer extends PartitionProducer {
  readonly transactions: TransformTransactions;
}

/** @param partition of the input; null: a producer for all of them */
export type OpenProducer = (
  partition: number | null,
  owner: Pick<TransformOwner, 'onInitialized' | 'onEnded'>,
) => TransformProducer;

/** The application, as it hears of its producers. */
export interface ProducersOwner {
  /** initTransactions of all of them has returned. */
  onOpened(): void;
  /** A transaction has ended. */
  onEnded(committed: boolean): void;
}

export interface TransformProducers {
  /** None waits for initTransactions. */
  readonly areOpen: boolean;
  readonly clients: readonly ProducerClient[];
  /** onPartitionsAssigned: opens what has to be there before any of these is read. */
  assign(partitions: readonly number[]): void;
  /** onPartitionsRevoked, onPartitionsLost. */
  giveUp(partitions: readonly number[]): void;
  /** Begins a transaction with what these partitions make. */
  begin(partitions: readonly number[], transformation: Transformation): TransformTransactions;
  close(): void;
}

/** One, with a transactional.id of the application's own. */
export class ApplicationProducer implements TransformProducers {
  areOpen = false;
  readonly #producer: TransformProducer;

  constructor(open: OpenProducer, owner: ProducersOwner) {
    this.#producer = open(null, {
      onInitialized: () => {
        this.areOpen = true;
        owner.onOpened();
      },
      onEnded: (committed) => owner.onEnded(committed),
    });
  }

  get clients(): readonly ProducerClient[] {
    return [this.#producer.client];
  }

  assign(): void {}

  giveUp(): void {}

  begin(_partitions: readonly number[], transformation: Transformation): TransformTransactions {
    this.#producer.transactions.begin(transformation);
    return this.#producer.transactions;
  }

  close(): void {
    this.#producer.close();
  }
}

/** One for each partition, with a transactional.id of the partition. */
export class ProducerPerPartition implements TransformProducers {
  readonly #producers: PartitionProducers<TransformProducer>;

  constructor(open: OpenProducer, owner: ProducersOwner) {
    this.#producers = new PartitionProducers(
      (partition, onInitialized) =>
        open(partition, { onInitialized, onEnded: (committed) => owner.onEnded(committed) }),
      () => owner.onOpened(),
    );
  }

  get areOpen(): boolean {
    return this.#producers.areOpen;
  }

  get clients(): readonly ProducerClient[] {
    return this.#producers.clients;
  }

  assign(partitions: readonly number[]): void {
    this.#producers.open(partitions);
  }

  giveUp(partitions: readonly number[]): void {
    this.#producers.close(partitions);
  }

  begin([partition]: readonly number[], transformation: Transformation): TransformTransactions {
    const { transactions } = this.#producers.of(partition!);
    transactions.begin(transformation);
    return transactions;
  }

  close(): void {
    this.#producers.closeAll();
  }
}
