/** From a complete spec to what the simulated Kafka is built from: every setting that the model acts on, with its default. */
import type {
  BrokerSettings,
  ConsumerSettings,
  ConsumerSpec,
  GroupConsumerSettings,
  KafkaClusterSpec,
  MemberSpec,
  ProducerSettings,
  ProducerSpec,
  TopicSettings,
} from '../../model/kafka/cluster-spec.js';
import { groupDefaults, withGroups, type GroupTopicSettings } from '../../model/kafka/coordinator/group/group-topic.js';
import {
  stateTopicDefaults,
  withTransactions,
  type StateTopicSettings,
} from '../../model/kafka/coordinator/transaction/state-topic.js';
import { consumerName, producerName } from '../../model/kafka/machine-names.js';
import { resolveRules } from '../../model/kafka/protocol/versions/resolve.js';
import { ruleBySpecName, type Rules, type RuleValues } from '../../model/kafka/protocol/versions/rules.js';
import { assignorNames } from '../settings/assignors.js';
import { effective, effectiveForTopic } from '../settings/effective.js';
import { idempotence, withIdempotence } from '../settings/idempotence.js';
import { type Scope, settingsFor, type SettingsTable } from '../settings/table.js';
import { speaksConsumerProtocol } from './group-rules.js';
import { hasCombinedRoles } from './process-roles.js';
import type { GivenSettings, Spec, SpecConsumer } from './spec.js';
import { logDirsOf } from './log-dirs.js';
import { partitionCounts } from './partition-additions.js';
import { clusterReleases, weakestRules } from './releases.js';
import { commitIntervalOf, guaranteeOf } from './streams-rules.js';

/** Settings that a plan drew where the spec left them open, by scoped name: 'broker:replica.lag.time.max.ms'. */
export type DrawnSettings = Readonly<Record<string, string | number | boolean>>;

const RECORD_BYTES = 100;

const brokerNames: readonly Exclude<keyof BrokerSettings, typeof ZOOKEEPER_SESSION>[] = [
  'broker.heartbeat.interval.ms',
  'broker.session.timeout.ms',
  'initial.broker.registration.timeout.ms',
  'replica.lag.time.max.ms',
  'replica.fetch.wait.max.ms',
  'replica.fetch.min.bytes',
  'replica.fetch.max.bytes',
  'replica.fetch.response.max.bytes',
  'replica.fetch.backoff.ms',
  'replica.socket.timeout.ms',
  'replica.high.watermark.checkpoint.interval.ms',
  'log.flush.offset.checkpoint.interval.ms',
  'log.flush.scheduler.interval.ms',
  'log.flush.start.offset.checkpoint.interval.ms',
  'log.initial.task.delay.ms',
  'log.retention.check.interval.ms',
  'log.cleaner.enable',
  'log.cleaner.backoff.ms',
  'log.cleaner.dedupe.buffer.size',
  'log.cleaner.io.buffer.load.factor',
  'auto.leader.rebalance.enable',
  'leader.imbalance.check.interval.seconds',
  'controlled.shutdown.enable',
  'message.max.bytes',
  'producer.id.expiration.ms',
  'unclean.leader.election.interval.ms',
  'connections.max.idle.ms',
  'controller.quorum.election.timeout.ms',
  'controller.quorum.fetch.timeout.ms',
  'controller.quorum.election.backoff.max.ms',
  'controller.quorum.append.linger.ms',
  'controller.quorum.request.timeout.ms',
  'controller.quorum.retry.backoff.ms',
  'metadata.log.segment.bytes',
  'metadata.max.retention.bytes',
  'metadata.max.idle.interval.ms',
  'metadata.log.max.record.bytes.between.snapshots',
  'metadata.log.max.snapshot.interval.ms',
];

