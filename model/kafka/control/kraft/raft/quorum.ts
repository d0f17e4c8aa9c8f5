/**
 * In which state a node is, and how it may leave it. (QuorumState)
 *
 *   unattached   knows an epoch and not who leads in it; may have voted in it
 *   prospective  asks whether it could win before it takes up a new epoch (KIP-996)
 *   candidate    stands for election in an epoch of its own, and has voted for itself
 *   leader       has a majority of that epoch
 *   follower     knows who leads, and fetches from it
 *   resigned     led in this epoch and does not any more: after a restart, too, for what it wrote may be lost
 *
 * An observer, who is no voter, is unattached or a follower. The epoch, the leader and the vote are on the disk before
 * anybody is told.
 */
import type { Host } from '../../../../kernel/process.js';
import type { Stream } from '../../../../kernel/random.js';
import { NOBODY } from '../../../protocol/raft-messages.js';
import type { QuorumConfig } from './config.js';
import { readElectionState, writeElectionState, writeElectionStateUnsynced } from './election-state.js';
import { LeaderState } from './leader-state.js';
import { majorityOf, type VoterSets } from './voter-sets.js';

const NEVER = Number.POSITIVE_INFINITY;

export interface Unattached {
  readonly kind: 'unattached';
  readonly epoch: number;
  readonly votedId: number;
  readonly electionDeadline: number;
}

/** Whom it asked, and what they said. */
export interface Poll {
  readonly voters: readonly number[];
  readonly granted: Set<number>;
  readonly rejected: Set<number>;
}

export interface Prospective {
  readonly kind: 'prospective';
  readonly epoch: number;
  /** Who led before its silence; NOBODY. */
  readonly leaderId: number;
  votedId: number;
  readonly poll: Poll;
  readonly electionDeadline: number;
}

export interface Candidate {
  readonly kind: 'candidate';
  readonly epoch: number;
  /** 1 at the first attempt, one more at each that follows it at once. */
  readonly retries: number;
  readonly poll: Poll;
  readonly electionDeadline: number;
  /** NEVER: it is not waiting to try again. */
  backoffDeadline: number;
}

export interface Follower {
  readonly kind: 'follower';
  readonly epoch: number;
  readonly leaderId: number;
  fetchDeadline: number;
  /** KIP-996: whoever was answered by a living leader wants no other. */
  hasFetched: boolean;
  /** The snapshot that the leader wants it to fetch: end offset and epoch; -1: none. */
  snapshotEndOffset: number;
  snapshotEpoch: number;
}

export interface Resigned {
  readonly kind: 'resigned';
  readonly epoch: number;
  readonly preferredSuccessors: readonly number[];
  /** Voters that do not know yet. */
  readonly unacknowledged: Set<number>;
  readonly electionDeadline: number;
}

export type State = Unattached | Prospective | Candidate | LeaderState | Follower | Resigned;

export class Quorum {
  state!: State;
  private readonly host: Host;
  private readonly config: QuorumConfig;
  private readonly voterSets: VoterSets;
  private readonly directoryId: number;
  private readonly dice: Stream;

  constructor(host: Host, config: QuorumConfig, voterSets: VoterSets, directoryId: number) {
    this.host = host;
    this.directoryId = directoryId;
    this.config = config;
    this.voterSets = voterSets;
    this.dice = host.dice('quorum-election');
  }

  get epoch(): number {
    return this.state.epoch;
  }

  /** Who leads in this epoch, as far as it knows; NOBODY. A resigned leader still names itself. */
  get leaderId(): number {
    const { state } = this;
    switch (state.kind) {
      case 'follower':
      case 'leader':
      case 'prospective':
        return state.leaderId;
      case 'resigned':
        return this.config.nodeId;
      default:
        return NOBODY;
    }
  }

  get leaderState(): LeaderState | null {
    return this.state.kind === 'leader' ? this.state : null;
  }

  get isVoter(): boolean {
    return this.voterSets.isVoter(this.config.nodeId, this.directoryId);
  }

  get isOnlyVoter(): boolean {
    return this.isVoter && this.voterSets.voters.length === 1;
  }

  /** The state after a start, from what the disk remembers. (QuorumState.initialize) */
  initialize(lastEpoch: number, logEnd: number): void {
    const { leaderEpoch, leaderId, votedId } = readElectionState(this.host.disk);
    const { nodeId } = this.config;
    if (leaderEpoch < lastEpoch) {
      this.enter(this.unattached(lastEpoch, NOBODY, this.electionDeadline()));
    } else if (leaderId === nodeId) {
      // Not in the same epoch: unflushed records of it may be lost, which others have fetched.
      if (this.config.rules.defects['KAFKA-10527']) this.lead(leaderEpoch, logEnd, [nodeId]);
      else this.enter(this.resigned(leaderEpoch, []));
    } else if (votedId === nodeId && this.isVoter) {
      this.enter(this.candidate(leaderEpoch, 1));
    } else if (leaderId !== NOBODY && votedId === NOBODY) {
      this.enter(this.follower(leaderEpoch, leaderId));
    } else {
      this.enter(this.unattached(leaderEpoch, votedId, this.electionDeadline()));
    }
  }

