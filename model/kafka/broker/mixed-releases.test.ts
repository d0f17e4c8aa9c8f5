/** Brokers of several releases beside each other, and of one release that have not agreed on all of it. */
import { describe, expect, it } from 'vitest';
import type { MachineId } from '../../kernel/process.js';
import { KafkaError } from '../protocol/errors.js';
import { Api, type AlterPartitionRequest, type OffsetForLeaderEpochResponse } from '../protocol/messages.js';
import { metadataVersionOf } from '../protocol/versions/features.js';
import type { MixedRelease } from '../protocol/versions/resolve.js';
import { answerFetch, awaitFetch, labWithFollower, labWithLeader, type Lab } from './testing/lab.js';
import { acknowledged, handedOverBeforeACrash } from './testing/story.js';

function released(release: string, agreed: string): MixedRelease {
  return { release, agreed };
}

/** metadata.version is raised to that of the release. */
function raise(lab: Lab, release: string): void {
  lab.commit({ kind: 'feature-level', name: 'metadata.version', level: metadataVersionOf(release) });
  lab.awaitMetadata(1);
}

describe('S1 on brokers of 0.11', () => {
  const holders = (agreed: string): readonly MachineId[] => {
    const mixed = released('0.11', agreed);
    return handedOverBeforeACrash({ releases: { 1: mixed, 2: mixed, 3: mixed } }).holders;
  };

  it('loses the record as on 0.10 while inter.broker.protocol.version says 0.10.2', () =>
    expect(holders('0.10.2')).toEqual([]));

  it('keeps it once that says 0.11 (KIP-101)', () => expect(holders('0.11')).toEqual([2, 3]));
});

describe('a leader answers where an epoch ends by the version of the question', () => {
  /** @param namesEpoch version 1 of OffsetForLeaderEpoch, or 0 */
  function epochIn(mixed: MixedRelease, namesEpoch: boolean): number {
    const lab = labWithLeader({ releases: { 1: mixed } });
    acknowledged(lab, 1, 1);
    const partitions = [{ partition: 0, currentLeaderEpoch: -1, leaderEpoch: 0 }];
    const id = lab.send(2, 1, { kind: Api.offsetForLeaderEpoch, replicaId: 2, namesEpoch, partitions } as never);
    const { error, leaderEpoch, endOffset } = lab.awaitReply<OffsetForLeaderEpochResponse>(id, 2).partitions[0];
    expect([error, endOffset]).toEqual([KafkaError.NONE, 1]);
    return leaderEpoch;
  }

  it('which a follower that has not agreed on KIP-279 asks in version 0', () => {
    expect(epochIn(released('2.5', '2.5'), false)).toBe(-1);
  });

  it('whatever it has agreed on itself: in the second round of restarts others may be ahead', () => {
    expect(epochIn(released('2.5', '0.11'), true)).toBe(0);
  });

  it('as far as its release can', () => expect(epochIn(released('0.11', '0.11'), true)).toBe(-1));
});

describe('a leader checks the epoch of a fetch that names one (KIP-320)', () => {
  it.each([
    ['2.5', '2.0', KafkaError.UNKNOWN_LEADER_EPOCH],
    ['2.0', '2.0', KafkaError.NONE],
  ])('on %s with inter.broker.protocol.version %s: error %i', (release, agreed, error) => {
    const lab = labWithLeader({ releases: { 1: released(release, agreed) } });
    expect(lab.fetched(2, 1, 0, { currentLeaderEpoch: 7 }).error).toBe(error);
  });
});

describe('a follower says its broker epoch (KIP-903)', () => {
  const upgraded = { releases: { 1: released('3.9', '3.3') } };

  it('from when metadata.version has reached 3.5 on, in the same process', () => {
    const lab = labWithFollower(upgraded);
    expect(awaitFetch(lab, 2).replicaEpoch).toBe(-1);
    raise(lab, '3.9');
    answerFetch(lab, 2, {});
    const epoch = lab.script.image.broker(1)!.brokerEpoch;
    expect(awaitFetch(lab, 2).replicaEpoch).toBe(epoch);
  });

  it('and a leader then names those that it knows when it asks for an ISR', () => {
    const members = (raised: boolean): readonly number[] => {
      const lab = labWithLeader(upgraded, [1]);
      lab.script.confirmIsr = false;
      if (raised) raise(lab, '3.9');
      const { brokerEpoch } = lab.script.image.broker(2)!;
      lab.fetched(2, 1, 0, raised ? { replicaEpoch: brokerEpoch } : {});
      const asked = () => lab.controller.inbox.find(({ request }) => request.kind === Api.alterPartition);
      lab.until('the leader asks for another ISR', () => asked() !== undefined);
      const { newIsr } = (asked()!.request as AlterPartitionRequest).partitions[0];
      expect(newIsr.map(({ brokerId }) => brokerId)).toEqual([1, 2]);
      const epochs = [1, 2].map((id) => lab.script.image.broker(id)!.brokerEpoch);
      return newIsr.map((member, index) => member.brokerEpoch - epochs[index]);
    };
    expect(members(true)).toEqual([0, 0]);
    expect(members(false).every((difference) => difference < 0)).toBe(true);
  });
});

describe('the high watermark below min.insync.replicas (KAFKA-15583)', () => {
  it.each([
    ['3.5', '3.5', 1],
    ['3.7', '3.5', 0],
  ])('on %s with metadata.version %s stands at %i: the release of the leader decides', (release, agreed, expected) => {
    const options = { releases: { 1: released(release, agreed) }, topic: { 'min.insync.replicas': 2 } };
    const lab = labWithLeader(options, [1]);
    lab.awaitReply(lab.produce(1, 1));
    expect(lab.replica(1)).toMatchObject({ logEnd: 1, highWatermark: expected });
  });
});
