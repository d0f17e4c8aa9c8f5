import { describe, expect, it } from 'vitest';
import { defectOf, defectsIn } from '../../model/kafka/protocol/versions/defects.js';
import { type LoadedSpec, loadSpec, type SpecRequest } from './load.js';
import { resolveCluster } from './resolve.js';

function load(text: string, request: SpecRequest = {}): LoadedSpec {
  return loadSpec({ input: 'orders.yaml', text, ...request });
}

describe('the smallest spec', () => {
  const smallest = `
kafka: "3.9"
brokers: 3
topic: { replication.factor: 3, min.insync.replicas: 2 }
producer: { acks: 1 }
faults: [leader-cut-off, broker-killed]
require: [no-lost-writes]
`;

  it('is named after its file, and its topic after it', () => {
    const { spec } = load(smallest);
    expect(spec.name).toBe('orders');
    expect(spec.topics.map(({ name }) => name)).toEqual(['orders']);
  });

  it('says where each value comes from', () => {
    const { spec } = load(smallest);
    const origin = { kind: 'file', file: 'orders.yaml', line: 4, column: 54 };
    expect(spec.topics[0]!.settings['min.insync.replicas']).toEqual({ value: 2, origin });
  });

  it('says that idempotence gives way', () => {
    expect(load(smallest).spec.notes).toEqual([
      'acks=1 switches idempotence off (you did not set enable.idempotence; its default gives way silently)',
    ]);
  });

  it('lets listed faults overlap', () => {
    expect(load(smallest).spec.profile).toBe('storm');
  });
});

describe('what a spec leaves open', () => {
  it('is one producer, one consumer, one topic, all faults one at a time, and the usual requirements', () => {
    const { spec } = load('kafka: "3.9"');
    expect(spec.faults).toBeNull();
    expect(spec.profile).toBe('one-at-a-time');
    expect(spec.producers).toMatchObject([{ count: 1, client: 'java' }]);
    expect(spec.consumers).toMatchObject([{ count: 1 }]);
    expect(spec.require.map(({ name }) => name)).toEqual([
      'no-lost-writes',
      'key-order',
      'no-duplicates',
      'writable-again',
    ]);
    expect(spec.workload).toEqual({ type: 'append', sends: 2000, keys: 50, over: 60_000_000, resend: false });
    expect(spec.notes).toEqual(['replication factor 3 is assumed: nothing names one']);
  });
});

describe('the protocol', () => {
  const noted = (text: string, request: SpecRequest = {}): readonly string[] =>
    load(`kafka: "3.9"\ntopic: { replication.factor: 3 }\n${text}`, request).spec.notes;

  it('as released has the defects of the release that the model can show, and names the others', () => {
    const { spec } = load('kafka: "3.9"\ntopic: { replication.factor: 3 }', { asReleased: true });
    const released = defectsIn('3.9').filter(
      (id) => defectOf(id).follows === null && defectOf(id).control !== 'zookeeper',
    );
    const shown = released.filter((id) => defectOf(id).modelled);
    const others = released.filter((id) => !defectOf(id).modelled && defectOf(id).follows === null);
    expect(shown).toContain('KAFKA-18106');
    expect(spec.defects).toEqual(shown);
    expect(spec.notes).toEqual([
      `as released: Kafka 3.9 under KRaft had ${shown.join(', ')}; not in this build: ${others.join(', ')}`,
    ]);
    expect(load('kafka: "3.9"\nas-released: true').spec.defects).toEqual(spec.defects);
  });

  it('as released has no defect of the other control plane', () => {
    const of = (mode: string): readonly string[] =>
      load(`kafka: "3.3"\ncluster: { control: { mode: ${mode} } }\ntopic: { replication.factor: 3 }`, {
        asReleased: true,
      }).spec.defects;
    expect(of('kraft')).toContain('KAFKA-15345');
    expect(of('kraft')).not.toContain('B85');
    expect(of('zookeeper')).toContain('B85');
    expect(of('zookeeper')).not.toContain('KAFKA-15345');
    expect(noted('defects: [B85]')).toEqual(['B85 shows under ZooKeeper alone, and the spec runs KRaft']);
  });

  it('says when a release did not have a defect that is asked for', () => {
    expect(load('kafka: "4.0"\ndefects: [KAFKA-18106]').spec.notes).toContain(
      'Kafka 4.0 did not have KAFKA-18106: it is turned on all the same',
    );
    expect(noted('defects: [KAFKA-18106]')).toEqual([]);
  });

  it('can be set and varied by name', () => {
    const { variants } = load('kafka: "3.9"', {
      set: ['rule:maximal-isr=false'],
      vary: ['defect:KAFKA-14034=false,true', 'rule:high-watermark-gate=true,false'],
    });
    expect(variants.map(({ spec }) => [spec.defects, spec.rules])).toEqual([
      [[], { 'maximal-isr': false, 'high-watermark-gate': true }],
      [[], { 'maximal-isr': false, 'high-watermark-gate': false }],
      [['KAFKA-14034'], { 'maximal-isr': false, 'high-watermark-gate': true }],
      [['KAFKA-14034'], { 'maximal-isr': false, 'high-watermark-gate': false }],
    ]);
  });

  it('varies over versions, each with its own defaults', () => {
    const { variants } = load('brokers: 3', { vary: ['kafka=3.9,4.0'] });
    expect(variants.map(({ spec }) => resolveCluster(spec).producers[0]!.settings['linger.ms'])).toEqual([0, 5]);
  });
});

