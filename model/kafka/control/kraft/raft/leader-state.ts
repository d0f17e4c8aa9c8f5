/**
 * What a leader of the quorum knows of those that fetch from it; from which the high watermark follows, and whether it
 * still has a majority. (LeaderState)
 */
import type { VoterKey } from '../../../protocol/metadata-records.js';
import { NOWHERE } from '../../../protocol/raft-messages.js';
import { isMeant, majorityOf } from './voter-sets.js';

/** KAFKA-15489: as long as a follower may take to fetch, and half as long again. */
const CHECK_QUORUM_FACTOR = 1.5;
/** A replica that was caught up within this time may be made a voter (LeaderState.isReplicaCaughtUp). */
const CAUGHT_UP_MICROS = 3_600_000_000;

interface Progress {
  readonly node: number;
  readonly key: VoterKey;
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
  private readonly directoryId: number;
  private readonly checkQuorumMicros: number;
  private readonly commitsEarlierEpochs: boolean;
  private keys: readonly VoterKey[];
  private voters: Progress[];
  private readonly observers = new Map<number, Progress>();
  private readonly fetchedVoters = new Set<number>();

  constructor(
    nodeId: number,
    directoryId: number,
    epoch: number,
    epochStartOffset: number,
    voters: readonly VoterKey[],
    grantedBy: readonly number[],
    fetchTimeoutMicros: number,
    now: number,
    commitsEarlierEpochs: boolean,
  ) {
    this.leaderId = nodeId;
    this.directoryId = directoryId;
    this.epoch = epoch;
    this.epochStartOffset = epochStartOffset;
    this.grantedBy = grantedBy;
    this.beginEpochDeadline = now;
    this.checkQuorumMicros = fetchTimeoutMicros * CHECK_QUORUM_FACTOR;
    this.checkQuorumDeadline = now + this.checkQuorumMicros;
    this.commitsEarlierEpochs = commitsEarlierEpochs;
    this.keys = voters;
    this.voters = voters.map((key) => progressOf(key, isMeant(key, nodeId, directoryId)));
  }

  /** The leader's own log is durable up to here. True: the high watermark moved. */
  updateLocal(endOffset: number): boolean {
    const own = this.voter(this.leaderId, this.directoryId);
    if (own !== undefined) own.endOffset = endOffset;
    return this.advanceHighWatermark();
  }

  /** From the moment that a change is in its log. */
  adoptVoters(keys: readonly VoterKey[]): void {
    if (keys === this.keys) return;
    this.keys = keys;
    for (const voter of this.voters)
      if (!keys.some((key) => isSame(key, voter.key))) this.observers.set(voter.node, voter);
    this.voters = keys.map((key) => {
      const known = [...this.voters, ...this.observers.values()].find((replica) => isSame(key, replica.key));
      if (known !== undefined && this.observers.get(key.id) === known) this.observers.delete(key.id);
      return known ?? progressOf(key, false);
    });
  }

  /** A replica fetched from here: it holds everything below. True: the high watermark moved. */
  updateReplica(node: number, directoryId: number, fetchOffset: number, leaderEnd: number, now: number): boolean {
    const voter = this.voter(node, directoryId);
    const progress = voter ?? this.observer(node, directoryId);
    if (fetchOffset >= leaderEnd) progress.lastCaughtUp = now;
    else if (progress.leaderEndAtLastFetch > 0 && fetchOffset >= progress.leaderEndAtLastFetch) {
      progress.lastCaughtUp = Math.max(progress.lastCaughtUp, progress.lastFetch);
    }
    progress.leaderEndAtLastFetch = leaderEnd;
    progress.lastFetch = now;
    progress.endOffset = fetchOffset;
    progress.hasAcknowledgedLeader = true;
    if (voter === undefined) return false;
    this.heardFrom(node, directoryId, now);
    return this.advanceHighWatermark();
  }

  /** Counts towards the majority without which it resigns. (updateCheckQuorumForFollowingVoter) */
  heardFrom(node: number, directoryId: number, now: number): void {
    if (this.voter(node, directoryId) === undefined) return;
    this.fetchedVoters.add(node);
    const isVoter = this.voter(this.leaderId, this.directoryId) !== undefined;
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

  isCaughtUp(node: number, directoryId: number, now: number): boolean {
    const observer = this.observers.get(node);
    if (observer?.key.directoryId !== directoryId) return false;
    return observer.lastCaughtUp > 0 && observer.lastFetch > now - CAUGHT_UP_MICROS;
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
    const end = this.majorityEnd();
    if (end <= this.epochStartOffset && !this.commitsEarlierEpochs) return false;
    if (end <= this.highWatermark) return false;
    this.highWatermark = end;
    return true;
  }

  /** The highest end that a majority of the voters has reached. Asked at every fetch: voters are few, and nothing is sorted. */
  private majorityEnd(): number {
    const { voters } = this;
    const majority = majorityOf(voters.length);
    let highest = NOWHERE;
    for (const { endOffset } of voters) {
      if (endOffset <= highest) continue;
      let reached = 0;
      for (const other of voters) if (other.endOffset >= endOffset) reached++;
      if (reached >= majority) highest = endOffset;
    }
    return highest;
  }

  private byDescendingEnd(): Progress[] {
    return this.voters.toSorted((a, b) => b.endOffset - a.endOffset || a.node - b.node);
  }

  private voter(node: number, directoryId: number): Progress | undefined {
    for (const voter of this.voters) if (isMeant(voter.key, node, directoryId)) return voter;
    return undefined;
  }

  /** Of a node with another directory than before nothing is known. */
  private observer(node: number, directoryId: number): Progress {
    let observer = this.observers.get(node);
    if (observer === undefined || observer.key.directoryId !== directoryId)
      this.observers.set(node, (observer = progressOf({ id: node, directoryId }, false)));
    return observer;
  }
}

function isSame(one: VoterKey, other: VoterKey): boolean {
  return one.id === other.id && one.directoryId === other.directoryId;
}

function progressOf(key: VoterKey, hasAcknowledgedLeader: boolean): Progress {
  return {
    node: key.id,
    key,
    endOffset: NOWHERE,
    lastFetch: NOWHERE,
    leaderEndAtLastFetch: NOWHERE,
    lastCaughtUp: NOWHERE,
    hasAcknowledgedLeader,
  };
}
