/** The range assignor of the coordinator: of each topic every subscriber gets a run of partitions (assignor.RangeAssignor). */
import type { ServerAssignor, SubscribedMember } from './server-assignors.js';

export const rangeAssignment: ServerAssignor = (members, partitionsOf) => {
  const sorted = members.toSorted(inOrder);
  const assignment = new Map<string, number[]>(sorted.map(({ memberId }) => [memberId, []]));
  for (const topic of new Set(sorted.flatMap(({ subscribedTopics }) => subscribedTopics))) {
    const subscribers = sorted.filter(({ subscribedTopics }) => subscribedTopics.includes(topic));
    const partitions = partitionsOf(topic);
    const quota = Math.trunc(partitions.length / subscribers.length);
    const extra = partitions.length % subscribers.length;
    let next = 0;
    subscribers.forEach(({ memberId }, index) => {
      const end = next + quota + (index < extra ? 1 : 0);
      assignment.get(memberId)!.push(...partitions.slice(next, end));
      next = end;
    });
  }
  for (const partitions of assignment.values()) partitions.sort((a, b) => a - b);
  return assignment;
};

/** Static members by their instance ids, then dynamic ones by their member ids. */
function inOrder(one: SubscribedMember, other: SubscribedMember): number {
  if (one.instanceId !== null && other.instanceId !== null) return compare(one.instanceId, other.instanceId);
  if (one.instanceId !== null) return -1;
  return other.instanceId === null ? compare(one.memberId, other.memberId) : 1;
}

function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
