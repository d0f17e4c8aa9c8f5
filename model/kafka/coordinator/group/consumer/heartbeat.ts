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
import {
  isSameList,
  newMember,
  staticMember,
  withMember,
  withoutMember,
  type ConsumerGroupState,
  type ConsumerMember,
} from './consumer-group-state.js';
import { withUpdate, type Entry, type GroupLimits } from './member-update.js';
import { serverAssignorName } from './server-assignors.js';

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

/**
 * Another may take an instance id over once its holder has said that it leaves for a while (KIP-345, KIP-848), or if that
 * spoke the classic protocol, in which nobody says so.
 */
function staticEntry(
  group: ConsumerGroupState,
  request: ConsumerGroupHeartbeatRequest,
  limits: GroupLimits,
): Entry | ErrorCode {
  const { memberId, memberEpoch, instanceId } = request;
  const holder = staticMember(group, instanceId!);
  if (memberEpoch === JOIN_GROUP_MEMBER_EPOCH) {
    if (holder === undefined) return { member: { ...newMember(memberId), instanceId }, formerId: memberId };
    const isReleased = holder.classic !== undefined || holder.memberEpoch === LEAVE_GROUP_STATIC_MEMBER_EPOCH;
    if (!isReleased) return KafkaError.UNRELEASED_INSTANCE_ID;
    const member = { ...holder, memberId, memberEpoch: 0, previousMemberEpoch: 0 };
    return { member, formerId: holder.memberId };
  }
  const error = checkHolder(holder, memberId);
  if (error !== KafkaError.NONE) return error;
  const stale = checkEpoch(holder!, request, limits);
  return stale === KafkaError.NONE ? { member: holder!, formerId: memberId } : stale;
}

export function checkHolder(holder: ConsumerMember | undefined, memberId: string): ErrorCode {
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
  group: ConsumerGroupState,
  request: ConsumerGroupHeartbeatRequest,
  entry: Entry,
  machine: number,
  limits: GroupLimits,
): HeartbeatOutcome {
  const { memberEpoch, rebalanceTimeoutMs, subscribedTopics, serverAssignor, topicPartitions: owned } = request;
  const { member } = entry;
  const updated: ConsumerMember = {
    ...member,
    clientHost: machine,
    rebalanceTimeoutMs: rebalanceTimeoutMs < 0 ? member.rebalanceTimeoutMs : rebalanceTimeoutMs,
    subscribedTopics: subscribedTopics ?? member.subscribedTopics,
    serverAssignor: serverAssignor ?? member.serverAssignor,
    classic: undefined,
  };
  const next = withUpdate(group, entry, updated, owned, limits);
  const isFullRequest =
    memberEpoch === JOIN_GROUP_MEMBER_EPOCH || (rebalanceTimeoutMs >= 0 && subscribedTopics !== null && owned !== null);
  const tellsAssignment = isFullRequest || !isSameList(next.member.assigned, member.assigned);
  return { kind: 'accepted', ...next, tellsAssignment };
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