/** Of the transaction coordinators and their topic. */
const coordinationNames = Object.keys(stateTopicDefaults) as readonly (keyof StateTopicSettings)[];
/** Of the group coordinators and their topic. */
const groupNames = Object.keys(groupDefaults) as readonly (keyof GroupTopicSettings)[];
/** Gone with ZooKeeper in 4.0. */
const ZOOKEEPER_SESSION = 'zookeeper.session.timeout.ms';
const ZOOKEEPER_SESSION_DEFAULT_MS = 18_000;

const topicNames: readonly (keyof TopicSettings)[] = [
  'min.insync.replicas',
  'unclean.leader.election.enable',
  'flush.messages',
  'flush.ms',
  'segment.bytes',
  'segment.ms',
  'segment.jitter.ms',
  'file.delete.delay.ms',
  'cleanup.policy',
  'delete.retention.ms',
  'min.cleanable.dirty.ratio',
  'min.compaction.lag.ms',
  'max.compaction.lag.ms',
  'retention.bytes',
  'retention.ms',
  'max.message.bytes',
];

type ApartNames =
  | 'partitioner.class'
  | 'acks'
  | 'enable.idempotence'
  | 'delivery.timeout.ms'
  | 'transactional.id'
  | 'transaction.timeout.ms';

/** All but `acks`, `enable.idempotence` and `delivery.timeout.ms`, which depend on others. */
const producerNames: readonly Exclude<keyof ProducerSettings, ApartNames>[] = [
  'retries',
  'request.timeout.ms',
  'linger.ms',
  'batch.size',
  'buffer.memory',
  'max.block.ms',
  'max.request.size',
  'max.in.flight.requests.per.connection',
  'retry.backoff.ms',
  'retry.backoff.max.ms',
  'reconnect.backoff.ms',
  'reconnect.backoff.max.ms',
  'socket.connection.setup.timeout.ms',
  'socket.connection.setup.timeout.max.ms',
  'metadata.max.age.ms',
  'partitioner.ignore.keys',
  'partitioner.adaptive.partitioning.enable',
  'partitioner.availability.timeout.ms',
  'connections.max.idle.ms',
];

const consumerNames: readonly Exclude<keyof ConsumerSettings, 'group.id'>[] = [
  'auto.offset.reset',
  'isolation.level',
  'fetch.min.bytes',
  'fetch.max.wait.ms',
  'fetch.max.bytes',
  'max.partition.fetch.bytes',
  'max.poll.records',
  'client.rack',
  'request.timeout.ms',
  'default.api.timeout.ms',
  'retry.backoff.ms',
  'retry.backoff.max.ms',
  'reconnect.backoff.ms',
  'reconnect.backoff.max.ms',
  'socket.connection.setup.timeout.ms',
  'socket.connection.setup.timeout.max.ms',
  'metadata.max.age.ms',
  'connections.max.idle.ms',
];

/** @param drawn what the plan of a trial drew; it wins over defaults, never over what the spec says */
export function resolveCluster(spec: Spec, drawn: DrawnSettings = {}): KafkaClusterSpec {
  const table = settingsFor(spec.version);
  const broker = withDrawn('broker', spec.brokerSettings, drawn);
  const topicDefaults = pick<TopicSettings>(topicNames, (name) => effectiveForTopic(table, name, {}, broker).value);
  const coordination = pick<StateTopicSettings>(
    coordinationNames,
    (name) => effective(table, 'broker', name, broker).value,
  );
  // What a release does not have (offsets.commit.required.acks went with 4.0) is as it always was.
  const groups = pick<GroupTopicSettings>(groupNames, (name) =>
    table.broker.has(name)
      ? effective(table, 'broker', name, broker).value
      : groupDefaults[name as keyof GroupTopicSettings],
  );
  const cluster = withTransactions(withoutCoordinators(spec, table, broker, drawn), coordination, topicDefaults);
  return withGroups(cluster, groups, topicDefaults);
}

