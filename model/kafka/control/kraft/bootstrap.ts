/**
 * The topics of the spec, created as an administrator's CreateTopics would: once every broker is registered and unfenced,
 * so that all replicas are in the first ISR. (ReplicationControlManager.createTopic)
 */
import { DirectoryId } from '../../protocol/directory-ids.js';
import type { Stream } from '../../../kernel/random.js';
import type { MetadataImage } from '../metadata-image.js';
import type { TopicSpec } from '../../cluster-spec.js';
import { numberPartitions } from '../../partition-table.js';
import type { MetadataRecord, PartitionRecord } from '../../protocol/metadata-records.js';
import { RECOVERED } from './partition-change.js';
import { placeReplicas, type UsableBroker } from './replica-placement.js';

/** True once all brokers serve and the topics are still to be created. */
export function mayCreateTopics(image: MetadataImage, topics: readonly TopicSpec[], brokers: number): boolean {
  if (image.topics.length === topics.length) return false;
  for (let broker = 1; broker <= brokers; broker++) {
    if (!image.isActive(broker)) return false;
  }
  return true;
}

export function createTopics(
  image: MetadataImage,
  topics: readonly TopicSpec[],
  dice: Stream,
  records: MetadataRecord[],
): void {
  const { partitionsOf, initialCounts } = numberPartitions(topics);
  topics.forEach((topic, number) => {
    records.push({ kind: 'topic', topic: number, name: topic.name });
    const placed = placeReplicas(usableBrokers(image), initialCounts[number], topic.replicationFactor, dice);
    placed.forEach((replicas, index) => {
      records.push(newPartition(image, partitionsOf[number][index], number, replicas));
    });
  });
}

/** Who may get replicas of a new partition: whoever is registered, fenced or not. (ClusterControlManager.usableBrokers) */
export function usableBrokers(image: MetadataImage): readonly UsableBroker[] {
  return image.brokers.flatMap((broker) =>
    broker === undefined ? [] : [{ id: broker.brokerId, rack: broker.rack, fenced: broker.fenced }],
  );
}

/** Its ISR are those of its replicas that are active: there has to be one. (ReplicationControlManager.buildPartitionRegistration) */
export function newPartition(
  image: MetadataImage,
  partition: number,
  topic: number,
  replicas: readonly number[],
): PartitionRecord {
  const isr = replicas.filter((replica) => image.isActive(replica));
  const directories = replicas.map((replica) => image.defaultDirectory(replica));
  return {
    kind: 'partition',
    partition,
    topic,
    replicas,
    isr,
    leader: isr[0],
    leaderEpoch: 0,
    partitionEpoch: 0,
    leaderRecoveryState: RECOVERED,
    ...(directories.some((directory) => directory !== DirectoryId.migrating) && { directories }),
  };
}
