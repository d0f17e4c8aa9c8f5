/** A group of KIP-848 at its coordinator: its state, its offsets, and who is counted on. Some may speak the classic protocol. */
import type { TimerId } from '../../../../kernel/process.js';
import { KafkaError, type ErrorCode } from '../../../protocol/errors.js';
import { NO_MEMBER_ID } from '../../../protocol/group-messages.js';
import type { GroupOffsets } from '../group-offsets.js';
import type { Committer } from '../validation.js';
import type { ConsumerGroupState } from './consumer-group-state.js';

/** What a member has to do: be heard, give up partitions, and in the classic protocol join again, and sync. */
export type MemberDuty = 'session' | 'revocation' | 'join' | 'sync';

/** What a member has to do by then, or it is out. */
export interface MemberTimer {
  readonly group: ConsumerGroup;
  readonly memberId: string;
  readonly duty: MemberDuty;
  /** Of a revocation: the epoch that the member is to leave. */
  readonly memberEpoch: number;
  /** Monotonic microseconds. */
  deadline: number;
  timer: TimerId;
}

export class ConsumerGroup {
  readonly kind = 'consumer';
  readonly groupId: string;
  readonly offsets: GroupOffsets;
  state: ConsumerGroupState;
  /** Its coordinator has moved away, or the group is gone. */
  isDead = false;
  /** It goes on as a group of the classic protocol, with the same offsets. */
  isConverted = false;
  /** Each by member id. */
  readonly timers: Readonly<Record<MemberDuty, Map<string, MemberTimer>>> = {
    session: new Map(),
    revocation: new Map(),
    join: new Map(),
    sync: new Map(),
  };
  /** Of the last change that is being replicated: who else is answered then. null: nothing is under way. */
  lastWrite: ((error: ErrorCode) => void)[] | null = null;
  /** Of a change that was not replicated in time, and stands: its offset; -1: all is replicated, or under way. */
  unreplicatedAt = -1;
  /** The state as of the last change that is replicated: what members may have been told of. */
  announced: ConsumerGroupState;
  /** It was a group of the classic protocol, and that it is none any more is not announced yet. */
  isUpgrade = false;

  constructor(groupId: string, state: ConsumerGroupState, offsets: GroupOffsets) {
    this.groupId = groupId;
    this.state = state;
    this.announced = state;
    this.offsets = offsets;
  }

  get isEmpty(): boolean {
    return this.state.members.size === 0;
  }

  /** ConsumerGroup.validateOffsetCommit; producers, and the classic protocol, know no member epochs, and hear of a generation. */
  checkCommit({ memberId, generationId }: Committer, isTransactional: boolean): ErrorCode {
    if (this.isDead) return KafkaError.COORDINATOR_NOT_AVAILABLE;
    if (generationId < 0 && (this.isEmpty || (isTransactional && memberId === NO_MEMBER_ID))) return KafkaError.NONE;
    const error = this.#checkEpoch(memberId, generationId);
    return isTransactional && error === KafkaError.STALE_MEMBER_EPOCH ? KafkaError.ILLEGAL_GENERATION : error;
  }

  /**
   * Offsets of topics that no member subscribes to, counted from the commit (OffsetMetadataManager.cleanupExpiredOffsets).
   * @returns their partitions
   */
  removeExpiredOffsets(nowMs: number, retentionMs: number, topicOf: (partition: number) => number): readonly number[] {
    const topics = new Set([...this.state.members.values()].flatMap(({ subscribedTopics }) => subscribedTopics));
    return this.offsets.removeWhere(
      (partition, { committedMs }) => !topics.has(topicOf(partition)) && nowMs - committedMs >= retentionMs,
    );
  }

  /** ConsumerGroup.validateOffsetFetch */
  checkFetch(memberId: string, memberEpoch: number): ErrorCode {
    if (memberId === NO_MEMBER_ID && memberEpoch < 0) return KafkaError.NONE;
    return this.#checkEpoch(memberId, memberEpoch);
  }

  #checkEpoch(memberId: string, memberEpoch: number): ErrorCode {
    const member = this.state.members.get(memberId);
    if (member === undefined) return KafkaError.UNKNOWN_MEMBER_ID;
    if (member.memberEpoch === memberEpoch) return KafkaError.NONE;
    return member.classic === undefined ? KafkaError.STALE_MEMBER_EPOCH : KafkaError.ILLEGAL_GENERATION;
  }
}
