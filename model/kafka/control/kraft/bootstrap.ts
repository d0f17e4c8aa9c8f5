/**
 * The topics of the spec, created as an administrator's CreateTopics would: once every broker is registered and unfenced,
 * so that all replicas are in the first ISR. (ReplicationControlManager.createTopic)
 */
import type { Stream } from '../../../kernel/random.js';
import type { MetadataImage } from '../metadata-image.js';
import type { TopicSpec } from '../../cluster-spec.js';
import type { MetadataRecord } from '../../protocol/metadata-records.js';
import { RECOVERED } from './partition-change.js';
import { placeReplicas } from './replica-placement.js';

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
  let partition = 0;
  topics.forEach((topic, number) => {
    records.push({ kind: 'topic', topic: number, name: topic.name });
    const brokers = image.brokers.flatMap((broker) =>
      broker === undefined ? [] : [{ id: broker.brokerId, rack: broker.rack, fenced: broker.fenced }],
    );
    for (const replicas of placeReplicas(brokers, topic.partitions, topic.replicationFactor, dice)) {
      const isr = replicas.filter((replica) => image.isActive(replica));
      records.push({
        kind: 'partition',
        partition: partition++,
        topic: number,
        replicas,
        isr,
        leader: isr[0],
        leaderEpoch: 0,
        partitionEpoch: 0,
        leaderRecoveryState: RECOVERED,
      });
    }
  });
}