function withoutCoordinators(
  spec: Spec,
  table: SettingsTable,
  broker: GivenSettings,
  drawn: DrawnSettings,
): KafkaClusterSpec {
  const counts = partitionCounts(spec.topics, spec.faults);
  return {
    version: spec.version,
    rules: rulesOf(spec),
    ...clusterReleases(spec, ownRules(spec), spec.defects),
    brokers: spec.brokers,
    control: spec.control.mode,
    controllers: spec.control.controllers,
    ...(combined(spec) ? { combined: true } : {}),
    racks: spec.racks,
    rackAware: spec.rackAware,
    brokerSettings: {
      ...pick<Omit<BrokerSettings, typeof ZOOKEEPER_SESSION>>(
        brokerNames,
        (name) => effective(table, 'broker', name, broker).value,
      ),
      [ZOOKEEPER_SESSION]: zookeeperSession(table, broker),
      ...replicaSelector(broker),
      ...logDirs(table, broker),
    },
    topics: spec.topics.map((topic, index) => {
      const own = withDrawn('topic', topic.settings, drawn);
      return {
        name: topic.name,
        partitions: counts[index].final,
        ...(counts[index].final > topic.partitions ? { initialPartitions: topic.partitions } : {}),
        replicationFactor: topic.replicationFactor,
        settings: pick<TopicSettings>(topicNames, (name) => effectiveForTopic(table, name, own, broker).value),
      };
    }),
    producers: producers(spec, table, drawn),
    consumers: consumers(spec, table, drawn),
    ...(spec.workload.type === 'own' ? { called: true } : {}),
    ...(spec.workload.resend ? { resend: true } : {}),
    recordBytes: RECORD_BYTES,
  };
}

function combined({ control, brokerSettings }: Spec): boolean {
  const roles = brokerSettings['process.roles'];
  return hasCombinedRoles(control.mode, roles === undefined ? undefined : String(roles.value));
}

function zookeeperSession(table: SettingsTable, given: GivenSettings): number {
  if (!table.broker.has(ZOOKEEPER_SESSION)) return ZOOKEEPER_SESSION_DEFAULT_MS;
  return Number(effective(table, 'broker', ZOOKEEPER_SESSION, given).value);
}

/** Those of its release, with what it says otherwise, and its defects; where releases differ, what all of them have. */
export function rulesOf(spec: Spec): Rules {
  const { version, releases, defects } = spec;
  const own = ownRules(spec);
  return releases === null ? resolveRules(version, own, defects) : weakestRules(releases, own, defects);
}

function ownRules({ rules }: Spec): Partial<RuleValues> {
  const own = Object.entries(rules).map(([name, value]) => [ruleBySpecName(name)!, value] as const);
  return Object.fromEntries(own) as Partial<RuleValues>;
}

/** replica.selector.class has no default: without it consumers read from leaders. */
function replicaSelector(broker: GivenSettings): Pick<BrokerSettings, 'replica.selector.class'> {
  const given = broker['replica.selector.class'];
  return given === undefined ? {} : { 'replica.selector.class': String(given.value) };
}

/** Wherever it is, one directory is one disk: nothing is said of it. */
function logDirs(
  table: SettingsTable,
  broker: GivenSettings,
): Pick<BrokerSettings, 'log.dirs' | 'log.dir.failure.timeout.ms'> {
  const paths = logDirsOf(broker);
  if (paths.length < 2) return {};
  const timeout = 'log.dir.failure.timeout.ms';
  return {
    'log.dirs': paths.join(','),
    [timeout]: Number(effective(table, 'broker', timeout, broker).value),
  };
}

function producers(spec: Spec, table: SettingsTable, drawn: DrawnSettings): ProducerSpec[] {
  const settings = spec.producers.flatMap((producer) => {
    const given = withDrawn('producer', producer.settings, drawn);
    return Array.from({ length: producer.count }, (_, member) =>
      oneProducer(table, given, producer.count > 1 ? `-${member}` : ''),
    );
  });
  return settings.map((own, index) => ({ name: producerName(index), settings: own }));
}

function oneProducer(table: SettingsTable, given: GivenSettings, suffix: string): ProducerSettings {
  return { ...producerSettings(table, given), ...partitionerClass(given), ...transactional(table, given, suffix) };
}