describe('versions and seeds', () => {
  it('are read as they are written', () => {
    expect(load('kafka: 3.9').spec.kafka).toBe('3.9');
    expect(load('kafka: 3.90').spec).toMatchObject({ kafka: '3.90', version: '3.9' });
    expect(load('kafka: "3.9"\nseed: 010').seed).toBe('010');
    expect(load('kafka: "3.9"\nseed: 0.10').seed).toBe('0.10');
    expect(load('kafka: "3.9"\nseed: 1e3').seed).toBe('1e3');
  });

  it('of another release than the rows are said to take the row below', () => {
    const { spec } = load('kafka: "3.9.1"\ntopic: { replication.factor: 3 }');
    expect(spec).toMatchObject({ kafka: '3.9.1', version: '3.9' });
    expect(spec.notes).toEqual(['Kafka 3.9.1 is run under the rules and defaults of 3.9']);
  });
});

describe('faults', () => {
  it('take parameters, and may be timed by hand', () => {
    const { spec } = load(`
topics: { a: {} }
faults:
  - leader-cut-off
  - power-loss: { at-most: 1 }
  - leader-cut-off: { topic: a, from: 4.2s, to: 19s }`);
    expect(spec.faults).toEqual([
      { fault: 'leader-cut-off', with: {}, topic: null, from: null, to: null },
      { fault: 'power-loss', with: { 'at-most': 1 }, topic: null, from: null, to: null },
      { fault: 'leader-cut-off', with: {}, topic: 'a', from: 4_200_000, to: 19_000_000 },
    ]);
  });
});

describe('requirements', () => {
  it('may bound how soon the cluster is writable again', () => {
    const { spec } = load('require: [no-lost-writes, writable-again: { within: 45s }]');
    expect(spec.require).toEqual([
      { name: 'no-lost-writes', within: null },
      { name: 'writable-again', within: 45_000_000 },
    ]);
  });

  it('of --require replace those of the spec', () => {
    const { spec } = load('require: [no-lost-writes]', { require: ['key-order,no-duplicates'] });
    expect(spec.require.map(({ name }) => name)).toEqual(['key-order', 'no-duplicates']);
  });
});

describe('--set', () => {
  it('sets a topic setting rather than the default that the broker gives for it', () => {
    const { spec } = load('topics: { a: {}, b: {} }', { set: ['min.insync.replicas=2'] });
    expect(spec.brokerSettings).toEqual({});
    const option = { value: 2, origin: { kind: 'option', option: '--set min.insync.replicas' } };
    expect(spec.topics.map(({ settings }) => settings['min.insync.replicas'])).toEqual([option, option]);
  });

  it('needs a scope where several have the setting', () => {
    expect(() => load('', { set: ['request.timeout.ms=5'] })).toThrow(
      'write broker:request.timeout.ms or producer:request.timeout.ms or consumer:request.timeout.ms',
    );
    const { spec } = load('kafka: "3.9"', { set: ['producer:request.timeout.ms=5000'] });
    expect(resolveCluster(spec).producers[0]!.settings['request.timeout.ms']).toBe(5000);
  });

  it('sets what a spec says too', () => {
    const text = 'brokers: 3\nworkload: { sends: 10 }';
    const { spec } = load(text, { set: ['sends=20', 'over=5s', 'topic:partitions=4', 'replication.factor=2'] });
    expect(spec.workload).toMatchObject({ sends: 20, over: 5_000_000 });
    expect(spec.topics[0]).toMatchObject({ partitions: 4, replicationFactor: 2 });
  });

  it.each([
    ['acks', '--set acks: write --set name=value'],
    ['ackz=1', 'unknown setting ackz; did you mean acks?'],
    [
      'brokr:broker.session.timeout.ms=1',
      'brokr is no scope: broker, topic, producer, consumer, rule, defect; did you mean broker?',
    ],
    ['acks=maybe', '--set acks  acks: "maybe" is none of all, -1, 0, 1'],
    ['brokers=none', '--set brokers  "none" is not a whole number above 0'],
    ['profile=calm', '"calm" is no profile'],
  ])('%s is refused', (assignment, said) => {
    expect(() => load('kafka: "3.9"', { set: [assignment] })).toThrow(said);
  });
});

describe('vary', () => {
  it('makes every combination, in order', () => {
    const { variants } = load('vary: { acks: [1, all], min.insync.replicas: [1, 2] }');
    expect(variants.map(({ name }) => name)).toEqual([
      'acks=1 min.insync.replicas=1',
      'acks=1 min.insync.replicas=2',
      'acks=all min.insync.replicas=1',
      'acks=all min.insync.replicas=2',
    ]);
    expect(variants[3]!.settings).toEqual({ acks: 'all', 'min.insync.replicas': '2' });
    expect(resolveCluster(variants[3]!.spec).producers[0]!.settings.acks).toBe(-1);
  });

  it('as an option replaces what the spec says of the same name', () => {
    const { variants } = load('vary: { acks: [0, 1] }', { vary: ['acks=1,all', 'brokers=3,5'] });
    expect(variants.map(({ name }) => name)).toEqual([
      'acks=1 brokers=3',
      'acks=1 brokers=5',
      'acks=all brokers=3',
      'acks=all brokers=5',
    ]);
  });

  it('leaves one variant where nothing varies', () => {
    const { variants, spec } = load('kafka: "3.9"');
    expect(variants).toEqual([{ name: '', settings: {}, spec }]);
  });

  it('has a limit', () => {
    expect(() =>
      load('kafka: "3.9"', { vary: [`sends=${Array.from({ length: 65 }, (_, i) => i + 1).join(',')}`] }),
    ).toThrow('65 variants: at most 64');
  });
});

describe('JSON', () => {
  it('is a spec too', () => {
    expect(load('{"brokers": 4, "producer": {"acks": "1"}}').spec.brokers).toBe(4);
  });
});
