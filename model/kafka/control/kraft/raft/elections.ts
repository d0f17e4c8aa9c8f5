/**
 * How a leader is found: votes and pre-votes, the beginning and the end of its epoch, time-outs and backoffs.
 * (KafkaRaftClient: handleVoteRequest, handleBeginQuorumEpochRequest, handleEndQuorumEpochRequest, pollCandidate, ...)
 */
import type { Connection } from '../../../../kernel/network.js';
import { KafkaError, type ErrorCode } from '../../../protocol/errors.js';
import {
  NOBODY,
  RaftApi,
  type BeginQuorumEpochRequest,
  type EndQuorumEpochRequest,
  type QuorumResponse,
  type VoteRequest,
  type VoteResponse,
} from '../../../protocol/raft-messages.js';
import type { Leadership } from './leadership.js';
import type { Member } from './member.js';
import { isLost, isWon, type Candidate, type Prospective, type Resigned } from './quorum.js';

/** KafkaRaftClient.RETRY_BACKOFF_BASE_MS */
const BACKOFF_BASE_MS = 100;
const BACKOFF_EXPONENT_MAX = 20;
const NEVER = Number.POSITIVE_INFINITY;
const NOTHING_MORE = {};

export class Elections {
  private readonly member: Member;
  private readonly leadership: Leadership;

  constructor(member: Member, leadership: Leadership) {
    this.member = member;
    this.leadership = leadership;
  }

  // ---------------------------------------------------------------------- requests

  onVote(connection: Connection, request: VoteRequest): void {
    const { member } = this;
    const { preVote } = request;
    if (preVote && !member.config.rules.preVote) {
      member.answer<VoteResponse>(connection, request, KafkaError.UNSUPPORTED_VERSION, { voteGranted: false, preVote });
      return;
    }
    let voteGranted = false;
    let error = this.refusal(request.candidateEpoch);
    if (error === KafkaError.NONE) {
      if (request.candidateEpoch > member.quorum.epoch) member.toUnattached(request.candidateEpoch);
      if (!member.isMeant(request.voterDirectoryId)) error = KafkaError.INVALID_VOTER_KEY;
    }
    if (error === KafkaError.NONE) {
      voteGranted = this.grants(request);
      if (voteGranted && !preVote) this.cast(request.candidateId);
    }
    member.answer<VoteResponse>(connection, request, error, { voteGranted, preVote });
  }

  onBeginQuorumEpoch(connection: Connection, request: BeginQuorumEpochRequest): void {
    let error = this.refusal(request.leaderEpoch);
    if (error === KafkaError.NONE) {
      this.member.heed(request.leaderId, request.leaderEpoch);
      if (!this.member.isMeant(request.voterDirectoryId)) error = KafkaError.INVALID_VOTER_KEY;
    }
    this.member.answer<QuorumResponse>(connection, request, error, NOTHING_MORE);
  }

  /** Its leader resigns: who has most of the log stands first, the others later. */
  onEndQuorumEpoch(connection: Connection, request: EndQuorumEpochRequest): void {
    const { member } = this;
    const error = this.refusal(request.leaderEpoch);
    if (error === KafkaError.NONE) {
      member.heed(request.leaderId, request.leaderEpoch);
      const { state } = member.quorum;
      if (state.kind === 'follower' && state.leaderId === request.leaderId) {
        state.fetchDeadline = member.now + this.successionBackoff(request.preferredSuccessors);
        // Its leader is no more: a pre-vote need not respect it.
        state.hasFetched = false;
      }
    }
    member.answer<QuorumResponse>(connection, request, error, NOTHING_MORE);
  }

  /** (validateVoterOnlyRequest) */
  private refusal(epoch: number): ErrorCode {
    return epoch < this.member.quorum.epoch ? KafkaError.FENCED_LEADER_EPOCH : KafkaError.NONE;
  }

  /** (EpochState.canGrantVote) */
  private grants({ candidateId, lastOffset, lastOffsetEpoch, preVote }: VoteRequest): boolean {
    const { log, quorum } = this.member;
    const { state } = quorum;
    const isUpToDate =
      lastOffsetEpoch > log.lastEpoch || (lastOffsetEpoch === log.lastEpoch && lastOffset >= log.endOffset);
    const isGoodEnough = isUpToDate || this.member.config.rules.defects.B41;
    switch (state.kind) {
      case 'unattached':
      case 'prospective':
        if (preVote) return isGoodEnough;
        if (state.votedId !== NOBODY) return state.votedId === candidateId;
        return state.kind === 'prospective' && state.leaderId !== NOBODY ? false : isGoodEnough;
      case 'follower':
        return preVote && isGoodEnough && !state.hasFetched;
      case 'candidate':
      case 'resigned':
        return preVote && isGoodEnough;
      case 'leader':
        return false;
    }
  }

  private cast(candidate: number): void {
    const { state } = this.member.quorum;
    const isFirst = (state.kind === 'unattached' || state.kind === 'prospective') && state.votedId === NOBODY;
    if (isFirst) this.member.quorum.vote(candidate);
  }

  /** Position 0 stands at once; each further one waits twice as long as the one before. (strictExponentialElectionBackoffMs) */
  private successionBackoff(successors: readonly number[]): number {
    const maxMs = this.member.config.settings['controller.quorum.election.backoff.max.ms'];
    const position = successors.indexOf(this.member.nodeId);
    if (position === 0) return 0;
    if (position < 0) return maxMs * 1000;
    const baseMs = maxMs >> (successors.length - 1);
    return Math.min(maxMs, baseMs << (position - 1)) * 1000;
  }

