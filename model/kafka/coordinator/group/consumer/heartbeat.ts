/**
 * What a ConsumerGroupHeartbeat makes of a group (GroupMetadataManager.consumerGroupHeartbeat, consumerGroupLeave): a pure function
 * from one state to the next. A group without barriers: each member goes its own way to what it is to have.
 */
import { KafkaError, type ErrorCode } from '../../../protocol/errors.js';
import {
  JOIN_GROUP_MEMBER_EPOCH,
  LEAVE_GROUP_MEMBER_EPOCH,
  LEAVE_GROUP_STATIC_MEMBER_EPOCH,
  type ConsumerGroupHeartbeatRequest,
} from '../../../protocol/group-messages.js';
import { nextAssignment } from './current-assignment.js';
import {
  isOwned,
  isReconciledTo,
  isSameList,
  newMember,
  staticMember,
  withMember,
  withoutMember,
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

export type HeartbeatOutcome =
  | { readonly kind: 'refused'; readonly error: ErrorCode }
  | {
      readonly kind: 'accepted';
      readonly group: ConsumerGroupState;
      /** As it is now; null: it has left. */
      readonly member: ConsumerMember | null;
      /** It is to be told what it has. */
      readonly tellsAssignment: boolean;
    };

/** A member as the request found it. */
interface Entry {
  readonly member: ConsumerMember;
  /** Under which it was known: another than its own, if a static member came back. */
  readonly formerId: string;
}

/** @param machine that the request came from */
export function heartbeat(
  group: ConsumerGroupState,
  request: ConsumerGroupHeartbeatRequest,
  machine: number,
  limits: GroupLimits,
): HeartbeatOutcome {
  const error = checkRequest(request);
  if (error !== KafkaError.NONE) return refuse(error);
  if (request.memberEpoch < JOIN_GROUP_MEMBER_EPOCH) return leave(group, request);
  const isFull = group.members.size >= limits.maxSize && !group.members.has(request.memberId);
  if (isFull) return refuse(KafkaError.GROUP_MAX_SIZE_REACHED);
  const found =
    request.instanceId === null ? dynamicEntry(group, request, limits) : staticEntry(group, request, limits);
  if (typeof found === 'number') return refuse(found);
  return advance(group, request, found, machine, limits);
}

/** throwIfConsumerGroupHeartbeatRequestIsInvalid */
function checkRequest(request: ConsumerGroupHeartbeatRequest): ErrorCode {
  const { memberId, memberEpoch, instanceId, rebalanceTimeoutMs, subscribedTopics, topicPartitions } = request;
  if (request.groupId === '' || memberEpoch < LEAVE_GROUP_STATIC_MEMBER_EPOCH) return KafkaError.INVALID_REQUEST;
  if (memberEpoch === LEAVE_GROUP_STATIC_MEMBER_EPOCH && instanceId === null) return KafkaError.INVALID_REQUEST;
  if (memberId === '') return KafkaError.INVALID_REQUEST;
  if (memberEpoch === JOIN_GROUP_MEMBER_EPOCH) {
    const isWhole = rebalanceTimeoutMs >= 0 && subscribedTopics !== null && topicPartitions?.length === 0;
    if (!isWhole) return KafkaError.INVALID_REQUEST;
  }
  const { serverAssignor } = request;
  const isUnknown = serverAssignor !== null && serverAssignorName(serverAssignor) === undefined;
  return isUnknown ? KafkaError.UNSUPPORTED_ASSIGNOR : KafkaError.NONE;
}

// ---------------------------------------------------------------------- who it is

function dynamicEntry(
  group: ConsumerGroupState,
  request: ConsumerGroupHeartbeatRequest,
  limits: GroupLimits,
): Entry | ErrorCode {
  const { memberId, memberEpoch } = request;
  const known = group.members.get(memberId);
  if (known === undefined) {
    const joins = memberEpoch === JOIN_GROUP_MEMBER_EPOCH;
    return joins ? { member: newMember(memberId), formerId: memberId } : KafkaError.UNKNOWN_MEMBER_ID;
  }
  const error = checkEpoch(known, request, limits);
  return error === KafkaError.NONE ? { member: known, formerId: memberId } : error;
}

/** Another may take an instance id over once its holder has said that it leaves for a while (KIP-345, KIP-848). */
function staticEntry(
  group: ConsumerGroupState,
  request: ConsumerGroupHeartbeatRequest,
  limits: GroupLimits,
): Entry | ErrorCode {
  const { memberId, memberEpoch, instanceId } = request;
  const holder = staticMember(group, instanceId!);
  if (memberEpoch === JOIN_GROUP_MEMBER_EPOCH) {
    if (holder === undefined) return { member: { ...newMember(memberId), instanceId }, formerId: memberId };
    if (holder.memberEpoch !== LEAVE_GROUP_STATIC_MEMBER_EPOCH) return KafkaError.UNRELEASED_INSTANCE_ID;
    const member = { ...holder, memberId, memberEpoch: 0, previousMemberEpoch: 0 };
    return { member, formerId: holder.memberId };
  }
  const error = checkHolder(holder, memberId);
  if (error !== KafkaError.NONE) return error;
  const stale = checkEpoch(holder!, request, limits);
  return stale === KafkaError.NONE ? { member: holder!, formerId: memberId } : stale;
}

function checkHolder(holder: ConsumerMember | undefined, memberId: string): ErrorCode {
  if (holder === undefined) return KafkaError.UNKNOWN_MEMBER_ID;
  return holder.memberId === memberId ? KafkaError.NONE : KafkaError.FENCED_INSTANCE_ID;
}

/** An epoch behind is taken from a member that may not have heard of the bump, and has nothing that it was not given. */
function checkEpoch(
  member: ConsumerMember,
  { memberEpoch, topicPartitions }: ConsumerGroupHeartbeatRequest,
  { refusesRejoin }: GroupLimits,
): ErrorCode {
  if (memberEpoch === member.memberEpoch) return KafkaError.NONE;
  // It begins anew, having nothing.
  if (memberEpoch === JOIN_GROUP_MEMBER_EPOCH && !refusesRejoin) return KafkaError.NONE;
  const isBehind = memberEpoch < member.memberEpoch && memberEpoch === member.previousMemberEpoch;
  const hasNoMore = topicPartitions?.every((partition) => member.assigned.includes(partition)) === true;
  return isBehind && hasNoMore ? KafkaError.NONE : KafkaError.FENCED_MEMBER_EPOCH;
}

// ---------------------------------------------------------------------- what becomes of it

function advance(
  before: ConsumerGroupState,
  request: ConsumerGroupHeartbeatRequest,
  { member, formerId }: Entry,
  machine: number,
  limits: GroupLimits,
): HeartbeatOutcome {
  const { rebalanceTimeoutMs, subscribedTopics, serverAssignor, topicPartitions } = request;
  const updated: ConsumerMember = {
    ...member,
    clientHost: machine,
    rebalanceTimeoutMs: rebalanceTimeoutMs < 0 ? member.rebalanceTimeoutMs : rebalanceTimeoutMs,
    subscribedTopics: subscribedTopics ?? member.subscribedTopics,
    serverAssignor: serverAssignor ?? member.serverAssignor,
  };
  const isBumped = !isSameList(updated.subscribedTopics, member.subscribedTopics) || hasOtherPartitions(before, limits);
  const present = withMember(before, formerId, updated);
  const bumped = isBumped ? { ...present, groupEpoch: present.groupEpoch + 1 } : present;
  const group = bumped.groupEpoch > bumped.assignmentEpoch ? withTargets(bumped, limits) : bumped;
  const target = { epoch: group.assignmentEpoch, partitions: group.targets.get(updated.memberId) ?? [] };
  const isTaken = (partition: number): boolean => isOwned(before, partition);
  const next = isReconciledTo(updated, target.epoch)
    ? updated
    : nextAssignment(updated, target, topicPartitions, isTaken);
  const isFullRequest =
    request.memberEpoch === JOIN_GROUP_MEMBER_EPOCH ||
    (rebalanceTimeoutMs >= 0 && subscribedTopics !== null && topicPartitions !== null);
  return {
    kind: 'accepted',
    group: next === updated ? group : withMember(group, next.memberId, next),
    member: next,
    tellsAssignment: isFullRequest || !isSameList(next.assigned, member.assigned),
  };
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

// ---------------------------------------------------------------------- it leaves

function leave(group: ConsumerGroupState, request: ConsumerGroupHeartbeatRequest): HeartbeatOutcome {
  const { memberId, memberEpoch, instanceId } = request;
  const member = instanceId === null ? group.members.get(memberId) : staticMember(group, instanceId);
  const error = checkHolder(member, memberId);
  if (error !== KafkaError.NONE || member === undefined) return refuse(error);
  const gone = { kind: 'accepted', member: null, tellsAssignment: false } as const;
  if (memberEpoch === LEAVE_GROUP_MEMBER_EPOCH) return { ...gone, group: withoutMember(group, memberId) };
  const away: ConsumerMember = { ...member, memberEpoch: LEAVE_GROUP_STATIC_MEMBER_EPOCH, pendingRevocation: [] };
  return { ...gone, group: withMember(group, memberId, away) };
}

function refuse(error: ErrorCode): HeartbeatOutcome {
  return { kind: 'refused', error };
}
