/**
 * What members of the classic protocol ask of a group of KIP-848, answered from its state alone. There are no barriers for
 * them either: JoinGroup is answered at once, with their epoch as the generation, and Heartbeat says when to join again.
 */
import { KafkaError, type ErrorCode } from '../../../protocol/errors.js';
import {
  CONSUMER_PROTOCOL_TYPE,
  type JoinGroupRequest,
  type MemberIdentity,
  type SyncGroupRequest,
} from '../../../protocol/group-messages.js';
import {
  isOwned,
  newMember,
  staticMember,
  type ConsumerGroupState,
  type ConsumerMember,
} from './consumer-group-state.js';
import { checkHolder } from './heartbeat.js';
import { withUpdate, type Entry, type GroupLimits, type UpdatedGroup } from './member-update.js';

export type JoinOutcome =
  | { readonly kind: 'refused'; readonly error: ErrorCode }
  | ({ readonly kind: 'accepted' } & UpdatedGroup);

/**
 * JoinGroup (classicGroupJoinToConsumerGroup).
 * @param memberId of the request, or the one that is given out
 * @param machine that the request came from
 */
export function classicJoin(
  group: ConsumerGroupState,
  request: JoinGroupRequest,
  memberId: string,
  machine: number,
  limits: GroupLimits,
): JoinOutcome {
  const isFull = group.members.size >= limits.maxSize && !group.members.has(memberId);
  if (isFull) return { kind: 'refused', error: KafkaError.GROUP_MAX_SIZE_REACHED };
  if (!supportsProtocols(group, request)) return { kind: 'refused', error: KafkaError.INCONSISTENT_GROUP_PROTOCOL };
  const isUnknown = request.memberId === '';
  if (isUnknown && request.groupInstanceId === null) return { kind: 'refused', error: KafkaError.MEMBER_ID_REQUIRED };
  const entry = entryOf(group, request, memberId, isUnknown);
  if (typeof entry === 'number') return { kind: 'refused', error: entry };
  const { clientId, sessionTimeoutMs, rebalanceTimeoutMs, protocols } = request;
  // They say the same for each protocol; Kafka reads any.
  const { topics, ownedPartitions } = protocols[0].metadata;
  const updated: ConsumerMember = {
    ...entry.member,
    clientHost: machine,
    rebalanceTimeoutMs,
    subscribedTopics: topics,
    classic: { clientId, sessionTimeoutMs, protocols },
  };
  return { kind: 'accepted', ...withUpdate(group, entry, updated, ownedPartitions, limits) };
}

/** Is there a protocol that it and all others of the classic protocol support? (supportsClassicProtocols) */
function supportsProtocols({ members }: ConsumerGroupState, { protocolType, protocols }: JoinGroupRequest): boolean {
  if (protocolType !== CONSUMER_PROTOCOL_TYPE) return false;
  return protocols.some(({ name }) =>
    [...members.values()].every(({ classic }) => classic?.protocols.some((other) => other.name === name) ?? true),
  );
}

/** Whoever comes with an instance id and no member id takes the place of its holder. */
function entryOf(
  group: ConsumerGroupState,
  { groupInstanceId: instanceId }: JoinGroupRequest,
  memberId: string,
  isUnknown: boolean,
): Entry | ErrorCode {
  if (instanceId === null) return { member: group.members.get(memberId) ?? newMember(memberId), formerId: memberId };
  const holder = staticMember(group, instanceId);
  if (!isUnknown) {
    const error = checkHolder(holder, memberId);
    return error === KafkaError.NONE ? { member: holder!, formerId: memberId } : error;
  }
  if (holder === undefined) return { member: { ...newMember(memberId), instanceId }, formerId: memberId };
  return { member: { ...holder, memberId, memberEpoch: 0, previousMemberEpoch: 0 }, formerId: holder.memberId };
}

// ---------------------------------------------------------------------- SyncGroup, Heartbeat, LeaveGroup

/** The member that a request is from; an error: it is none, or none of the classic protocol (validateConsumerGroupMember). */
export function classicMember(
  group: ConsumerGroupState,
  { memberId, groupInstanceId }: MemberIdentity,
): ConsumerMember | ErrorCode {
  const member = groupInstanceId === null ? group.members.get(memberId) : staticMember(group, groupInstanceId);
  const error = checkHolder(member, memberId);
  if (error !== KafkaError.NONE) return error;
  return member!.classic === undefined ? KafkaError.UNKNOWN_MEMBER_ID : member!;
}

/** Whom a LeaveGroup takes out; an administrator names a static member by its instance id alone. */
export function leavingMember(group: ConsumerGroupState, identity: MemberIdentity): ConsumerMember | ErrorCode {
  const { memberId, groupInstanceId } = identity;
  const isByInstance = memberId === '' && groupInstanceId !== null;
  const named = isByInstance ? (staticMember(group, groupInstanceId)?.memberId ?? '') : memberId;
  return classicMember(group, { memberId: named, groupInstanceId });
}

/** classicGroupSyncToConsumerGroup */
export function checkSync(
  group: ConsumerGroupState,
  member: ConsumerMember,
  { generationId, protocolType, protocolName }: SyncGroupRequest,
): ErrorCode {
  if (generationId !== member.memberEpoch) return KafkaError.ILLEGAL_GENERATION;
  const isOther =
    (protocolType !== null && protocolType !== CONSUMER_PROTOCOL_TYPE) ||
    (protocolName !== null && protocolName !== member.classic!.protocols[0].name);
  if (isOther) return KafkaError.INCONSISTENT_GROUP_PROTOCOL;
  // One that is to give something up has to hear of that first, and joins again of itself.
  const mustRejoin = group.groupEpoch > member.memberEpoch && member.state !== 'unrevoked-partitions';
  return mustRejoin ? KafkaError.REBALANCE_IN_PROGRESS : KafkaError.NONE;
}

/** There is something to be had, or given up, by joining again (classicGroupHeartbeatToConsumerGroup). */
export function mustRejoin(group: ConsumerGroupState, member: ConsumerMember): boolean {
  if (member.memberEpoch < group.groupEpoch || member.state === 'unrevoked-partitions') return true;
  return member.state === 'unreleased-partitions' && !waitsForOthers(group, member);
}

/** waitingOnUnreleasedPartition */
function waitsForOthers(group: ConsumerGroupState, { memberId, assigned }: ConsumerMember): boolean {
  const target = group.targets.get(memberId) ?? [];
  return target.some((partition) => !assigned.includes(partition) && isOwned(group, partition));
}
