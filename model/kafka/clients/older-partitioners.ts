/** How records without a key were partitioned before KIP-794 (3.3), and still are with a partitioner.class. */
import type { Stream } from '../../kernel/random.js';
import type { PartitionAvailability } from './partitioner.js';

/** Chooses for records without a key; for all records, if it ignores keys. */
export interface Partitioner {
  /** The partition's number. */
  partition(topic: number): number;
  /** A record is about to begin a new batch in this partition, whoever chose that (KIP-480; Partitioner.onNewBatch). */
  onNewBatch(topic: number, previous: number): void;
}

/** The next partition for each record, leaving out those without a leader (DefaultPartitioner before 2.4; RoundRobinPartitioner). */
export class RoundRobinPartitioner implements Partitioner {
  private readonly availability: PartitionAvailability;
  /** null: counts from 0, as RoundRobinPartitioner. */
  private readonly dice: Stream | null;
  /** By topic; not masked: a 32-bit number that wraps. */
  private readonly counters: number[] = [];

  /** @param dice draws where a topic's count begins, as DefaultPartitioner does */
  constructor(availability: PartitionAvailability, dice: Stream | null) {
    this.availability = availability;
    this.dice = dice;
  }

  partition(topic: number): number {
    const counter = this.counters[topic] ?? this.dice?.bits() ?? 0;
    this.counters[topic] = (counter + 1) | 0;
    const available = this.availability.available(topic);
    const candidates = available.length > 0 ? available : this.availability.all(topic);
    return candidates[(counter & 0x7fffffff) % candidates.length];
  }

  onNewBatch(): void {}
}

/**
 * One partition of the topic until a new batch is begun there, then another, at random among those with a leader (KIP-480;
 * StickyPartitionCache). A record with a key that begins a batch there moves it as well.
 */
export class StickyPartitionCache implements Partitioner {
  private readonly availability: PartitionAvailability;
  private readonly dice: Stream;
  /** By topic. */
  private readonly current: (number | undefined)[] = [];

  constructor(availability: PartitionAvailability, dice: Stream) {
    this.availability = availability;
    this.dice = dice;
  }

  partition(topic: number): number {
    return (this.current[topic] ??= this.next(topic, undefined));
  }

  onNewBatch(topic: number, previous: number): void {
    const current = this.current[topic];
    if (current === undefined || current === previous) this.current[topic] = this.next(topic, current);
  }

  private next(topic: number, current: number | undefined): number {
    const available = this.availability.available(topic);
    if (available.length === 0) return this.dice.pick(this.availability.all(topic));
    if (available.length === 1) return available[0];
    for (;;) {
      const drawn = this.dice.pick(available);
      if (drawn !== current) return drawn;
    }
  }
}
