/** Which partition of a topic a record goes to, as the Java client decides it (KafkaProducer.partition, BuiltInPartitioner). */
import type { Stream } from '../../kernel/random.js';
import { murmur2, utf8 } from './murmur2.js';

/** Keyed records: the hash of the key's bytes, its sign masked away (not the absolute value), modulo the partition count. */
export class KeyPartitioner {
  private readonly hashes = new Map<string, number>();

  /** The index of the partition within the topic. */
  partitionFor(key: string, partitionCount: number): number {
    let hash = this.hashes.get(key);
    if (hash === undefined) {
      hash = murmur2(utf8(key)) & 0x7fffffff;
      this.hashes.set(key, hash);
    }
    return hash % partitionCount;
  }
}

/** What the sticky partitioner asks of its surroundings. */
export interface PartitionAvailability {
  /** Partitions of the topic that have a leader, in order of their index. */
  available(topic: number): readonly number[];
  all(topic: number): readonly number[];
}

/**
 * Records without a key: one partition until about batch.size bytes went there, then another at random among those with
 * a leader; with adaptive partitioning the shorter a queue, the likelier (KIP-794). One for each topic.
 */
export class StickyPartitioner {
  private readonly topic: number;
  private readonly batchSize: number;
  private readonly availability: PartitionAvailability;
  private readonly dice: Stream;
  private current = -1;
  private producedBytes = 0;
  /** Running sums of weights, and the partitions they stand for; empty: all are alike. */
  private cumulative: number[] = [];
  private candidates: number[] = [];

  constructor(topic: number, batchSize: number, availability: PartitionAvailability, dice: Stream) {
    this.topic = topic;
    this.batchSize = batchSize;
    this.availability = availability;
    this.dice = dice;
  }

  /** The partition (its number) that records without a key go to now. */
  peek(): number {
    if (this.current < 0) this.current = this.next();
    return this.current;
  }

  /**
   * After each append to the sticky partition, and before one with 0 bytes, when a switch was put off.
   * @param allBatchesFull while the last batch has room a switch would leave it half empty, so it waits, up to twice the size
   */
  appended(bytes: number, allBatchesFull: boolean): void {
    this.producedBytes += bytes;
    if ((this.producedBytes >= this.batchSize && allBatchesFull) || this.producedBytes >= this.batchSize * 2) {
      this.current = this.next();
      this.producedBytes = 0;
    }
  }

  /**
   * Queue lengths of the partitions that may be chosen (BuiltInPartitioner.updatePartitionLoadStats). Lengths 0, 3, 1 become the
   * weights 4, 1, 3 and the running sums 4, 5, 8.
   * @param total how many partitions the topic has, those left out included
   */
  updateLoad(partitions: readonly number[], queueLengths: readonly number[], total: number): void {
    this.cumulative.length = 0;
    if (partitions.length < 1 || total < 2) return;
    let longest = 0;
    let allEqual = true;
    for (const length of queueLengths) {
      if (length !== queueLengths[0]) allEqual = false;
      longest = Math.max(longest, length);
    }
    if (allEqual && partitions.length === total) return;
    let sum = 0;
    for (const length of queueLengths) {
      sum += longest + 1 - length;
      this.cumulative.push(sum);
    }
    this.candidates = partitions.slice();
  }

  /** Without adaptive partitioning, or before every partition had a batch. */
  forgetLoad(): void {
    this.cumulative.length = 0;
  }

  private next(): number {
    if (this.cumulative.length > 0) {
      const drawn = this.dice.int(this.cumulative[this.cumulative.length - 1]!);
      return this.candidates[this.cumulative.findIndex((sum) => sum > drawn)]!;
    }
    const available = this.availability.available(this.topic);
    return this.dice.pick(available.length > 0 ? available : this.availability.all(this.topic));
  }
}
