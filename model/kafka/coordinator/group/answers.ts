/** Responses of the group coordinator. */
import type { RequestChannel } from '../../broker/request-channel.js';
import { KafkaError, type ErrorCode } from '../../protocol/errors.js';
import {
  CONSUMER_PROTOCOL_TYPE,
  type ConsumerProtocolAssignment,
  type HeartbeatRequest,
  type HeartbeatResponse,
  type JoinGroupRequest,
  type JoinGroupResponse,
  type LeaveGroupRequest,
  type LeaveGroupResponse,
  type OffsetCommitRequest,
  type OffsetCommitResponse,
  type OffsetFetchRequest,
  type OffsetFetchResponse,
  type SyncGroupRequest,
  type SyncGroupResponse,
} from '../../protocol/group-messages.js';
import { RESPONSE, type Request } from '../../protocol/messages.js';
import type { TxnOffsetCommitRequest, TxnOffsetCommitResponse } from '../../protocol/transaction-messages.js';
import type { GroupMetadata } from './group-metadata.js';
import { NO_ASSIGNMENT } from './member-metadata.js';

const RESPONSE_BYTES = 60;
const MEMBER_BYTES = 100;
const PARTITION_BYTES = 16;

/** Spread behind a property of its own: V8 gives each object that begins with a spread, and goes on, a new shape. */
function envelope(request: Request, bytes = RESPONSE_BYTES) {
  return { kind: request.kind + RESPONSE, bytes, correlationId: request.correlationId };
}

/** @param memberId the one to join with, where the error asks for it; else what the request said, or '' */
export function refuseJoin(channel: RequestChannel, request: JoinGroupRequest, error: ErrorCode, memberId = ''): void {
  const response: JoinGroupResponse = {
    error,
    ...envelope(request),
    generationId: -1,
    protocolType: null,
    protocolName: null,
    leader: '',
    skipAssignment: false,
    memberId,
    members: [],
  };
  channel.respond(response);
}

/**
 * The present generation.
 * @param leader whom it is told to be the leader: with members and all, if that is itself
 */
export function answerJoin(
  channel: RequestChannel,
  request: JoinGroupRequest,
  group: GroupMetadata,
  memberId: string,
  leader: string,
  skipAssignment = false,
): void {
  const isLeader = leader === memberId;
  const protocolName = group.protocolName!;
  const members = !isLeader
    ? []
    : [...group.members.values()].map((member) => ({
        memberId: member.memberId,
        groupInstanceId: member.groupInstanceId,
        metadata: member.metadata(protocolName),
      }));
  const response: JoinGroupResponse = {
    error: KafkaError.NONE,
    ...envelope(request, RESPONSE_BYTES + MEMBER_BYTES * members.length),
    generationId: group.generationId,
    protocolType: group.protocolType,
    protocolName,
    leader,
    skipAssignment,
    memberId,
    members,
  };
  channel.respond(response);
}

/** In a group of KIP-848: its epoch is the generation, and nobody leads. */
export function answerClassicJoin(
  channel: RequestChannel,
  request: JoinGroupRequest,
  memberId: string,
  generationId: number,
): void {
  const response: JoinGroupResponse = {
    error: KafkaError.NONE,
    ...envelope(request),
    generationId,
    protocolType: CONSUMER_PROTOCOL_TYPE,
    protocolName: request.protocols[0].name,
    leader: '',
    skipAssignment: false,
    memberId,
    members: [],
  };
  channel.respond(response);
}

export function refuseSync(channel: RequestChannel, request: SyncGroupRequest, error: ErrorCode): void {
  const nothing = { protocolType: null, protocolName: null, assignment: NO_ASSIGNMENT };
  const response: SyncGroupResponse = { error, ...envelope(request), ...nothing };
  channel.respond(response);
}

export function answerSync(
  channel: RequestChannel,
  request: SyncGroupRequest,
  { protocolType, protocolName }: Pick<GroupMetadata, 'protocolType' | 'protocolName'>,
  assignment: ConsumerProtocolAssignment,
): void {
  const bytes = RESPONSE_BYTES + PARTITION_BYTES * assignment.assignedPartitions.length;
  const error = KafkaError.NONE;
  const response: SyncGroupResponse = { error, ...envelope(request, bytes), protocolType, protocolName, assignment };
  channel.respond(response);
}

export function answerHeartbeat(channel: RequestChannel, request: HeartbeatRequest, error: ErrorCode): void {
  const response: HeartbeatResponse = { error, ...envelope(request) };
  channel.respond(response);
}

/** @param errors of the members, in the order of the request; none, if it is refused as a whole */
export function answerLeave(
  channel: RequestChannel,
  request: LeaveGroupRequest,
  error: ErrorCode,
  errors: readonly ErrorCode[],
): void {
  const members = errors.map((memberError, index) => {
    const { memberId, groupInstanceId } = request.members[index];
    return { memberId, groupInstanceId, error: memberError };
  });
  const response: LeaveGroupResponse = { error, ...envelope(request, RESPONSE_BYTES + 20 * errors.length), members };
  channel.respond(response);
}

/** A commit as a coordinator is asked for it. */
export type CheckedCommit = (OffsetCommitRequest | TxnOffsetCommitRequest) & {
  /** Partitions that the broker's metadata does not have, and that are not among `offsets` any more. Left out: none. */
  readonly absent?: readonly number[];
};

/** One error for all partitions that exist: a commit is taken or refused as a whole. */
export function answerCommit(channel: RequestChannel, request: CheckedCommit, error: ErrorCode): void {
  const partitions = request.offsets.map(({ partition }) => ({ partition, error }));
  for (const partition of request.absent ?? []) {
    partitions.push({ partition, error: KafkaError.UNKNOWN_TOPIC_OR_PARTITION });
  }
  const response: OffsetCommitResponse | TxnOffsetCommitResponse = {
    partitions,
    ...envelope(request, RESPONSE_BYTES + PARTITION_BYTES * partitions.length),
  };
  channel.respond(response);
}

export function answerOffsetFetch(
  channel: RequestChannel,
  request: OffsetFetchRequest,
  error: ErrorCode,
  partitions: OffsetFetchResponse['partitions'],
): void {
  const bytes = RESPONSE_BYTES + PARTITION_BYTES * partitions.length;
  const response: OffsetFetchResponse = { error, ...envelope(request, bytes), partitions };
  channel.respond(response);
}
