import { describe, expect, it } from 'vitest';
import { resolveRules } from '../../model/kafka/protocol/versions/resolve.js';
import { clusterWords } from '../reporters/header.js';
import { loadSpec } from './load.js';
import { SpecError } from './problems.js';
import { resolveCluster } from './resolve.js';
import type { Spec } from './spec.js';
import { writeSpec } from './write-spec.js';

function specOf(text: string): Spec {
  return loadSpec({ input: 'spec.yaml', text }).spec;
}

function errorOf(text: string): string {
  try {
    specOf(text);
  } catch (error) {
    if (error instanceof SpecError) return error.message.split('\n')[0]!;
    throw error;
  }
  return 'no error';
}

const upgrade = (from: string, to: string, more = ''): string =>
  `kafka: "${from}"\n${more}faults: [ { rolling-upgrade: { kafka: "${to}" } } ]`;
const ZOOKEEPER = 'cluster: { control: zookeeper }\n';

describe('a spec in which every machine runs one release', () => {
  it.each(['3.9', '2.5', '4.1'])('says nothing of releases: %s', (kafka) => {
    const spec = specOf(`kafka: "${kafka}"`);
    expect(spec.releases).toBeNull();
    expect(resolveCluster(spec).releases).toBeUndefined();
  });
});

describe('a spec that mixes releases', () => {
  const text = 'kafka: "3.9"\ncluster: { releases: { b2: "3.6.1", controllers: "4.0" } }';

  it('names the machines that run another, each by the row that applies', () => {
    expect(specOf(text).releases).toEqual({
      brokers: ['3.9', '3.5', '3.9'],
      controllers: '4.0',
      agreed: '3.5',
      upgradesTo: [],
    });
  });

  it('has agreed on what the oldest can do, unless it says otherwise', () => {
    expect(specOf(`${text.slice(0, -2)}, metadata.version: "3.3" }`).releases?.agreed).toBe('3.3');
    const zooKeeper = 'cluster: { control: zookeeper, settings: { inter.broker.protocol.version: 2.7-IV2 } }';
    expect(specOf(`kafka: "3.9"\n${zooKeeper}`).releases?.agreed).toBe('2.7');
  });

  it('is judged by the rules of the oldest, and says so', () => {
    const spec = specOf(text);
    expect(resolveCluster(spec).rules).toEqual(resolveRules('3.5'));
    expect(clusterWords(spec)).toContain('Kafka 3.9 KRaft · b2 3.5 · controllers 4.0 · metadata.version 3.5');
    expect(spec.notes.join()).toContain('judged by the rules of 3.5, the oldest release, and of metadata.version 3.5');
  });

  it('has clients of its own release, as far as the oldest broker and what was agreed on let them', () => {
    const { releases } = resolveCluster(specOf('kafka: "4.1"\ncluster: { metadata.version: "3.9" }'));
    expect(releases?.clients).toMatchObject({ transactionVersion: 0, partitionerHearsOfNewBatches: false });
  });

  it.each([
    ['KRaft', text],
    ['ZooKeeper', `kafka: "2.5"\ncluster: { control: zookeeper, releases: { b1: "2.1" } }`],
    ['an upgrade', upgrade('3.5', '3.9')],
  ])('is written so that it reads as it was: %s', (_, given) => {
    const spec = specOf(given);
    expect(specOf(writeSpec(spec, null)).releases).toEqual(spec.releases);
  });
});

describe('what Kafka would not do is refused', () => {
  it.each([
    ['cluster: { releases: { b4: "3.7" } }', 'releases: there is no b4'],
    ['cluster: { releases: { b1: "0.11" } }', 'Kafka 0.11 never ran with KRaft'],
    ['cluster: { releases: { b1: newest } }', '"newest" is no version like "3.9"'],
    ['cluster: { metadata.version: "4.1" }', 'metadata.version 4.1 is above 3.9'],
    [
      'cluster: { control: zookeeper, metadata.version: "3.7" }',
      'metadata.version is of KRaft, and the spec runs ZooKeeper',
    ],
    [
      'cluster: { control: zookeeper, releases: { b2: "2.5" }, settings: { inter.broker.protocol.version: "2.7" } }',
      'inter.broker.protocol.version 2.7 is above 2.5, which is the oldest release of the cluster; its broker would refuse to start',
    ],
    ['cluster: { control: zookeeper, releases: { controllers: "3.7" } }', 'releases: there is no controllers'],
  ])('%s', (text, message) => expect(errorOf(`kafka: "3.9"\n${text}`)).toContain(message));

  it.each([
    [upgrade('3.9', '3.7'), 'Kafka 3.7 is older than 3.9: that would be a downgrade'],
    [upgrade('3.9', '4.0', ZOOKEEPER), 'Kafka 4.0 never ran with ZooKeeper'],
    [upgrade('0.10.2', '3.3', ZOOKEEPER), 'Kafka 3.3 writes message format v2 alone'],
    ['faults: [ rolling-upgrade ]', 'rolling-upgrade needs kafka: the release that is installed'],
    [
      `${upgrade('3.9', '4.1')}\nrules: { eligible-leader-replicas: true }`,
      'rule eligible-leader-replicas: rolling-upgrade changes it, with feature',
    ],
  ])('%s', (text, message) => expect(errorOf(text)).toContain(message));
});
