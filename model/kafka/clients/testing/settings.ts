/** Kafka 3.9's defaults (ProducerConfig, ConsumerConfig). */
import type { ConsumerSettings, ProducerSettings } from '../../cluster-spec.js';

const client = {
  'request.timeout.ms': 30_000,
  'retry.backoff.ms': 100,
  'retry.backoff.max.ms': 1000,
  'reconnect.backoff.ms': 50,
  'reconnect.backoff.max.ms': 1000,
  'socket.connection.setup.timeout.ms': 10_000,
  'socket.connection.setup.timeout.max.ms': 30_000,
  'metadata.max.age.ms': 300_000,
  'connections.max.idle.ms': 540_000,
};

export const producerDefaults: ProducerSettings = {
  ...client,
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

export const consumerDefaults: ConsumerSettings = {
  ...client,
  'auto.offset.reset': 'latest',
  'isolation.level': 'read_uncommitted',
  'fetch.min.bytes': 1,
  'fetch.max.wait.ms': 500,
  'fetch.max.bytes': 52_428_800,
  'max.partition.fetch.bytes': 1_048_576,
  'max.poll.records': 500,
  'default.api.timeout.ms': 60_000,
};
