/**
 * What the parts of one node of the quorum share: its log, its state, what is committed, the way to the others; and the
 * transitions between states with what each entails. (KafkaRaftClient)
 *
 * A node does one thing at a time: while its log is being flushed, nothing else is taken up.
 */
import type { Connection } from '../../../../kernel/network.js';
import type { Host } from '../../../../kernel/process.js';
import type { Stream } from '../../../../kernel/random.js';
import { Probe } from '../../../probes.js';
import { KafkaError, type ErrorCode } from '../../../protocol/errors.js';
import { RESPONSE, type Request, type Response } from '../../../protocol/messages.js';
import { NO_DIRECTORY, type VoterKey } from '../../../protocol/metadata-records.js';
import {
  NOBODY,
  type MetadataBatch,
  type MetadataSnapshot,
  type QuorumResponse,
} from '../../../protocol/raft-messages.js';
import { hasDynamicVoters, type QuorumConfig } from './config.js';
import { directoryIdOf, FIRST_DIRECTORY } from './directory-id.js';
import { MetadataLog } from './log.js';
import { ParkedFetches } from './parked-fetches.js';
import { PeerChannel } from './peer-channel.js';
import { Quorum } from './quorum.js';
import { VoterSets } from './voter-sets.js';

/** Kinds of the timers and fsyncs that a node asks its process for; the process hands them back. */
export interface RaftTimers {
  readonly poll: number;
  readonly flushed: number;
  readonly fetchExpired: number;
}

/** The state machine above the log. (RaftClient.Listener) */
export interface RaftListener {
  /** The next committed batch, in order. Control records are among them. */
  onCommitted(batch: MetadataBatch): void;
  /** The state is this now, whatever was told before. */
  onSnapshot(snapshot: MetadataSnapshot): void;
  /**
   * Somebody leads, or nobody (NOBODY) in this epoch. Of its own leadership a node hears when it has been told all that
   * was committed before it.
   */
  onLeaderChange(leaderId: number, epoch: number): void;
}

/** The protocol was broken by somebody: the node halts rather than go on. (IllegalStateException in KafkaRaftClient) */
export class QuorumFault extends Error {}

const NO_KEY = -1;
export const REQUEST_BYTES = 100;
const RESPONSE_BYTES = 80;

export class Member {
  readonly host: Host;
  readonly config: QuorumConfig;
  readonly listener: RaftListener;
  readonly log: MetadataLog;
  /** From which it votes; NO_DIRECTORY: voters are known by their ids. */
  readonly directoryId: number;
  readonly voterSets: VoterSets;
  readonly quorum: Quorum;
  readonly parked: ParkedFetches;
  /** For backoffs and whom to ask. */
  readonly dice: Stream;
  /** End of what this node knows to be committed, exclusive. Never goes back while it lives. */
  highWatermark = 0;
  /** End of what the state machine was told. */
  told = 0;
  /** What the fsync under way is for: go on from there when it is over. */
  afterFlush: (() => void) | null = null;
  private readonly channels = new Map<number, PeerChannel>();
  private readonly timers: RaftTimers;
  private toldLeader = NOBODY;
  private toldEpoch = 0;
  private wasTold = false;

  constructor(host: Host, config: QuorumConfig, listener: RaftListener, timers: RaftTimers) {
    this.host = host;
    this.config = config;
    this.listener = listener;
    this.timers = timers;
    this.dice = host.dice('quorum');
    this.log = new MetadataLog(host.disk, config.settings);
    this.directoryId = hasDynamicVoters(config) ? directoryIdOf(host) : NO_DIRECTORY;
    this.voterSets = new VoterSets(firstVoters(config, this.directoryId), this.log);
    this.quorum = new Quorum(host, config, this.voterSets, this.directoryId);
    this.parked = new ParkedFetches(host, timers.fetchExpired);
  }

  get now(): number {
    return this.host.monotonicMicros();
  }

  get nodeId(): number {
    return this.config.nodeId;
  }

  /** A request to the voter of this directory is for this node. (KafkaRaftClient.isValidVoterKey) */
  isMeant(voterDirectoryId: number): boolean {
    return voterDirectoryId === NO_DIRECTORY || voterDirectoryId === this.directoryId;
  }

  // ---------------------------------------------------------------------- the others

  channel(node: number): PeerChannel {
    let channel = this.channels.get(node);
    if (channel === undefined) {
      const { settings } = this.config;
      const times = {
        requestTimeoutMicros: settings['controller.quorum.request.timeout.ms'] * 1000,
        retryBackoffMicros: settings['controller.quorum.retry.backoff.ms'] * 1000,
      };
      channel = new PeerChannel(this.host, node, times, this.dice);
      this.channels.set(node, channel);
    }
    return channel;
  }

  /** Gives the channels their time. @returns when they want it next */
  tickChannels(): number {
    let next = Number.POSITIVE_INFINITY;
    for (const channel of this.channels.values()) next = Math.min(next, channel.tick(this.now));
    return next;
  }

  /** Until when somebody may answer; infinite: nobody was asked anything. */
  get awaitedUntil(): number {
    let until = Number.POSITIVE_INFINITY;
    for (const channel of this.channels.values()) until = Math.min(until, channel.awaitedUntil(this.now));
    return until;
  }

  /** Sends if the channel is ready. @returns when it may be tried again */
  ask<R extends Request>(node: number, kind: number, fields: Omit<R, keyof Request>): number {
    const channel = this.channel(node);
    const { now } = this;
    if (!channel.isReady(now)) return channel.readyAt;
    channel.send({ kind, bytes: REQUEST_BYTES, correlationId: channel.nextCorrelationId(), ...fields } as Request, now);
    return channel.readyAt;
  }

