import { describe, expect, it } from 'vitest';
import { errorName } from '../../protocol/errors.js';
import { Api } from '../../protocol/messages.js';
import type { MetadataRecord } from '../../protocol/metadata-records.js';
import { resolveRules } from '../../protocol/versions/resolve.js';
import { isBeingReassigned, type PartitionRegistration } from '../metadata-image.js';
import { alterPartition } from './alter-partition.js';
import { alterPartitionReassignments } from './reassignment.js';
import { ReplicationControl } from './replication-control.js';
import { append, clusterOf, partition, topicSettings } from './testing/images.js';

interface Shape {
  readonly version?: string;
  readonly brokers?: number;
  readonly minIsr?: number;
  readonly unclean?: boolean;
}

/** Brokers 1..5, a partition of {1,2,3} that 1 leads; min.insync.replicas 2. */
class Lab {
  readonly image;
  private readonly rules;
  private readonly control: ReplicationControl;

  constructor({ version = '3.9', brokers = 5, minIsr = 2, unclean = false }: Shape = {}) {
    this.image = clusterOf(brokers);
    const replicas = [1, 2, 3];
    const state = { leader: 1, leaderEpoch: 0, partitionEpoch: 0, leaderRecoveryState: 0 } as const;
    append(this.image, { kind: 'partition', partition: 0, topic: 0, replicas, isr: replicas, ...state });
    this.rules = resolveRules(version);
    const settings = { ...topicSettings, 'min.insync.replicas': minIsr, 'unclean.leader.election.enable': unclean };
    this.control = new ReplicationControl(this.image, [settings], this.rules);
  }

  /** @returns the error's name */
  reassign(replicas: readonly number[] | null): string {
    const request = {
      kind: Api.alterPartitionReassignments,
      bytes: 10,
      correlationId: 1,
      partitions: [{ partition: 0, replicas }],
    };
    return errorName(
      this.decide((records) => alterPartitionReassignments(this.image, this.control, request, records)).partitions[0]
        .error,
    );
  }

  /** The leader asks for this ISR. @returns the error's name */
  alter(...isr: readonly number[]): string {
    const { leader, leaderEpoch, partitionEpoch } = this.state;
    const newIsr = isr.map((brokerId) => ({ brokerId, brokerEpoch: -1 }));
    const asked = { partition: 0, leaderEpoch, partitionEpoch, newIsr, leaderRecoveryState: 0 as const };
    const brokerEpoch = this.image.broker(leader)!.brokerEpoch;
    const head = { kind: Api.alterPartition, bytes: 100, correlationId: 1, brokerId: leader, brokerEpoch };
    const response = this.decide((records) =>
      alterPartition(this.image, this.rules, this.control, { ...head, partitions: [asked] }, records),
    );
    return errorName(response.partitions[0].error);
  }

  fence(broker: number): void {
    this.decide((records) => this.control.handleBrokerFenced(broker, records));
  }

  get state(): PartitionRegistration {
    return partition(this.image);
  }

  private decide<T>(decision: (records: MetadataRecord[]) => T): T {
    const records: MetadataRecord[] = [];
    const answer = decision(records);
    append(this.image, ...records);
    return answer;
  }
}

