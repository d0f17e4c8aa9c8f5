/**
 * Who is to lead: FastLeaderElection. Each looking server votes for the best it has heard of, by (epoch, last zxid, id),
 * and tells all; once a majority votes alike, and nothing better came for a while, that is the outcome. A server that has
 * a leader already says so to whoever is looking.
 */
import type { Connection } from '../../../../kernel/network.js';
import type { Host, MachineId, Message, TimerId } from '../../../../kernel/process.js';
import type { ConnectionOwner } from '../../../broker/components.js';
import { majorityOf, type EnsembleConfig } from './ensemble-config.js';
import { ZkMessage, ZkPurpose, type Notification, type ServerState, type Vote } from './messages.js';

/** FastLeaderElection.finalizeWait: how long a better vote is waited for. */
const FINALIZE_MICROS = 200_000;
/** Votes are told again after this, and ever more seldom (minNotificationInterval, maxNotificationInterval). */
const RESEND_MICROS = 200_000;
const RESEND_MAX_MICROS = 60_000_000;
/** QuorumCnxManager: cnxTO. */
const CONNECT_MICROS = 5_000_000;
const NOTIFICATION_BYTES = 60;

/** Kinds of timers. */
export interface ElectionTimers {
  readonly finalize: number;
  readonly resend: number;
}

export class Election implements ConnectionOwner {
  state: ServerState = 'looking';
  private readonly host: Host;
  private readonly config: EnsembleConfig;
  private readonly timers: ElectionTimers;
  private readonly decided: (leader: MachineId) => void;
  /** logicalclock: how many elections this process knows of. */
  private round = 0;
  private vote: Vote = { leader: 0, zxid: 0, epoch: 0 };
  /** What this server would vote for if it heard of no other. */
  private own: Vote = this.vote;
  /** Of this round, by server: those of looking servers, and of others that voted in it. */
  private readonly votes = new Map<MachineId, Vote>();
  /** The last word of each server that was not looking. */
  private readonly settled = new Map<MachineId, Notification>();
  /** Own connections, by server. */
  private readonly connections = new Map<MachineId, Connection>();
  private finalizeTimer: TimerId = 0;
  private resendTimer: TimerId = 0;
  private resendMicros = RESEND_MICROS;

  constructor(host: Host, config: EnsembleConfig, timers: ElectionTimers, decided: (leader: MachineId) => void) {
    this.host = host;
    this.config = config;
    this.timers = timers;
    this.decided = decided;
  }

  /** Begins a new election with a vote for oneself. */
  look(lastZxid: number, epoch: number): void {
    this.state = 'looking';
    this.round++;
    this.votes.clear();
    this.settled.clear();
    this.stopFinalizing();
    this.own = { leader: this.host.id, zxid: lastZxid, epoch };
    this.resendMicros = RESEND_MICROS;
    this.adopt(this.own);
    this.armResend();
    this.count();
  }

  onMessage(_connection: Connection, message: Message): void {
    const heard = message as Notification;
    if (this.state !== 'looking') {
      if (heard.state === 'looking') this.tell(heard.sender);
      return;
    }
    this.resendMicros = RESEND_MICROS;
    if (heard.state === 'looking') this.hearLooking(heard);
    else this.hearSettled(heard);
  }

  onConnected(connection: Connection): void {
    connection.send(this.notification());
  }

  onBroken(connection: Connection): void {
    if (this.connections.get(connection.peer) === connection) this.connections.delete(connection.peer);
  }

  onTimer(kind: number): void {
    if (kind === this.timers.finalize) {
      this.finalizeTimer = 0;
      this.finish(this.vote.leader);
      return;
    }
    this.resendTimer = 0;
    if (this.state !== 'looking') return;
    this.resendMicros = Math.min(2 * this.resendMicros, RESEND_MAX_MICROS);
    this.tellAll();
    this.armResend();
  }

  private hearLooking(heard: Notification): void {
    if (heard.round < this.round) {
      this.tell(heard.sender);
      return;
    }
    if (heard.round > this.round) {
      this.round = heard.round;
      this.votes.clear();
      this.stopFinalizing();
      this.adopt(isBetter(heard.vote, this.own) ? heard.vote : this.own);
    } else if (isBetter(heard.vote, this.vote)) {
      this.adopt(heard.vote);
    }
    this.votes.set(heard.sender, heard.vote);
    this.count();
  }

  /** Someone has a leader. That leader's own word is needed too: it may have fallen since. */
  private hearSettled(heard: Notification): void {
    const { leader } = heard.vote;
    this.settled.set(heard.sender, heard);
    if (heard.round === this.round) {
      this.votes.set(heard.sender, heard.vote);
      if (this.hasMajority(this.votes.values(), heard.vote) && this.isLed(leader)) {
        this.finish(leader);
        return;
      }
    }
    const words = [...this.settled.values()].map(({ vote }) => vote);
    if (!this.hasMajority(words, heard.vote) || !this.isLed(leader)) return;
    this.round = heard.round;
    this.vote = heard.vote;
    this.finish(leader);
  }

  private isLed(leader: MachineId): boolean {
    return leader !== this.host.id && this.settled.get(leader)?.state === 'leading';
  }

  private adopt(vote: Vote): void {
    this.vote = vote;
    this.votes.set(this.host.id, vote);
    this.stopFinalizing();
    this.tellAll();
  }

  private count(): void {
    if (!this.hasMajority(this.votes.values(), this.vote)) return;
    if (this.finalizeTimer === 0) this.finalizeTimer = this.host.timer(this.timers.finalize, FINALIZE_MICROS, 0);
  }

  private hasMajority(votes: Iterable<Vote>, vote: Vote): boolean {
    let count = 0;
    for (const other of votes) if (other.leader === vote.leader) count++;
    return count >= majorityOf(this.config.servers);
  }

  private finish(leader: MachineId): void {
    this.stopFinalizing();
    this.state = leader === this.host.id ? 'leading' : 'following';
    this.decided(leader);
  }

  private stopFinalizing(): void {
    if (this.finalizeTimer !== 0) this.host.cancel(this.finalizeTimer);
    this.finalizeTimer = 0;
  }

  // ---------------------------------------------------------------------- telling

  private tellAll(): void {
    for (const server of this.config.servers) if (server !== this.host.id) this.tell(server);
  }

  /** A connection that is being set up carries what stands when it is there. */
  private tell(server: MachineId): void {
    const connection = this.connections.get(server);
    if (connection === undefined) {
      const asked = this.host.net.connect(server, ZkPurpose.election, CONNECT_MICROS);
      asked.state = this;
      this.connections.set(server, asked);
    } else if (connection.open) {
      connection.send(this.notification());
    }
  }

  private notification(): Notification {
    const { round, vote, state } = this;
    return { kind: ZkMessage.notification, bytes: NOTIFICATION_BYTES, sender: this.host.id, state, round, vote };
  }

  private armResend(): void {
    if (this.resendTimer !== 0) this.host.cancel(this.resendTimer);
    this.resendTimer = this.host.timer(this.timers.resend, this.resendMicros, 0);
  }
}

/** FastLeaderElection.totalOrderPredicate */
function isBetter(vote: Vote, than: Vote): boolean {
  if (vote.epoch !== than.epoch) return vote.epoch > than.epoch;
  if (vote.zxid !== than.zxid) return vote.zxid > than.zxid;
  return vote.leader > than.leader;
}
