import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createAssignor } from '../assignors.js';
import type { Assignor, GroupMember } from '../assignor.js';
import { member, topicsOf } from '../testing/group.js';
import { CooperativeStickyAssignor } from './cooperative-sticky.js';
import { StickyAssignor } from './sticky.js';

describe('sticky', () => {
  test('who comes takes as little as makes the shares even, and all else stays where it was', () => {
    const topics = topicsOf({ t0: 6 });
    const members = [had('a', [0, 2, 4], 1), had('b', [1, 3, 5], 1), member('c', [0])];
    const assignment = new StickyAssignor().assign(topics, members);
    expect(assignment.get('a')).toEqual([0, 2]);
    expect(assignment.get('b')).toEqual([1, 3]);
    expect(assignment.get('c')).toEqual([4, 5]);
  });

  test('a partition that two claim stays with the one of the newer generation', () => {
    const topics = topicsOf({ t0: 4 });
    const assignment = new StickyAssignor().assign(topics, [had('late', [0, 1], 3), had('here', [0, 1], 4)]);
    expect(assignment.get('here')).toEqual([0, 1]);
    expect(assignment.get('late')).toEqual([2, 3]);
  });

  test('members tell the leader what they were assigned last, and nothing before that', () => {
    const assignor = new StickyAssignor();
    expect(assignor.userData()).toBeNull();
    assignor.onAssignment([3, 1], 7);
    expect(assignor.userData()).toEqual({ partitions: [3, 1], generation: 7 });
  });

  test('where members subscribe to different topics, the one with the fewest gets what is free', () => {
    const topics = topicsOf({ t0: 1, t1: 2, t2: 3 });
    const members = [member('c0', [0]), member('c1', [0, 1]), member('c2', [0, 1, 2])];
    const assignment = new StickyAssignor().assign(topics, members);
    expect(assignment.get('c0')).toEqual([0]);
    expect(assignment.get('c1')).toEqual([1, 2]);
    expect(assignment.get('c2')).toEqual([3, 4, 5]);
  });
});

describe('cooperative-sticky', () => {
  test('a partition that changes hands belongs to nobody for one generation', () => {
    const topics = topicsOf({ t0: 4 });
    const first = new CooperativeStickyAssignor().assign(topics, [owns('a', [0, 1, 2, 3], 1), owns('b', [], -1)]);
    expect(first.get('a')).toEqual([0, 1]);
    expect(first.get('b')).toEqual([]);
    const second = new CooperativeStickyAssignor().assign(topics, [owns('a', [0, 1], 2), owns('b', [], 2)]);
    expect(second.get('b')).toEqual([2, 3]);
  });

  test('of a partition that two members of one generation claim neither is believed, and it is withheld', () => {
    const topics = topicsOf({ t0: 2 });
    const assignment = new CooperativeStickyAssignor().assign(topics, [owns('a', [0], 5), owns('b', [0, 1], 5)]);
    expect([...assignment.values()].flat()).toEqual([1]);
  });

  test('a member whose subscription has no generation is dated by its user data (before 3.4)', () => {
    const topics = topicsOf({ t0: 2 });
    const dated = { ...owns('b', [0], -1).subscription, userData: { partitions: [], generation: 6 } };
    const members = [owns('a', [0], 5), { ...owns('b', [], -1), subscription: dated }];
    expect(new CooperativeStickyAssignor().assign(topics, members).get('b')).toEqual([0]);
  });
});

const groups = fc.record({
  counts: fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 4 }),
  members: fc.array(fc.subarray([0, 1, 2, 3], { minLength: 1 }), { minLength: 1, maxLength: 6 }),
});

describe.each(['range', 'roundrobin', 'sticky', 'cooperative-sticky'] as const)('%s', (name) => {
  test('every partition that somebody subscribes to belongs to exactly one of its subscribers', () => {
    fc.assert(
      fc.property(groups, ({ counts, members }) => {
        const { topics, subscribers } = groupOf(counts, members);
        const assignment = createAssignor(name).assign(topics, subscribers);
        const assigned = [...assignment.values()].flat();
        const wanted = new Set(subscribers.flatMap(({ subscription }) => subscription.topics));
        expect(sorted(assigned)).toEqual(
          topics.filter((_, topic) => wanted.has(topic)).flatMap(({ partitions }) => partitions),
        );
        for (const { memberId, subscription } of subscribers) {
          const own = new Set(subscription.topics.flatMap((topic) => topics[topic].partitions));
          for (const partition of assignment.get(memberId)!) expect(own.has(partition)).toBe(true);
        }
      }),
    );
  });
});

describe.each(['sticky', 'cooperative-sticky'] as const)('%s', (name) => {
  test('nothing moves when nothing has changed', () => {
    fc.assert(
      fc.property(groups, ({ counts, members }) => {
        const { topics, subscribers } = groupOf(counts, members);
        const before = createAssignor(name).assign(topics, subscribers);
        const again = subscribers.map((one) => withClaims(createAssignor(name), one, before.get(one.memberId)!, 1));
        const after = createAssignor(name).assign(topics, again);
        for (const [memberId, partitions] of before) expect(sorted(after.get(memberId)!)).toEqual(sorted(partitions));
      }),
    );
  });
});

function sorted(numbers: readonly number[]): number[] {
  return numbers.toSorted((one, other) => one - other);
}

function groupOf(counts: readonly number[], subscriptions: readonly (readonly number[])[]) {
  const topics = topicsOf(Object.fromEntries(counts.map((count, at) => [`t${at}`, count])));
  const subscribers = subscriptions.map((subscribed, at) =>
    member(
      `m${at}`,
      subscribed.map((topic) => topic % counts.length).filter((topic, i, all) => all.indexOf(topic) === i),
    ),
  );
  return { topics, subscribers };
}

function withClaims(
  assignor: Assignor,
  one: GroupMember,
  partitions: readonly number[],
  generation: number,
): GroupMember {
  assignor.onAssignment(partitions, generation);
  const ownedPartitions = assignor.protocols.includes('cooperative') ? partitions : [];
  return { ...one, subscription: { ...one.subscription, ownedPartitions, generation, userData: assignor.userData() } };
}

/** A member of t0 that gave up what it was assigned in this generation. */
function had(memberId: string, partitions: readonly number[], generation: number): GroupMember {
  return withClaims(new StickyAssignor(), member(memberId, [0]), partitions, generation);
}

/** A member of t0 that keeps what it was assigned in this generation. */
function owns(memberId: string, partitions: readonly number[], generation: number): GroupMember {
  return withClaims(new CooperativeStickyAssignor(), member(memberId, [0]), partitions, generation);
}
