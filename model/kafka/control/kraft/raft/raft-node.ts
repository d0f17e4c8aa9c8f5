/**
 * One node of the metadata quorum, as its process sees it: what comes in from others, from the clock and from the disk goes
 * in here; what was committed, and who leads, comes out to the listener. (KafkaRaftClient)
 *
 * It handles one thing at a time. A flush stops it: what comes in meanwhile waits, as it does for Kafka's Raft thread.
 */
import type { IoResult } from '../../../../kernel/disk.js';
import type { Connection } from '../../../../kernel/network.js';
import type { Host, TimerId } from '../../../../kernel/process.js';
import { KafkaError } from '../../../protocol/errors.js';
import { RESPONSE, type Request, type Response } from '../../../protocol/messages.js';
import type { MetadataRecord, VoterKey } from '../../../protocol/metadata-records.js';
import {
  NOBODY,
  NOWHERE,
  RaftApi,
  type BeginQuorumEpochRequest,
  type EndQuorumEpochRequest,
  type FetchSnapshotRequest,
  type FetchSnapshotResponse,
  type MetadataSnapshot,
  type QuorumFetchRequest,
  type QuorumFetchResponse,
  type QuorumResponse,
  type VoteRequest,
  type VoteResponse,
  type VoterChangeRequest,
} from '../../../protocol/raft-messages.js';
import type { QuorumConfig } from './config.js';
import { Elections } from './elections.js';
import { Following } from './following.js';
import { Leadership } from './leadership.js';
import { MetadataLogFailure, type MetadataLog } from './log.js';
import { Member, QuorumFault, type RaftListener, type RaftTimers } from './member.js';
import type { ParkedFetch } from './parked-fetches.js';
import { PeerChannel } from './peer-channel.js';
import type { State } from './quorum.js';

const NEVER = Number.POSITIVE_INFINITY;

/** Something that came in while the log was being flushed. */
type Deferred =
  | { readonly kind: 'request'; readonly connection: Connection; readonly request: Request }
  | { readonly kind: 'response'; readonly connection: Connection; readonly response: Response }
  | { readonly kind: 'expired'; readonly fetch: ParkedFetch };

export class RaftNode {
  private readonly member: Member;
  private readonly leadership: Leadership;
  private readonly elections: Elections;
  private readonly following: Following;
  private readonly timers: RaftTimers;
  private deferred: Deferred[] = [];
  private isBusy = false;
  private pollTimer: TimerId = 0;
  private pollTimerAt = NEVER;

  /** Loads the log: throws MetadataLogFailure if the disk fails. */
  constructor(host: Host, config: QuorumConfig, listener: RaftListener, timers: RaftTimers) {
    this.timers = timers;
    this.member = new Member(host, config, listener, timers);
    this.leadership = new Leadership(this.member);
    this.elections = new Elections(this.member, this.leadership);
    this.following = new Following(this.member, this.elections);
  }

  start(): void {
    this.do(() => {
      const { member } = this;
      member.quorum.initialize(member.log.lastEpoch, member.log.endOffset);
      member.entered();
      const { kind } = member.quorum.state;
      if (kind === 'leader') this.leadership.takeUp();
      // A single voter elects itself at once.
      else if (member.quorum.isOnlyVoter) this.elections.becomeCandidate();
    });
  }

  // ---------------------------------------------------------------------- for the state machine

  get epoch(): number {
    return this.member.quorum.epoch;
  }

  /** NOBODY: it knows none. */
  get leaderId(): number {
    return this.member.quorum.leaderId;
  }

  get state(): State {
    return this.member.quorum.state;
  }

  get isLeader(): boolean {
    return this.member.quorum.leaderState !== null;
  }

  get voters(): readonly number[] {
    return this.member.voterSets.voters;
  }

  get voterKeys(): readonly VoterKey[] {
    return this.member.voterSets.keys;
  }

  /** The record that put the voters in force is committed, as far as this node knows. */
  get areVotersCommitted(): boolean {
    return this.member.voterSets.offset < this.member.highWatermark;
  }

  get highWatermark(): number {
    return this.member.highWatermark;
  }

  get log(): MetadataLog {
    return this.member.log;
  }

  /** Offset that the next record of an append will have. */
  get nextOffset(): number {
    return this.leadership.nextOffset;
  }

