import { describe, expect, it } from 'vitest';
import { MemberLeft, Probe } from '../../probes.js';
import { KafkaError } from '../../protocol/errors.js';
import { GroupLab, type GroupLabOptions } from './testing/group-lab.js';
import type { ScriptedMember } from './testing/scripted-member.js';

type Policy = 'disabled' | 'upgrade' | 'downgrade' | 'bidirectional';

function lab41(policy: Policy = 'bidirectional', options: GroupLabOptions = {}): GroupLab {
  const settings = { 'group.consumer.migration.policy': policy, ...options.settings };
  return new GroupLab({ version: '4.1', ...options, settings });
}

/** A classic member with all partitions, in generation 1. */
function classicGroup(lab: GroupLab): ScriptedMember {
  const classic = lab.member();
  lab.stable([[0, 1, 2]], classic);
  return classic;
}

/** A group of KIP-848 of a member of each protocol, both with what they are to have. */
function mixedGroup(lab: GroupLab) {
  const [consumer, classic] = [lab.consumer(), lab.member()];
  lab.beat(consumer);
  lab.rejoin(classic);
  const [ofConsumer] = lab.settle(consumer);
  return { consumer, classic, ofConsumer, ofClassic: lab.rejoin(classic) };
}

/** Why members are out of the group, from now on. */
function departures(lab: GroupLab): number[] {
  const reasons: number[] = [];
  lab.world.probes.listen([Probe.memberLeft], {
    onProbe: (_kind, _machine, _key, _group, _member, _generation, reason) => void reasons.push(reason),
  });
  return reasons;
}

describe('the first member of KIP-848 that comes to a classic group', () => {
  it.each(['disabled', 'downgrade'] as const)('is refused if the policy is %s, and the group goes on', (policy) => {
    const lab = lab41(policy);
    const classic = classicGroup(lab);
    expect(lab.errorOf(lab.consumer().heartbeat())).toBe(KafkaError.GROUP_ID_NOT_FOUND);
    expect(lab.errorOf(classic.heartbeat())).toBe(KafkaError.NONE);
    expect(classic.generationId).toBe(1);
  });

  it.each(['upgrade', 'bidirectional'] as const)(
    'makes a group of KIP-848 of it if the policy is %s: the generation is the epoch, and all keep what they have',
    (policy) => {
      const lab = lab41(policy);
      const classic = classicGroup(lab);
      const consumer = lab.consumer();
      expect(lab.beat(consumer)).toMatchObject({ error: KafkaError.NONE, memberEpoch: 2, assignment: [] });
      // In its generation the classic member is one until it has heard of the next.
      expect(lab.commitError(classic.commit(0, 5))).toBe(KafkaError.NONE);
      expect(lab.errorOf(classic.heartbeat())).toBe(KafkaError.REBALANCE_IN_PROGRESS);
      expect(lab.rejoin(classic)).toEqual([0, 1]);
      expect(classic.generationId).toBe(2);
      expect(lab.errorOf(classic.heartbeat())).toBe(KafkaError.NONE);
      expect(lab.beat(consumer)).toMatchObject({ memberEpoch: 2, assignment: [2] });
      expect(lab.committed(classic, 0)).toBe(5);
    },
  );

  it('has members that join called again', () => {
    const lab = lab41();
    const [one, two] = [lab.member(), lab.member()];
    lab.stable([[0, 1], [2]], one, two);
    const waiting = lab.enter(lab.member());
    lab.run(1);
    expect(waiting.answer).toBeUndefined();
    lab.beat(lab.consumer());
    expect(lab.errorOf(waiting)).toBe(KafkaError.REBALANCE_IN_PROGRESS);
    expect(lab.rejoin(one)).not.toEqual([]);
  });

  it('has members that wait for their assignment called again', () => {
    const lab = lab41();
    const [one, two] = [lab.member(), lab.member()];
    const asks = [lab.enter(one), lab.enter(two)];
    asks.forEach((asked, index) => {
      const { memberId, generationId, leader } = lab.answer(asked);
      Object.assign([one, two][index], { memberId, generationId, leads: leader === memberId });
    });
    const follower = lab.answer(asks[0]).leader === one.memberId ? two : one;
    const waiting = follower.sync();
    lab.run(1);
    lab.beat(lab.consumer());
    expect(lab.errorOf(waiting)).toBe(KafkaError.REBALANCE_IN_PROGRESS);
  });

  it('fails while the classic group is in its very first rebalance: none of its protocols is chosen yet', () => {
    const lab = lab41();
    const waiting = lab.enter(lab.member());
    lab.run(1);
    expect(lab.errorOf(lab.consumer().heartbeat())).toBe(KafkaError.UNKNOWN_SERVER_ERROR);
    expect(lab.errorOf(waiting)).toBe(KafkaError.NONE);
  });

  it('is refused if there would be more than group.consumer.max.size', () => {
    const lab = lab41('bidirectional', { settings: { 'group.consumer.max.size': 1 } });
    lab.stable([[0, 1], [2]], lab.member(), lab.member());
    expect(lab.errorOf(lab.consumer().heartbeat())).toBe(KafkaError.GROUP_ID_NOT_FOUND);
  });

  it('takes the place of a classic member with its instance id', () => {
    const lab = lab41();
    const one = lab.member({ groupInstanceId: 'a' });
    lab.stable([[0, 1, 2]], one);
    expect(lab.beat(lab.consumer({ instanceId: 'a' }))).toMatchObject({ error: 0, assignment: [0, 1, 2] });
    expect(lab.errorOf(one.heartbeat())).toBe(KafkaError.FENCED_INSTANCE_ID);
  });
});

