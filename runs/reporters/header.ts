/** The first line of every output: what is being run. */
import type { KafkaClusterSpec, TopicSpec } from '../../model/kafka/cluster-spec.js';
import { releaseWords } from '../spec/releases.js';
import { resolveCluster } from '../spec/resolve.js';
import type { Spec } from '../spec/spec.js';
import { dotted, labelled } from './words.js';

/** "Kafka 3.9 KRaft · 3 brokers · RF 3 · min.insync.replicas 2 · acks 1 · Java client" */
export function clusterWords(spec: Spec): string {
  const cluster = resolveCluster(spec);
  return [
    `Kafka ${spec.kafka} ${spec.control.mode === 'kraft' ? 'KRaft' : 'ZooKeeper'}`,
    ...releaseWords(spec),
    ...(cluster.combined === true ? ['combined roles'] : []),
    ...protocolWords(spec),
    cluster.brokers === 1 ? '1 broker' : `${cluster.brokers} brokers`,
    replicationWords(
      cluster.topics.filter((topic) => !isInternal(topic)),
      ' · ',
    ),
    ...internalWords(cluster.topics),
    ...topicWords(cluster),
    producerWords(cluster),
    'Java client',
  ].join(' · ');
}

/** What is otherwise than in the release. */
function protocolWords({ rules, defects }: Spec): string[] {
  return [...Object.entries(rules).map(([name, value]) => `${name} ${String(value)}`), ...defects];
}

function replicationWords(topics: readonly TopicSpec[], between: string): string {
  const factors = each(topics.map(({ replicationFactor }) => replicationFactor));
  const minimum = each(topics.map(({ settings }) => settings['min.insync.replicas']));
  return `RF ${factors}${between}min.insync.replicas ${minimum}`;
}

/** What coordinators keep is as safe as its own topic: said where that is otherwise than the topics of the spec. */
function internalWords(topics: readonly TopicSpec[]): readonly string[] {
  const usual = replicationWords(
    topics.filter((topic) => !isInternal(topic)),
    ', ',
  );
  return topics
    .filter(isInternal)
    .map((topic) => ({ name: topic.name, words: replicationWords([topic], ', ') }))
    .filter(({ words }) => words !== usual)
    .map(({ name, words }) => `${name} ${words}`);
}

function isInternal({ name }: TopicSpec): boolean {
  return name.startsWith('__');
}

/** Settings that change what can be lost, where they are not the default. */
function topicWords(cluster: KafkaClusterSpec): string[] {
  const unclean = cluster.topics.some((topic) => topic.settings['unclean.leader.election.enable']);
  const flush = cluster.topics
    .map((topic) => topic.settings['flush.messages'])
    .filter((messages) => messages < 1_000_000);
  return [...(unclean ? ['unclean election'] : []), ...(flush.length > 0 ? [`flush.messages ${each(flush)}`] : [])];
}

function producerWords(cluster: KafkaClusterSpec): string {
  const kinds = cluster.producers.map(({ settings }) => {
    const acks = settings.acks === -1 ? 'all' : String(settings.acks);
    if (settings['enable.idempotence']) return `acks ${acks}, idempotent`;
    return settings.acks === -1 ? `acks ${acks}, not idempotent` : `acks ${acks}`;
  });
  return [...new Set(kinds)].join(' / ');
}

function each(values: readonly number[]): string {
  return [...new Set(values)].sort((a, b) => a - b).join('/');
}

/** The header and what has to be said before anything runs. */
export function headerLines(spec: Spec, words = clusterWords(spec)): string[] {
  return [
    ...titleLines(spec.name, words),
    ...noteLines(spec.notes),
    ...(spec.notModelled.length === 0
      ? []
      : noteLines([`given, could matter, not modelled: ${spec.notModelled.join(', ')}`])),
  ];
}

/** The name of a spec, and what it runs. */
export function titleLines(name: string, words: string): string[] {
  return labelled(0, `${name}   `, name.length + 3, dotted(words.split(' · ')));
}

export function noteLines(notes: readonly string[]): string[] {
  return notes.flatMap((note) => labelled(2, 'note', 6, note));
}
