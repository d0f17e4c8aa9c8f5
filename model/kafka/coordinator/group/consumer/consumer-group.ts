/** A group of KIP-848's protocol at its coordinator: its state, its offsets, and who is counted on. */
import type { TimerId } from '../../../../kernel/process.js';
import { KafkaError, type ErrorCode } from '../../../protocol/errors.js';
import { NO_MEMBER_ID } from '../../../protocol/group-messages.js';
import type { GroupOffsets } from '../group-offsets.js';
import type { Committer } from '../validation.js';
import type { ConsumerGroupState } from './consumer-group-state.js';

/** What a member has to do by then, or it is out. */
export interface MemberTimer {
  readonly group: ConsumerGroup;
  readonly memberId: string;
  /** Of a wait for a revocation: the epoch that the member is to leave; null: a session. */
  readonly memberEpoch: number | null;
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
  /** By member id. */
  readonly sessions = new Map<string, MemberTimer>();
  /** By member id: waits for the member to give up partitions. */
  readonly revocations = new Map<string, MemberTimer>();
  /** Of the last change that is being replicated: who else is answered then. null: nothing is under way. */
  lastWrite: ((error: ErrorCode) => void)[] | null = null;
  /** Of a change that was not replicated in time, and stands: its offset; -1: all is replicated, or under way. */
  unreplicatedAt = -1;
  /** The state as of the last change that is replicated: what members may have been told of. */
  announced: ConsumerGroupState;

  constructor(groupId: string, state: ConsumerGroupState, offsets: GroupOffsets) {
    this.groupId = groupId;
    this.state = state;
    this.announced = state;
    this.offsets = offsets;
  }

  get isEmpty(): boolean {
    return this.state.members.size === 0;
  }

  /** ConsumerGroup.validateOffsetCommit; producers know no member epochs, and hear of a generation. */
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
    return member.memberEpoch === memberEpoch ? KafkaError.NONE : KafkaError.STALE_MEMBER_EPOCH;
  }
}
