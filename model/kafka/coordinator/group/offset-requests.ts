/** Offsets of groups: committed, committed in transactions, and asked for (GroupCoordinator.handleCommitOffsets and others). */
import type { RequestChannel } from '../../broker/request-channel.js';
import type { VerificationGuard } from '../../log/verification-guards.js';
import { KafkaError, type ErrorCode } from '../../protocol/errors.js';
import {
  NO_COMMITTED_OFFSET,
  NO_GENERATION,
  NO_MEMBER_ID,
  type OffsetCommitRequest,
  type OffsetFetchRequest,
  type OffsetFetchResponse,
} from '../../protocol/group-messages.js';
import type { TxnOffsetCommitRequest } from '../../protocol/transaction-messages.js';
import type { Announcements } from './announcements.js';
import { answerCommit, answerOffsetFetch } from './answers.js';
import { commitError } from '../append-errors.js';
import type { GroupMetadata } from './group-metadata.js';
import type { Group, GroupMetadataManager } from './group-metadata-manager.js';
import type { GroupWrites } from './group-writes.js';
import type { GroupServices } from './services.js';
import type { Sessions } from './sessions.js';
import { checkCommit, type Committer } from './validation.js';

type FetchedOffset = OffsetFetchResponse['partitions'][number];

export class OffsetRequests {
  readonly #services: GroupServices;
  readonly #store: GroupMetadataManager;
  readonly #writes: GroupWrites;
  readonly #sessions: Sessions;
  readonly #announce: Announcements;

  constructor(
    services: GroupServices,
    store: GroupMetadataManager,
    writes: GroupWrites,
    sessions: Sessions,
    announce: Announcements,
  ) {
    this.#services = services;
    this.#store = store;
    this.#writes = writes;
    this.#sessions = sessions;
    this.#announce = announce;
  }

  // ---------------------------------------------------------------------- OffsetCommit

  commit(channel: RequestChannel, request: OffsetCommitRequest): void {
    const { groupId, memberId, groupInstanceId, generationIdOrMemberEpoch: generationId } = request;
    const committer: Committer = { memberId, groupInstanceId, generationId };
    const found = this.#store.find(groupId);
    let { error, group } = found;
    if (error === KafkaError.NONE && group === null) {
      if (generationId < 0) group = this.#store.classicGroup(groupId, true);
      else error = KafkaError.ILLEGAL_GENERATION;
    }
    if (error === KafkaError.NONE) error = this.#checkCommit(group!, committer);
    if (error !== KafkaError.NONE) {
      this.#refuse(channel, request, error, generationId);
      return;
    }
    if (group!.kind === 'classic') this.#heard(group!, memberId);
    this.#announcePending(group!, request, generationId);
    this.#writes.offsets(group!, request.offsets, null, null, (outcome) => answerCommit(channel, request, outcome));
  }

