/**
 * Requests of consumer groups, with the field names of Kafka's message schemas (clients.md §5.3, §5.6). Topics and
 * partitions travel as numbers; member ids are strings, since assignors put members in the order of their ids.
 *
 * **How a client finds its coordinator.** It asks any broker FindCoordinator (messages.ts) with key = the group's id and
 * keyType = GROUP. The coordinator is the leader of partition `Utils.abs(groupId.hashCode()) %
 * offsets.topic.num.partitions` of __consumer_offsets; COORDINATOR_NOT_AVAILABLE if the broker knows no leader of it. A
 * consumer talks to it over a connection of its own (Purpose.consumerCoordinator); the OffsetCommit of a transaction,
 * TxnOffsetCommit (transaction-messages.ts), goes to the group's coordinator, AddOffsetsToTxn to the transaction's. Any of
 * them may answer NOT_COORDINATOR (look it up again) or COORDINATOR_LOAD_IN_PROGRESS (ask again later).
 *
 * **Settings of the brokers** stand in GroupSettings (cluster-spec.ts) under their own names:
 * group.initial.rebalance.delay.ms, group.min.session.timeout.ms, group.max.session.timeout.ms, group.max.size,
 * offsets.topic.num.partitions, offsets.commit.required.acks, offsets.commit.timeout.ms, offsets.retention.minutes,
 * offsets.retention.check.interval.ms; of KIP-848 group.consumer.session.timeout.ms, group.consumer.heartbeat.interval.ms,
 * group.consumer.assignors, group.consumer.max.size, group.consumer.migration.policy. A cluster has coordinators if some client has a group.id.
 */
import type { ErrorCode } from './errors.js';
import type { Request, Response } from './messages.js';

/** A member that has no id yet, or a request that names none. */
export const NO_MEMBER_ID = '';
/** Of a request outside any generation: of a consumer whose partitions are assigned by hand, or before it has joined. */
export const NO_GENERATION = -1;
/** OffsetFetch: nothing is committed. */
export const NO_COMMITTED_OFFSET = -1;
export const CONSUMER_PROTOCOL_TYPE = 'consumer';

/** What a member says of itself to the assignor of its group's leader: ConsumerProtocolSubscription, version 3. */
export interface ConsumerProtocolSubscription {
  /** Topic numbers, ascending. */
  readonly topics: readonly number[];
  /** The assignor's own (subscriptionUserData); null: none. Integers, so that the coordinator can compare it. */
  readonly userData: readonly number[] | null;
  /** Of cooperative rebalancing (KIP-429): partition numbers, ascending. Empty for others. */
  readonly ownedPartitions: readonly number[];
  /** In which `ownedPartitions` were assigned (version 2); -1: none. */
  readonly generationId: number;
  /** client.rack (version 3). */
  readonly rackId: string | null;
}

/** ConsumerProtocolAssignment. */
export interface ConsumerProtocolAssignment {
  readonly assignedPartitions: readonly number[];
  readonly userData: readonly number[] | null;
}

export interface JoinGroupProtocol {
  /** Of the assignor: 'range', 'cooperative-sticky'. */
  readonly name: string;
  readonly metadata: ConsumerProtocolSubscription;
}

/** Who sends a request: a member by its id, a static one by its instance id as well (KIP-345). */
export interface MemberIdentity {
  /** '' (NO_MEMBER_ID): none yet. */
  readonly memberId: string;
  /** group.instance.id; null: a dynamic member. */
  readonly groupInstanceId: string | null;
}

// JoinGroup (key 11, v9). Parked until the rebalance is through.
export interface JoinGroupRequest extends Request, MemberIdentity {
  readonly groupId: string;
  /** Of the request's header: the member's id begins with it. */
  readonly clientId: string;
  readonly sessionTimeoutMs: number;
  /** max.poll.interval.ms. */
  readonly rebalanceTimeoutMs: number;
  readonly protocolType: string;
  /** In the order of preference: partition.assignment.strategy. */
  readonly protocols: readonly JoinGroupProtocol[];
}
export interface JoinGroupResponse extends Response {
  /** MEMBER_ID_REQUIRED (KIP-394): `memberId` is the one to join with. */
  readonly error: ErrorCode;
  readonly generationId: number;
  readonly protocolType: string | null;
  readonly protocolName: string | null;
  /** The member id of the leader; '': none. */
  readonly leader: string;
  /** KIP-814: to a leader that came back under its instance id: the assignment stands as it is, it only syncs. */
  readonly skipAssignment: boolean;
  readonly memberId: string;
  /** To the leader alone; to others empty. */
  readonly members: readonly (MemberIdentity & { readonly metadata: ConsumerProtocolSubscription })[];
}