  // ---------------------------------------------------------------------- answers

  /** @returns whether the answer was of any use */
  onVoteResponse(from: number, response: VoteResponse): boolean {
    const { state } = this.member.quorum;
    const isWanted =
      response.error === KafkaError.NONE &&
      (response.preVote ? state.kind === 'prospective' : state.kind === 'candidate');
    if (!isWanted) return response.error === KafkaError.NONE;
    const { poll } = state as Candidate | Prospective;
    (response.voteGranted ? poll.granted : poll.rejected).add(from);
    if (isWon(poll)) this.win();
    else if (isLost(poll)) this.lose(state as Candidate | Prospective);
    return true;
  }

  /** A voter of an older release knows no pre-vote (Vote version 2): then it is a vote (KafkaRaftClient.handleVoteResponse). */
  onUnsupportedVersion(): void {
    if (this.member.quorum.state.kind === 'prospective') this.becomeCandidate();
  }

  onEndQuorumEpochResponse(from: number): void {
    const { state } = this.member.quorum;
    if (state.kind === 'resigned') state.unacknowledged.delete(from);
  }

  // ---------------------------------------------------------------------- what time demands

  /** @returns when to come again */
  pollUnattached(electionDeadline: number): number {
    if (this.member.now < electionDeadline) return electionDeadline;
    this.stand();
    return 0;
  }

  pollCandidate(state: Candidate): number {
    const { now } = this.member;
    if (state.backoffDeadline !== NEVER) {
      if (now < state.backoffDeadline) return state.backoffDeadline;
      this.becomeCandidate();
      return 0;
    }
    if (now >= state.electionDeadline) {
      if (this.member.config.rules.preVote) this.becomeProspective();
      else state.backoffDeadline = now + this.electionBackoff(state.retries);
      return 0;
    }
    return Math.min(state.electionDeadline, this.askForVotes(state, false));
  }

  pollProspective(state: Prospective): number {
    if (this.member.now >= state.electionDeadline) {
      this.lose(state);
      return 0;
    }
    return Math.min(state.electionDeadline, this.askForVotes(state, true));
  }

  pollResigned(state: Resigned): number {
    const { member } = this;
    if (member.now >= state.electionDeadline) {
      // In an epoch that others take it to lead it cannot ask whether it could win; nor, no longer a voter, stand. (pollResigned)
      if (member.quorum.isVoter && !member.config.rules.preVote) this.becomeCandidate();
      else member.toUnattached(member.quorum.epoch + 1);
      return 0;
    }
    let next = state.electionDeadline;
    for (const voter of state.unacknowledged) {
      const { epoch, preferredSuccessors } = state;
      const fields = { leaderId: member.nodeId, leaderEpoch: epoch, preferredSuccessors };
      next = Math.min(next, member.ask<EndQuorumEpochRequest>(voter, RaftApi.endQuorumEpoch, fields));
    }
    return next;
  }

  /** The leader is silent, or unknown for too long. With KIP-996 it asks first whether it could win. */
  stand(): void {
    if (this.member.config.rules.preVote) this.becomeProspective();
    else this.becomeCandidate();
  }

  becomeCandidate(): void {
    this.member.quorum.toCandidate();
    this.member.entered();
    if (isWon((this.member.quorum.state as Candidate).poll)) this.win();
  }

  private becomeProspective(): void {
    this.member.quorum.toProspective();
    this.member.entered();
    if (isWon((this.member.quorum.state as Prospective).poll)) this.win();
  }

  private win(): void {
    if (this.member.quorum.state.kind === 'prospective') this.becomeCandidate();
    else this.leadership.begin();
  }

  private lose(state: Candidate | Prospective): void {
    const { member } = this;
    if (state.kind === 'candidate') {
      if (member.config.rules.preVote) this.becomeProspective();
      else if (state.backoffDeadline === NEVER)
        state.backoffDeadline = member.now + this.electionBackoff(state.retries);
    } else if (state.leaderId !== NOBODY) {
      member.toFollower(state.epoch, state.leaderId);
    } else {
      member.quorum.toUnattachedAfterPreVote(state.votedId);
      member.entered();
    }
  }

  private askForVotes({ poll, epoch }: Candidate | Prospective, preVote: boolean): number {
    const { member } = this;
    let next = NEVER;
    if (isLost(poll)) return next;
    for (const voter of poll.voters) {
      if (poll.granted.has(voter) || poll.rejected.has(voter)) continue;
      const { endOffset: lastOffset, lastEpoch: lastOffsetEpoch } = member.log;
      const fields = {
        candidateId: member.nodeId,
        candidateEpoch: epoch,
        lastOffset,
        lastOffsetEpoch,
        preVote,
        voterDirectoryId: member.voterSets.directoryOf(voter),
      };
      next = Math.min(next, member.ask<VoteRequest>(voter, RaftApi.vote, fields));
    }
    return next;
  }

  /** 100 ms × [0, 2^retries), bounded. (binaryExponentialElectionBackoffMs) */
  private electionBackoff(retries: number): number {
    const maxMs = this.member.config.settings['controller.quorum.election.backoff.max.ms'];
    const range = 2 << Math.min(BACKOFF_EXPONENT_MAX, retries - 1);
    return Math.min(BACKOFF_BASE_MS * this.member.dice.int(range), maxMs) * 1000;
  }
}