  #heard(group: GroupMetadata, memberId: string): void {
    const member = group.members.get(memberId);
    if (member !== undefined) this.#sessions.extend(group, member);
  }

  /**
   * While members are called to join the old generation still commits; once the next has begun, and its assignment is not
   * there yet, nobody does (doCommitOffsets).
   */
  #checkCommit(group: Group, committer: Committer): ErrorCode {
    const error = checkCommit(group, committer, false);
    if (error !== KafkaError.NONE || group.kind === 'consumer') return error;
    return group.is('CompletingRebalance') ? KafkaError.REBALANCE_IN_PROGRESS : KafkaError.NONE;
  }

  // ---------------------------------------------------------------------- TxnOffsetCommit

  /**
   * KAFKA-15784: what may be committed was decided before the transaction was verified, and not looked at again.
   * @returns true: it is answered already
   */
  refusesBeforeVerification(channel: RequestChannel, request: TxnOffsetCommitRequest): boolean {
    return this.#decidesEarly && this.#refused(channel, request);
  }

  /**
   * @param verification what the coordinator of the transaction said
   * @param guard null: nobody asked
   */
  commitInTransaction(
    channel: RequestChannel,
    request: TxnOffsetCommitRequest,
    verification: ErrorCode,
    guard: VerificationGuard | null,
  ): void {
    if (verification !== KafkaError.NONE) {
      this.#refuse(channel, request, commitError(verification), request.generationId);
      return;
    }
    const wasDecided =
      this.#decidesEarly && guard !== null && this.#store.find(request.groupId).error === KafkaError.NONE;
    if (!wasDecided && this.#refused(channel, request)) return;
    const { groupId, producerId, producerEpoch, offsets } = request;
    const group = this.#groupOf(groupId);
    this.#announcePending(group, request, this.#committerOf(request).generationId);
    this.#writes.offsets(group, offsets, { producerId, producerEpoch }, guard, (outcome) =>
      answerCommit(channel, request, outcome),
    );
  }

  #refused(channel: RequestChannel, request: TxnOffsetCommitRequest): boolean {
    const committer = this.#committerOf(request);
    let { error } = this.#store.find(request.groupId);
    if (error === KafkaError.NONE) error = checkCommit(this.#groupOf(request.groupId), committer, true);
    if (error === KafkaError.NONE) return false;
    this.#refuse(channel, request, error, committer.generationId);
    return true;
  }

  /** Before KIP-447 the request named neither member nor generation. */
  #committerOf({ generationId, memberId, groupInstanceId }: TxnOffsetCommitRequest): Committer {
    return this.#services.rules.groupInTransactionalCommits
      ? { generationId, memberId, groupInstanceId }
      : { generationId: NO_GENERATION, memberId: NO_MEMBER_ID, groupInstanceId: null };
  }

  #groupOf(groupId: string): Group {
    return this.#store.find(groupId).group ?? this.#store.classicGroup(groupId, true)!;
  }

  get #decidesEarly(): boolean {
    return this.#services.rules.defects['KAFKA-15784'];
  }

  // ---------------------------------------------------------------------- OffsetFetch

  /** Whoever asks is told, member or not. */
  fetch(channel: RequestChannel, request: OffsetFetchRequest): void {
    const { memberId, memberEpoch } = request;
    const { error: absence, group } = this.#store.find(request.groupId);
    const isChecked = absence === KafkaError.NONE && group?.kind === 'consumer';
    const error = isChecked ? group.checkFetch(memberId, memberEpoch) : absence;
    const requireStable = request.requireStable && this.#services.rules.stableOffsetFetch;
    const asked = request.partitions ?? group?.offsets.partitions() ?? [];
    const partitions = error === KafkaError.NONE ? asked.map((one) => fetched(group, one, requireStable)) : [];
    const refused = partitions.find((one) => one.error !== KafkaError.NONE)?.error ?? error;
    if (refused !== KafkaError.NONE) this.#announce.refused(request.groupId, request.kind, refused, channel.peer);
    answerOffsetFetch(channel, request, error, partitions);
  }

  // ---------------------------------------------------------------------- probes

  #announcePending(
    group: Group,
    { offsets, memberId }: OffsetCommitRequest | TxnOffsetCommitRequest,
    generationId: number,
  ): void {
    const { groupId } = group;
    const current =
      group.kind === 'classic' ? group.generationId : (group.state.members.get(memberId)?.memberEpoch ?? generationId);
    for (const { partition, committedOffset } of offsets) {
      this.#announce.offsetPending(groupId, partition, committedOffset, generationId, current);
    }
  }

  #refuse(
    channel: RequestChannel,
    request: OffsetCommitRequest | TxnOffsetCommitRequest,
    error: ErrorCode,
    generationId: number,
  ): void {
    for (const { partition } of request.offsets) {
      this.#announce.offsetRefused(request.groupId, partition, error, generationId, channel.peer);
    }
    answerCommit(channel, request, error);
  }
}

function fetched(group: Group | null, partition: number, requireStable: boolean): FetchedOffset {
  const nothing = { partition, committedOffset: NO_COMMITTED_OFFSET, committedLeaderEpoch: -1 };
  if (group === null) return { error: KafkaError.NONE, ...nothing };
  if (requireStable && group.offsets.isUnstable(partition)) {
    return { error: KafkaError.UNSTABLE_OFFSET_COMMIT, ...nothing };
  }
  const committed = group.offsets.committed(partition);
  if (committed === undefined) return { error: KafkaError.NONE, ...nothing };
  const { offset: committedOffset, leaderEpoch: committedLeaderEpoch } = committed;
  return { partition, error: KafkaError.NONE, committedOffset, committedLeaderEpoch };
}
