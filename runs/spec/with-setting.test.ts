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

describe('the value in force', () => {
  it('is what was given, or the default', () => {
    expect(settingInForce(spec, 'acks')).toBe('1');
    expect(settingInForce(spec, 'min.insync.replicas')).toBe('1');
    expect(settingInForce(spec, 'segment.index.bytes')).toBeNull();
  });
});
