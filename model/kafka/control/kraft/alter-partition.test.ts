import { describe, expect, it } from 'vitest';
import { KafkaError, errorName } from '../../protocol/errors.js';
import { Api, type AlterPartitionRequest } from '../../protocol/messages.js';
import type { MetadataRecord } from '../../protocol/metadata-records.js';
import { resolveRules } from '../../protocol/versions/resolve.js';
import type { MetadataImage } from '../metadata-image.js';
import { alterPartition, validateAlterPartition, type RequestedIsr } from './alter-partition.js';
import type { LeaderPolicy } from './partition-change.js';
import { append, brokerState, partition, partitionOf, reborn } from './testing/images.js';

const rules = resolveRules('3.9');
const policy: LeaderPolicy = {
  eligibleLeaderReplicas: false,
  electsFencedLastKnownLeader: false,
  leaderEpochOnShrink: false,
  leaderRecoveryState: true,
  wholeTargetInIsr: true,
  minIsr: 2,
};
const online = { electionOf: () => 'online' as const, policyOf: () => policy };

/** Broker 1 leads in leader epoch 2, partition epoch 3, ISR {1,2}; broker 3 is a replica outside it. */
function shrunkPartition(): MetadataImage {
  const image = partitionOf(4);
  append(
    image,
    { kind: 'partition-change', partition: 0, isr: null, leader: 2, leaderRecoveryState: null },
    { kind: 'partition-change', partition: 0, isr: null, leader: 1, leaderRecoveryState: null },
    { kind: 'partition-change', partition: 0, isr: [1, 2], leader: -2, leaderRecoveryState: null },
  );
  return image;
}

/** What the leader rightly asks: broker 3 back in. */
const rightly: RequestedIsr = {
  partition: 0,
  leaderEpoch: 2,
  partitionEpoch: 3,
  newIsr: [1, 2, 3].map((brokerId) => ({ brokerId, brokerEpoch: brokerId - 1 })),
  leaderRecoveryState: 0,
};

function isr(...brokers: number[]): RequestedIsr['newIsr'] {
  return brokers.map((brokerId) => ({ brokerId, brokerEpoch: brokerId - 1 }));
}

function verdict(image: MetadataImage, requested: RequestedIsr, sender = 1): string {
  return errorName(validateAlterPartition(image, rules, sender, requested));
}

function request(partitions: readonly RequestedIsr[], brokerEpoch = 0): AlterPartitionRequest {
  return { kind: Api.alterPartition, bytes: 100, correlationId: 1, brokerId: 1, brokerEpoch, partitions };
}