// SyncGroup (key 14, v5). Parked until the leader's has come, and its assignment is in the log.
export interface SyncGroupRequest extends Request, MemberIdentity {
  readonly groupId: string;
  readonly generationId: number;
  readonly protocolType: string | null;
  readonly protocolName: string | null;
  /** Of the leader; of others empty. */
  readonly assignments: readonly { readonly memberId: string; readonly assignment: ConsumerProtocolAssignment }[];
}
export interface SyncGroupResponse extends Response {
  readonly error: ErrorCode;
  readonly protocolType: string | null;
  readonly protocolName: string | null;
  /** Empty with an error, or if the leader assigned nothing to this member. */
  readonly assignment: ConsumerProtocolAssignment;
}

// Heartbeat (key 12, v4)
export interface HeartbeatRequest extends Request, MemberIdentity {
  readonly groupId: string;
  readonly generationId: number;
}
export interface HeartbeatResponse extends Response {
  /** REBALANCE_IN_PROGRESS: the member is to join again, and is alive as far as its session goes. */
  readonly error: ErrorCode;
}

// LeaveGroup (key 13, v5)
export interface LeaveGroupRequest extends Request {
  readonly groupId: string;
  readonly members: readonly MemberIdentity[];
}
export interface LeaveGroupResponse extends Response {
  readonly error: ErrorCode;
  readonly members: readonly (MemberIdentity & { readonly error: ErrorCode })[];
}

// OffsetCommit (key 8, v9)
export interface OffsetCommitRequest extends Request, MemberIdentity {
  readonly groupId: string;
  /** The generation; of a member of KIP-848's protocol its epoch; -1: a consumer with partitions assigned by hand. */
  readonly generationIdOrMemberEpoch: number;
  readonly offsets: readonly OffsetToCommit[];
}
export interface OffsetToCommit {
  readonly partition: number;
  /** Of the next record that the group is to process. */
  readonly committedOffset: number;
  /** Of the last record that it processed (KIP-320); -1: not said. */
  readonly committedLeaderEpoch: number;
}
export interface OffsetCommitResponse extends Response {
  readonly partitions: readonly { readonly partition: number; readonly error: ErrorCode }[];
}

// OffsetFetch (key 9, v9)
export interface OffsetFetchRequest extends Request {
  readonly groupId: string;
  /** Of KIP-848's protocol, which is checked; '' and -1 with the classic one. */
  readonly memberId: string;
  readonly memberEpoch: number;
  /** null: all that the group has committed. */
  readonly partitions: readonly number[] | null;
  /** KIP-447: UNSTABLE_OFFSET_COMMIT for partitions of which an open transaction has an offset pending. */
  readonly requireStable: boolean;
}
export interface OffsetFetchResponse extends Response {
  readonly error: ErrorCode;
  readonly partitions: readonly {
    readonly partition: number;
    readonly error: ErrorCode;
    /** -1: none. */
    readonly committedOffset: number;
    /** -1: not known. */
    readonly committedLeaderEpoch: number;
  }[];
}

// ConsumerGroupHeartbeat (key 68, v1; KIP-848)
/** memberEpoch of a member that joins. */
export const JOIN_GROUP_MEMBER_EPOCH = 0;
/** memberEpoch of a member that leaves. */
export const LEAVE_GROUP_MEMBER_EPOCH = -1;
/** memberEpoch of a static member that will be back. */
export const LEAVE_GROUP_STATIC_MEMBER_EPOCH = -2;

export interface ConsumerGroupHeartbeatRequest extends Request {
  readonly groupId: string;
  /** From version 1 on the member makes its own. */
  readonly memberId: string;
  readonly memberEpoch: number;
  /** null: a dynamic member. */
  readonly instanceId: string | null;
  /** null: none, or as before. */
  readonly rackId: string | null;
  /** -1: as before. */
  readonly rebalanceTimeoutMs: number;
  /** Topic numbers; null: as before. */
  readonly subscribedTopics: readonly number[] | null;
  /** 'uniform', 'range'; null: the coordinator's choice, or as before. */
  readonly serverAssignor: string | null;
  /** The partitions that it owns; null: as before. */
  readonly topicPartitions: readonly number[] | null;
}
export interface ConsumerGroupHeartbeatResponse extends Response {
  /** FENCED_MEMBER_EPOCH, UNKNOWN_MEMBER_ID: give up all partitions, and join again with epoch 0. */
  readonly error: ErrorCode;
  readonly memberId: string;
  readonly memberEpoch: number;
  readonly heartbeatIntervalMs: number;
  /** The partitions that the member is to have; null: no change. */
  readonly assignment: readonly number[] | null;
}
