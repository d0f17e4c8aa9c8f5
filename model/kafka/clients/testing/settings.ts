/** Kafka 3.9's defaults (ProducerConfig, ConsumerConfig). */
import type { ConsumerSettings, GroupConsumerSettings, ProducerSettings } from '../../cluster-spec.js';
import { consumerDefaults as readingFromTheStart } from '../../final-read.js';

export const producerDefaults: ProducerSettings = {
  'request.timeout.ms': 30_000,
  'retry.backoff.ms': 100,
  'retry.backoff.max.ms': 1000,
  'reconnect.backoff.ms': 50,
  'reconnect.backoff.max.ms': 1000,
  'socket.connection.setup.timeout.ms': 10_000,
  'socket.connection.setup.timeout.max.ms': 30_000,
  'metadata.max.age.ms': 300_000,
  'connections.max.idle.ms': 540_000,
  acks: -1,
  'enable.idempotence': true,
  retries: 2147483647,
  'delivery.timeout.ms': 120_000,
  'linger.ms': 0,
  'batch.size': 16_384,
  'buffer.memory': 33_554_432,
  'max.block.ms': 60_000,
  'max.request.size': 1_048_576,
  'max.in.flight.requests.per.connection': 5,
  'partitioner.ignore.keys': false,
  'partitioner.adaptive.partitioning.enable': true,
  'partitioner.availability.timeout.ms': 0,
};

export const consumerDefaults: ConsumerSettings = { ...readingFromTheStart, 'auto.offset.reset': 'latest' };

export const memberDefaults: GroupConsumerSettings = {
  ...consumerDefaults,
  'group.id': 'readers',
  'session.timeout.ms': 45_000,
  'heartbeat.interval.ms': 3000,
  'max.poll.interval.ms': 300_000,
  'enable.auto.commit': true,
  'auto.commit.interval.ms': 5000,
  'partition.assignment.strategy': ['range', 'cooperative-sticky'],
};
