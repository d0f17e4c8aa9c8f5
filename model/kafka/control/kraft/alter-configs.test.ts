import { describe, expect, it } from 'vitest';
import { errorName } from '../../protocol/errors.js';
import { Api } from '../../protocol/messages.js';
import { NO_LEADER, type MetadataRecord } from '../../protocol/metadata-records.js';
import type { TopicConfiguration } from '../../topic-configuration.js';
import type { MetadataImage } from '../metadata-image.js';
import { alterConfigs } from './alter-configs.js';
import { append, partition, partitionOf, topicSettings } from './testing/images.js';

const MIN_ISR = 'min.insync.replicas';
const UNCLEAN = 'unclean.leader.election.enable';

/** Topic 0, with partition 0 on brokers 1..3; topic 1 does not exist. */
function image(): MetadataImage {
  const image = partitionOf(3);
  append(image, { kind: 'topic', topic: 0, name: 'orders' });
  return image;
}

/** Nobody leads, b1 and b2 are eligible to, and b1 led last. */
function leaderless(): MetadataImage {
  const cluster = image();
  const nobody = { isr: [], leader: NO_LEADER, leaderRecoveryState: null, elr: [1, 2], lastKnownElr: [1] };
  append(cluster, { kind: 'partition-change', partition: 0, ...nobody });
  return cluster;
}

interface Asked {
  readonly error: string;
  readonly records: readonly MetadataRecord[];
}

function ask(of: MetadataImage, configs: TopicConfiguration, topic = 0, clearsEligible = true): Asked {
  const records: MetadataRecord[] = [];
  const request = { kind: Api.incrementalAlterConfigs, bytes: 10, correlationId: 1, resources: [{ topic, configs }] };
  const created = [topicSettings, topicSettings];
  const { topics } = alterConfigs(of, created, clearsEligible, request, records);
  append(of, ...records);
  return { error: errorName(topics[0].error), records };
}

describe('IncrementalAlterConfigs', () => {
  it('writes a record for each setting that becomes another, none for those that are so', () => {
    const cluster = image();
    const both = { [MIN_ISR]: 1, [UNCLEAN]: false };
    expect(ask(cluster, both).records.filter(({ kind }) => kind === 'config')).toEqual([
      { kind: 'config', topic: 0, altered: { [MIN_ISR]: 1 } },
    ]);
    expect(cluster.configurations[0]).toEqual({ [MIN_ISR]: 1 });
    expect(ask(cluster, both)).toEqual({ error: 'NONE', records: [] });
    ask(cluster, { [UNCLEAN]: true });
    expect(cluster.configurations[0]).toEqual({ [MIN_ISR]: 1, [UNCLEAN]: true });
  });

  it('is refused for a topic that is not there, and below 1', () => {
    const cluster = image();
    expect(ask(cluster, { [MIN_ISR]: 1 }, 1)).toEqual({ error: 'UNKNOWN_TOPIC_OR_PARTITION', records: [] });
    expect(ask(cluster, { [MIN_ISR]: 0 })).toEqual({ error: 'INVALID_CONFIG', records: [] });
  });

  it.each([1, 3])('forgets who is eligible to lead when min.insync.replicas becomes %i', (to) => {
    const cluster = leaderless();
    const { partitionEpoch, leaderEpoch } = partition(cluster);
    expect(ask(cluster, { [MIN_ISR]: to }).records.at(-1)).toEqual({ kind: 'clear-elr', topic: 0 });
    const forgotten = { isr: [], leader: NO_LEADER, elr: [], lastKnownElr: [] };
    expect(partition(cluster)).toMatchObject({ ...forgotten, leaderEpoch, partitionEpoch: partitionEpoch + 1 });
  });

  it('forgets nobody when another setting is altered, or where there are no eligible leader replicas', () => {
    const cluster = leaderless();
    ask(cluster, { [UNCLEAN]: true });
    ask(cluster, { [MIN_ISR]: 1 }, 0, false);
    expect(partition(cluster)).toMatchObject({ elr: [1, 2], lastKnownElr: [1] });
  });

  it('leaves alone what has nobody to forget', () => {
    const cluster = image();
    const before = partition(cluster);
    ask(cluster, { [MIN_ISR]: 1 });
    expect(partition(cluster)).toBe(before);
  });
});
