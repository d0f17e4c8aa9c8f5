/** The transactional ids that the clients of a cluster use. */
import type { KafkaClusterSpec, TransformSpec } from './cluster-spec.js';

/**
 * With `fencing: partition`: the id of the producer that is there for one partition of the input. It is the same whichever
 * member has the partition. Kafka Streams has one for each task, `application.id-0_index`: the subtopology is the first, and
 * the only one (TaskId; StreamThread.TaskCreator.createProducer).
 * @param index of the partition within its topic
 */
export function partitionTransactionalId(
  { producer, streams }: Pick<TransformSpec, 'producer' | 'streams'>,
  topicName: string,
  index: number,
): string {
  const id = producer['transactional.id']!;
  return streams === undefined ? `${id}-${topicName}-${index}` : `${id}-0_${index}`;
}

/** Of all clients, in their order. */
export function transactionalIds({ producers, consumers, topics }: KafkaClusterSpec): readonly string[] {
  const own = producers.flatMap(({ settings }) => settings['transactional.id'] ?? []);
  const ofMembers = consumers.flatMap(({ member }): readonly string[] => {
    const transform = member?.transform;
    const id = transform?.producer['transactional.id'];
    if (transform === undefined || id === undefined) return [];
    if (transform.fencing !== 'partition') return [id];
    return member!.topics.flatMap((topic) => {
      const { name, partitions } = topics[topic]!;
      return Array.from({ length: partitions }, (_, index) => partitionTransactionalId(transform, name, index));
    });
  });
  return [...own, ...ofMembers];
}
