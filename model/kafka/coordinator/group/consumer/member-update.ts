/**
 * What becomes of a group when a member says something of itself, be it with ConsumerGroupHeartbeat or with JoinGroup: it is
 * taken in or changed, the partitions are divided anew if that makes a difference, and the member goes on towards its share.
 */
import { nextAssignment } from './current-assignment.js';
import {
  isOwned,
  isReconciledTo,
  isSameList,
  withMember,
  type ConsumerGroupState,
  type ConsumerMember,
} from './consumer-group-state.js';
import { serverAssignorName, serverAssignors, type ServerAssignorName } from './server-assignors.js';

export interface GroupLimits {
  /** Of a group in which no member names one. */
  readonly defaultAssignor: ServerAssignorName;
  /** group.consumer.max.size */
  readonly maxSize: number;
  /** KAFKA-19233: a member that was fenced may not join again before its session is over. */
  readonly refusesRejoin: boolean;
  /** By topic: its partitions, as the coordinator's broker knows them now. */
  readonly partitionsOf: (topic: number) => readonly number[];
}

/** A member as the request found it. */
export interface Entry {
  readonly member: ConsumerMember;
  /** Under which it was known: another than its own, if a static member came back. */
  readonly formerId: string;
}

export interface UpdatedGroup {
  readonly group: ConsumerGroupState;
  /** As it is in the group now. */
  readonly member: ConsumerMember;
}

/**
 * @param updated the member of the entry with what it says of itself
 * @param owned the partitions that it says it has; null: it does not say
 */
export function withUpdate(
  before: ConsumerGroupState,
  { member, formerId }: Entry,
  updated: ConsumerMember,
  owned: readonly number[] | null,
  limits: GroupLimits,
): UpdatedGroup {
  const isBumped = !isSameList(updated.subscribedTopics, member.subscribedTopics) || hasOtherPartitions(before, limits);
  const present = withMember(before, formerId, updated);
  const bumped = isBumped ? { ...present, groupEpoch: present.groupEpoch + 1 } : present;
  const group = bumped.groupEpoch > bumped.assignmentEpoch ? withTargets(bumped, limits) : bumped;
  const target = { epoch: group.assignmentEpoch, partitions: group.targets.get(updated.memberId) ?? [] };
  const isTaken = (partition: number): boolean => isOwned(before, partition);
  const next = isReconciledTo(updated, target.epoch) ? updated : nextAssignment(updated, target, owned, isTaken);
  return { group: next === updated ? group : withMember(group, next.memberId, next), member: next };
}

/**
 * The topics have other partitions than those that were divided: some were added (GroupMetadataManager.onNewMetadataImage
 * has the subscription metadata looked at anew with the next heartbeat). The targets share out all there were.
 */
function hasOtherPartitions(group: ConsumerGroupState, { partitionsOf }: GroupLimits): boolean {
  if (group.members.size === 0 || group.groupEpoch > group.assignmentEpoch) return false;
  const topics = new Set<number>();
  for (const { subscribedTopics } of group.members.values()) for (const topic of subscribedTopics) topics.add(topic);
  let partitions = 0;
  for (const topic of topics) partitions += partitionsOf(topic).length;
  for (const target of group.targets.values()) partitions -= target.length;
  return partitions !== 0;
}

/** The target of everyone, for the present group epoch (TargetAssignmentBuilder). */
function withTargets(group: ConsumerGroupState, limits: GroupLimits): ConsumerGroupState {
  const members = [...group.members.values()].map(({ memberId, instanceId, subscribedTopics }) => {
    return { memberId, instanceId, subscribedTopics, target: group.targets.get(memberId) ?? [] };
  });
  const targets = serverAssignors[preferredAssignor(group, limits)](members, limits.partitionsOf);
  return { ...group, assignmentEpoch: group.groupEpoch, targets };
}

/** The one that most members name. */
function preferredAssignor({ members }: ConsumerGroupState, { defaultAssignor }: GroupLimits): ServerAssignorName {
  const votes: Record<ServerAssignorName, number> = { uniform: 0, range: 0 };
  for (const { serverAssignor } of members.values()) {
    if (serverAssignor !== null) votes[serverAssignorName(serverAssignor)!]++;
  }
  if (votes.uniform + votes.range === 0) return defaultAssignor;
  return votes.range > votes.uniform ? 'range' : 'uniform';
}
