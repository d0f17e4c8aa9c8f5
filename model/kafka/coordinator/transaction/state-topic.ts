/** The topic __transaction_state as a broker creates it when the first producer asks for its coordinator. */
import type { KafkaClusterSpec, TopicSettings, TransactionSettings } from '../../cluster-spec.js';
import { transactionalIds } from '../../transactional-ids.js';
import { stateTopicSpec } from '../state-topic.js';
import { TRANSACTION_STATE_TOPIC } from './transaction-log.js';

/** Broker settings of the topic, under their own names. */
export interface StateTopicSettings extends TransactionSettings {
  readonly 'transaction.state.log.replication.factor': number;
  readonly 'transaction.state.log.min.isr': number;
  readonly 'transaction.state.log.segment.bytes': number;
}

export const stateTopicDefaults: StateTopicSettings = {
  'transaction.state.log.num.partitions': 50,
  'transaction.state.log.replication.factor': 3,
  'transaction.state.log.min.isr': 2,
  'transaction.state.log.segment.bytes': 104_857_600,
  'transaction.max.timeout.ms': 900_000,
  'transaction.abort.timed.out.transaction.cleanup.interval.ms': 10_000,
  'transaction.partition.verification.enable': true,
};

/**
 * The same cluster with what the transactions of its clients need; as it was, if none has a transactional.id. Of the
 * topic's partitions those are simulated into which a transactional id falls.
 * @param topicDefaults the broker's defaults for topics
 */
export function withTransactions(
  spec: KafkaClusterSpec,
  settings: StateTopicSettings,
  topicDefaults: TopicSettings,
): KafkaClusterSpec {
  const ids = transactionalIds(spec);
  if (ids.length === 0) return spec;
  const topic = stateTopicSpec(ids, spec.brokers, {
    name: TRANSACTION_STATE_TOPIC,
    partitionCount: settings['transaction.state.log.num.partitions'],
    replicationFactor: settings['transaction.state.log.replication.factor'],
    settings: {
      ...topicDefaults,
      'min.insync.replicas': settings['transaction.state.log.min.isr'],
      'segment.bytes': settings['transaction.state.log.segment.bytes'],
      'unclean.leader.election.enable': false,
    },
  });
  return { ...spec, topics: [...spec.topics, topic], transactions: settings };
}