describe('a member of the classic protocol in a group of KIP-848', () => {
  it.each(['disabled', 'upgrade', 'downgrade', 'bidirectional'] as const)(
    'is let in whether the policy is %s or another, and nobody waits for a barrier',
    (policy) => {
      const lab = lab41(policy);
      const consumer = lab.consumer();
      lab.beat(consumer);
      const classic = lab.member();
      expect(lab.rejoin(classic)).toEqual([]);
      expect(lab.errorOf(classic.heartbeat())).toBe(KafkaError.NONE);
      expect(lab.settle(consumer)).toEqual([[0, 1]]);
      // What it waited for is free now.
      expect(lab.errorOf(classic.heartbeat())).toBe(KafkaError.REBALANCE_IN_PROGRESS);
      expect(lab.rejoin(classic)).toEqual([2]);
      expect(lab.errorOf(classic.heartbeat())).toBe(KafkaError.NONE);
    },
  );

  it('stays in its generation until a cooperative one has given up what others are to have', () => {
    const lab = lab41();
    const classic = classicGroup(lab);
    const consumer = lab.consumer();
    lab.beat(consumer);
    expect(lab.rejoin(classic, [0, 1, 2])).toEqual([0, 1]);
    expect(classic.generationId).toBe(1);
    expect(lab.beat(consumer).assignment).toEqual([]);
    expect(lab.errorOf(classic.heartbeat())).toBe(KafkaError.REBALANCE_IN_PROGRESS);
    expect(lab.rejoin(classic, [0, 1])).toEqual([0, 1]);
    expect(classic.generationId).toBe(2);
    expect(lab.beat(consumer).assignment).toEqual([2]);
  });

  it('is refused if it has no assignor that all others of its protocol have', () => {
    const lab = lab41();
    mixedGroup(lab);
    const other = lab.member({ protocols: ['sticky'] });
    expect(lab.errorOf(other.join())).toBe(KafkaError.INCONSISTENT_GROUP_PROTOCOL);
  });

  it('is told that its generation is over if it is behind, and that it is no member if it is none', () => {
    const lab = lab41();
    const { classic, consumer } = mixedGroup(lab);
    classic.generationId--;
    expect(lab.commitError(classic.commit(0, 5))).toBe(KafkaError.ILLEGAL_GENERATION);
    expect(lab.errorOf(classic.heartbeat())).toBe(KafkaError.ILLEGAL_GENERATION);
    expect(lab.errorOf(classic.sync())).toBe(KafkaError.ILLEGAL_GENERATION);
    // Who speaks KIP-848 cannot be spoken for in the classic protocol.
    classic.memberId = consumer.memberId;
    expect(lab.errorOf(classic.heartbeat())).toBe(KafkaError.UNKNOWN_MEMBER_ID);
    classic.memberId = 'nobody';
    expect(lab.errorOf(classic.heartbeat())).toBe(KafkaError.UNKNOWN_MEMBER_ID);
  });

  it('is out when its own session.timeout.ms is over', () => {
    const lab = lab41();
    const { consumer } = mixedGroup(lab);
    const reasons = departures(lab);
    lab.run(9);
    expect(reasons).toEqual([]);
    lab.run(2);
    expect(reasons).toEqual([MemberLeft.sessionExpired]);
    expect(lab.settle(consumer)).toEqual([[0, 1, 2]]);
  });

  it('is out if it was called to join and does not within its rebalance time-out', () => {
    const lab = lab41();
    const { classic } = mixedGroup(lab);
    const reasons = departures(lab);
    lab.beat(lab.consumer());
    for (let i = 0; i < 11; i++) {
      lab.errorOf(classic.heartbeat());
      lab.run(2);
    }
    expect(reasons).toEqual([MemberLeft.rebalanceTimeout]);
  });

  it('is out if it has joined and does not sync', () => {
    const lab = lab41();
    const { classic } = mixedGroup(lab);
    const reasons = departures(lab);
    lab.errorOf(classic.join());
    for (let i = 0; i < 11; i++) {
      lab.errorOf(classic.heartbeat());
      lab.run(2);
    }
    expect(reasons).toEqual([MemberLeft.syncTimeout]);
  });

  it('is out when it leaves, and the others get what it had', () => {
    const lab = lab41();
    const { classic, consumer } = mixedGroup(lab);
    expect(lab.answer(classic.leave()).members[0].error).toBe(KafkaError.NONE);
    expect(lab.settle(consumer)).toEqual([[0, 1, 2]]);
  });

  it('is known to the next coordinator', () => {
    const lab = lab41();
    const { classic, consumer, ofClassic } = mixedGroup(lab);
    lab.failOver();
    expect(lab.errorOf(classic.heartbeat())).toBe(KafkaError.NONE);
    expect(lab.rejoin(classic, ofClassic)).toEqual(ofClassic);
    expect(lab.errorOf(consumer.heartbeat())).toBe(KafkaError.NONE);
  });
});