  /**
   * The records of one decision: all or none of them will be in the log.
   * @returns the offset of the last one; NOWHERE if this node does not lead in that epoch (any more)
   */
  append(epoch: number, records: readonly MetadataRecord[]): number {
    if (!this.isLeader || this.epoch !== epoch) return NOWHERE;
    this.leadership.append(records);
    const last = this.leadership.nextOffset - 1;
    this.do(null);
    return last;
  }

  /** Gives up the leadership of this epoch, if it still has it. */
  resign(epoch: number): void {
    const { leaderState } = this.member.quorum;
    if (leaderState?.epoch !== epoch) return;
    leaderState.isResigning = true;
    this.do(null);
  }

  /** The state machine's state after the record before `endOffset`, which is committed, in place of the records. */
  snapshot(endOffset: number, state: object): void {
    const { member } = this;
    const snapshot: MetadataSnapshot = {
      endOffset,
      epoch: member.log.epochBefore(endOffset),
      voters: member.voterSets.votersAt(endOffset),
      state,
    };
    const keep = (): void => {
      if (member.log.addSnapshot(snapshot)) member.log.clean();
    };
    // The state machine may be in the midst of hearing what was committed.
    if (this.isBusy) keep();
    else this.do(keep);
  }

  // ---------------------------------------------------------------------- for the process

  /** A request of the quorum's (isQuorumRequest). Its connection is not read before it is answered. */
  onRequest(connection: Connection, request: Request): void {
    this.take({ kind: 'request', connection, request });
  }

  /** On a connection that this node made: its state is a PeerChannel. */
  onMessage(connection: Connection, response: Response): void {
    this.take({ kind: 'response', connection, response });
  }

  onConnected(connection: Connection): void {
    (connection.state as PeerChannel).onConnected(connection, this.member.now);
    this.do(null);
  }

  onBroken(connection: Connection): void {
    if (connection.state instanceof PeerChannel) connection.state.onBroken(connection, this.member.now);
    else this.member.parked.onBroken(connection);
    this.do(null);
  }

  /** False: this kind is not the quorum's. */
  onTimer(kind: number, payload: unknown): boolean {
    switch (kind) {
      case this.timers.poll:
        this.pollTimer = 0;
        this.pollTimerAt = NEVER;
        this.do(null);
        return true;
      case this.timers.flushed:
        this.onFlushed(payload as IoResult);
        return true;
      case this.timers.fetchExpired:
        this.take({ kind: 'expired', fetch: payload as ParkedFetch });
        return true;
      default:
        return false;
    }
  }

  // ---------------------------------------------------------------------- one thing at a time

  private take(item: Deferred): void {
    if (this.member.afterFlush !== null || this.isBusy) this.deferred.push(item);
    else this.do(() => this.handle(item));
  }

  private onFlushed(result: IoResult): void {
    const next = this.member.afterFlush!;
    this.member.afterFlush = null;
    this.do(() => {
      if (result !== 'ok') throw new MetadataLogFailure(`the metadata log cannot be flushed: ${result}`);
      next();
    });
  }

  /** Does it, then what came in meanwhile, then what time demands. Whoever breaks the rules, or cannot write, halts. */
  private do(what: (() => void) | null): void {
    if (this.isBusy) {
      if (what !== null) throw new Error('a node of the quorum does one thing at a time');
      return;
    }
    this.isBusy = true;
    try {
      what?.();
      this.goOn();
    } catch (failure) {
      if (!(failure instanceof QuorumFault) && !(failure instanceof MetadataLogFailure)) throw failure;
      this.member.host.die('halt');
    } finally {
      this.isBusy = false;
    }
  }

  private goOn(): void {
    const { member } = this;
    for (;;) {
      if (member.afterFlush !== null) return;
      const item = this.deferred.shift();
      if (item !== undefined) {
        this.handle(item);
        continue;
      }
      const next = this.poll();
      if (next === 0) continue;
      this.wakeAt(Math.min(next, member.tickChannels()));
      return;
    }
  }

  private handle(item: Deferred): void {
    switch (item.kind) {
      case 'request':
        if (item.connection.open) this.handleRequest(item.connection, item.request);
        return;
      case 'response':
        this.handleResponse(item.connection, item.response);
        return;
      case 'expired':
        this.leadership.onFetchExpired(item.fetch);
        return;
    }
  }