  /** A later epoch is known, and not who leads in it. Its own attempts go on waiting as long as they would have. */
  toUnattached(epoch: number): void {
    const { state } = this;
    const goesOn = state.kind === 'candidate' || state.kind === 'unattached' || state.kind === 'prospective';
    this.enter(this.unattached(epoch, NOBODY, goesOn ? state.electionDeadline : this.electionDeadline()));
  }

  /** A pre-vote was lost, and nobody is known to lead: the epoch stays, and so does a vote cast in it. */
  toUnattachedAfterPreVote(votedId: number): void {
    this.enter(this.unattached(this.epoch, votedId, this.electionDeadline()));
  }

  /** Its vote in this epoch. The wait begins anew: the candidate has as good a chance to win as this node. */
  vote(candidate: number): void {
    if (this.state.kind === 'prospective') {
      this.state.votedId = candidate;
      this.enter(this.state);
    } else {
      this.enter(this.unattached(this.epoch, candidate, this.electionDeadline()));
    }
  }

  toProspective(): void {
    const { state, leaderId } = this;
    const votedId =
      state.kind === 'unattached' ? state.votedId : state.kind === 'candidate' ? this.config.nodeId : NOBODY;
    this.enter({
      kind: 'prospective',
      epoch: this.epoch,
      leaderId,
      votedId,
      poll: this.poll(),
      electionDeadline: this.electionDeadline(),
    });
  }

  toCandidate(): void {
    const retries = this.state.kind === 'candidate' ? this.state.retries + 1 : 1;
    this.enter(this.candidate(this.epoch + 1, retries));
  }

  toLeader(logEnd: number): LeaderState {
    const { state } = this;
    return this.lead(this.epoch, logEnd, state.kind === 'candidate' ? [...state.poll.granted] : []);
  }

  toFollower(epoch: number, leaderId: number): void {
    this.enter(this.follower(epoch, leaderId));
  }

  /** Soft: after a restart a leader is resigned anyway. */
  toResigned(preferredSuccessors: readonly number[]): void {
    this.state = this.resigned(this.epoch, preferredSuccessors);
  }

  /** [election.timeout.ms, twice that) from now. */
  private electionDeadline(): number {
    const timeoutMs = this.config.settings['controller.quorum.election.timeout.ms'];
    return this.host.monotonicMicros() + (timeoutMs + this.dice.int(timeoutMs)) * 1000;
  }

  private unattached(epoch: number, votedId: number, electionDeadline: number): Unattached {
    return { kind: 'unattached', epoch, votedId, electionDeadline };
  }

  private candidate(epoch: number, retries: number): Candidate {
    return {
      kind: 'candidate',
      epoch,
      retries,
      poll: this.poll(),
      electionDeadline: this.electionDeadline(),
      backoffDeadline: NEVER,
    };
  }

  private follower(epoch: number, leaderId: number): Follower {
    const fetchTimeout = this.config.settings['controller.quorum.fetch.timeout.ms'] * 1000;
    return {
      kind: 'follower',
      epoch,
      leaderId,
      fetchDeadline: this.host.monotonicMicros() + fetchTimeout,
      hasFetched: false,
      snapshotEndOffset: -1,
      snapshotEpoch: -1,
    };
  }

  private resigned(epoch: number, preferredSuccessors: readonly number[]): Resigned {
    const others = this.voterSets.voters.filter((voter) => voter !== this.config.nodeId);
    return {
      kind: 'resigned',
      epoch,
      preferredSuccessors,
      unacknowledged: new Set(others),
      electionDeadline: this.electionDeadline(),
    };
  }

  private lead(epoch: number, logEnd: number, grantedBy: readonly number[]): LeaderState {
    const { nodeId, settings, rules } = this.config;
    const leader = new LeaderState(
      nodeId,
      this.directoryId,
      epoch,
      logEnd,
      this.voterSets.keys,
      grantedBy,
      settings['controller.quorum.fetch.timeout.ms'] * 1000,
      this.host.monotonicMicros(),
      rules.defects.B42,
    );
    this.enter(leader);
    return leader;
  }

  private poll(): Poll {
    return { voters: this.voterSets.voters, granted: new Set([this.config.nodeId]), rejected: new Set() };
  }

  /** On the disk first, then true. (durableTransitionTo) */
  private enter(state: State): void {
    const { nodeId, rules } = this.config;
    const votedId =
      state.kind === 'candidate' ? nodeId : 'votedId' in state && state.votedId !== undefined ? state.votedId : NOBODY;
    const leaderId = 'leaderId' in state ? state.leaderId : state.kind === 'resigned' ? nodeId : NOBODY;
    const election = { leaderEpoch: state.epoch, leaderId, votedId };
    if (votedId !== NOBODY && rules.defects.B43) {
      writeElectionStateUnsynced(this.host.disk, election);
    } else {
      writeElectionState(this.host.disk, election);
    }
    this.state = state;
  }
}

/** More than half said yes. */
export function isWon({ voters, granted }: Poll): boolean {
  return voters.filter((voter) => granted.has(voter)).length >= majorityOf(voters.length);
}

/** So many said no that it cannot be won any more. */
export function isLost({ voters, rejected }: Poll): boolean {
  return voters.length - rejected.size < majorityOf(voters.length);
}