describe('the last member of KIP-848 that leaves', () => {
  it.each(['downgrade', 'bidirectional'] as const)(
    'makes a classic group of it if the policy is %s: its members are called to join',
    (policy) => {
      const lab = lab41(policy);
      const { classic, consumer } = mixedGroup(lab);
      lab.commitError(classic.commit(0, 5));
      expect(lab.errorOf(consumer.heartbeat(-1))).toBe(KafkaError.NONE);
      expect(lab.errorOf(classic.heartbeat())).toBe(KafkaError.REBALANCE_IN_PROGRESS);
      expect(lab.commitError(classic.commit(0, 6))).toBe(KafkaError.NONE);
      lab.stable([[0, 1, 2]], classic);
      expect(classic.generationId).toBe(3);
      expect(lab.committed(classic, 0)).toBe(6);
    },
  );

  it.each(['disabled', 'upgrade'] as const)('leaves a group of KIP-848 behind if the policy is %s', (policy) => {
    const lab = lab41(policy);
    const { classic, consumer, ofClassic } = mixedGroup(lab);
    lab.errorOf(consumer.heartbeat(-1));
    expect(lab.errorOf(classic.heartbeat())).toBe(KafkaError.REBALANCE_IN_PROGRESS);
    expect(lab.rejoin(classic, ofClassic)).toEqual([0, 1, 2]);
  });

  it('does so as well when it was not heard', () => {
    const lab = lab41();
    const { classic } = mixedGroup(lab);
    for (let i = 0; i < 10; i++) {
      lab.errorOf(classic.heartbeat());
      lab.run(5);
    }
    lab.stable([[0, 1, 2]], classic);
    expect(lab.errorOf(classic.heartbeat())).toBe(KafkaError.NONE);
  });

  it('does so as well when a classic member takes its instance id: nobody is called to join for that', () => {
    const lab = lab41();
    const [consumer, other] = [lab.consumer({ instanceId: 'a' }), lab.member()];
    lab.beat(consumer);
    lab.rejoin(other);
    const [had] = lab.settle(consumer);
    const left = lab.rejoin(other);
    const classic = lab.member({ groupInstanceId: 'a' });
    expect(lab.rejoin(classic)).toEqual(had);
    expect(lab.errorOf(other.heartbeat())).toBe(KafkaError.NONE);
    expect(lab.answer(other.sync()).assignment.assignedPartitions).toEqual(left);
    expect(lab.errorOf(consumer.heartbeat())).toBe(KafkaError.GROUP_ID_NOT_FOUND);
  });

  it('does not if more than group.max.size would be left', () => {
    const lab = lab41('bidirectional', { settings: { 'group.max.size': 1 } });
    const { consumer, classic } = mixedGroup(lab);
    lab.rejoin(lab.member());
    lab.errorOf(consumer.heartbeat(-1));
    // A classic group would have it wait for the others.
    expect(lab.rejoin(classic)).not.toEqual([]);
  });

  it('leaves a classic group to the next coordinator', () => {
    const lab = lab41();
    const { classic, consumer } = mixedGroup(lab);
    lab.errorOf(consumer.heartbeat(-1));
    lab.failOver();
    expect(lab.errorOf(consumer.heartbeat())).toBe(KafkaError.GROUP_ID_NOT_FOUND);
    lab.stable([[0, 1, 2]], classic);
    expect(lab.errorOf(classic.heartbeat())).toBe(KafkaError.NONE);
  });
});

