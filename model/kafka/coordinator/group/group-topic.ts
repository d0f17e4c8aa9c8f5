/** The topic __consumer_offsets as a broker creates it when the first consumer asks for its coordinator. */
import type { GroupSettings, KafkaClusterSpec, TopicSettings } from '../../cluster-spec.js';
import { stateTopicSpec } from '../state-topic.js';
import { GROUP_METADATA_TOPIC } from './group-log.js';

/** Broker settings of the topic, under their own names. */
export interface GroupTopicSettings extends GroupSettings {
  readonly 'offsets.topic.replication.factor': number;
  readonly 'offsets.topic.segment.bytes': number;
}

export const groupDefaults: GroupTopicSettings = {
  'group.initial.rebalance.delay.ms': 3000,
  'group.min.session.timeout.ms': 6000,
  'group.max.session.timeout.ms': 1_800_000,
  'group.max.size': 2_147_483_647,
  'offsets.topic.num.partitions': 50,
  'offsets.topic.replication.factor': 3,
  'offsets.topic.segment.bytes': 104_857_600,
  'offsets.commit.required.acks': -1,
  'offsets.commit.timeout.ms': 5000,
  'offsets.retention.minutes': 10_080,
  'offsets.retention.check.interval.ms': 600_000,
  'group.consumer.session.timeout.ms': 45_000,
  'group.consumer.heartbeat.interval.ms': 5000,
  'group.consumer.assignors': 'uniform,range',
  'group.consumer.max.size': 2_147_483_647,
  'group.consumer.migration.policy': 'bidirectional',
};

/**
 * The same cluster with what the groups of its consumers need; as it was, if none has a group.id. Of the topic's
 * partitions those are simulated into which a group falls.
 * @param topicDefaults the broker's defaults for topics, min.insync.replicas among them: the topic has none of its own
 */
export function withGroups(
  spec: KafkaClusterSpec,
  settings: GroupTopicSettings,
  topicDefaults: TopicSettings,
): KafkaClusterSpec {
  const ids = [
    ...new Set(spec.consumers.flatMap(({ settings: { 'group.id': id } }) => (id === undefined ? [] : [id]))),
  ];
  if (ids.length === 0) return spec;
  const topic = stateTopicSpec(ids, spec.brokers, {
    name: GROUP_METADATA_TOPIC,
    partitionCount: settings['offsets.topic.num.partitions'],
    replicationFactor: settings['offsets.topic.replication.factor'],
    settings: { ...topicDefaults, 'segment.bytes': settings['offsets.topic.segment.bytes'] },
  });
  return { ...spec, topics: [...spec.topics, topic], groups: { settings, ids } };
}
