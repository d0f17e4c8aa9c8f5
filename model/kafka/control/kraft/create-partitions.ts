/** More partitions for a topic that is in use, as CreatePartitions asks for them (KIP-195; ReplicationControlManager.createPartitions). */
import type { Stream } from '../../../kernel/random.js';
import { createPartitionsResponse } from '../admin-answers.js';
import type { MetadataImage } from '../metadata-image.js';
import { KafkaError, type ErrorCode } from '../../protocol/errors.js';
import type { CreatePartitionsRequest, CreatePartitionsResponse } from '../../protocol/messages.js';
import type { MetadataRecord } from '../../protocol/metadata-records.js';
import { newPartition, usableBrokers } from './bootstrap.js';
import { placeReplicas } from './replica-placement.js';

/** @param partitionsOf by topic: the numbers of all partitions that it will ever have */
export function createPartitions(
  image: MetadataImage,
  partitionsOf: readonly (readonly number[])[],
  request: CreatePartitionsRequest,
  dice: Stream,
  records: MetadataRecord[],
): CreatePartitionsResponse {
  const topics = request.topics.map(({ topic, count }) => {
    return { topic, error: growTopic(image, topic, partitionsOf[topic] ?? [], count, dice, records) };
  });
  return createPartitionsResponse(request, KafkaError.NONE, topics);
}

/** The new ones have as many replicas as the first, placed as those of a new topic are. */
function growTopic(
  image: MetadataImage,
  topic: number,
  partitions: readonly number[],
  count: number,
  dice: Stream,
  records: MetadataRecord[],
): ErrorCode {
  if (image.topics[topic] === undefined) return KafkaError.UNKNOWN_TOPIC_OR_PARTITION;
  const first = partitions.findIndex((partition) => image.partition(partition) === undefined);
  // None is left that has a number: the topic has all that it will ever have.
  if (first < 0 || count <= first || count > partitions.length) return KafkaError.INVALID_PARTITIONS;
  const brokers = usableBrokers(image);
  const replicationFactor = image.partition(partitions[0])!.replicas.length;
  if (brokers.length < replicationFactor || brokers.every(({ fenced }) => fenced)) {
    return KafkaError.INVALID_REPLICATION_FACTOR;
  }
  const placed = placeReplicas(brokers, count - first, replicationFactor, dice);
  const created = placed.map((replicas, index) => newPartition(image, partitions[first + index], topic, replicas));
  // Whoever is not fenced may be shutting down.
  if (created.some(({ isr }) => isr.length === 0)) return KafkaError.INVALID_REPLICA_ASSIGNMENT;
  records.push(...created);
  return KafkaError.NONE;
}