it('a group goes over and back as its members are restarted one after the other, with its offsets', () => {
  const lab = lab41();
  const [one, two] = [lab.member(), lab.member()];
  lab.stable([[0, 1], [2]], one, two);
  lab.commitError(one.commit(0, 3));
  lab.answer(one.leave());
  const [first, second] = [lab.consumer(), lab.consumer()];
  lab.beat(first);
  lab.rejoin(two);
  lab.settle(first);
  lab.answer(two.leave());
  expect(
    lab
      .settle(first, second)
      .flat()
      .toSorted((a, b) => a - b),
  ).toEqual([0, 1, 2]);
  expect(lab.answer(first.fetch(0)).partitions[0].committedOffset).toBe(3);
  lab.errorOf(first.heartbeat(-1));
  const third = lab.member();
  lab.rejoin(third);
  lab.errorOf(second.heartbeat(-1));
  lab.stable([[0, 1, 2]], third);
  expect(lab.committed(third, 0)).toBe(3);
});

describe('a group without members that goes over', () => {
  it('to KIP-848 is another of its name, with its offsets, and counts from 1 again', () => {
    const lab = lab41();
    const former = classicGroup(lab);
    expect(lab.commitError(former.commit(0, 3))).toBe(KafkaError.NONE);
    lab.answer(former.leave());
    const consumer = lab.consumer();
    expect(lab.beat(consumer)).toMatchObject({ memberEpoch: 1, assignment: [0, 1, 2] });
    expect(lab.committed(former, 0)).toBe(3);
    // It is in generation 1, too: but no member.
    expect(former.generationId).toBe(1);
    expect(lab.commitError(former.commit(0, 4))).toBe(KafkaError.UNKNOWN_MEMBER_ID);
  });

  it('to the classic protocol likewise', () => {
    const lab = lab41();
    const [first, second] = [lab.consumer(), lab.consumer()];
    lab.beat(first);
    lab.beat(second);
    lab.settle(first, second);
    lab.errorOf(first.heartbeat(-1));
    lab.errorOf(second.heartbeat(-1));
    expect(classicGroup(lab).generationId).toBe(1);
    expect(lab.errorOf(first.heartbeat())).not.toBe(KafkaError.NONE);
  });
});
