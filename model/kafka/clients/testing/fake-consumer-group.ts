/** What scripted brokers answer members of KIP-848's protocol from: the coordinator's own rules, without time-outs or a log. */
import {
  EMPTY_CONSUMER_GROUP,
  withoutMember,
  type ConsumerGroupState,
} from '../../coordinator/group/consumer/consumer-group-state.js';
import { heartbeat } from '../../coordinator/group/consumer/heartbeat.js';
import type { GroupLimits } from '../../coordinator/group/consumer/member-update.js';
import { KafkaError, type ErrorCode } from '../../protocol/errors.js';
import type {
  ConsumerGroupHeartbeatRequest,
  ConsumerGroupHeartbeatResponse,
  OffsetCommitRequest,
  OffsetFetchRequest,
} from '../../protocol/group-messages.js';
import type { Response } from '../../protocol/messages.js';

export class FakeConsumerGroup {
  state: ConsumerGroupState = EMPTY_CONSUMER_GROUP;
  readonly committed = new Map<number, number>();
  /** Some member speaks KIP-848's protocol. */
  isInUse = false;
  readonly #limits: GroupLimits;

  constructor(partitionsOf: (topic: number) => readonly number[]) {
    this.#limits = { defaultAssignor: 'uniform', maxSize: 100, refusesRejoin: false, partitionsOf };
  }

  /** As the coordinator does when a session ends. */
  evict(memberId: string): void {
    this.state = withoutMember(this.state, memberId);
  }

  /** The ids of its members, in the order in which they came. */
  get memberIds(): readonly string[] {
    return [...this.state.members.keys()];
  }

  heartbeat(request: ConsumerGroupHeartbeatRequest): Omit<ConsumerGroupHeartbeatResponse, keyof Response> {
    this.isInUse = true;
    const { memberId, memberEpoch } = request;
    const outcome = heartbeat(this.state, request, 0, this.#limits);
    const answer = { memberId, heartbeatIntervalMs: 5000 };
    if (outcome.kind === 'refused') return { ...answer, error: outcome.error, memberEpoch, assignment: null };
    this.state = outcome.group;
    return {
      ...answer,
      error: KafkaError.NONE,
      memberEpoch: outcome.member?.memberEpoch ?? memberEpoch,
      assignment: outcome.tellsAssignment ? (outcome.member?.assigned ?? null) : null,
    };
  }

  commit({ memberId, generationIdOrMemberEpoch, offsets }: OffsetCommitRequest): ErrorCode {
    const isOpen = generationIdOrMemberEpoch < 0 && this.state.members.size === 0;
    const error = isOpen ? KafkaError.NONE : this.#check(memberId, generationIdOrMemberEpoch);
    if (error !== KafkaError.NONE) return error;
    for (const { partition, committedOffset } of offsets) this.committed.set(partition, committedOffset);
    return KafkaError.NONE;
  }

  checkFetch({ memberId, memberEpoch }: OffsetFetchRequest): ErrorCode {
    return memberEpoch < 0 && memberId === '' ? KafkaError.NONE : this.#check(memberId, memberEpoch);
  }

  #check(memberId: string, memberEpoch: number): ErrorCode {
    const member = this.state.members.get(memberId);
    if (member === undefined) return KafkaError.UNKNOWN_MEMBER_ID;
    return member.memberEpoch === memberEpoch ? KafkaError.NONE : KafkaError.STALE_MEMBER_EPOCH;
  }
}
