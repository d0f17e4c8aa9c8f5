/** Specs of small clusters for tests: Kafka 3.9's defaults, and what a test wants otherwise. */
import { producerDefaults } from '../clients/testing/settings.js';
import type { BrokerSettings, KafkaClusterSpec, ProducerSettings, TopicSettings } from '../cluster-spec.js';
import { quorumDefaults } from '../control/kraft/raft/config.js';
import { consumerDefaults } from '../final-read.js';
import { resolveRules } from '../protocol/versions/resolve.js';
import type { ControlPlane } from '../protocol/versions/rule.js';
import type { Rules } from '../protocol/versions/rules.js';

export const brokerDefaults: BrokerSettings = {
  ...quorumDefaults,
  'metadata.max.idle.interval.ms': 500,
  'metadata.log.max.record.bytes.between.snapshots': 20_971_520,
  'metadata.log.max.snapshot.interval.ms': 3_600_000,
  'broker.heartbeat.interval.ms': 2000,
  'broker.session.timeout.ms': 9000,
  'initial.broker.registration.timeout.ms': 60_000,
  'zookeeper.session.timeout.ms': 18_000,
  'replica.lag.time.max.ms': 30_000,
  'replica.fetch.wait.max.ms': 500,
  'replica.fetch.min.bytes': 1,
  'replica.fetch.max.bytes': 1_048_576,
  'replica.fetch.response.max.bytes': 10_485_760,
  'replica.fetch.backoff.ms': 1000,
  'replica.socket.timeout.ms': 30_000,
  'replica.high.watermark.checkpoint.interval.ms': 5000,
  'log.flush.offset.checkpoint.interval.ms': 60_000,
  'log.flush.scheduler.interval.ms': Number.MAX_SAFE_INTEGER,
  'log.flush.start.offset.checkpoint.interval.ms': 60_000,
  'log.initial.task.delay.ms': 30_000,
  'log.retention.check.interval.ms': 300_000,
  'log.cleaner.enable': true,
  'log.cleaner.backoff.ms': 15_000,
  'log.cleaner.dedupe.buffer.size': 134_217_728,
  'log.cleaner.io.buffer.load.factor': 0.9,
  'auto.leader.rebalance.enable': true,
  'leader.imbalance.check.interval.seconds': 300,
  'controlled.shutdown.enable': true,
  'message.max.bytes': 1_048_588,
  'producer.id.expiration.ms': 86_400_000,
  'unclean.leader.election.interval.ms': 300_000,
  'connections.max.idle.ms': 600_000,
};

export const topicDefaults: TopicSettings = {
  'min.insync.replicas': 2,
  'unclean.leader.election.enable': false,
  'flush.messages': 9_007_199_254_740_991,
  'flush.ms': Number.MAX_SAFE_INTEGER,
  'segment.bytes': 1_073_741_824,
  'segment.ms': 604_800_000,
  'segment.jitter.ms': 0,
  'file.delete.delay.ms': 60_000,
  'cleanup.policy': 'delete',
  'delete.retention.ms': 86_400_000,
  'min.cleanable.dirty.ratio': 0.5,
  'min.compaction.lag.ms': 0,
  'max.compaction.lag.ms': Number.MAX_SAFE_INTEGER,
  'retention.bytes': -1,
  'retention.ms': 604_800_000,
  'max.message.bytes': 1_048_588,
};

export { consumerDefaults, producerDefaults };

export interface SmallCluster {
  readonly rules?: Rules;
  readonly control?: ControlPlane;
  readonly controllers?: number;
  readonly combined?: boolean;
  readonly brokers?: number;
  readonly racks?: readonly (string | null)[];
  readonly partitions?: number;
  /** So many more may be added. */
  readonly additions?: number;
  /** An administrator may alter settings of the topic. */
  readonly alterable?: boolean;
  readonly producers?: number;
  readonly consumers?: number;
  readonly broker?: Partial<BrokerSettings>;
  readonly topic?: Partial<TopicSettings>;
  readonly producer?: Partial<ProducerSettings>;
}

/** By default three brokers, one topic 'orders' with one partition of three replicas, one producer and one consumer of all. */
export function smallCluster(wanted: SmallCluster = {}): KafkaClusterSpec {
  const brokers = wanted.brokers ?? 3;
  const partitions = Array.from({ length: wanted.partitions ?? 1 }, (_, index) => index);
  return {
    version: '3.9',
    rules: wanted.rules ?? resolveRules('3.9'),
    control: wanted.control ?? 'kraft',
    brokers,
    controllers: wanted.controllers ?? 1,
    combined: wanted.combined ?? false,
    racks: wanted.racks ?? Array.from({ length: brokers }, () => null),
    rackAware: true,
    brokerSettings: { ...brokerDefaults, ...wanted.broker },
    topics: [
      {
        name: 'orders',
        partitions: partitions.length + (wanted.additions ?? 0),
        ...(wanted.additions === undefined ? {} : { initialPartitions: partitions.length }),
        ...(wanted.alterable === true ? { alterations: [] } : {}),
        replicationFactor: Math.min(3, brokers),
        settings: { ...topicDefaults, ...wanted.topic },
      },
    ],
    producers: Array.from({ length: wanted.producers ?? 1 }, (_, index) => ({
      name: `p${index}`,
      settings: { ...producerDefaults, ...wanted.producer },
    })),
    consumers: Array.from({ length: wanted.consumers ?? 1 }, (_, index) => ({
      name: `c${index}`,
      settings: consumerDefaults,
      partitions,
    })),
    recordBytes: 100,
  };
}
