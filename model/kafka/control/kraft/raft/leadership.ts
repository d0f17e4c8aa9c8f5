/**
 * What a leader does: it writes, serves those who fetch, and moves the high watermark.
 * (KafkaRaftClient: onBecomeLeader, maybeAppendBatches, handleFetchRequest, pollLeader; BatchAccumulator)
 */
import type { Connection } from '../../../../kernel/network.js';
import { Probe } from '../../../probes.js';
import { KafkaError, type ErrorCode } from '../../../protocol/errors.js';
import { RESPONSE } from '../../../protocol/messages.js';
import type { MetadataRecord } from '../../../protocol/metadata-records.js';
import {
  NOWHERE,
  RaftApi,
  type BeginQuorumEpochRequest,
  type FetchSnapshotRequest,
  type FetchSnapshotResponse,
  type MetadataBatch,
  type QuorumFetchRequest,
  type QuorumFetchResponse,
} from '../../../protocol/raft-messages.js';
import type { LeaderState } from './leader-state.js';
import type { OffsetAndEpoch } from './log.js';
import type { Member } from './member.js';
import type { ParkedFetch } from './parked-fetches.js';
import { VoterChanges } from './voter-changes.js';

const NEVER = Number.POSITIVE_INFINITY;
const RESPONSE_OVERHEAD_BYTES = 80;
const RECORD_BYTES = 60;
const SNAPSHOT_BYTES = 4096;
const NO_BATCHES: readonly MetadataBatch[] = [];
const AGREED: OffsetAndEpoch = { offset: NOWHERE, epoch: NOWHERE };

export class Leadership {
  readonly changes: VoterChanges;
  private readonly member: Member;
  /** Accepted and not yet written: the records of one decision each. */
  private accumulated: (readonly MetadataRecord[])[] = [];
  private accumulatedCount = 0;
  /** When what is accumulated is written; NEVER: there is nothing. */
  private drainDeadline = NEVER;

  constructor(member: Member) {
    this.member = member;
    this.changes = new VoterChanges(member, this);
  }

  /** Won. The first record of the epoch is written at once: with it what earlier ones left behind is committed. */
  begin(): void {
    const { member } = this;
    this.discard();
    member.quorum.toLeader(member.log.endOffset);
    member.entered();
    this.takeUp();
  }

  /** It leads. */
  takeUp(): void {
    const { member } = this;
    member.announce(Probe.quorumLeader, member.quorum.epoch, member.log.endOffset);
    this.appendNow([{ kind: 'leader-change', leaderId: member.nodeId }]);
  }

  /** Offset of the next record, accepted ones included. */
  get nextOffset(): number {
    return this.member.log.endOffset + this.accumulatedCount;
  }

  /** Accepts the records of one decision; they are written together with what follows within the linger. */
  append(records: readonly MetadataRecord[]): void {
    this.accumulated.push(records);
    this.accumulatedCount += records.length;
    if (this.drainDeadline !== NEVER) return;
    this.drainDeadline = this.member.now + this.member.config.settings['controller.quorum.append.linger.ms'] * 1000;
  }

  /** Control records do not linger. (forceDrain) */
  appendNow(records: readonly MetadataRecord[]): void {
    this.append(records);
    this.drainDeadline = this.member.now;
  }

  /** What was accepted and not written is void: the epoch is over. */
  discard(): void {
    this.accumulated = [];
    this.accumulatedCount = 0;
    this.drainDeadline = NEVER;
    this.changes.abandon();
  }

  // ---------------------------------------------------------------------- what time demands

  /** @returns when to come again */
  poll(state: LeaderState): number {
    const { member } = this;
    const { now } = member;
    const needsQuorum = member.config.rules.checkQuorum && state.needsOthers;
    if (state.isResigning || (needsQuorum && now >= state.checkQuorumDeadline)) {
      this.discard();
      member.toResigned();
      return 0;
    }
    this.changes.expire(now);
    if (now >= this.drainDeadline) {
      this.drain(state);
      return 0;
    }
    if (now >= state.beginEpochDeadline) this.sayWhoLeads(state);
    const next = Math.min(this.drainDeadline, state.beginEpochDeadline, this.changes.deadline);
    return needsQuorum ? Math.min(next, state.checkQuorumDeadline) : next;
  }

  /** Again and again, so that a voter that missed it learns of it all the same (KAFKA-16536; before 3.9 until it is heard). */
  private sayWhoLeads(state: LeaderState): void {
    const { member } = this;
    const isPeriodic = member.config.rules.periodicBeginQuorumEpoch;
    for (const voter of member.voterSets.voters) {
      if (voter === member.nodeId || (!isPeriodic && state.isAcknowledgedBy(voter))) continue;
      const voterDirectoryId = member.voterSets.directoryOf(voter);
      const fields = { leaderId: member.nodeId, leaderEpoch: state.epoch, voterDirectoryId };
      member.ask<BeginQuorumEpochRequest>(voter, RaftApi.beginQuorumEpoch, fields);
    }
    const fetchTimeoutMs = member.config.settings['controller.quorum.fetch.timeout.ms'];
    state.beginEpochDeadline = member.now + Math.trunc(fetchTimeoutMs / 2) * 1000;
  }

