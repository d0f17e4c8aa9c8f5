/** A member of a group that does what the test says, over the real network to real brokers. */
import { Puppet } from '../../../broker/testing/puppet.js';
import type {
  ConsumerProtocolAssignment,
  HeartbeatRequest,
  HeartbeatResponse,
  JoinGroupRequest,
  JoinGroupResponse,
  LeaveGroupRequest,
  LeaveGroupResponse,
  OffsetCommitRequest,
  OffsetCommitResponse,
  OffsetFetchRequest,
  OffsetFetchResponse,
  SyncGroupRequest,
  SyncGroupResponse,
} from '../../../protocol/group-messages.js';
import { Api, Purpose, type Request, type Response } from '../../../protocol/messages.js';

const REQUEST_BYTES = 100;

/** A request that was sent. */
export class Ask<R extends Response> {
  readonly #puppet: Puppet;
  readonly #correlationId: number;

  constructor(puppet: Puppet, correlationId: number) {
    this.#puppet = puppet;
    this.#correlationId = correlationId;
  }

  /** undefined: it has not been answered. */
  get answer(): R | undefined {
    return this.#puppet.replies.get(this.#correlationId) as R | undefined;
  }
}

let correlations = 0;

/** Sends one request on a connection of its own. */
export function ask<R extends Response>(
  puppet: Puppet,
  broker: number,
  purpose: number,
  request: Omit<Request, 'bytes' | 'correlationId'>,
): Ask<R> {
  const correlationId = ++correlations;
  puppet.send(broker, correlationId, purpose, { ...request, bytes: REQUEST_BYTES, correlationId });
  return new Ask(puppet, correlationId);
}

export interface MemberOptions {
  readonly groupInstanceId?: string;
  readonly sessionTimeoutMs?: number;
  readonly rebalanceTimeoutMs?: number;
  /** Names of assignors, the preferred one first. */
  readonly protocols?: readonly string[];
}

/** Remembers what a member has to: its id and generation. Each request goes on a connection of its own. */
export class ScriptedMember {
  memberId = '';
  generationId = -1;
  protocols: readonly string[];
  /** What it says of itself; another number is other metadata. */
  userData: readonly number[] = [];
  /** What it says that it keeps while it joins: nothing, as an eager member. */
  ownedPartitions: readonly number[] = [];
  readonly #puppet: Puppet;
  readonly #groupId: string;
  readonly #coordinator: () => number;
  readonly #options: MemberOptions;

  constructor(puppet: Puppet, groupId: string, coordinator: () => number, options: MemberOptions) {
    this.#puppet = puppet;
    this.#groupId = groupId;
    this.#coordinator = coordinator;
    this.#options = options;
    this.protocols = options.protocols ?? ['range'];
  }

  get groupInstanceId(): string | null {
    return this.#options.groupInstanceId ?? null;
  }

  join(broker = this.#coordinator()): Ask<JoinGroupResponse> {
    const { sessionTimeoutMs = 10_000, rebalanceTimeoutMs = 20_000 } = this.#options;
    const { userData, ownedPartitions } = this;
    const metadata = { topics: [0], userData, ownedPartitions, generationId: -1, rackId: null };
    return this.#ask<JoinGroupRequest, JoinGroupResponse>(broker, Api.joinGroup, {
      ...this.#identity,
      clientId: 'scripted',
      sessionTimeoutMs,
      rebalanceTimeoutMs,
      protocolType: 'consumer',
      protocols: this.protocols.map((name) => ({ name, metadata })),
    });
  }

  /** @param assignments of the leader: partitions by member id */
  sync(assignments: Readonly<Record<string, readonly number[]>> = {}): Ask<SyncGroupResponse> {
    return this.#ask<SyncGroupRequest, SyncGroupResponse>(this.#coordinator(), Api.syncGroup, {
      ...this.#identity,
      generationId: this.generationId,
      protocolType: 'consumer',
      protocolName: null,
      assignments: Object.entries(assignments).map(([memberId, assignedPartitions]) => {
        const assignment: ConsumerProtocolAssignment = { assignedPartitions, userData: null };
        return { memberId, assignment };
      }),
    });
  }

  heartbeat(broker = this.#coordinator()): Ask<HeartbeatResponse> {
    const { generationId } = this;
    return this.#ask<HeartbeatRequest, HeartbeatResponse>(broker, Api.heartbeat, { ...this.#identity, generationId });
  }

  leave(): Ask<LeaveGroupResponse> {
    const { memberId, groupInstanceId } = this;
    return this.#ask<LeaveGroupRequest, LeaveGroupResponse>(this.#coordinator(), Api.leaveGroup, {
      groupId: this.#groupId,
      members: [{ memberId, groupInstanceId }],
    });
  }

  commit(partition: number, committedOffset: number, broker = this.#coordinator()): Ask<OffsetCommitResponse> {
    return this.#ask<OffsetCommitRequest, OffsetCommitResponse>(broker, Api.offsetCommit, {
      ...this.#identity,
      generationIdOrMemberEpoch: this.generationId,
      offsets: [{ partition, committedOffset, committedLeaderEpoch: 0 }],
    });
  }

  /** @param requireStable as a consumer with isolation.level=read_committed asks (KIP-447) */
  fetch(partition: number, requireStable = false): Ask<OffsetFetchResponse> {
    return this.#ask<OffsetFetchRequest, OffsetFetchResponse>(this.#coordinator(), Api.offsetFetch, {
      groupId: this.#groupId,
      memberId: '',
      memberEpoch: -1,
      partitions: [partition],
      requireStable,
    });
  }

  get #identity() {
    const { memberId, groupInstanceId } = this;
    return { groupId: this.#groupId, memberId, groupInstanceId };
  }

  #ask<Q extends Request, R extends Response>(
    broker: number,
    kind: number,
    request: Omit<Q, 'kind' | 'bytes' | 'correlationId'>,
  ): Ask<R> {
    return ask(this.#puppet, broker, Purpose.consumerCoordinator, { kind, ...request });
  }
}
