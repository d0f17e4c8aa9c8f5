/** What scripted brokers answer members of a group from: the rules of a coordinator without time-outs, a log or a replica. */
import { KafkaError, type ErrorCode } from '../../protocol/errors.js';
import type {
  HeartbeatRequest,
  JoinGroupRequest,
  JoinGroupResponse,
  LeaveGroupRequest,
  OffsetCommitRequest,
  SyncGroupRequest,
  SyncGroupResponse,
} from '../../protocol/group-messages.js';
import type { Response } from '../../protocol/messages.js';

interface Member {
  readonly request: JoinGroupRequest;
  /** It waits for the rebalance to be through. */
  joins: boolean;
}

type Answer<R extends Response> = Omit<R, keyof Response>;

export class FakeGroup {
  generation = 0;
  /** By member id, the leader first. */
  readonly members = new Map<string, Member>();
  readonly committed = new Map<number, number>();
  private assignments: SyncGroupRequest['assignments'] | null = null;
  private rebalances = false;
  private lastMember = 0;

  /** As the coordinator does when a session ends. */
  evict(memberId: string): void {
    this.members.delete(memberId);
    this.rebalances = true;
  }

  /** Everybody is to join again. */
  rebalance(): void {
    this.rebalances = true;
  }

  /** Partitions by member id; null: a rebalance is under way. */
  get owned(): Readonly<Record<string, readonly number[]>> | null {
    if (this.rebalances || this.assignments === null) return null;
    return Object.fromEntries(
      this.assignments.map(({ memberId, assignment }) => [memberId, assignment.assignedPartitions]),
    );
  }

  /** null: not all members have come yet. */
  join(request: JoinGroupRequest): Answer<JoinGroupResponse> | null {
    if (request.memberId === '') return this.refusal(KafkaError.MEMBER_ID_REQUIRED, this.newMember(request));
    const member = this.members.get(request.memberId);
    if (member === undefined) return this.refusal(KafkaError.UNKNOWN_MEMBER_ID, '');
    if (!member.joins && !this.isComplete(request)) {
      this.members.set(request.memberId, { request, joins: true });
      this.rebalances = true;
      if ([...this.members.values()].every(({ joins }) => joins)) this.complete();
    }
    return this.rebalances ? null : this.answer(request.memberId);
  }

  /** null: the leader has not said yet. */
  sync(request: SyncGroupRequest): Answer<SyncGroupResponse> | null {
    const error = this.errorFor(request.memberId, request.generationId);
    const nothing = { assignedPartitions: [], userData: null };
    if (error !== KafkaError.NONE) return { error, protocolType: null, protocolName: null, assignment: nothing };
    if (request.assignments.length > 0) this.assignments = request.assignments;
    if (this.assignments === null) return null;
    const own = this.assignments.find(({ memberId }) => memberId === request.memberId);
    return { error, protocolType: 'consumer', protocolName: null, assignment: own?.assignment ?? nothing };
  }

  heartbeat({ memberId, generationId }: HeartbeatRequest): ErrorCode {
    return this.errorFor(memberId, generationId);
  }

  leave({ members }: LeaveGroupRequest): void {
    for (const { memberId } of members) this.evict(memberId);
  }

  /** As long as a rebalance is not through, the old generation may commit. */
  commit({ memberId, generationIdOrMemberEpoch, offsets }: OffsetCommitRequest): ErrorCode {
    if (!this.members.has(memberId)) return KafkaError.UNKNOWN_MEMBER_ID;
    if (generationIdOrMemberEpoch !== this.generation) return KafkaError.ILLEGAL_GENERATION;
    for (const { partition, committedOffset } of offsets) this.committed.set(partition, committedOffset);
    return KafkaError.NONE;
  }

  private newMember(request: JoinGroupRequest): string {
    const memberId = `${request.clientId}-${++this.lastMember}`;
    this.members.set(memberId, { request, joins: false });
    return memberId;
  }

  /** It asks again for the generation that it is in already. */
  private isComplete(request: JoinGroupRequest): boolean {
    return !this.rebalances && this.generation > 0 && this.members.get(request.memberId)!.request === request;
  }

  private complete(): void {
    this.generation++;
    this.rebalances = false;
    this.assignments = null;
    for (const member of this.members.values()) member.joins = false;
  }

  private errorFor(memberId: string, generationId: number): ErrorCode {
    if (!this.members.has(memberId)) return KafkaError.UNKNOWN_MEMBER_ID;
    if (generationId !== this.generation) return KafkaError.ILLEGAL_GENERATION;
    return this.rebalances ? KafkaError.REBALANCE_IN_PROGRESS : KafkaError.NONE;
  }

  private answer(memberId: string): Answer<JoinGroupResponse> {
    const [leader] = this.members.keys();
    const all = [...this.members].map(([id, { request }]) => ({
      memberId: id,
      groupInstanceId: request.groupInstanceId,
      metadata: request.protocols[0]!.metadata,
    }));
    return {
      error: KafkaError.NONE,
      generationId: this.generation,
      protocolType: 'consumer',
      protocolName: this.members.get(leader!)!.request.protocols[0]!.name,
      leader: leader!,
      skipAssignment: false,
      memberId,
      members: memberId === leader ? all : [],
    };
  }

  private refusal(error: ErrorCode, memberId: string): Answer<JoinGroupResponse> {
    const nothing = { protocolType: null, protocolName: null, leader: '', skipAssignment: false, members: [] };
    return { error, generationId: -1, memberId, ...nothing };
  }
}
