/** Numbers of topics and partitions: partitions are numbered through all topics, in the order of the spec. */
import type { TopicSpec } from './cluster-spec.js';

export interface KafkaPartitions {
  /** Number of partitions of all topics. */
  readonly count: number;
  /** By partition number: 'orders-0'. */
  readonly names: readonly string[];
  /** By partition number: the number of its topic. */
  readonly topicOf: readonly number[];
  /** By partition number: its index within the topic. */
  readonly indexOf: readonly number[];
  /** By partition number: of a topic of Kafka's own, which no client reads or writes. */
  readonly isInternal: readonly boolean[];
  /** By partition number: the topic is created without it; an administrator may add it. */
  readonly isAddition: readonly boolean[];
  /** By topic: its partitions' numbers, in the order of their indexes. */
  readonly partitionsOf: readonly (readonly number[])[];
  /** By topic: with how many of them it is created; the others may be added later. */
  readonly initialCounts: readonly number[];
}

/**
 * Whether its topic has this partition, as far as an image of the metadata says. What a topic is created with it has from the
 * start; what is to be added later, not before the image has it.
 */
export function hasPartition(
  image: { partition(partition: number): object | undefined },
  partition: number,
  isAddition: boolean,
): boolean {
  return !isAddition || image.partition(partition) !== undefined;
}

export function numberPartitions(topics: readonly TopicSpec[]): KafkaPartitions {
  const names: string[] = [];
  const topicOf: number[] = [];
  const indexOf: number[] = [];
  const isInternal: boolean[] = [];
  const isAddition: boolean[] = [];
  const initialCounts = topics.map(({ partitions, initialPartitions }) => initialPartitions ?? partitions);
  const partitionsOf = topics.map((topic, number) => {
    const partitions: number[] = [];
    for (let i = 0; i < topic.partitions; i++) {
      const index = topic.indexes?.[i] ?? i;
      partitions.push(names.length);
      names.push(`${topic.name}-${index}`);
      topicOf.push(number);
      indexOf.push(index);
      isInternal.push(topic.indexes !== undefined);
      isAddition.push(i >= initialCounts[number]);
    }
    return partitions;
  });
  return { count: names.length, names, topicOf, indexOf, isInternal, isAddition, partitionsOf, initialCounts };
}
