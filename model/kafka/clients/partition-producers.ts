/**
 * The producers of an application that has one for each partition of its input, with a transactional.id of that partition. Each
 * calls initTransactions before anything else is done about the partition: that ends what a former owner has left open, and
 * fences it.
 */
import type { ProducerClient } from './producer.js';

export interface PartitionProducer {
  readonly client: ProducerClient;
  /** It is closed, and nothing of it is heard of any more. */
  close(): void;
}

export class PartitionProducers<P extends PartitionProducer> {
  readonly #create: (partition: number, onInitialized: () => void) => P;
  readonly #onOpened: () => void;
  readonly #producers = new Map<number, P>();
  /** Whose initTransactions has not returned. */
  readonly #opening = new Set<number>();

  /**
   * @param create `onInitialized` is to be called when initTransactions has returned
   * @param onOpened none waits for that any more
   */
  constructor(create: (partition: number, onInitialized: () => void) => P, onOpened: () => void) {
    this.#create = create;
    this.#onOpened = onOpened;
  }

  /** None waits for initTransactions. */
  get areOpen(): boolean {
    return this.#opening.size === 0;
  }

  get clients(): readonly ProducerClient[] {
    return [...this.#producers.values()].map(({ client }) => client);
  }

  of(partition: number): P {
    return this.#producers.get(partition)!;
  }

  open(partitions: readonly number[]): void {
    for (const partition of partitions) {
      const producer = this.#create(partition, () => {
        this.#opening.delete(partition);
        if (this.areOpen) this.#onOpened();
      });
      this.#opening.add(partition);
      this.#producers.set(partition, producer);
      producer.client.start();
    }
  }

  close(partitions: readonly number[]): void {
    for (const partition of partitions) {
      this.#producers.get(partition)?.close();
      this.#producers.delete(partition);
      this.#opening.delete(partition);
    }
  }

  closeAll(): void {
    this.close([...this.#producers.keys()]);
  }
}