describe('a reassignment', () => {
  it('first adds, the target in front, with the same leader in the same epoch', () => {
    const lab = new Lab();
    expect(lab.reassign([4, 2, 5])).toBe('NONE');
    expect(lab.state).toMatchObject({
      replicas: [4, 2, 5, 1, 3],
      addingReplicas: [4, 5],
      removingReplicas: [1, 3],
      isr: [1, 2, 3],
      leader: 1,
      leaderEpoch: 0,
      partitionEpoch: 1,
    });
  });

  it('ends with the ISR that holds the target: the others leave, and the leadership moves in the same record', () => {
    const lab = new Lab();
    lab.reassign([4, 2, 5]);
    expect(lab.alter(1, 2, 3, 4)).toBe('NONE');
    expect(isBeingReassigned(lab.state)).toBe(true);
    expect(lab.alter(1, 2, 3, 4, 5)).toBe('NEW_LEADER_ELECTED');
    expect(isBeingReassigned(lab.state)).toBe(false);
    expect(lab.state).toMatchObject({ replicas: [4, 2, 5], isr: [2, 4, 5], leader: 4, leaderEpoch: 1 });
  });

  it('keeps a leader that stays, in a new epoch: it must hear who its replicas are', () => {
    const lab = new Lab();
    lab.reassign([1, 4, 5]);
    expect(lab.alter(1, 2, 3, 4, 5)).toBe('NONE');
    expect(lab.state).toMatchObject({ replicas: [1, 4, 5], isr: [1, 4, 5], leader: 1, leaderEpoch: 1 });
  });

  it('waits for the whole target since 3.8; before, for those that it adds alone (KAFKA-15665)', () => {
    for (const [version, isOver] of [
      ['3.7', true],
      ['3.9', false],
    ] as const) {
      const lab = new Lab({ version });
      lab.fence(2);
      lab.reassign([1, 2, 4]);
      lab.alter(1, 3, 4);
      expect(!isBeingReassigned(lab.state), version).toBe(isOver);
    }
  });

  it('ends as soon as it is asked for, where nobody has to catch up', () => {
    const lab = new Lab();
    lab.reassign([2, 1]);
    expect(lab.state).toMatchObject({ replicas: [2, 1], isr: [1, 2], leader: 1, leaderEpoch: 1 });
    lab.reassign([1, 2]);
    expect(lab.state).toMatchObject({ replicas: [1, 2], leaderEpoch: 1 });
    expect(isBeingReassigned(lab.state)).toBe(false);
  });

  it('waits while nobody of the target is in the ISR', () => {
    const lab = new Lab();
    lab.alter(1);
    lab.reassign([2, 3]);
    expect(lab.state).toMatchObject({ replicas: [2, 3, 1], removingReplicas: [1], isr: [1] });
    lab.alter(1, 2, 3);
    expect(lab.state).toMatchObject({ replicas: [2, 3], isr: [2, 3], leader: 2 });
  });

  it('is replaced by a later one: whom only the former added is removed', () => {
    const lab = new Lab();
    lab.reassign([4, 2, 3]);
    lab.reassign([1, 5, 3]);
    expect(lab.state).toMatchObject({ replicas: [1, 5, 3, 2, 4], addingReplicas: [5], removingReplicas: [2, 4] });
  });

  it('is refused for no broker, for one twice, and for one that was never registered', () => {
    const lab = new Lab();
    for (const target of [[], [1, 1], [1, 9]]) expect(lab.reassign(target)).toBe('INVALID_REPLICA_ASSIGNMENT');
    expect(lab.state.partitionEpoch).toBe(0);
  });

  it('counts no replica as eligible that has left the assignment (KIP-966)', () => {
    const lab = new Lab({ version: '4.1', minIsr: 2 });
    lab.reassign([4]);
    lab.alter(1, 2, 3, 4);
    expect(lab.state).toMatchObject({ replicas: [4], isr: [4], elr: [], leader: 4 });
  });
});

describe('a reassignment that is taken back', () => {
  it('leaves those that were there before', () => {
    const lab = new Lab();
    lab.reassign([4, 2, 5]);
    lab.alter(1, 2, 3, 4);
    expect(lab.reassign(null)).toBe('NONE');
    expect(lab.state).toMatchObject({ replicas: [2, 1, 3], isr: [1, 2, 3], leader: 1, leaderEpoch: 1 });
    expect(isBeingReassigned(lab.state)).toBe(false);
  });

  it('moves the leadership from one that was added', () => {
    const lab = new Lab();
    lab.reassign([4, 5, 2]);
    lab.alter(1, 2, 3, 4);
    lab.fence(1);
    expect(lab.state.leader).toBe(4);
    lab.reassign(null);
    expect(lab.state).toMatchObject({ isr: [2, 3], leader: 2 });
  });

  it('is refused while only what it added is in the ISR, unless an unclean election is allowed', () => {
    for (const unclean of [false, true]) {
      const lab = new Lab({ unclean });
      lab.reassign([4, 5, 2]);
      lab.alter(1, 4);
      lab.fence(1);
      expect(lab.state).toMatchObject({ isr: [4], leader: 4 });
      expect(lab.reassign(null)).toBe(unclean ? 'NONE' : 'INVALID_REPLICA_ASSIGNMENT');
      expect(lab.state.isr).toEqual(unclean ? [2] : [4]);
    }
  });

  it('must be under way', () => {
    expect(new Lab().reassign(null)).toBe('NO_REASSIGNMENT_IN_PROGRESS');
  });
});
