import { describe, expect, it } from 'vitest';
import { historyOf } from '../../histories/builders.js';
import { allProducers, hasRule, partitionFacts, producerGuarantees, topicSetting } from './settings.js';

const producer = (settings: Record<string, string | number | boolean>, client = 'p0') =>
  producerGuarantees({ settings }, client);

describe('producerGuarantees', () => {
  it('has the defaults of Kafka 3.0 and later', () => {
    expect(producer({})).toEqual({ acks: 'all', idempotent: true, maxInFlight: 5, retries: 2147483647 });
  });

  it.each([
    ['all', 'all'],
    [-1, 'all'],
    ['-1', 'all'],
    [1, 1],
    ['1', 1],
    [0, 0],
    ['0', 0],
  ] as const)('reads acks %s as %s', (given, acks) => {
    expect(producer({ acks: given }).acks).toBe(acks);
  });

  it.each([
    [{ acks: 1 }],
    [{ retries: 0 }],
    [{ 'max.in.flight.requests.per.connection': 6 }],
    [{ 'enable.idempotence': false }],
    [{ 'enable.idempotence': 'false' }],
  ])('is not idempotent with %o', (settings: Record<string, string | number | boolean>) => {
    expect(producer(settings).idempotent).toBe(false);
  });

  it("takes a client's own setting before its kind's, and that before the plain one", () => {
    const settings = { acks: 'all', 'producer:acks': 1, 'p0:acks': 0 };
    expect([producer(settings, 'p0').acks, producer(settings, 'p1').acks]).toEqual([0, 1]);
    expect(producer({ acks: 1 }, 'p1').acks).toBe(1);
  });
});

describe('allProducers', () => {
  it('is one without settings of their own', () => {
    expect(allProducers({ settings: { acks: 1 } })).toHaveLength(1);
  });

  it('are those that the header tells apart, and all others', () => {
    const acks = allProducers({ settings: { acks: 1, 'p1:acks': 'all', 'orders:min.insync.replicas': 2 } });
    expect(acks.map((one) => one.acks)).toEqual([1, 'all']);
  });

  it('has no others where each has its own', () => {
    expect(allProducers({ settings: { 'p0:acks': 1, 'p1:acks': 1 } }).map((one) => one.acks)).toEqual([1, 1]);
  });
});

describe('topic settings and rules', () => {
  it('are read by topic, then by broker, then plain', () => {
    const name = 'unclean.leader.election.enable';
    const settings = { [name]: false, [`orders:${name}`]: true };
    expect([topicSetting({ settings }, 'orders', name), topicSetting({ settings }, 'bills', name)]).toEqual([
      true,
      false,
    ]);
  });

  it('are found under either spelling of a rule', () => {
    expect(hasRule({ rules: { 'eligible-leader-replicas': true } }, 'eligibleLeaderReplicas')).toBe(true);
    expect(hasRule({ rules: { eligibleLeaderReplicas: false } }, 'eligibleLeaderReplicas')).toBe(false);
    expect(hasRule({ rules: {} }, 'eligibleLeaderReplicas')).toBe(false);
  });

  it('give the facts of a partition, from the topology or else from settings and nodes', () => {
    const settings = { 'min.insync.replicas': 1, 'orders-eu:min.insync.replicas': 5 };
    const history = historyOf([], { settings, nodes: ['b1', 'b2', 'b3'] }, ['orders-0', 'orders-eu-1']);
    expect(partitionFacts(history, 0)).toEqual({ replicas: 3, minInsyncReplicas: 1 });
    expect(partitionFacts(history, 1)).toEqual({ replicas: 3, minInsyncReplicas: 3 });
    const partitions = [{ topic: 'orders', partition: 0, replicas: [1, 2], minInsyncReplicas: 2 }];
    const known = historyOf([], { settings, topology: { brokers: [1, 2], controllers: [], partitions } }, ['orders-0']);
    expect(partitionFacts(known, 0)).toEqual({ replicas: 2, minInsyncReplicas: 2 });
  });
});
