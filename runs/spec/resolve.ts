/** From a complete spec to what the simulated Kafka is built from: every setting that the model acts on, with its default. */
import type { BrokerSettings, KafkaClusterSpec, TopicSettings } from '../../model/kafka/cluster-spec.js';
import { groupDefaults, withGroups, type GroupTopicSettings } from '../../model/kafka/coordinator/group/group-topic.js';
import {
  stateTopicDefaults,
  withTransactions,
  type StateTopicSettings,
} from '../../model/kafka/coordinator/transaction/state-topic.js';
import { resolveRules } from '../../model/kafka/protocol/versions/resolve.js';
import { ruleBySpecName, type Rules, type RuleValues } from '../../model/kafka/protocol/versions/rules.js';
import { effective, effectiveForTopic } from '../settings/effective.js';
import { settingsFor, type SettingsTable } from '../settings/table.js';
import { logDirsOf } from './log-dirs.js';
import { partitionCounts } from './partition-additions.js';
import { hasCombinedRoles } from './process-roles.js';
import { clusterReleases, weakestRules } from './releases.js';
import { consumers } from './resolve-consumers.js';
import { producers } from './resolve-producers.js';
import { pick, withDrawn, type DrawnSettings } from './resolved-settings.js';
import { alterationsOf } from './setting-alterations.js';
import type { GivenSettings, Spec } from './spec.js';

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
  const alterations = alterationsOf(spec.topics, spec.faults);
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
        ...(alterations[index].length > 0 ? { alterations: alterations[index] } : {}),
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