  answer<R extends QuorumResponse>(
    connection: Connection,
    request: Request,
    error: ErrorCode,
    fields: Omit<R, keyof QuorumResponse>,
    bytes = RESPONSE_BYTES,
  ): void {
    const { leaderId, epoch } = this.quorum;
    const { correlationId } = request;
    const kind = request.kind + RESPONSE;
    this.reply(connection, { kind, bytes, correlationId, error, leaderId, leaderEpoch: epoch, ...fields } as R);
  }

  reply(connection: Connection, response: Response): void {
    connection.send(response);
    connection.resumeReading();
  }

  // ---------------------------------------------------------------------- transitions

  toUnattached(epoch: number): void {
    this.leavingLeadership();
    this.quorum.toUnattached(epoch);
    this.entered();
  }

  toFollower(epoch: number, leaderId: number): void {
    this.leavingLeadership();
    this.quorum.toFollower(epoch, leaderId);
    this.entered();
  }

  /** Parked fetches are answered that nobody leads here. */
  toResigned(): void {
    const { leaderState } = this.quorum;
    this.leavingLeadership();
    this.quorum.toResigned(leaderState!.otherVotersByDescendingEnd());
    this.forgetRequests();
    this.announce(Probe.quorumResigned);
  }

  /** What every change of state entails: requests of the old one are void, and the state machine hears who leads. */
  entered(): void {
    this.forgetRequests();
    this.tellLeader();
  }

  private leavingLeadership(): void {
    if (this.quorum.state.kind !== 'leader') return;
    for (const { connection, response } of this.parked.takeAll()) {
      this.reply(connection, { ...response, error: KafkaError.NOT_LEADER_OR_FOLLOWER } as Response);
    }
  }

  private forgetRequests(): void {
    for (const channel of this.channels.values()) channel.forget();
  }

  /**
   * What a message says of leader and epoch, taken to heart. (KafkaRaftClient.maybeTransition)
   * @returns whether it changed anything
   */
  heed(leaderId: number, epoch: number): boolean {
    const { quorum } = this;
    if (!this.isConsistent(leaderId, epoch)) {
      throw new QuorumFault(`${leaderId} is said to lead in epoch ${epoch}, in which ${quorum.leaderId} does`);
    }
    if (epoch > quorum.epoch) {
      if (leaderId === NOBODY) this.toUnattached(epoch);
      else this.toFollower(epoch, leaderId);
      return true;
    }
    if (epoch === quorum.epoch && leaderId !== NOBODY && quorum.leaderId === NOBODY) {
      this.toFollower(epoch, leaderId);
      return true;
    }
    return false;
  }

  /** Nobody leads in this node's name without its knowledge, and only one in an epoch. (hasConsistentLeader) */
  private isConsistent(leaderId: number, epoch: number): boolean {
    const { quorum } = this;
    if (leaderId === this.nodeId) return epoch === quorum.epoch && quorum.leaderId === leaderId;
    return epoch !== quorum.epoch || leaderId === NOBODY || quorum.leaderId === NOBODY || quorum.leaderId === leaderId;
  }

  // ---------------------------------------------------------------------- what is committed

  /** Never back: who is told so has been told something wrong before, or is now. */
  commitTo(end: number): void {
    if (end < this.highWatermark) {
      throw new QuorumFault(`the high watermark cannot go back from ${this.highWatermark} to ${end}`);
    }
    if (end === this.highWatermark) return;
    this.highWatermark = end;
    this.tellCommitted();
  }

  /** B44: what was committed is cut off, as if it had not been. */
  loseCommitted(end: number): void {
    this.highWatermark = end;
  }

  /** The state machine hears of what it has not heard yet. (updateListenersProgress) */
  tellCommitted(): void {
    const { log, listener } = this;
    const snapshot = log.latestSnapshot;
    const isNews = snapshot !== undefined && snapshot.endOffset > this.told && snapshot.endOffset <= this.highWatermark;
    if (isNews && (this.told === 0 || this.told < log.startOffset)) {
      this.told = snapshot.endOffset;
      listener.onSnapshot(snapshot);
    }
    for (const batch of log.read(this.told, this.highWatermark)) {
      this.told = batch.baseOffset + batch.records.length;
      listener.onCommitted(batch);
    }
    this.tellLeader();
  }

  /** (maybeFireLeaderChange; KAFKA-15345) */
  tellLeader(): void {
    const { leaderId, epoch, leaderState, state } = this.quorum;
    // Who resigns hears of it when somebody else leads, or stands for election.
    if (state.kind === 'resigned') return;
    if (this.wasTold && this.toldLeader === leaderId && this.toldEpoch === epoch) return;
    const isBehind = leaderState !== null && this.told <= leaderState.epochStartOffset;
    if (isBehind && !this.config.rules.defects['KAFKA-15345']) return;
    this.wasTold = true;
    this.toldLeader = leaderId;
    this.toldEpoch = epoch;
    this.listener.onLeaderChange(leaderId, epoch);
  }

  /** Makes the log durable, then goes on. B40: goes on at once. */
  flushThen(next: () => void): void {
    if (this.config.rules.defects['KAFKA-10533']) {
      next();
      return;
    }
    this.afterFlush = next;
    this.log.flush(this.timers.flushed, 0);
  }

  announce(kind: number, a = this.quorum.epoch, b = 0): void {
    this.host.probes.emit(kind, this.nodeId, NO_KEY, a, b);
  }
}

/** What a node knows of voters without its log. */
function firstVoters({ voters }: QuorumConfig, directoryId: number): readonly VoterKey[] {
  if (directoryId === NO_DIRECTORY) return voters.map((id) => ({ id, directoryId }));
  return directoryId === FIRST_DIRECTORY ? voters.map((id) => ({ id, directoryId })) : [];
}
