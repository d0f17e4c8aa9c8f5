/**
 * Which partitions moved from whom to whom while a general assignment is balanced, so that two members do not exchange
 * partitions of one topic (AbstractStickyAssignor.PartitionMovements).
 */
import { JavaHashMap } from '../java-hash-map.js';
import type { TopicPartition } from '../topic-partition.js';

interface Movement {
  readonly from: string;
  readonly to: string;
}

export class PartitionMovements {
  /** The way that a partition has come in all. */
  private readonly movements = new Map<TopicPartition, Movement>();
  /** By topic and way: the partitions that came it, in the order of Kafka's set of them. */
  private readonly byWay = new Map<string, JavaHashMap<TopicPartition, true>>();

  moved(partition: TopicPartition, from: string, to: string): void {
    const before = this.movements.get(partition);
    if (before !== undefined) {
      this.movements.delete(partition);
      this.moversOn(partition.topic, before.from, before.to).delete(partition);
      if (before.from === to) return; // it is back where it came from
    }
    const movement = { from: before?.from ?? from, to };
    this.movements.set(partition, movement);
    this.moversOn(partition.topic, movement.from, to).set(partition, true);
  }

  /** What is to be moved in place of the partition: one that came the other way, which goes back. */
  toMoveFor(partition: TopicPartition, from: string, to: string): TopicPartition {
    const origin = this.movements.get(partition)?.from ?? from;
    return this.moversOn(partition.topic, to, origin).firstKey() ?? partition;
  }

  private moversOn(topic: string, from: string, to: string): JavaHashMap<TopicPartition, true> {
    const way = JSON.stringify([topic, from, to]);
    let movers = this.byWay.get(way);
    if (movers === undefined) {
      movers = new JavaHashMap<TopicPartition, true>(({ hash }) => hash);
      this.byWay.set(way, movers);
    }
    return movers;
  }
}
