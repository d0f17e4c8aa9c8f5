import { expect, test } from 'vitest';
import { RoundRobinAssignor } from './round-robin.js';
import { member, topicsOf } from './testing/group.js';

test('partitions are dealt on from topic to topic', () => {
  const topics = topicsOf({ t0: 3, t1: 3 });
  const assignment = new RoundRobinAssignor().assign(topics, [member('c1', [0, 1]), member('c0', [0, 1])]);
  expect(assignment.get('c0')).toEqual([0, 2, 4]);
  expect(assignment.get('c1')).toEqual([1, 3, 5]);
});

test('who is not subscribed to a topic is passed over, which may leave the shares far apart', () => {
  const topics = topicsOf({ t0: 1, t1: 2, t2: 3 });
  const members = [member('c0', [0]), member('c1', [0, 1]), member('c2', [0, 1, 2])];
  const assignment = new RoundRobinAssignor().assign(topics, members);
  expect(assignment.get('c0')).toEqual([0]);
  expect(assignment.get('c1')).toEqual([1]);
  expect(assignment.get('c2')).toEqual([2, 3, 4, 5]);
});