  /** @returns when there is something to do next; 0: at once, in a new state */
  private poll(): number {
    const { state, isVoter } = this.member.quorum;
    switch (state.kind) {
      case 'leader':
        return this.leadership.poll(state);
      case 'follower':
        return this.following.poll(state);
      case 'candidate':
        return this.elections.pollCandidate(state);
      case 'prospective':
        return this.elections.pollProspective(state);
      case 'resigned':
        return this.elections.pollResigned(state);
      case 'unattached':
        return isVoter ? this.elections.pollUnattached(state.electionDeadline) : this.following.fetchFromAnybody();
    }
  }

  /** One timer. Set too early it finds nothing to do and is set anew. */
  private wakeAt(time: number): void {
    if (this.pollTimerAt <= time) return;
    const { host, now } = this.member;
    if (this.pollTimer !== 0) host.cancel(this.pollTimer);
    this.pollTimerAt = time;
    this.pollTimer = host.timer(this.timers.poll, Math.max(1, time - now), 0);
  }

  // ---------------------------------------------------------------------- what is asked

  private handleRequest(connection: Connection, request: Request): void {
    const before = this.member.quorum.leaderState;
    switch (request.kind) {
      case RaftApi.vote:
        this.elections.onVote(connection, request as VoteRequest);
        break;
      case RaftApi.beginQuorumEpoch:
        this.elections.onBeginQuorumEpoch(connection, request as BeginQuorumEpochRequest);
        break;
      case RaftApi.endQuorumEpoch:
        this.elections.onEndQuorumEpoch(connection, request as EndQuorumEpochRequest);
        break;
      case RaftApi.fetch:
        this.leadership.onFetch(connection, request as QuorumFetchRequest);
        break;
      case RaftApi.fetchSnapshot:
        this.leadership.onFetchSnapshot(connection, request as FetchSnapshotRequest);
        break;
      case RaftApi.apiVersions:
        this.member.answer<QuorumResponse>(connection, request, KafkaError.NONE, {});
        break;
      default:
        this.leadership.changes.on(connection, request as VoterChangeRequest);
    }
    this.afterLeading(before !== null);
  }

  // ---------------------------------------------------------------------- what is answered

  /** (handleResponse, maybeHandleCommonResponse) */
  private handleResponse(connection: Connection, message: Response): void {
    const { member } = this;
    const channel = connection.state as PeerChannel;
    if (!channel.onResponse(message, member.now)) return;
    const wasLeader = this.isLeader;
    const response = message as QuorumResponse;
    if (!this.handleWanted(channel.peer, response)) channel.backOff(member.now);
    this.afterLeading(wasLeader);
  }

  /** @returns whether it was of any use: if not, the next question waits a little */
  private handleWanted(from: number, response: QuorumResponse): boolean {
    const { member } = this;
    const { quorum } = member;
    const { error, leaderId, leaderEpoch } = response;
    if (response.kind === RaftApi.apiVersions + RESPONSE) {
      this.leadership.changes.onApiVersions(from);
      return true;
    }
    if (error === KafkaError.UNSUPPORTED_VERSION) {
      this.elections.onUnsupportedVersion();
      return true;
    }
    if (leaderEpoch < quorum.epoch || error === KafkaError.UNKNOWN_LEADER_EPOCH) return false;
    const isElsewhere = error === KafkaError.FENCED_LEADER_EPOCH || error === KafkaError.NOT_LEADER_OR_FOLLOWER;
    if (leaderEpoch > quorum.epoch || isElsewhere) return member.heed(leaderId, leaderEpoch);
    if (leaderId !== NOBODY && quorum.leaderId === NOBODY) member.heed(leaderId, leaderEpoch);
    return this.handleCurrent(from, response);
  }

  private handleCurrent(from: number, response: QuorumResponse): boolean {
    const { state } = this.member.quorum;
    switch (response.kind - RESPONSE) {
      case RaftApi.vote:
        return this.elections.onVoteResponse(from, response as VoteResponse);
      case RaftApi.beginQuorumEpoch:
        if (state.kind === 'leader') state.acknowledgedBy(from);
        return true;
      case RaftApi.endQuorumEpoch:
        this.elections.onEndQuorumEpochResponse(from);
        return true;
      case RaftApi.fetch:
        return state.kind === 'follower' && this.following.onFetched(state, response as QuorumFetchResponse);
      case RaftApi.fetchSnapshot:
        return state.kind === 'follower' && this.following.onSnapshot(state, response as FetchSnapshotResponse);
      default:
        return true;
    }
  }

  /** Deposed by what it was just told: what it had accepted and not written is void. */
  private afterLeading(wasLeader: boolean): void {
    if (wasLeader && !this.isLeader) this.leadership.discard();
  }
}
