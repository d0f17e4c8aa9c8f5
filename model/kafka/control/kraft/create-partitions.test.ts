import { describe, expect, it } from 'vitest';
import { createStream } from '../../../kernel/random.js';
import { errorName } from '../../protocol/errors.js';
import { Api } from '../../protocol/messages.js';
import type { MetadataRecord } from '../../protocol/metadata-records.js';
import type { MetadataImage } from '../metadata-image.js';
import { createPartitions } from './create-partitions.js';
import { append, brokerState, clusterOf } from './testing/images.js';

/** Topic 0 has partitions 0 and 1, and may come to have 2 and 3; topic 1, which is to have 4, does not exist. */
const partitionsOf = [[0, 1, 2, 3], [4]];

/** Brokers 1..4; each partition of {1,2,3}. */
function image(): MetadataImage {
  const image = clusterOf(4);
  append(image, { kind: 'topic', topic: 0, name: 'orders' });
  const replicas = [1, 2, 3];
  const state = { leader: 1, leaderEpoch: 0, partitionEpoch: 0, leaderRecoveryState: 0 } as const;
  for (const partition of [0, 1])
    append(image, { kind: 'partition', partition, topic: 0, replicas, isr: replicas, ...state });
  return image;
}

function ask(of: MetadataImage, count: number, topic = 0): string {
  const records: MetadataRecord[] = [];
  const request = { kind: Api.createPartitions, bytes: 10, correlationId: 1, topics: [{ topic, count }] };
  const { topics } = createPartitions(of, partitionsOf, request, createStream('seed', 'placement'), records);
  append(of, ...records);
  return errorName(topics[0].error);
}

describe('CreatePartitions', () => {
  it('places as many replicas as the first partition has, led in epoch 0 by the preferred one', () => {
    const cluster = image();
    expect(ask(cluster, 4)).toBe('NONE');
    for (const number of [2, 3]) {
      const created = cluster.partition(number)!;
      expect(created).toMatchObject({ topic: 0, leaderEpoch: 0, leader: created.replicas[0], isr: created.replicas });
      expect(new Set(created.replicas).size).toBe(3);
    }
    expect(cluster.partition(4)).toBeUndefined();
  });

  it('goes on where the last one ended', () => {
    const cluster = image();
    expect([ask(cluster, 3), ask(cluster, 4)]).toEqual(['NONE', 'NONE']);
    expect(cluster.partition(3)).toBeDefined();
  });

  it('never takes a partition away, nor adds none', () => {
    const cluster = image();
    for (const count of [1, 2, 5]) expect(ask(cluster, count)).toBe('INVALID_PARTITIONS');
    expect(ask(cluster, 1, 1)).toBe('UNKNOWN_TOPIC_OR_PARTITION');
  });

  it('leaves out of the first ISR whoever is fenced or stopping', () => {
    const cluster = image();
    for (const broker of [2, 3]) brokerState(cluster, broker, broker === 2 ? 'fenced' : 'stopping');
    expect(ask(cluster, 4)).toBe('NONE');
    for (const number of [2, 3]) {
      const { isr, leader } = cluster.partition(number)!;
      expect([2, 3]).not.toContain(leader);
      expect(isr.filter((broker) => broker === 2 || broker === 3)).toEqual([]);
    }
  });

  it('is refused where nobody could lead', () => {
    const cluster = image();
    for (const broker of [1, 2, 3, 4]) brokerState(cluster, broker, 'stopping');
    expect(ask(cluster, 4)).toBe('INVALID_REPLICA_ASSIGNMENT');
    for (const broker of [1, 2, 3, 4]) brokerState(cluster, broker, 'fenced');
    expect(ask(cluster, 4)).toBe('INVALID_REPLICATION_FACTOR');
  });
});
