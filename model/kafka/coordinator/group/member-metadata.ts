/** One member of a group, as its coordinator knows it: MemberMetadata. */
import type { RequestChannel } from '../../broker/request-channel.js';
import type {
  ConsumerProtocolAssignment,
  ConsumerProtocolSubscription,
  JoinGroupProtocol,
  JoinGroupRequest,
  SyncGroupRequest,
} from '../../protocol/group-messages.js';
import type { MemberRecord } from './group-log.js';
import type { Session } from './sessions.js';

export const NO_ASSIGNMENT: ConsumerProtocolAssignment = { assignedPartitions: [], userData: null };

/** A request that is answered when the rebalance is further on. */
export interface Awaited<R> {
  readonly channel: RequestChannel;
  readonly request: R;
}

export interface NewMember {
  readonly memberId: string;
  readonly groupInstanceId: string | null;
  readonly clientId: string;
  readonly clientHost: number;
  readonly rebalanceTimeoutMs: number;
  readonly sessionTimeoutMs: number;
  readonly protocols: readonly JoinGroupProtocol[];
}

export class MemberMetadata {
  memberId: string;
  readonly groupInstanceId: string | null;
  readonly clientId: string;
  /** The machine that it joined from. */
  clientHost: number;
  rebalanceTimeoutMs: number;
  sessionTimeoutMs: number;
  /** In the order of its preference. */
  protocols: readonly JoinGroupProtocol[];
  assignment: ConsumerProtocolAssignment = NO_ASSIGNMENT;
  awaitingJoin: Awaited<JoinGroupRequest> | null = null;
  awaitingSync: Awaited<SyncGroupRequest> | null = null;
  /** It has not been told its first generation yet, and sends no heartbeats. */
  isNew = false;
  /** It was told its generation, and has not asked for its assignment (pendingSyncMembers). */
  owesSync = false;
  /** What ends if it is not heard; null: nothing is counting. */
  session: Session | null = null;

  constructor(member: NewMember) {
    this.memberId = member.memberId;
    this.groupInstanceId = member.groupInstanceId;
    this.clientId = member.clientId;
    this.clientHost = member.clientHost;
    this.rebalanceTimeoutMs = member.rebalanceTimeoutMs;
    this.sessionTimeoutMs = member.sessionTimeoutMs;
    this.protocols = member.protocols;
  }

  /** As the log has it: with the one protocol that was chosen. */
  static load(record: MemberRecord, protocolName: string): MemberMetadata {
    const { subscription, assignment, ...rest } = record;
    const member = new MemberMetadata({ ...rest, protocols: [{ name: protocolName, metadata: subscription }] });
    member.assignment = assignment;
    return member;
  }

  get isStatic(): boolean {
    return this.groupInstanceId !== null;
  }

  /** It needs no heartbeat: it is a connection's open request that says it is there. */
  get isAwaiting(): boolean {
    return this.awaitingJoin !== null || this.awaitingSync !== null;
  }

  supports(protocolName: string): boolean {
    return this.protocols.some(({ name }) => name === protocolName);
  }

  /** What it said for the assignor of this name, which it supports. */
  metadata(protocolName: string): ConsumerProtocolSubscription {
    return this.protocols.find(({ name }) => name === protocolName)!.metadata;
  }

  /** The same protocols in the same order, with the same metadata. */
  matches(protocols: readonly JoinGroupProtocol[]): boolean {
    return (
      protocols.length === this.protocols.length &&
      protocols.every(({ name, metadata }, index) => {
        const own = this.protocols[index];
        return own.name === name && isSameSubscription(own.metadata, metadata);
      })
    );
  }

  /** The one that it likes best of those that all support. */
  vote(candidates: readonly string[]): string {
    return this.protocols.find(({ name }) => candidates.includes(name))!.name;
  }

  record(protocolName: string, assignment: ConsumerProtocolAssignment): MemberRecord {
    const { memberId, groupInstanceId, clientId, clientHost, rebalanceTimeoutMs, sessionTimeoutMs } = this;
    const identity = { memberId, groupInstanceId, clientId, clientHost, rebalanceTimeoutMs, sessionTimeoutMs };
    return { ...identity, subscription: this.metadata(protocolName), assignment };
  }
}

/** Kafka compares the bytes. */
function isSameSubscription(one: ConsumerProtocolSubscription, other: ConsumerProtocolSubscription): boolean {
  return (
    one === other ||
    (one.generationId === other.generationId &&
      one.rackId === other.rackId &&
      isSameList(one.topics, other.topics) &&
      isSameList(one.ownedPartitions, other.ownedPartitions) &&
      isSameList(one.userData ?? [], other.userData ?? []))
  );
}

function isSameList(one: readonly number[], other: readonly number[]): boolean {
  return one.length === other.length && one.every((value, index) => value === other[index]);
}
