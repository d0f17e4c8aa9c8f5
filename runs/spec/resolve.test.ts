import { brokerConfig } from '../../model/kafka/broker/config.js';
import { describe, expect, it } from 'vitest';
import type { KafkaClusterSpec } from '../../model/kafka/cluster-spec.js';
import { resolveRules } from '../../model/kafka/protocol/versions/resolve.js';
import { loadSpec } from './load.js';
import { resolveCluster } from './resolve.js';

function cluster(text: string, drawn = {}): KafkaClusterSpec {
  return resolveCluster(loadSpec({ input: 'spec.yaml', text }).spec, drawn);
}

describe('the rules of a cluster', () => {
  it('are those of its version, but for what the spec says', () => {
    const { rules } = cluster('kafka: "3.9"\nrules: { high-watermark-gate: false }');
    expect(rules).toEqual(resolveRules('3.9', { highWatermarkGate: false }));
  });

  it('have the defects that the spec names', () => {
    const { rules } = cluster('kafka: "3.9"\ndefects: [KAFKA-18106]');
    expect(rules).toEqual(resolveRules('3.9', {}, ['KAFKA-18106']));
  });
});

describe('the cluster of a spec', () => {
  it('has the defaults of 4.0 where they differ', () => {
    expect(cluster('kafka: "4.0"').producers[0]!.settings['linger.ms']).toBe(5);
  });

  it("has Kafka's own partitioner classes, and warns of others, which it cannot run", () => {
    const own = 'producer: { partitioner.class: org.apache.kafka.clients.producer.RoundRobinPartitioner }';
    expect(cluster(own).producers[0]!.settings['partitioner.class']).toContain('RoundRobinPartitioner');
    const { warnings } = loadSpec({ input: 'spec.yaml', text: 'producer: { partitioner.class: com.acme.Nearest }' });
    expect(warnings).toEqual([
      'spec.yaml:1:32  warning: partitioner.class com.acme.Nearest is not run: records go to the partitions that Kafka 3.9.1 chooses by itself',
    ]);
  });

  it('has every default of Kafka 3.9', () => {
    const { brokerSettings, topics, producers, consumers } = cluster('brokers: 3');
    expect(brokerSettings).toMatchObject({
      'broker.session.timeout.ms': 9000,
      'replica.lag.time.max.ms': 30000,
      'replica.fetch.wait.max.ms': 500,
      'auto.leader.rebalance.enable': true,
      'producer.id.expiration.ms': 86400000,
    });
    expect(topics[0]!.settings).toEqual({
      'min.insync.replicas': 1,
      'unclean.leader.election.enable': false,
      'flush.messages': 2 ** 63,
      'flush.ms': 2 ** 63,
      'segment.bytes': 1073741824,
      'segment.ms': 604800000,
      'segment.jitter.ms': 0,
      'file.delete.delay.ms': 60000,
      'cleanup.policy': 'delete',
      'delete.retention.ms': 86_400_000,
      'max.compaction.lag.ms': 2 ** 63,
      'min.cleanable.dirty.ratio': 0.5,
      'min.compaction.lag.ms': 0,
      'retention.bytes': -1,
      'retention.ms': 604800000,
      'max.message.bytes': 1048588,
    });
    expect(producers.map(({ name }) => name)).toEqual(['p0']);
    expect(producers[0]!.settings).toMatchObject({
      acks: -1,
      'enable.idempotence': true,
      retries: 2147483647,
      'linger.ms': 0,
      'delivery.timeout.ms': 120000,
      'max.in.flight.requests.per.connection': 5,
    });
    expect(consumers[0]!.settings).toMatchObject({
      'auto.offset.reset': 'latest',
      'isolation.level': 'read_uncommitted',
    });
  });

  it('takes no setting as undefined', () => {
    const { brokerSettings, topics, producers, consumers } = cluster('brokers: 3');
    const all = [brokerSettings, topics[0]!.settings, producers[0]!.settings, consumers[0]!.settings];
    for (const settings of all) expect(Object.values(settings)).not.toContain(undefined);
  });

  it("gives a topic the broker's defaults, which its own settings override", () => {
    const text = `
cluster: { settings: { min.insync.replicas: 2, message.max.bytes: 2000000, log.flush.interval.messages: 7 } }
topics:
  a: {}
  b: { settings: { min.insync.replicas: 3, flush.messages: 1 } }`;
    const [a, b] = cluster(text).topics;
    expect(a!.settings).toMatchObject({ 'min.insync.replicas': 2, 'flush.messages': 7, 'max.message.bytes': 2000000 });
    expect(b!.settings).toMatchObject({ 'min.insync.replicas': 3, 'flush.messages': 1 });
  });

  it.each([
    ['acks: 1', false],
    ['acks: 0', false],
    ['retries: 0', false],
    ['max.in.flight.requests.per.connection: 6', false],
    ['max.in.flight.requests.per.connection: 5', true],
    ['acks: -1', true],
    ['enable.idempotence: false', false],
  ])('is idempotent or not with producer %s: %s', (setting, idempotent) => {
    expect(cluster(`producer: { ${setting} }`).producers[0]!.settings['enable.idempotence']).toBe(idempotent);
  });

  it('raises a delivery time-out that nobody set to the sum of linger and request time-out', () => {
    const text = 'producer: { request.timeout.ms: 200000, linger.ms: 100 }';
    expect(cluster(text).producers[0]!.settings['delivery.timeout.ms']).toBe(200100);
  });

  it('numbers clients in order and deals partitions out among the consumers of a kind', () => {
    const text = `
topics: { a: { partitions: 3 }, b: { partitions: 2 } }
producers: { x: { count: 2 }, y: {} }
consumers: { x: { count: 2 }, y: {} }`;
    const { producers, consumers } = cluster(text);
    expect(producers.map(({ name }) => name)).toEqual(['p0', 'p1', 'p2']);
    expect(consumers.map(({ name, partitions }) => [name, partitions])).toEqual([
      ['c0', [0, 2, 4]],
      ['c1', [1, 3]],
      ['c2', [0, 1, 2, 3, 4]],
    ]);
  });

  it('numbers the partitions that are to be added, and deals out those that are there from the start', () => {
    const text = `
topics: { a: { partitions: 2 }, b: { partitions: 1 } }
consumers: { x: {} }
faults:
  - { partitions-added: { partitions: 3 } }
  - { partitions-added: { partitions: 4, topic: a, from: 5s } }`;
    const { topics, consumers } = cluster(text);
    expect(topics.map(({ partitions, initialPartitions }) => [partitions, initialPartitions])).toEqual([
      [4, 2],
      [1, undefined],
    ]);
    expect(consumers[0]!.partitions).toEqual([0, 1, 4]);
  });

  it('knows what an administrator may alter: of the topic that is named; else of the first, or at a drawn time of any', () => {
    const text = `
topics: { a: {}, b: {} }
faults:
  - { settings-altered: { topic: b, from: 5s, min.insync.replicas: 1 } }
  - { settings-altered: { from: 9s, unclean.leader.election.enable: true } }`;
    expect(cluster(text).topics.map(({ alterations }) => alterations)).toEqual([
      [{ 'unclean.leader.election.enable': true }],
      [{ 'min.insync.replicas': 1 }],
    ]);
    const drawn = 'topics: { a: {}, b: {} }\nfaults: [{ settings-altered: { min.insync.replicas: 1 } }]';
    expect(cluster(drawn).topics.map(({ alterations }) => alterations?.length)).toEqual([1, 1]);
    expect(cluster('topics: { a: {} }').topics[0]!.alterations).toBeUndefined();
  });

  it('takes what was drawn for a seed, except where the spec has its own word', () => {
    const text = 'cluster: { settings: { replica.lag.time.max.ms: 20000 } }';
    const drawn = { 'broker:replica.lag.time.max.ms': 1000, 'broker:broker.session.timeout.ms': 900 };
    const { brokerSettings } = cluster(text, drawn);
    expect(brokerSettings['replica.lag.time.max.ms']).toBe(20000);
    expect(brokerSettings['broker.session.timeout.ms']).toBe(900);
  });

  it('deals racks out in turn', () => {
    expect(cluster('cluster: { brokers: 4, racks: [a, b] }').racks).toEqual(['a', 'b', 'a', 'b']);
    expect(cluster('brokers: 2').racks).toEqual([null, null]);
  });

  it('keeps from Kafka where its brokers stand, if the spec says so', () => {
    const rackOf = (text: string): string | null => brokerConfig(cluster(text), 1).rack;
    expect(rackOf('cluster: { racks: [a, b] }')).toBe('a');
    expect(rackOf('cluster: { racks: [a, b], rack-aware: false }')).toBeNull();
  });
});