/** partitioner.class has no default: without it the release chooses partitions by itself. */
function partitionerClass(given: GivenSettings): Pick<ProducerSettings, 'partitioner.class'> {
  const own = given['partitioner.class'];
  return own === undefined ? {} : { 'partitioner.class': String(own.value) };
}

/**
 * Producers of one kind do not fence each other: where there are several, each has its number behind the transactional.id,
 * as their operator would have given it.
 */
function transactional(
  table: SettingsTable,
  given: GivenSettings,
  suffix: string,
): Pick<ProducerSettings, 'transactional.id' | 'transaction.timeout.ms'> {
  const id = given['transactional.id'];
  if (id === undefined) return {};
  const timeout = Number(effective(table, 'producer', 'transaction.timeout.ms', given).value);
  return { 'transactional.id': `${id.value}${suffix}`, 'transaction.timeout.ms': timeout };
}

function producerSettings(table: SettingsTable, asked: GivenSettings): ProducerSettings {
  const given = withIdempotence(table, asked);
  const acks = String(effective(table, 'producer', 'acks', given).value);
  const rest = pick<Omit<ProducerSettings, ApartNames>>(
    producerNames,
    (name) => effective(table, 'producer', name, given).value,
  );
  return {
    acks: acks === 'all' || acks === '-1' ? -1 : acks === '1' ? 1 : 0,
    'enable.idempotence': idempotence(table, given).enabled,
    'delivery.timeout.ms': deliveryTimeout(table, given),
    ...rest,
  };
}

/**
 * Not set by name, delivery.timeout.ms is raised to linger.ms + request.timeout.ms (KafkaProducer.configureDeliveryTimeout);
 * set by name and below, Kafka's producer refuses to start: `validate.ts` has seen to that.
 */
function deliveryTimeout(table: SettingsTable, given: GivenSettings): number {
  const own = Number(effective(table, 'producer', 'delivery.timeout.ms', given).value);
  const linger = Number(effective(table, 'producer', 'linger.ms', given).value);
  const request = Number(effective(table, 'producer', 'request.timeout.ms', given).value);
  return Math.max(own, Math.min(linger + request, 2147483647));
}

/** Keys of the partitions that are there from the start: an application assigns what it knows. */
function firstPartitions(spec: Spec): readonly number[] {
  let firstKey = 0;
  return partitionCounts(spec.topics, spec.faults).flatMap(({ initial, final }) => {
    const keys = Array.from({ length: initial }, (_, index) => firstKey + index);
    firstKey += final;
    return keys;
  });
}

/** Consumers of one kind share the partitions: as members of a group, or in turn. Each kind reads them all. */
function consumers(spec: Spec, table: SettingsTable, drawn: DrawnSettings): ConsumerSpec[] {
  const all = firstPartitions(spec);
  const topics = spec.topics.map((_, topic) => topic);
  const output = topics.length - 1;
  const clients = spec.consumers.flatMap((consumer): Omit<ConsumerSpec, 'name'>[] => {
    const given = withDrawn('consumer', consumer.settings, drawn);
    const settings = pick<ConsumerSettings>(consumerNames, (name) => effective(table, 'consumer', name, given).value);
    return Array.from({ length: consumer.count }, (_, index) => {
      if (!consumer.subscribes) {
        // An application of the user's own assigns what it likes.
        const isOwn = spec.workload.type === 'own';
        return { settings, partitions: isOwn ? [] : all.filter((key) => key % consumer.count === index) };
      }
      const member = memberOf(consumer, settings, table, given, index);
      if (consumer.transform === null) {
        return { settings: member.settings, partitions: [], member: { ...member, topics } };
      }
      if (consumer.streams !== null) return streamsOf(consumer, consumer.streams, member, table, drawn, index);
      const suffix = consumer.count > 1 ? `-${index}` : '';
      const transform = {
        producer: oneProducer(table, withDrawn('producer', consumer.transform.producer, drawn), suffix),
        topic: output,
        fencing: consumer.transform.fencing,
      };
      return {
        settings: member.settings,
        partitions: [],
        member: { ...member, topics: topics.slice(0, output), transform },
      };
    });
  });
  return clients.map((client, index) => ({ name: consumerName(index), ...client }));
}

