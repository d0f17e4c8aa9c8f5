import { describe, expect, it } from 'vitest';
import type { DefectId } from '../../protocol/versions/defects.js';
import { resolveRules } from '../../protocol/versions/resolve.js';
import { errorName } from '../../protocol/errors.js';
import { Api, type BrokerHeartbeatRequest, type BrokerRegistrationRequest } from '../../protocol/messages.js';
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
  const rules = resolveRules('3.9', {}, present);
  const replication = new ReplicationControl(image, [topicSettings], rules);
  const control = new ClusterControl(image, replication, new Heartbeats(SESSION, rules), rules);
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
    logDirs: [],
  };
  expect(control.register(request, image.nextOffset, SESSION + 1, records).error).toBe(0);
  append(image, ...records);
  const { leader, leaderEpoch, isr } = partition(image);
  return { leader, leaderEpoch, isr };
}

/** A broker that is unfenced registers again, as the same incarnation: the answer to its first request was lost. */
function registersTwice(...defects: DefectId[]): { brokerEpoch: number; fenced: boolean } {
  const image = partitionOf(3);
  const rules = resolveRules('3.7', {}, defects);
  const replication = new ReplicationControl(image, [topicSettings], rules);
  const control = new ClusterControl(image, replication, new Heartbeats(SESSION, rules), rules);
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
    logDirs: [],
  };
  const { brokerEpoch } = control.register(request, image.nextOffset, 1, records);
  append(image, ...records);
  return { brokerEpoch: brokerEpoch - former, fenced: image.broker(1)!.fenced };
}

/** Broker 1 registers anew after its session; a registration of its life before arrives; it sends its first heartbeat. */
function lateRegistration(...present: readonly DefectId[]): { late: string; heartbeat: string } {
  const image = partitionOf(3);
  const rules = resolveRules('3.9', {}, present);
  const replication = new ReplicationControl(image, [topicSettings], rules);
  const control = new ClusterControl(image, replication, new Heartbeats(SESSION, rules), rules);
  control.activate(0);
  const register = (incarnationId: number, now: number): { error: number; brokerEpoch: number } => {
    const records: MetadataRecord[] = [];
    const answer = control.register({ ...registrationOf(1, -1), incarnationId }, image.nextOffset, now, records);
    append(image, ...records);
    return answer;
  };
  const { brokerEpoch } = register(78, SESSION + 1);
  const late = register(77, SESSION + 2);
  const request: BrokerHeartbeatRequest = {
    kind: Api.brokerHeartbeat,
    bytes: 10,
    correlationId: 2,
    brokerId: 1,
    brokerEpoch,
    currentMetadataOffset: brokerEpoch,
    wantFence: true,
    wantShutDown: false,
    offlineLogDirs: [],
  };
  const { error } = control.heartbeat(request, image.nextOffset, SESSION + 3, []);
  return { late: errorName(late.error), heartbeat: errorName(error) };
}

/** The ISR is empty, brokers 1 and 2 are eligible, and broker 1 comes back. */
function eligibleAfterReturn(epoch: 'named' | 'older', ...present: readonly DefectId[]): readonly number[] {
  const image = partitionOf(3);
  const rules = resolveRules('4.1', {}, present);
  const replication = new ReplicationControl(image, [{ ...topicSettings, 'min.insync.replicas': 2 }], rules);
  const control = new ClusterControl(image, replication, new Heartbeats(SESSION, rules), rules);
  for (const broker of [3, 2, 1]) {
    const records: MetadataRecord[] = [];
    replication.handleBrokerFenced(broker, records);
    append(image, ...records);
  }
  const { brokerEpoch } = image.broker(1)!;
  const records: MetadataRecord[] = [];
  control.register(registrationOf(1, epoch === 'named' ? brokerEpoch : -1), image.nextOffset, 1, records);
  append(image, ...records);
  return partition(image).elr;
}

function registrationOf(brokerId: number, previousBrokerEpoch: number): BrokerRegistrationRequest {
  const head = { kind: Api.brokerRegistration, bytes: 10, correlationId: 1 };
  return { ...head, brokerId, incarnationId: 77, rack: null, previousBrokerEpoch, logDirs: [] };
}

describe('registrations', () => {
  it('an incarnation that registers again keeps its epoch and stays unfenced, but for KAFKA-16952', () => {
    expect(registersTwice()).toEqual({ brokerEpoch: 0, fenced: false });
    const before = registersTwice('KAFKA-16952');
    expect(before.brokerEpoch).toBeGreaterThan(0);
    expect(before.fenced).toBe(true);
  });

  it('one that a dead life of a broker sent does not replace that of the life that is starting, but for B82', () => {
    expect(lateRegistration()).toEqual({ late: 'DUPLICATE_BROKER_REGISTRATION', heartbeat: 'NONE' });
    expect(lateRegistration('B82')).toEqual({ late: 'NONE', heartbeat: 'STALE_BROKER_EPOCH' });
  });

  it('a stop counts as orderly if the broker names the epoch in which it was registered (KIP-966)', () => {
    expect(eligibleAfterReturn('named')).toEqual([1, 2]);
    expect(eligibleAfterReturn('older')).toEqual([2]);
    expect(eligibleAfterReturn('named', 'KAFKA-18635')).toEqual([2]);
  });

  it('a broker that registers anew while it is not fenced leaves every ISR and leads no more', () => {
    expect(leaderReturnsUnfenced()).toEqual({ leader: 2, leaderEpoch: 1, isr: [2, 3] });
  });

  it('with KAFKA-18106 it keeps its place and its leadership', () => {
    expect(leaderReturnsUnfenced('KAFKA-18106')).toEqual({ leader: 1, leaderEpoch: 0, isr: [1, 2, 3] });
  });
});
