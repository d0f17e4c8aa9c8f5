import { expect, test } from 'vitest';
import { member, topicsOf } from './testing/group.js';
import { RangeAssignor } from './range.js';

test('each topic is divided by itself, and the first members have one more of each', () => {
  const topics = topicsOf({ t0: 3, t1: 3 });
  const assignment = new RangeAssignor().assign(topics, [member('c1', [0, 1]), member('c0', [0, 1])]);
  expect(assignment.get('c0')).toEqual([0, 1, 3, 4]);
  expect(assignment.get('c1')).toEqual([2, 5]);
});

test('a static member comes before all dynamic ones, whatever its member id', () => {
  const topics = topicsOf({ t0: 3 });
  const members = [member('a', [0]), { ...member('z', [0]), groupInstanceId: 'one' }];
  const assignment = new RangeAssignor().assign(topics, members);
  expect(assignment.get('z')).toEqual([0, 1]);
  expect(assignment.get('a')).toEqual([2]);
});

test('a topic that the metadata does not know is left out, and a member with nothing else has an empty list', () => {
  const topics = topicsOf({ t0: 2, unknown: 0 });
  const assignment = new RangeAssignor().assign(topics, [member('a', [0, 1]), member('b', [1])]);
  expect(assignment.get('a')).toEqual([0, 1]);
  expect(assignment.get('b')).toEqual([]);
});

test('partitions go to members in the rack of a replica, as far as their shares allow (KIP-881)', () => {
  const topics = topicsOf({ t0: 3 }, [['y'], ['x'], ['x']]);
  const inRack = (memberId: string, rackId: string) => {
    const { subscription, ...rest } = member(memberId, [0]);
    return { ...rest, subscription: { ...subscription, rackId } };
  };
  const assignment = new RangeAssignor().assign(topics, [inRack('a', 'x'), inRack('b', 'y'), inRack('c', 'z')]);
  expect(assignment.get('a')).toEqual([1]);
  expect(assignment.get('b')).toEqual([0]);
  expect(assignment.get('c')).toEqual([2]);
});