describe('AlterPartition', () => {
  // Each row breaks its own rule and every later one: so the first that is checked must answer.
  const wrongSet = isr(2, 2, 9);
  const order: readonly (readonly [string, Partial<RequestedIsr>, number, string])[] = [
    ['an unknown partition', { partition: 7, leaderEpoch: 9, newIsr: wrongSet }, 2, 'UNKNOWN_TOPIC_OR_PARTITION'],
    [
      'a leader epoch that this controller does not know yet',
      { leaderEpoch: 3, partitionEpoch: 1, newIsr: wrongSet },
      2,
      'NOT_CONTROLLER',
    ],
    [
      'a partition epoch that it does not know yet',
      { leaderEpoch: 1, partitionEpoch: 4, newIsr: wrongSet },
      2,
      'NOT_CONTROLLER',
    ],
    ['an older leader epoch', { leaderEpoch: 1, partitionEpoch: 2, newIsr: wrongSet }, 2, 'FENCED_LEADER_EPOCH'],
    ['a sender who does not lead', { partitionEpoch: 2, newIsr: wrongSet }, 2, 'INVALID_REQUEST'],
    ['an older partition epoch', { partitionEpoch: 2, newIsr: wrongSet }, 1, 'INVALID_UPDATE_VERSION'],
    ['a broker twice', { newIsr: isr(1, 2, 2) }, 1, 'INVALID_REQUEST'],
    ['a broker that holds no replica', { newIsr: isr(1, 9) }, 1, 'INVALID_REQUEST'],
    ['an ISR without its leader', { newIsr: isr(2, 3) }, 1, 'INVALID_REQUEST'],
    ['a recovering leader with company', { newIsr: isr(1, 2), leaderRecoveryState: 1 }, 1, 'INVALID_REQUEST'],
    ['a recovered leader that would recover again', { newIsr: isr(1), leaderRecoveryState: 1 }, 1, 'INVALID_REQUEST'],
    ['nothing wrong', {}, 1, 'NONE'],
  ];
  it.each(order)('checks in order: %s', (_what, wrong, sender, error) => {
    const image = shrunkPartition();
    brokerState(image, 2, 'fenced');
    const requested = { ...rightly, ...wrong };
    if (error === 'NONE') brokerState(image, 2, 'unfenced');
    expect(verdict(image, requested, sender)).toBe(error);
  });

  it('refuses an ISR with a fenced broker, one that stops, and one that was never registered', () => {
    for (const state of ['fenced', 'stopping'] as const) {
      const image = shrunkPartition();
      brokerState(image, 3, state);
      expect(verdict(image, rightly)).toBe('INELIGIBLE_REPLICA');
    }
    const image = shrunkPartition();
    image.brokers[3] = undefined;
    expect(verdict(image, rightly)).toBe('INELIGIBLE_REPLICA');
  });

  it('refuses a replica that was reborn since the leader asked: its log may be empty (KIP-903)', () => {
    const image = shrunkPartition();
    brokerState(image, 3, 'fenced');
    reborn(image, 3);
    // Not being in the ISR, it left no trace in the partition: all epochs of the request still match.
    expect(partition(image)).toMatchObject({ leaderEpoch: 2, partitionEpoch: 3 });
    expect(verdict(image, rightly)).toBe('INELIGIBLE_REPLICA');
    const unchecked = { ...rules, brokerEpochInIsr: false };
    expect(validateAlterPartition(image, unchecked, 1, rightly)).toBe(KafkaError.NONE);
  });

  it('refuses a whole request of a former incarnation of the sender', () => {
    const records: MetadataRecord[] = [];
    const response = alterPartition(shrunkPartition(), rules, online, request([rightly], 77), records);
    expect(response).toMatchObject({ error: KafkaError.STALE_BROKER_EPOCH, partitions: [] });
    expect(records).toEqual([]);
  });

  it('writes the new ISR and answers with the epochs that follow from it', () => {
    const image = shrunkPartition();
    const records: MetadataRecord[] = [];
    const response = alterPartition(image, rules, online, request([rightly]), records);
    expect(records).toEqual([
      { kind: 'partition-change', partition: 0, isr: [1, 2, 3], leader: -2, leaderRecoveryState: null },
    ]);
    expect(response.partitions).toEqual([
      {
        partition: 0,
        error: 0,
        leaderId: 1,
        leaderEpoch: 2,
        isr: [1, 2, 3],
        leaderRecoveryState: 0,
        partitionEpoch: 4,
      },
    ]);
    expect(partition(image).partitionEpoch).toBe(3);
  });

  it('begins a new leader epoch with a smaller ISR, up to 3.5, and none with a larger one (KAFKA-15021)', () => {
    const image = shrunkPartition();
    const bumping = { ...online, policyOf: () => ({ ...policy, leaderEpochOnShrink: true }) };
    const shrink = { ...rightly, newIsr: isr(1) };
    const records: MetadataRecord[] = [];
    const answered = alterPartition(image, rules, bumping, request([shrink]), records);
    expect(records).toEqual([
      { kind: 'partition-change', partition: 0, isr: [1], leader: 1, leaderRecoveryState: null },
    ]);
    expect(answered.partitions).toMatchObject([{ error: 0, leaderId: 1, leaderEpoch: 3, isr: [1], partitionEpoch: 4 }]);
    const larger = alterPartition(image, rules, bumping, request([rightly]), []);
    expect(larger.partitions).toMatchObject([{ error: 0, leaderId: 1, leaderEpoch: 2, isr: [1, 2, 3] }]);
    const today = alterPartition(image, rules, online, request([shrink]), []);
    expect(today.partitions).toMatchObject([{ error: 0, leaderId: 1, leaderEpoch: 2, isr: [1] }]);
  });

  it('a repeated request is refused once the first was applied: compare-and-set has no shortcut in KRaft', () => {
    const image = shrunkPartition();
    const records: MetadataRecord[] = [];
    alterPartition(image, rules, online, request([rightly]), records);
    append(image, ...records);
    expect(verdict(image, rightly)).toBe('INVALID_UPDATE_VERSION');
  });

  it('clears the recovery state of an uncleanly elected leader (KIP-704)', () => {
    const image = shrunkPartition();
    append(image, { kind: 'partition-change', partition: 0, isr: [1], leader: 1, leaderRecoveryState: 1 });
    const records: MetadataRecord[] = [];
    const requested = { ...rightly, leaderEpoch: 3, partitionEpoch: 4, newIsr: isr(1) };
    alterPartition(image, rules, online, request([requested]), records);
    expect(records).toEqual([
      { kind: 'partition-change', partition: 0, isr: null, leader: -2, leaderRecoveryState: 0 },
    ]);
  });
});
