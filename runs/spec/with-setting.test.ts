import { describe, expect, it } from 'vitest';
import { loadSpec } from './load.js';
import { resolveCluster } from './resolve.js';
import { settingInForce, withSetting } from './with-setting.js';

const { spec } = loadSpec({ input: 'spec.yaml', text: 'topics: { a: {}, b: {} }\nproducer: { acks: 1 }' });

describe('a fix', () => {
  it('changes one setting wherever it is in force, and what follows from it', () => {
    const fixed = resolveCluster(withSetting(spec, 'acks', 'all')!);
    expect(fixed.producers[0]!.settings).toMatchObject({ acks: -1, 'enable.idempotence': true });
    const topics = resolveCluster(withSetting(spec, 'min.insync.replicas', '2')!).topics;
    expect(topics.map(({ settings }) => settings['min.insync.replicas'])).toEqual([2, 2]);
    expect(resolveCluster(spec).producers[0]!.settings.acks).toBe(1);
  });

  it.each([
    ['acks', '1', 'changes nothing'],
    ['acks', 'most', 'is no value of it'],
    ['enable.idempotence', 'true', 'is in force by default already'],
    ['segment.index.bytes', '5', 'is not modelled'],
    ['delivery.timeout.ms', '10', 'would keep the producer from starting'],
  ])('%s=%s %s: there is none', (name, value) => {
    expect(withSetting(spec, name, value)).toBeNull();
  });
});

describe('when members commit', () => {
  const text = 'topic: {}\nproducer: { acks: all }\nconsumers: { ledger: { commit: before-processing } }';
  const group = loadSpec({ input: 'spec.yaml', text }).spec;

  it('is in force and changed as settings are', () => {
    expect(settingInForce(group, 'commit')).toBe('before-processing');
    expect(withSetting(group, 'commit', 'after-processing')!.consumers.map(({ commit }) => commit)).toEqual([
      'after-processing',
    ]);
  });
  it('changes nothing where it is so already, or nobody is in a group', () => {
    expect(withSetting(group, 'commit', 'before-processing')).toBeNull();
    expect(withSetting(spec, 'commit', 'after-processing')).toBeNull();
    expect(settingInForce(spec, 'commit')).toBeNull();
  });
});

describe('processing.guarantee of a Kafka Streams application', () => {
  const text = `workload: { type: streams }
topics: { orders: {}, changelog: { settings: { cleanup.policy: compact } }, counts: {} }
consumers: { counter: { streams: { commit.interval.ms: 5000 } } }`;
  const application = loadSpec({ input: 'spec.yaml', text }).spec;

  it('is in force by default, and changed with all that it sets', () => {
    expect(settingInForce(application, 'processing.guarantee')).toBe('at_least_once');
    const fixed = resolveCluster(withSetting(application, 'processing.guarantee', 'exactly_once_v2')!);
    const { settings, transform } = fixed.consumers[0]!.member!;
    expect(settings['isolation.level']).toBe('read_committed');
    expect(transform!.producer).toMatchObject({
      'transactional.id': 'counter-0-1',
      'transaction.timeout.ms': 10_000,
      'enable.idempotence': true,
    });
    expect(transform!.streams).toMatchObject({ guarantee: 'exactly_once_v2', commitIntervalMs: 5000 });
  });
  it('is not changed where it is so already, or Kafka Streams would refuse to start', () => {
    expect(withSetting(application, 'processing.guarantee', 'at_least_once')).toBeNull();
    const slow = loadSpec({ input: 'spec.yaml', text: text.replace('5000', '30000') }).spec;
    expect(withSetting(slow, 'processing.guarantee', 'exactly_once_v2')).toBeNull();
    expect(withSetting(spec, 'processing.guarantee', 'exactly_once_v2')).toBeNull();
  });
  it('is not changed to what the release has not', () => {
    const early = loadSpec({ input: 'spec.yaml', text: `kafka: "2.1"\n${text}` }).spec;
    expect(withSetting(early, 'processing.guarantee', 'exactly_once_v2')).toBeNull();
    const { transform } = resolveCluster(withSetting(early, 'processing.guarantee', 'exactly_once')!).consumers[0]!
      .member!;
    expect(transform).toMatchObject({ fencing: 'partition', producer: { 'transactional.id': 'counter' } });
  });
});

describe('the value in force', () => {
  it('is what was given, or the default', () => {
    expect(settingInForce(spec, 'acks')).toBe('1');
    expect(settingInForce(spec, 'min.insync.replicas')).toBe('1');
    expect(settingInForce(spec, 'segment.index.bytes')).toBeNull();
  });
});
