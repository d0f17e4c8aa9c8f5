/** Members and topics of small groups. */
import type { AssignableTopic, GroupMember } from '../assignor.js';

/** Topics by name, with their partition counts; partitions are numbered on from topic to topic. */
export function topicsOf(
  counts: Readonly<Record<string, number>>,
  racks: readonly (readonly string[])[] = [],
): AssignableTopic[] {
  let next = 0;
  return Object.entries(counts).map(([name, count]) => ({
    name,
    partitions: Array.from({ length: count }, () => next++),
    racks,
  }));
}

/** A dynamic member that owns nothing. */
export function member(memberId: string, topics: readonly number[]): GroupMember {
  return {
    memberId,
    groupInstanceId: null,
    subscription: { topics, ownedPartitions: [], generation: -1, rackId: null, userData: null },
  };
}
