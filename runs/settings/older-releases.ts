/**
 * Where releases before 3.9 differ from its table, among the settings that the model acts on: other defaults, and settings
 * that came later. Read from each release's own ProducerConfig, ConsumerConfig and KafkaConfig.
 */
import { compareReleases } from '../../model/kafka/protocol/versions/releases.js';
import type { Scope } from './table.js';

interface EarlierDefault {
  readonly scope: Scope;
  readonly name: string;
  /** Releases before this one have the default below. */
  readonly before: string;
  readonly default: string;
  readonly source: string;
}

/** Of several rows for one setting the oldest that applies wins: they stand newest first. */
const earlierDefaults: readonly EarlierDefault[] = [
  row('producer', 'acks', '3.0', '1', 'KIP-679'),
  row('producer', 'enable.idempotence', '3.0', 'false', 'KIP-679'),
  row('producer', 'retries', '2.1', '0', 'KIP-91'),
  row('producer', 'socket.connection.setup.timeout.max.ms', '2.8', '127000', 'KIP-601'),
  row('producer', 'reconnect.backoff.max.ms', '0.11', '50', 'KIP-144: fixed until then'),
  row('producer', 'reconnect.backoff.ms', '0.9', '10', 'ProducerConfig 0.8.2'),
  row('consumer', 'socket.connection.setup.timeout.max.ms', '2.8', '127000', 'KIP-601'),
  row('consumer', 'request.timeout.ms', '2.0', '305000', 'KIP-266'),
  row('consumer', 'reconnect.backoff.max.ms', '0.11', '50', 'KIP-144: fixed until then'),
  row('consumer', 'session.timeout.ms', '3.0', '10000', 'KIP-735'),
  row('consumer', 'session.timeout.ms', '0.10.1', '30000', 'KIP-62'),
  row(
    'consumer',
    'partition.assignment.strategy',
    '3.0',
    'class org.apache.kafka.clients.consumer.RangeAssignor',
    'KIP-726',
  ),
  row('broker', 'replica.lag.time.max.ms', '2.5', '10000', 'KIP-537'),
  row('broker', 'zookeeper.session.timeout.ms', '2.5', '6000', 'KIP-537'),
  row('broker', 'message.max.bytes', '2.5', '1000012', 'KAFKA-4203'),
  row('topic', 'max.message.bytes', '2.5', '1000012', 'KAFKA-4203'),
  row('broker', 'unclean.leader.election.enable', '0.11', 'true', 'KIP-106'),
  row('topic', 'unclean.leader.election.enable', '0.11', 'true', 'KIP-106'),
  row('broker', 'group.max.session.timeout.ms', '2.3', '300000', 'KIP-345'),
  row('broker', 'group.max.session.timeout.ms', '0.10.1', '30000', 'KIP-62'),
  row('broker', 'group.initial.rebalance.delay.ms', '0.11', '0', 'KIP-134: no delay until then'),
  row('broker', 'offsets.retention.minutes', '2.0', '1440', 'KIP-186'),
  row('broker', 'log.cleaner.enable', '0.9', 'false', 'KafkaConfig 0.8.2'),
  row('broker', 'producer.id.expiration.ms', '3.4', '604800000', 'KIP-854: transactional.id.expiration.ms until then'),
];

/** Settings of 3.9 that the model acts on and earlier releases do not know, with the release that brought each. */
const cameWith: Readonly<Record<Scope, Readonly<Record<string, string>>>> = {
  producer: {
    'enable.idempotence': '0.11',
    'delivery.timeout.ms': '2.1',
    'max.block.ms': '0.9',
    'request.timeout.ms': '0.9',
    'connections.max.idle.ms': '0.9',
    'reconnect.backoff.max.ms': '0.11',
    'retry.backoff.max.ms': '3.7',
    'partitioner.ignore.keys': '3.3',
    'partitioner.adaptive.partitioning.enable': '3.3',
    'partitioner.availability.timeout.ms': '3.3',
    'socket.connection.setup.timeout.ms': '2.7',
    'socket.connection.setup.timeout.max.ms': '2.7',
    'transactional.id': '0.11',
  },
  consumer: {
    'isolation.level': '0.11',
    'default.api.timeout.ms': '2.0',
    'fetch.max.bytes': '0.10.1',
    'max.poll.records': '0.10',
    'max.poll.interval.ms': '0.10.1',
    'group.instance.id': '2.3',
    'group.protocol': '3.7',
    'group.remote.assignor': '3.7',
    'reconnect.backoff.max.ms': '0.11',
    'retry.backoff.max.ms': '3.7',
    'socket.connection.setup.timeout.ms': '2.7',
    'socket.connection.setup.timeout.max.ms': '2.7',
  },
  broker: {
    'broker.rack': '0.10',
    'broker.heartbeat.interval.ms': '2.8',
    'broker.session.timeout.ms': '2.8',
    'group.consumer.assignors': '3.7',
    'group.consumer.heartbeat.interval.ms': '3.7',
    'group.consumer.max.heartbeat.interval.ms': '3.7',
    'group.consumer.max.session.timeout.ms': '3.7',
    'group.consumer.max.size': '3.7',
    'group.consumer.migration.policy': '3.8',
    'group.consumer.min.heartbeat.interval.ms': '3.7',
    'group.consumer.min.session.timeout.ms': '3.7',
    'group.consumer.session.timeout.ms': '3.7',
    'group.initial.rebalance.delay.ms': '0.11',
    'group.max.size': '2.2',
    'initial.broker.registration.timeout.ms': '2.8',
    'controller.quorum.voters': '2.8',
    'log.dir.failure.timeout.ms': '3.7',
    'node.id': '2.8',
    'process.roles': '2.8',
    'producer.id.expiration.ms': '3.4',
    'replica.fetch.response.max.bytes': '0.10.1',
    'unclean.leader.election.interval.ms': '3.9',
  },
  topic: {
    'max.compaction.lag.ms': '2.3',
    'min.compaction.lag.ms': '0.10.1',
  },
};

/** undefined: as in 3.9. */
export function earlierDefault(release: string, scope: Scope, name: string): string | undefined {
  return earlierDefaults.findLast(
    (earlier) => earlier.scope === scope && earlier.name === name && compareReleases(release, earlier.before) < 0,
  )?.default;
}

/** The release that brought a setting which this one does not know yet; undefined: it knows it. */
export function missingUntil(release: string, scope: Scope, name: string): string | undefined {
  const first = cameWith[scope][name];
  return first !== undefined && compareReleases(release, first) < 0 ? first : undefined;
}

/** Every setting that is named here: each must be one of 3.9. */
export function namedHere(): readonly (readonly [Scope, string])[] {
  return [
    ...earlierDefaults.map(({ scope, name }) => [scope, name] as const),
    ...Object.entries(cameWith).flatMap(([scope, names]) =>
      Object.keys(names).map((name) => [scope as Scope, name] as const),
    ),
  ];
}

function row(scope: Scope, name: string, before: string, value: string, source: string): EarlierDefault {
  return { scope, name, before, default: value, source };
}
