/**
 * Voters are added and removed one at a time, each by a record that is in force as soon as it is written. A leader does so
 * only after it has committed a record of its own epoch, and after the last change: two majorities that do not overlap
 * could decide else. (KIP-853; AddVoterHandler, RemoveVoterHandler)
 */
import type { Connection } from '../../../../kernel/network.js';
import { Probe } from '../../../probes.js';
import { KafkaError, type ErrorCode } from '../../../protocol/errors.js';
import type { Request } from '../../../protocol/messages.js';
import type { VoterKey } from '../../../protocol/metadata-records.js';
import {
  NOWHERE,
  RaftApi,
  type VoterChangeRequest,
  type VoterChangeResponse,
} from '../../../protocol/raft-messages.js';
import { hasDynamicVoters } from './config.js';
import type { LeaderState } from './leader-state.js';
import type { Leadership } from './leadership.js';
import type { Member } from './member.js';

const NEVER = Number.POSITIVE_INFINITY;
const NOTHING_MORE = {};

interface PendingChange {
  readonly connection: Connection;
  readonly request: VoterChangeRequest;
  /** Of the record that makes it; NOWHERE: the new voter has not yet said which versions it supports. */
  readonly offset: number;
  readonly deadline: number;
}

export class VoterChanges {
  private readonly member: Member;
  private readonly leadership: Leadership;
  private pending: PendingChange | null = null;

  constructor(member: Member, leadership: Leadership) {
    this.member = member;
    this.leadership = leadership;
  }

  /** When the one that is waited for is given up. */
  get deadline(): number {
    return this.pending?.deadline ?? NEVER;
  }

  on(connection: Connection, request: VoterChangeRequest): void {
    const { member } = this;
    const { leaderState, epoch } = member.quorum;
    const error = leaderState === null ? this.leadership.refusal(epoch) : this.refusal(leaderState, request);
    if (error !== KafkaError.NONE) {
      this.answer(connection, request, error);
      return;
    }
    const { voterId } = request;
    if (request.kind === RaftApi.removeVoter) {
      this.append(
        connection,
        request,
        member.voterSets.keys.filter(({ id }) => id !== voterId),
      );
    } else if (member.channel(voterId).isReady(member.now)) {
      member.ask<Request>(voterId, RaftApi.apiVersions, {});
      this.pending = { connection, request, offset: NOWHERE, deadline: this.deadlineFromNow() };
    } else {
      this.answer(connection, request, KafkaError.REQUEST_TIMED_OUT);
    }
  }

  /**
   * Who is to be added is there and supports kraft.version=1; one that does not answer, or is behind, is not added.
   * (AddVoterHandler.handleApiVersionsResponse)
   */
  onApiVersions(from: number): void {
    const { pending, member } = this;
    const { leaderState } = member.quorum;
    if (pending === null || leaderState === null || pending.offset !== NOWHERE) return;
    const { connection, request } = pending;
    const { voterId: id, voterDirectoryId: directoryId } = request;
    if (id !== from) return;
    this.pending = null;
    if (leaderState.isCaughtUp(id, directoryId, member.now)) {
      this.append(connection, request, [...member.voterSets.keys, { id, directoryId }]);
    } else {
      this.answer(connection, request, KafkaError.REQUEST_TIMED_OUT);
    }
  }

  /** In force from now on. */
  private append(connection: Connection, request: VoterChangeRequest, voters: readonly VoterKey[]): void {
    const offset = this.leadership.nextOffset;
    this.leadership.appendNow([{ kind: 'voters', voters }]);
    this.pending = { connection, request, offset, deadline: this.deadlineFromNow() };
  }

  private deadlineFromNow(): number {
    return this.member.now + this.member.config.settings['controller.quorum.request.timeout.ms'] * 1000;
  }

  /**
   * Committed: it is answered. A leader that is no voter any more resigns.
   * @param known what was committed as far as this node knew before
   */
  onHighWatermark(state: LeaderState, known: number): void {
    const { pending, member } = this;
    const { offset, voters } = member.voterSets;
    // Also one that a leader before this one began.
    if (offset >= known && offset < state.highWatermark) {
      member.announce(Probe.quorumVoters, member.quorum.epoch, voters.length);
    }
    if (pending === null || pending.offset === NOWHERE || state.highWatermark <= pending.offset) return;
    this.pending = null;
    this.answer(pending.connection, pending.request, KafkaError.NONE);
    if (!member.quorum.isVoter) state.isResigning = true;
  }

  expire(now: number): void {
    if (this.pending === null || now < this.pending.deadline) return;
    const { connection, request } = this.pending;
    this.pending = null;
    this.answer(connection, request, KafkaError.REQUEST_TIMED_OUT);
  }

  /** Its fate is another leader's business. */
  abandon(): void {
    if (this.pending === null) return;
    const { connection, request } = this.pending;
    this.pending = null;
    this.answer(connection, request, KafkaError.NOT_LEADER_OR_FOLLOWER);
  }

  /** (AddVoterHandler, RemoveVoterHandler, VoterSet) */
  private refusal(leader: LeaderState, { kind, voterId, voterDirectoryId }: VoterChangeRequest): ErrorCode {
    const { member } = this;
    const { voters, keys } = member.voterSets;
    if (!hasDynamicVoters(member.config)) return KafkaError.UNSUPPORTED_VERSION;
    if (!this.mayChangeNow(leader)) return KafkaError.REQUEST_TIMED_OUT;
    if (kind === RaftApi.removeVoter) {
      const isVoter = keys.some(({ id, directoryId }) => id === voterId && directoryId === voterDirectoryId);
      return isVoter && voters.length > 1 ? KafkaError.NONE : KafkaError.VOTER_NOT_FOUND;
    }
    // Also with another directory: the old one must be removed first.
    return voters.includes(voterId) ? KafkaError.DUPLICATE_VOTER : KafkaError.NONE;
  }

  private mayChangeNow(leader: LeaderState): boolean {
    const { defects } = this.member.config.rules;
    const hasCommitted = leader.highWatermark !== NOWHERE || defects.B45;
    // While one is asked for its versions there is no record yet: nothing to go over.
    const isJoining = this.pending?.offset === NOWHERE;
    return hasCommitted && !isJoining && (defects.B83 || this.isLastChangeCommitted(leader));
  }

  /** B45: as far as this node knew before it led. */
  private isLastChangeCommitted({ highWatermark }: LeaderState): boolean {
    const { voterSets, highWatermark: known } = this.member;
    return this.pending === null && voterSets.offset < Math.max(highWatermark, known);
  }

  private answer(connection: Connection, request: VoterChangeRequest, error: ErrorCode): void {
    this.member.answer<VoterChangeResponse>(connection, request, error, NOTHING_MORE);
  }
}
