import { describe, expect, it } from 'vitest';
import type { Probes } from '../../kernel/probes.js';
import { Probe } from '../probes.js';
import type { MetadataRecord, PartitionChangeRecord } from '../protocol/metadata-records.js';
import { MetadataImage } from './metadata-image.js';
import { CommittedMetadata } from './committed-metadata.js';

class Announcements implements Probes {
  readonly heard: number[][] = [];
  emit(kind: number, machine: number, key: number, ...fields: number[]): void {
    this.heard.push([kind, machine, key, ...fields]);
  }
  listen(): void {}
  of(kind: number): number[][] {
    return this.heard.filter((probe) => probe[0] === kind).map((probe) => probe.slice(3));
  }
}

const created: MetadataRecord = {
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

function change(leader: number, isr: readonly number[] | null = null): PartitionChangeRecord {
  return { kind: 'partition-change', partition: 0, isr, leader, leaderRecoveryState: null };
}

/** The controller's own image is looked at only where the quorum has lost something. */
const NOBODY_ASKS = new MetadataImage();

function announced(...records: readonly MetadataRecord[]): Announcements {
  const committed = new CommittedMetadata([]);
  const announcements = new Announcements();
  records.forEach((record, offset) => committed.commit(announcements, 4, record, offset, NOBODY_ASKS));
  return announcements;
}

/** Leader, epoch, old leader and reason of the last election. */
function lastElection(...records: readonly MetadataRecord[]): number[] | undefined {
  return announced(created, ...records)
    .of(Probe.elected)
    .at(-1);
}

describe('committed metadata', () => {
  it('tells why a leader was elected from what changed', () => {
    expect(lastElection()).toEqual([1, 0, -1, 0]);
    expect(lastElection(change(2, [2, 3]))).toEqual([2, 1, 1, 0]);
    expect(lastElection(change(-1, [1]))).toEqual([-1, 1, 1, 3]);
    expect(lastElection(change(-1, [1]), change(1))).toEqual([1, 2, -1, 0]);
    expect(lastElection(change(-1, [1]), change(3, [3]))).toEqual([3, 2, -1, 1]);
    expect(lastElection(change(2), change(1))).toEqual([1, 2, 2, 2]);
    expect(lastElection(change(3))).toEqual([3, 1, 1, 4]);
    const empty = { ...change(-1, []), elr: [1, 2], lastKnownElr: [1] };
    expect(lastElection(empty, { ...change(2, [2]), elr: [1], lastKnownElr: [] })).toEqual([2, 2, -1, 5]);
    expect(lastElection(empty, { ...change(-2), elr: [] }, change(1, [1]))).toEqual([1, 2, -1, 6]);
    expect(lastElection(empty, { ...change(3, [3]), elr: [], lastKnownElr: [] })).toEqual([3, 2, -1, 1]);
  });

  it('takes a leader that the end of a reassignment brought into the ISR for cleanly elected', () => {
    const adding = { ...change(-2), replicas: [4, 2, 3, 1], addingReplicas: [4], removingReplicas: [1] };
    const done = { ...change(4, [4, 2, 3]), replicas: [4, 2, 3], addingReplicas: [], removingReplicas: [] };
    expect(lastElection(adding, done)).toEqual([4, 1, 1, 0]);
    // Taken back while only what was added was in the ISR: the leader lacks what that had.
    const alone = change(4, [4]);
    const back = { ...change(2, [2]), replicas: [2, 3, 1], addingReplicas: [], removingReplicas: [] };
    expect(lastElection(adding, alone, back)).toEqual([2, 2, 4, 1]);
  });

  it('announces another assignment before the state that it is part of', () => {
    const adding = { ...change(-2), replicas: [4, 2, 3, 1], addingReplicas: [4], removingReplicas: [1] };
    const announcements = announced(created, adding);
    const { elected, assignmentChanged, partitionChanged } = Probe;
    const kinds = announcements.heard.map(([kind]) => kind);
    expect(kinds).toEqual([elected, partitionChanged, assignmentChanged, partitionChanged]);
    expect(announcements.of(assignmentChanged)).toEqual([[0b11110, 0b10000, 0b10, 1]]);
  });

  it('announces who is eligible before the state that it belongs to, when it changes', () => {
    const { heard } = announced(created, { ...change(-2, [1]), elr: [2] }, change(-2, [1]));
    const kinds = heard.map(([kind]) => kind);
    const { elected, elrChanged, partitionChanged } = Probe;
    expect(kinds).toEqual([elected, partitionChanged, elrChanged, partitionChanged, partitionChanged]);
    expect(heard[2]!.slice(3)).toEqual([0b100, -1, 1]);
  });

  it('announces an election before the state that it led to, and a change of the ISR alone as no election', () => {
    const kinds = announced(created, change(2, [2, 3]), change(-2, [2])).heard.map(([kind]) => kind);
    const { elected, partitionChanged } = Probe;
    expect(kinds).toEqual([elected, partitionChanged, elected, partitionChanged, partitionChanged]);
  });

  it('announces what a later controller commits again only once', () => {
    const committed = new CommittedMetadata([]);
    const announcements = new Announcements();
    committed.commit(announcements, 4, created, 0, NOBODY_ASKS);
    committed.commit(announcements, 5, created, 0, NOBODY_ASKS);
    committed.commit(announcements, 5, change(2), 1, NOBODY_ASKS);
    expect(announcements.of(Probe.partitionChanged)).toHaveLength(2);
    expect(committed.image.partition(0)).toMatchObject({ leader: 2, leaderEpoch: 1 });
  });

  it('says that the quorum lost what it had committed, and takes up what the controller says instead', () => {
    const committed = new CommittedMetadata([]);
    const announcements = new Announcements();
    for (const [offset, record] of [created, change(2), change(3)].entries()) {
      committed.commit(announcements, 4, record, offset, NOBODY_ASKS);
    }
    const stable = new MetadataImage();
    const other = [created, change(-2, [1, 2])];
    other.forEach((record, offset) => stable.replay(record, offset));
    committed.commit(announcements, 5, other[1], 1, stable);
    expect(announcements.of(Probe.metadataLost)).toEqual([[1, 3]]);
    expect(committed.image.partition(0)).toMatchObject({ leader: 1, isr: [1, 2] });
    committed.commit(announcements, 5, change(2), 2, stable);
    expect(announcements.of(Probe.metadataLost)).toHaveLength(1);
    expect(committed.image.partition(0)).toMatchObject({ leader: 2 });
  });

  it('announces a fencing of a broker that is not fenced, and no other', () => {
    const fenced = (it: -1 | 1): MetadataRecord => ({
      kind: 'broker-registration-change',
      brokerId: 1,
      brokerEpoch: 0,
      fenced: it,
      inControlledShutdown: 0,
    });
    const announcements = announced(
      {
        kind: 'register-broker',
        brokerId: 1,
        incarnationId: 9,
        brokerEpoch: 0,
        fenced: true,
        inControlledShutdown: false,
        rack: null,
      },
      fenced(1),
      fenced(-1),
      fenced(1),
    );
    expect(announcements.of(Probe.brokerRegistered)).toEqual([[1, 0, 9]]);
    expect(announcements.of(Probe.brokerUnfenced)).toHaveLength(1);
    expect(announcements.of(Probe.brokerFenced)).toHaveLength(1);
  });
});
