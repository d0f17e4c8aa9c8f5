/** Combinations of settings that rarely mean what their author thinks. */
import type { KafkaClusterSpec, ProducerSettings, TopicSpec } from '../../model/kafka/cluster-spec.js';
import { resolveCluster } from './resolve.js';
import type { Spec } from './spec.js';

/** One sentence each, with what to do. */
export function suspicions(spec: Spec): string[] {
  const cluster = resolveCluster(spec);
  return [
    ...new Set([
      ...cluster.topics.flatMap((topic) => topicSuspicions(topic, cluster)),
      ...cluster.producers.flatMap(({ settings }) => producerSuspicions(settings, cluster)),
      ...brokerSuspicions(cluster),
    ]),
  ];
}

function topicSuspicions({ name, replicationFactor, settings }: TopicSpec, cluster: KafkaClusterSpec): string[] {
  const found: string[] = [];
  const minimum = settings['min.insync.replicas'];
  const asksAll = cluster.producers.some((producer) => producer.settings.acks === -1);
  if (replicationFactor === 1) {
    found.push(
      `${name}: replication factor 1: no write while its broker is away, no record if that broker's disk is lost`,
    );
  } else if (minimum === 1 && asksAll) {
    found.push(`${name}: acks=all with min.insync.replicas=1: when the ISR has shrunk to one, that is acks=1 (set 2)`);
  } else if (minimum === replicationFactor) {
    found.push(
      `${name}: min.insync.replicas equals the replication factor: one broker away refuses every acks=all write`,
    );
  } else if (minimum > replicationFactor) {
    found.push(
      `${name}: min.insync.replicas ${minimum} above replication factor ${replicationFactor}: every acks=all write is refused`,
    );
  }
  if (settings['unclean.leader.election.enable']) {
    const isHeeded = cluster.control === 'zookeeper' || cluster.rules.uncleanElectionByController;
    found.push(
      isHeeded
        ? `${name}: unclean.leader.election.enable: a replica that lacks acknowledged records may lead`
        : `${name}: unclean.leader.election.enable: a KRaft controller takes no notice of it before 3.9 (KAFKA-12670)`,
    );
  }
  return found;
}

function producerSuspicions(settings: ProducerSettings, cluster: KafkaClusterSpec): string[] {
  const found: string[] = [];
  const replicated = cluster.topics.some((topic) => topic.replicationFactor > 1);
  if (settings.acks !== -1 && replicated) {
    found.push(
      `acks=${settings.acks} with replicated topics: a change of leader loses acknowledged records (acks=all)`,
    );
    if (cluster.topics.some((topic) => topic.settings['min.insync.replicas'] > 1)) {
      found.push(`acks=${settings.acks}: min.insync.replicas is checked for acks=all only, and has no effect here`);
    }
  }
  if (!settings['enable.idempotence'] && settings.retries > 0) {
    found.push('retries without idempotence: a batch can be written twice');
    if (settings['max.in.flight.requests.per.connection'] > 1) {
      found.push('retries and several requests in flight without idempotence: batches can change places');
    }
  }
  if (settings['request.timeout.ms'] * 2 > settings['delivery.timeout.ms']) {
    found.push('delivery.timeout.ms leaves no room for a retry after request.timeout.ms');
  }
  return found;
}

function brokerSuspicions({ brokerSettings, brokers }: KafkaClusterSpec): string[] {
  const found: string[] = [];
  const heartbeat = brokerSettings['broker.heartbeat.interval.ms'];
  const session = brokerSettings['broker.session.timeout.ms'];
  if (heartbeat * 2 > session) {
    found.push(
      `broker.session.timeout.ms ${session} bears less than two heartbeats of ${heartbeat} ms: brokers will be fenced for nothing`,
    );
  }
  if (brokers === 2) found.push('2 brokers: with min.insync.replicas 2 no broker may be away, with 1 nothing is safe');
  return found;
}
