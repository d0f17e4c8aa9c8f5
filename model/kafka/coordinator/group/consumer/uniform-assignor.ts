/**
 * The uniform assignor of the coordinator: as even as can be, and as much as can be stays where it is (assignor.UniformAssignor,
 * UniformHomogeneousAssignmentBuilder). Which of two equal members gets one more, Kafka leaves to the order of a hash map; here
 * those that joined first do.
 */
import { isSameList } from './consumer-group-state.js';
import type { ServerAssignor, SubscribedMember } from './server-assignors.js';
import { unevenAssignment } from './uneven-subscriptions.js';

export const uniformAssignment: ServerAssignor = (members, partitionsOf) => {
  if (members.length === 0) return new Map();
  const [{ subscribedTopics }] = members;
  const isHomogeneous = members.every((member) => isSameList(member.subscribedTopics, subscribedTopics));
  return isHomogeneous
    ? evenAssignment(members, subscribedTopics.flatMap(partitionsOf))
    : unevenAssignment(members, partitionsOf);
};

/** All members subscribe to the same. */
function evenAssignment(
  members: readonly SubscribedMember[],
  partitions: readonly number[],
): ReadonlyMap<string, readonly number[]> {
  const quota = Math.trunc(partitions.length / members.length);
  const withOneMore = partitions.length % members.length;
  const assignment = new Map<string, number[]>();
  const owned = new Set(members.flatMap(({ target }) => target));
  const unassigned = partitions.filter((partition) => !owned.has(partition));
  members.forEach(({ memberId, target }, index) => {
    const own = target.filter((partition) => partitions.includes(partition));
    const most = quota + (index < withOneMore ? 1 : 0);
    assignment.set(memberId, own.slice(0, most));
    unassigned.push(...own.slice(most));
  });
  members.forEach(({ memberId }, index) => {
    const own = assignment.get(memberId)!;
    const most = quota + (index < withOneMore ? 1 : 0);
    own.push(...unassigned.splice(0, most - own.length));
    own.sort((a, b) => a - b);
  });
  return assignment;
}
