/**
 * Voters are added and removed one at a time, each by a record that is in force as soon as it is written. A leader does so
 * only after it has committed a record of its own epoch, and after the last change: two majorities that do not overlap
 * could decide else. (KIP-853; AddVoterHandler, RemoveVoterHandler)
 */
import type { Connection } from '../../../../kernel/network.js';
import { Probe } from '../../../probes.js';
import { KafkaError, type ErrorCode } from '../../../protocol/errors.js';
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
  /** Of the record that makes it. */
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
    const { keys } = member.voterSets;
    const { voterId: id, voterDirectoryId: directoryId } = request;
    const isAddition = request.kind === RaftApi.addVoter;
    const changed = isAddition ? [...keys, { id, directoryId }] : keys.filter((key) => key.id !== id);
    const offset = this.leadership.nextOffset;
    this.leadership.appendNow([{ kind: 'voters', voters: changed }]);
    const timeout = member.config.settings['controller.quorum.request.timeout.ms'] * 1000;
    this.pending = { connection, request, offset, deadline: member.now + timeout };
  }

  /** Committed: it is answered. A leader that is no voter any more resigns. */
  onHighWatermark(state: LeaderState): void {
    const { pending, member } = this;
    if (pending === null || state.highWatermark <= pending.offset) return;
    this.pending = null;
    member.announce(Probe.quorumVoters, member.quorum.epoch, member.voterSets.voters.length);
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
    if (voters.includes(voterId)) return KafkaError.DUPLICATE_VOTER;
    return leader.isCaughtUp(voterId, voterDirectoryId, member.now) ? KafkaError.NONE : KafkaError.REQUEST_TIMED_OUT;
  }

  private mayChangeNow(leader: LeaderState): boolean {
    const { defects } = this.member.config.rules;
    const hasCommitted = leader.highWatermark !== NOWHERE || defects.B45;
    return hasCommitted && (defects.B83 || this.isLastChangeCommitted(leader));
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
