import { describe, expect, it } from 'vitest';
import type { DefectId } from '../../protocol/versions/defects.js';
import { resolveRules } from '../../protocol/versions/resolve.js';
import { Api } from '../../protocol/messages.js';
import type { MetadataRecord } from '../../protocol/metadata-records.js';
import { ClusterControl } from './cluster-control.js';
import { Heartbeats } from './heartbeats.js';
import { ReplicationControl } from './replication-control.js';
import { append, partition, partitionOf, topicSettings } from './testing/images.js';

const SESSION = 9_000_000;

/** Broker 1 leads; its session has ended, nobody has fenced it yet, and it registers as a new incarnation. */
function leaderReturnsUnfenced(...present: readonly DefectId[]): {
  leader: number;
  leaderEpoch: number;
  isr: readonly number[];
} {
  const image = partitionOf(3);
  const replication = new ReplicationControl(image, [topicSettings]);
  const control = new ClusterControl(image, replication, new Heartbeats(SESSION), resolveRules('3.9', {}, present));
  control.activate(0);
  const records: MetadataRecord[] = [];
  const request = {
    kind: Api.brokerRegistration,
    bytes: 10,
    correlationId: 1,
    brokerId: 1,
    incarnationId: 77,
    rack: null,
    previousBrokerEpoch: -1,
  };
  expect(control.register(request, image.nextOffset, SESSION + 1, records).error).toBe(0);
  append(image, ...records);
  const { leader, leaderEpoch, isr } = partition(image);
  return { leader, leaderEpoch, isr };
}

/** A broker that is unfenced registers again, as the same incarnation: the answer to its first request was lost. */
function registersTwice(version: string): { brokerEpoch: number; fenced: boolean } {
  const image = partitionOf(3);
  const replication = new ReplicationControl(image, [topicSettings]);
  const control = new ClusterControl(image, replication, new Heartbeats(SESSION), resolveRules(version));
  control.activate(0);
  const records: MetadataRecord[] = [];
  const { incarnationId, brokerEpoch: former } = image.broker(1)!;
  const request = {
    kind: Api.brokerRegistration,
    bytes: 10,
    correlationId: 1,
    brokerId: 1,
    incarnationId,
    rack: null,
    previousBrokerEpoch: -1,
  };
  const { brokerEpoch } = control.register(request, image.nextOffset, 1, records);
  append(image, ...records);
  return { brokerEpoch: brokerEpoch - former, fenced: image.broker(1)!.fenced };
}

describe('registrations', () => {
  it('an incarnation that registers again keeps its epoch and stays unfenced since 3.9 (KAFKA-16952)', () => {
    expect(registersTwice('3.9')).toEqual({ brokerEpoch: 0, fenced: false });
    const before = registersTwice('3.7');
    expect(before.brokerEpoch).toBeGreaterThan(0);
    expect(before.fenced).toBe(true);
  });

  it('a broker that registers anew while it is not fenced leaves every ISR and leads no more', () => {
    expect(leaderReturnsUnfenced()).toEqual({ leader: 2, leaderEpoch: 1, isr: [2, 3] });
  });

  it('with KAFKA-18106 it keeps its place and its leadership', () => {
    expect(leaderReturnsUnfenced('KAFKA-18106')).toEqual({ leader: 1, leaderEpoch: 0, isr: [1, 2, 3] });
  });
});
