/** The header of a trial's history: what checkers and guarantees read of the cluster. */
import type { HistoryHeader } from '../../histories/operation.js';
import {
  controllerMachines,
  type GroupConsumerSettings,
  type KafkaClusterSpec,
  type ProducerSettings,
  type ProducerSpec,
} from '../../model/kafka/cluster-spec.js';
import { memberSession } from '../../model/kafka/member-session.js';
import { defectIds } from '../../model/kafka/protocol/versions/defects.js';
import type { ControlPlane } from '../../model/kafka/protocol/versions/rule.js';
import { ruleNames } from '../../model/kafka/protocol/versions/rules.js';

/** Producer settings that guarantees read, under Kafka's own names. */
const judgedProducerSettings = [
  'acks',
  'enable.idempotence',
  'retries',
  'max.in.flight.requests.per.connection',
  'delivery.timeout.ms',
] as const satisfies readonly (keyof ProducerSettings)[];

/**
 * Likewise of members of groups; beside them stands when their applications commit, `commit`, and what fences those that
 * were replaced, `fencing`, as specs have them; of Kafka Streams, its processing.guarantee.
 */
const judgedMemberSettings = [
  'group.id',
  'enable.auto.commit',
  'auto.offset.reset',
  'max.poll.interval.ms',
  'max.poll.records',
] as const satisfies readonly (keyof GroupConsumerSettings)[];

export interface HeaderInput {
  readonly name: string;
  readonly seed: string;
  readonly kafka: string;
  readonly control: ControlPlane;
  readonly cluster: KafkaClusterSpec;
  readonly workload: string;
  readonly resend: boolean;
  /** By key. */
  readonly partitions: Topology['partitions'];
}

type Topology = NonNullable<HistoryHeader['topology']>;

/** @param replicasOf where a partition's replicas are, by its key */
export function partitionsOf(
  cluster: KafkaClusterSpec,
  replicasOf: (key: number) => readonly number[],
): Topology['partitions'] {
  let key = 0;
  return cluster.topics.flatMap((topic) =>
    Array.from({ length: topic.partitions }, (_, partition) => ({
      topic: topic.name,
      partition: topic.indexes?.[partition] ?? partition,
      replicas: replicasOf(key++),
      minInsyncReplicas: topic.settings['min.insync.replicas'],
    })),
  );
}

export function historyHeader({
  name,
  seed,
  kafka,
  control,
  cluster,
  workload,
  resend,
  partitions,
}: HeaderInput): HistoryHeader {
  const defects = defectIds.filter((id) => cluster.rules.defects[id]);
  return {
    format: 'harrow/history',
    version: 1,
    name,
    seed,
    timeUnit: 'us',
    workload,
    nodes: Array.from({ length: cluster.brokers }, (_, i) => `b${i + 1}`),
    kafka,
    control,
    settings: judgedSettings(cluster),
    rules: Object.fromEntries(ruleNames.map((name) => [name, cluster.rules[name]])),
    ...(defects.length === 0 ? {} : { defects }),
    topology: {
      brokers: Array.from({ length: cluster.brokers }, (_, i) => i + 1),
      controllers: controllerMachines(cluster),
      partitions,
    },
    resend,
  };
}

/**
 * Settings of the first producer stand unscoped; where another producer differs, its own value stands beside under its
 * name ("p1:acks"). Topic settings likewise, under the topic's name.
 */
function judgedSettings(cluster: KafkaClusterSpec): Record<string, string | number | boolean> {
  const settings: Record<string, string | number | boolean> = {};
  const producers = [...cluster.producers, ...transforming(cluster)];
  for (const producer of producers) {
    for (const name of judgedProducerSettings) {
      const value = name === 'acks' && producer.settings.acks === -1 ? 'all' : producer.settings[name];
      addScoped(settings, name, producer.name, value);
    }
  }
  if (cluster.transactions !== undefined) {
    for (const { name, settings: own } of producers) {
      addScoped(settings, 'transactional.id', name, own['transactional.id'] ?? '');
    }
    for (const { name, settings: own } of cluster.consumers) {
      addScoped(settings, 'isolation.level', name, own['isolation.level']);
    }
  }
  const speaksConsumer = cluster.consumers.some(({ member }) => member?.settings['group.protocol'] !== undefined);
  for (const { name, member } of cluster.consumers) {
    if (member === undefined) continue;
    for (const setting of judgedMemberSettings) addScoped(settings, setting, name, member.settings[setting]);
    const session = memberSession(cluster, member.settings);
    addScoped(settings, session.setting, name, session.millis);
    if (speaksConsumer) addScoped(settings, 'group.protocol', name, member.settings['group.protocol'] ?? 'classic');
    addScoped(settings, 'commit', name, member.commit);
    if (member.transform === undefined) continue;
    const { fencing, streams } = member.transform;
    addScoped(settings, 'fencing', name, fencing);
    if (streams !== undefined) addScoped(settings, 'processing.guarantee', name, streams.guarantee);
  }
  const isCompacting = cluster.topics.some((topic) => topic.settings['cleanup.policy'] !== 'delete');
  for (const topic of cluster.topics) {
    if (isCompacting) addScoped(settings, 'cleanup.policy', topic.name, topic.settings['cleanup.policy']);
    for (const name of ['min.insync.replicas', 'unclean.leader.election.enable', 'flush.messages'] as const) {
      addScoped(settings, name, topic.name, topic.settings[name]);
    }
  }
  return settings;
}

/** Members of groups that send what they make of records. */
function transforming({ consumers }: KafkaClusterSpec): readonly ProducerSpec[] {
  return consumers.flatMap(({ name, member }) =>
    member?.transform === undefined ? [] : [{ name, settings: member.transform.producer }],
  );
}

function addScoped(
  settings: Record<string, string | number | boolean>,
  name: string,
  scope: string,
  value: string | number | boolean,
): void {
  if (!(name in settings)) settings[name] = value;
  else if (settings[name] !== value) settings[`${scope}:${name}`] = value;
}