  /**
   * Writes what is accumulated. Others may fetch it at once, while it is being flushed; the leader's own log counts only
   * when it has been. (flushLeaderLog)
   */
  private drain(state: LeaderState): void {
    const { member } = this;
    const { log } = member;
    const { accumulated } = this;
    this.accumulated = [];
    this.accumulatedCount = 0;
    this.drainDeadline = NEVER;
    for (const records of accumulated) {
      const batch: MetadataBatch = { baseOffset: log.endOffset, leaderEpoch: state.epoch, records };
      log.append(batch);
      member.voterSets.add(batch);
    }
    state.adoptVoters(member.voterSets.keys);
    // With a single voter the flush is the commitment: its answer is better given with the new high watermark.
    const isAlone = member.quorum.isOnlyVoter;
    if (!isAlone) this.answerParked();
    const { endOffset } = log;
    member.flushThen(() => {
      if (state.updateLocal(endOffset)) this.onHighWatermark(state);
      if (isAlone) this.answerParked();
    });
  }

  private onHighWatermark(state: LeaderState): void {
    const { member } = this;
    const known = member.highWatermark;
    member.commitTo(state.highWatermark);
    this.changes.onHighWatermark(state, known);
    if (member.config.rules.highWatermarkInQuorumFetch) this.answerParked();
  }

  // ---------------------------------------------------------------------- those who fetch

  onFetch(connection: Connection, request: QuorumFetchRequest): void {
    const response = this.fetched(request);
    const isNews =
      response.error !== KafkaError.NONE ||
      response.batches.length > 0 ||
      response.divergingEpoch !== NOWHERE ||
      response.snapshotEpoch !== NOWHERE ||
      (request.highWatermark !== NOWHERE && response.highWatermark > request.highWatermark);
    if (isNews || request.maxWaitMs === 0) this.member.reply(connection, response);
    else this.member.parked.park(connection, request, response);
  }

  onFetchExpired(fetch: ParkedFetch): void {
    if (this.member.parked.expire(fetch)) this.member.reply(fetch.connection, fetch.response);
  }

  onFetchSnapshot(connection: Connection, request: FetchSnapshotRequest): void {
    const { member } = this;
    let error = this.refusal(request.currentLeaderEpoch);
    const snapshot =
      error === KafkaError.NONE
        ? (member.log.snapshots.find(
            ({ endOffset, epoch }) => endOffset === request.snapshotEndOffset && epoch === request.snapshotEpoch,
          ) ?? null)
        : null;
    if (error === KafkaError.NONE) {
      member.quorum.leaderState!.heardFrom(request.replicaId, request.replicaDirectoryId, member.now);
      if (snapshot === null) error = KafkaError.SNAPSHOT_NOT_FOUND;
    }
    member.answer<FetchSnapshotResponse>(connection, request, error, { snapshot }, SNAPSHOT_BYTES);
  }

  private answerParked(): void {
    for (const { connection, request } of this.member.parked.takeAll()) this.onFetch(connection, request);
  }

  /** (validateLeaderOnlyRequest) */
  refusal(epoch: number): ErrorCode {
    const { quorum } = this.member;
    if (epoch < quorum.epoch) return KafkaError.FENCED_LEADER_EPOCH;
    if (epoch > quorum.epoch) return KafkaError.UNKNOWN_LEADER_EPOCH;
    return quorum.leaderState === null ? KafkaError.NOT_LEADER_OR_FOLLOWER : KafkaError.NONE;
  }

  /** What there is from its position on; and that position counts as held. (tryCompleteFetchRequest) */
  private fetched(request: QuorumFetchRequest): QuorumFetchResponse {
    const { member } = this;
    const { log } = member;
    const { fetchOffset, replicaId, replicaDirectoryId } = request;
    const error = this.refusal(request.currentLeaderEpoch);
    if (error !== KafkaError.NONE) return this.fetchResponse(request, error, NO_BATCHES, AGREED, AGREED);
    const position = log.validate(fetchOffset, request.lastFetchedEpoch);
    if (position.kind === 'diverging') {
      return this.fetchResponse(request, error, NO_BATCHES, position.end, AGREED);
    }
    if (position.kind === 'snapshot') {
      const { endOffset: offset, epoch } = position.snapshot;
      return this.fetchResponse(request, error, NO_BATCHES, AGREED, { offset, epoch });
    }
    const leader = member.quorum.leaderState!;
    if (leader.updateReplica(replicaId, replicaDirectoryId, fetchOffset, log.endOffset, member.now))
      this.onHighWatermark(leader);
    return this.fetchResponse(
      request,
      error,
      log.read(fetchOffset, log.endOffset, member.config.maxFetchBytes),
      AGREED,
      AGREED,
    );
  }

  private fetchResponse(
    request: QuorumFetchRequest,
    error: ErrorCode,
    batches: readonly MetadataBatch[],
    diverging: OffsetAndEpoch,
    snapshot: OffsetAndEpoch,
  ): QuorumFetchResponse {
    let bytes = RESPONSE_OVERHEAD_BYTES;
    for (const batch of batches) bytes += RECORD_BYTES * batch.records.length;
    const { leaderId, epoch, leaderState } = this.member.quorum;
    return {
      kind: RaftApi.fetch + RESPONSE,
      bytes,
      correlationId: request.correlationId,
      error,
      leaderId,
      leaderEpoch: epoch,
      highWatermark: leaderState?.highWatermark ?? NOWHERE,
      divergingEpoch: diverging.epoch,
      divergingEndOffset: diverging.offset,
      snapshotEndOffset: snapshot.offset,
      snapshotEpoch: snapshot.epoch,
      fetchOffset: request.fetchOffset,
      batches,
    };
  }
}