/** One input, its changelog, the output. */
const INPUT = 0;
const CHANGELOG = 1;
const COUNTS = 2;

/** A process of a Kafka Streams application; the id in its state directory outlives it, and with that its transactional.id. */
function streamsOf(
  { transform }: SpecConsumer,
  streams: GivenSettings,
  member: Omit<MemberSpec, 'topics'>,
  table: SettingsTable,
  drawn: DrawnSettings,
  index: number,
): Omit<ConsumerSpec, 'name'> {
  const guarantee = guaranteeOf(streams);
  const application = String(streams['application.id']?.value ?? member.settings['group.id']);
  const settings = { ...member.settings, 'group.id': application };
  const given = withDrawn('producer', transform!.producer, drawn);
  const thread = { value: `${application}-${index}-1`, origin: { kind: 'default' } } as const;
  const ofProducer = guarantee === 'exactly_once_v2' ? { ...given, 'transactional.id': thread } : given;
  return {
    settings,
    partitions: [],
    member: {
      ...member,
      settings,
      topics: [INPUT],
      transform: {
        producer: oneProducer(table, ofProducer, ''),
        topic: COUNTS,
        fencing: transform!.fencing,
        streams: { guarantee, commitIntervalMs: commitIntervalOf(streams), changelog: CHANGELOG },
      },
    },
  };
}

const memberNames = [
  'session.timeout.ms',
  'heartbeat.interval.ms',
  'max.poll.interval.ms',
  'auto.commit.interval.ms',
] as const;

/** Static members of one kind do not fence each other: where there are several, each has its number behind the instance id. */
function memberOf(
  { name, count, commit }: SpecConsumer,
  common: ConsumerSettings,
  table: SettingsTable,
  given: GivenSettings,
  index: number,
): Omit<MemberSpec, 'topics'> {
  const value = (setting: string): string | number | boolean => effective(table, 'consumer', setting, given).value;
  const commitsByItself = commit === null ? value('enable.auto.commit') === true : commit === 'auto';
  const instance = given['group.instance.id'];
  const assignor = given['group.remote.assignor'];
  const suffix = count > 1 ? `-${index}` : '';
  const settings: GroupConsumerSettings = {
    ...common,
    'group.id': String(given['group.id']?.value ?? name),
    ...(instance === undefined ? {} : { 'group.instance.id': `${instance.value}${suffix}` }),
    ...(speaksConsumerProtocol(given) ? { 'group.protocol': 'consumer' } : {}),
    ...(assignor === undefined ? {} : { 'group.remote.assignor': String(assignor.value) }),
    ...pick<Pick<GroupConsumerSettings, (typeof memberNames)[number]>>(memberNames, value),
    'enable.auto.commit': commitsByItself,
    'partition.assignment.strategy': assignorNames(String(value('partition.assignment.strategy'))),
  };
  return { settings, commit: commit ?? (commitsByItself ? 'auto' : 'after-processing') };
}

function withDrawn(scope: Scope, given: GivenSettings, drawn: DrawnSettings): GivenSettings {
  const prefix = `${scope}:`;
  const merged: Record<string, GivenSettings[string]> = {};
  for (const [name, value] of Object.entries(drawn)) {
    if (name.startsWith(prefix)) {
      merged[name.slice(prefix.length)] = { value, origin: { kind: 'assumed', why: 'drawn for this seed' } };
    }
  }
  return { ...merged, ...given };
}

/** The table's types are Kafka's: each of these settings has the type that the model's interface says. */
function pick<T>(names: readonly (keyof T & string)[], value: (name: string) => string | number | boolean): T {
  return Object.fromEntries(names.map((name) => [name, value(name)])) as T;
}
