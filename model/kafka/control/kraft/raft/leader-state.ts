/**
 * What a leader of the quorum knows of those that fetch from it; from which the high watermark follows, and whether it
 * still has a majority. (LeaderState)
 */
import { NOWHERE } from '../../../protocol/raft-messages.js';
import { majorityOf } from './voter-sets.js';

/** KAFKA-15489: as long as a follower may take to fetch, and half as long again. */
const CHECK_QUORUM_FACTOR = 1.5;
/** A replica that was caught up within this time may be made a voter (LeaderState.isReplicaCaughtUp). */
const CAUGHT_UP_MICROS = 3_600_000_000;

interface Progress {
  readonly node: number;
  /** It holds everything below; NOWHERE: it has not fetched in this epoch. */
  endOffset: number;
  lastFetch: number;
  /** The leader's log end when it last fetched: who reaches that was caught up then (Replica.updateFetchState). */
  leaderEndAtLastFetch: number;
  lastCaughtUp: number;
  hasAcknowledgedLeader: boolean;
}

export class LeaderState {
  readonly kind = 'leader';
  readonly epoch: number;
  readonly leaderId: number;
  readonly epochStartOffset: number;
  readonly grantedBy: readonly number[];
  /** NOWHERE until a record of this epoch is committed. */
  highWatermark = NOWHERE;
  /** When to tell the other voters (again) who leads. */
  beginEpochDeadline: number;
  checkQuorumDeadline: number;
  isResigning = false;
  private readonly checkQuorumMicros: number;
  private readonly commitsEarlierEpochs: boolean;
  private voters: Progress[];
  private readonly observers = new Map<number, Progress>();
  private readonly fetchedVoters = new Set<number>();

  constructor(
    nodeId: number,
    epoch: number,
    epochStartOffset: number,
    voters: readonly number[],
    grantedBy: readonly number[],
    fetchTimeoutMicros: number,
    now: number,
    commitsEarlierEpochs: boolean,
  ) {
    this.leaderId = nodeId;
    this.epoch = epoch;
    this.epochStartOffset = epochStartOffset;
    this.grantedBy = grantedBy;
    this.beginEpochDeadline = now;
    this.checkQuorumMicros = fetchTimeoutMicros * CHECK_QUORUM_FACTOR;
    this.checkQuorumDeadline = now + this.checkQuorumMicros;
    this.commitsEarlierEpochs = commitsEarlierEpochs;
    this.voters = voters.map((node) => progressOf(node, node === nodeId));
  }

  /** The leader's own log is durable up to here. True: the high watermark moved. */
  updateLocal(endOffset: number): boolean {
    const own = this.voters.find((voter) => voter.node === this.leaderId);
    if (own !== undefined) own.endOffset = endOffset;
    return this.advanceHighWatermark();
  }

  /** From the moment that a change is in its log. */
  adoptVoters(nodes: readonly number[]): void {
    if (nodes.length === this.voters.length && this.voters.every((voter) => nodes.includes(voter.node))) return;
    for (const voter of this.voters) if (!nodes.includes(voter.node)) this.observers.set(voter.node, voter);
    this.voters = nodes.map((node) => {
      const known = this.voters.find((voter) => voter.node === node) ?? this.observers.get(node);
      this.observers.delete(node);
      return known ?? progressOf(node, false);
    });
  }

  /** A replica fetched from here: it holds everything below. True: the high watermark moved. */
  updateReplica(node: number, fetchOffset: number, leaderEnd: number, now: number): boolean {
    const voter = this.voters.find((known) => known.node === node);
    const progress = voter ?? this.observer(node);
    if (fetchOffset >= leaderEnd) progress.lastCaughtUp = now;
    else if (progress.leaderEndAtLastFetch > 0 && fetchOffset >= progress.leaderEndAtLastFetch) {
      progress.lastCaughtUp = Math.max(progress.lastCaughtUp, progress.lastFetch);
    }
    progress.leaderEndAtLastFetch = leaderEnd;
    progress.lastFetch = now;
    progress.endOffset = fetchOffset;
    progress.hasAcknowledgedLeader = true;
    if (voter === undefined) return false;
    this.heardFrom(node, now);
    return this.advanceHighWatermark();
  }

  /** Counts towards the majority without which it resigns. (updateCheckQuorumForFollowingVoter) */
  heardFrom(node: number, now: number): void {
    if (!this.voters.some((voter) => voter.node === node)) return;
    this.fetchedVoters.add(node);
    const isVoter = this.voters.some((voter) => voter.node === this.leaderId);
    const needed = majorityOf(this.voters.length) - (isVoter ? 1 : 0);
    if (this.fetchedVoters.size < needed) return;
    this.fetchedVoters.clear();
    this.checkQuorumDeadline = now + this.checkQuorumMicros;
  }

  /** A single voter needs nobody's consent (KAFKA-16144). */
  get needsOthers(): boolean {
    return this.voters.length > 1;
  }

  acknowledgedBy(node: number): void {
    const voter = this.voters.find((known) => known.node === node);
    if (voter !== undefined) voter.hasAcknowledgedLeader = true;
  }

  isAcknowledgedBy(node: number): boolean {
    return this.voters.some((voter) => voter.node === node && voter.hasAcknowledgedLeader);
  }

  isCaughtUp(node: number, now: number): boolean {
    const observer = this.observers.get(node);
    return observer !== undefined && observer.lastCaughtUp > 0 && observer.lastFetch > now - CAUGHT_UP_MICROS;
  }

  otherVotersByDescendingEnd(): number[] {
    return this.byDescendingEnd()
      .filter((voter) => voter.node !== this.leaderId)
      .map((voter) => voter.node);
  }

  /**
   * What a majority of the voters holds, but only once that reaches into this epoch: records of earlier epochs may still be
   * overwritten, whoever holds them (Raft §5.4.2). Never back: a change of voters may lower the majority's end.
   */
  private advanceHighWatermark(): boolean {
    const end = this.byDescendingEnd()[Math.floor(this.voters.length / 2)].endOffset;
    if (end <= this.epochStartOffset && !this.commitsEarlierEpochs) return false;
    if (end <= this.highWatermark) return false;
    this.highWatermark = end;
    return true;
  }

  private byDescendingEnd(): Progress[] {
    return this.voters.toSorted((a, b) => b.endOffset - a.endOffset || a.node - b.node);
  }

  private observer(node: number): Progress {
    let observer = this.observers.get(node);
    if (observer === undefined) this.observers.set(node, (observer = progressOf(node, false)));
    return observer;
  }
}

function progressOf(node: number, hasAcknowledgedLeader: boolean): Progress {
  return {
    node,
    endOffset: NOWHERE,
    lastFetch: NOWHERE,
    leaderEndAtLastFetch: NOWHERE,
    lastCaughtUp: NOWHERE,
    hasAcknowledgedLeader,
  };
}
