import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  NO_LEADER,
  NO_LEADER_CHANGE,
  type MetadataRecord,
  type PartitionChangeRecord,
} from '../protocol/metadata-records.js';
import { MetadataImage } from './metadata-image.js';

const partition: MetadataRecord = {
  kind: 'partition',
  partition: 0,
  topic: 0,
  replicas: [1, 2, 3],
  isr: [1, 2, 3],
  leader: 1,
  leaderEpoch: 0,
  partitionEpoch: 0,
  leaderRecoveryState: 0,
};

function change(isr: readonly number[] | null, leader: number): PartitionChangeRecord {
  return { kind: 'partition-change', partition: 0, isr, leader, leaderRecoveryState: null };
}

function imageOf(...records: MetadataRecord[]): MetadataImage {
  const image = new MetadataImage();
  records.forEach((record, offset) => image.replay(record, offset));
  return image;
}

function registration(brokerEpoch: number, incarnationId: number): MetadataRecord {
  return {
    kind: 'register-broker',
    brokerId: 2,
    incarnationId,
    brokerEpoch,
    fenced: true,
    inControlledShutdown: false,
    rack: 'a',
  };
}

describe('metadata image', () => {
  it('raises the leader epoch exactly when a change names a leader, be it the same, and the partition epoch always', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(NO_LEADER_CHANGE, NO_LEADER, 1, 2, 3)), (leaders) => {
        const image = imageOf(partition, ...leaders.map((leader) => change(null, leader)));
        const named = leaders.filter((leader) => leader !== NO_LEADER_CHANGE);
        expect(image.partition(0)).toMatchObject({
          leader: named.at(-1) ?? 1,
          leaderEpoch: named.length,
          partitionEpoch: leaders.length,
        });
      }),
    );
  });

  it('leaves the leader epoch alone when only the ISR shrinks (KAFKA-15021)', () => {
    const image = imageOf(partition, change([1, 2], NO_LEADER_CHANGE));
    expect(image.partition(0)).toMatchObject({ isr: [1, 2], leader: 1, leaderEpoch: 0, partitionEpoch: 1 });
  });

  it('keeps a registration that someone holds as it was', () => {
    const image = imageOf(registration(0, 7));
    const before = image.broker(2)!;
    image.replay(
      { kind: 'broker-registration-change', brokerId: 2, brokerEpoch: 0, fenced: -1, inControlledShutdown: 0 },
      1,
    );
    expect(before.fenced).toBe(true);
    expect(image.broker(2)).toMatchObject({ fenced: false, brokerEpoch: 0, rack: 'a' });
    expect(image.isActive(2)).toBe(true);
  });

  it('counts a broker in controlled shutdown as alive and not as active', () => {
    const image = imageOf(
      registration(0, 7),
      { kind: 'broker-registration-change', brokerId: 2, brokerEpoch: 0, fenced: -1, inControlledShutdown: 0 },
      { kind: 'broker-registration-change', brokerId: 2, brokerEpoch: 0, fenced: 0, inControlledShutdown: 1 },
    );
    expect([image.isAlive(2), image.isActive(2)]).toEqual([true, false]);
  });

  it('refuses a gap in the log, and a change of an incarnation that is gone', () => {
    expect(() => imageOf(partition).replay(change(null, 2), 2)).toThrow(/cannot follow/);
    expect(() =>
      imageOf(registration(0, 7), registration(1, 8), {
        kind: 'broker-registration-change',
        brokerId: 2,
        brokerEpoch: 0,
        fenced: -1,
        inControlledShutdown: 0,
      }),
    ).toThrow(/not registered/);
  });

  it('refuses a leader outside the ISR, and an eligible leader replica inside it', () => {
    expect(() => imageOf(partition, change([1, 2], 3))).toThrow(/its own ISR/);
    expect(() => imageOf(partition, change([], 1))).toThrow(/its own ISR/);
    expect(() => imageOf(partition, { ...change([1], NO_LEADER_CHANGE), elr: [1, 2] })).toThrow(/both in the ISR/);
  });
});
