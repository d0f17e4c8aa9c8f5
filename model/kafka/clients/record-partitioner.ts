/** Chooses the partition of each record of a producer (KafkaProducer.partition, and where a new batch begins doSend). */
import type { Stream } from '../../kernel/random.js';
import type { ProducerSettings } from '../cluster-spec.js';
import type { Rules } from '../protocol/versions/rules.js';
import type { Metadata } from './metadata.js';
import { KeyPartitioner, StickyPartitioner, type PartitionAvailability } from './partitioner.js';
import { partitioningOf, type Partitioning } from './partitioning.js';

/** Of a partition that is not chosen yet. */
export const UNKNOWN_PARTITION = -1;

export class RecordPartitioner implements PartitionAvailability {
  readonly #settings: ProducerSettings;
  readonly #metadata: Metadata;
  readonly #dice: Stream;
  readonly #keys = new KeyPartitioner();
  readonly #partitioning: Partitioning;
  /** By topic. */
  readonly #sticky: (StickyPartitioner | undefined)[] = [];

  constructor(settings: ProducerSettings, rules: Rules, metadata: Metadata, dice: Stream) {
    this.#settings = settings;
    this.#metadata = metadata;
    this.#dice = dice;
    this.#partitioning = partitioningOf(rules, settings, this, dice);
  }

  available(topic: number): readonly number[] {
    return this.all(topic).filter((partition) => this.#metadata.leaderOf(partition) >= 0);
  }

  all(topic: number): readonly number[] {
    return this.#metadata.partitionsOf(topic);
  }

  /** UNKNOWN_PARTITION: the key does not say. */
  partitionByKey(topic: number, recordKey: string | null): number {
    if (recordKey === null || this.#partitioning.ignoresKeys) return UNKNOWN_PARTITION;
    const partitions = this.all(topic);
    return partitions[this.#keys.partitionFor(recordKey, partitions.length)]!;
  }

  /**
   * Asks the partitioner, and once more where the record would begin a new batch (KafkaProducer.doSend).
   * @param partition as the record or its key says
   * @param beginsBatch whether a record in this partition would begin a batch
   * @returns UNKNOWN_PARTITION: the accumulator is to choose
   */
  place(topic: number, partition: number, beginsBatch: (partition: number) => boolean): number {
    const { partitioner, hearsOfNewBatches } = this.#partitioning;
    if (partitioner === null) return partition;
    const chosen = partition >= 0 ? partition : partitioner.partition(topic);
    if (!hearsOfNewBatches || !beginsBatch(chosen)) return chosen;
    partitioner.onNewBatch(topic, chosen);
    return partition >= 0 ? partition : partitioner.partition(topic);
  }

  /** The accumulator's own partitioner (KIP-794). */
  stickyFor(topic: number): StickyPartitioner {
    let sticky = this.#sticky[topic];
    if (sticky === undefined) {
      sticky = new StickyPartitioner(topic, Math.max(1, this.#settings['batch.size']), this, this.#dice);
      this.#sticky[topic] = sticky;
    }
    return sticky;
  }
}
