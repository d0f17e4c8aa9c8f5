/**
 * A server that leads: Zab's three phases. Discovery: a majority promises an epoch that is above all they have known.
 * Synchronisation: a majority takes over the leader's history. Broadcast: each transaction is proposed to all, and
 * committed once a majority has it on its disks, in order. (Leader, LearnerHandler, PrepRequestProcessor)
 */
import type { Connection } from '../../../../kernel/network.js';
import type { MachineId, Message } from '../../../../kernel/process.js';
import { ZkCode } from './codes.js';
import { majorityOf } from './ensemble-config.js';
import {
  head,
  proposal,
  synchronise,
  zxidMessage,
  ZkMessage,
  type AckEpoch,
  type FollowerInfo,
  type Forward,
  type LeaderInfo,
  type Pong,
  type SessionMessage,
  type SyncMessage,
  type ZxidMessage,
} from './messages.js';
import { firstZxid, type Transaction, type TransactionOp } from './operations.js';
import type { Role, ServerServices } from './server-services.js';
import { SessionTracker } from './session-tracker.js';

/** A follower, as its leader knows it. */
interface Learner {
  readonly connection: Connection;
  server: MachineId;
  /** connected: has said nothing. informed: its accepted epoch is known. promised: it acknowledged ours. */
  stage: 'connected' | 'informed' | 'promised' | 'synchronising' | 'synchronised';
  acceptedEpoch: number;
  /** End of its log when it promised. */
  lastZxid: number;
  /** Durable there. */
  ackedZxid: number;
  /** Monotonic microseconds. */
  lastHeard: number;
}

interface WaitingSync {
  /** Answered once this is committed. */
  readonly zxid: number;
  /** null: a client of the leader's own. */
  readonly learner: Learner | null;
  readonly session: number;
  readonly cxid: number;
}

export class Leader implements Role {
  private readonly server: ServerServices;
  private readonly sessions: SessionTracker;
  private readonly learners = new Map<Connection, Learner>();
  private phase: 'discovery' | 'synchronisation' | 'broadcast' = 'discovery';
  /** -1: not agreed yet. */
  private epoch = -1;
  private nextZxid = 0;
  private committed = 0;
  /** Monotonic microseconds: by then a majority must have joined. */
  private readonly joinDeadline: number;
  private nextExpiryCheck = 0;
  private waitingSyncs: WaitingSync[] = [];

  constructor(server: ServerServices) {
    this.server = server;
    const { host, config } = server;
    this.sessions = new SessionTracker(config.tickMicros);
    this.joinDeadline = host.monotonicMicros() + config.initLimit * config.tickMicros;
  }

  /** An ensemble of one needs nobody else. */
  start(): void {
    this.agreeOnEpoch();
  }

  accept(connection: Connection): void {
    connection.state = this;
    this.learners.set(connection, {
      connection,
      server: connection.peer,
      stage: 'connected',
      acceptedEpoch: 0,
      lastZxid: 0,
      ackedZxid: 0,
      lastHeard: this.server.host.monotonicMicros(),
    });
  }

  onConnected(): void {}

  onBroken(connection: Connection): void {
    this.learners.delete(connection);
  }

  onMessage(connection: Connection, message: Message): void {
    const learner = this.learners.get(connection);
    if (learner === undefined) return;
    learner.lastHeard = this.server.host.monotonicMicros();
    switch (message.kind) {
      case ZkMessage.followerInfo:
        this.onFollowerInfo(learner, message as FollowerInfo);
        return;
      case ZkMessage.ackEpoch:
        this.onAckEpoch(learner, message as AckEpoch);
        return;
      case ZkMessage.ackNewLeader:
        this.onAckNewLeader(learner, message as ZxidMessage);
        return;
      case ZkMessage.ack:
        learner.ackedZxid = (message as ZxidMessage).zxid;
        this.tryCommit();
        return;
      case ZkMessage.pong:
        for (const session of (message as Pong).sessions) this.touch(session);
        return;
      case ZkMessage.forward: {
        const { session, cxid, op } = message as Forward;
        this.take(learner.server, session, cxid, op);
        return;
      }
      case ZkMessage.revalidate: {
        const { session } = message as SessionMessage;
        const valid = this.sessions.move(session, learner.server, this.server.host.monotonicMicros());
        const answer: SessionMessage = { session, ...head(ZkMessage.revalidated), valid };
        learner.connection.send(answer);
        return;
      }
      case ZkMessage.syncForward: {
        const { session, cxid } = message as SyncMessage;
        this.syncLater(learner, session, cxid);
        return;
      }
    }
  }

  onDurable(): void {
    if (this.phase === 'synchronisation') this.tryBroadcast();
    else if (this.phase === 'broadcast') this.tryCommit();
  }

  onHalfTick(): void {
    const now = this.server.host.monotonicMicros();
    if (this.phase !== 'broadcast') {
      if (now > this.joinDeadline) this.server.look();
      return;
    }
    this.dropSilent(now);
    if (!this.isMajority((learner) => learner.stage === 'synchronised')) {
      this.server.look();
      return;
    }
    for (const learner of this.learners.values()) {
      if (learner.stage === 'synchronised') learner.connection.send(head(ZkMessage.ping));
    }
    this.expireSessions(now);
  }

  onRetry(): void {}

  end(): void {
    for (const { connection } of this.learners.values()) connection.close();
    this.learners.clear();
  }

  // ---------------------------------------------------------------------- clients of the leader's own

  submit(session: number, cxid: number, op: TransactionOp): void {
    this.take(this.server.id, session, cxid, op);
  }

  sync(session: number, cxid: number): void {
    this.syncLater(null, session, cxid);
  }

  revalidate(session: number): void {
    const valid = this.sessions.move(session, this.server.id, this.server.host.monotonicMicros());
    this.server.onRevalidated(session, valid);
  }

  touch(session: number): void {
    this.sessions.touch(session, this.server.host.monotonicMicros());
  }

  // ---------------------------------------------------------------------- discovery

  private onFollowerInfo(learner: Learner, info: FollowerInfo): void {
    learner.stage = 'informed';
    learner.acceptedEpoch = info.acceptedEpoch;
    if (this.epoch >= 0) this.sendEpoch(learner);
    else this.agreeOnEpoch();
  }

  private agreeOnEpoch(): void {
    if (!this.isMajority((learner) => learner.stage === 'informed')) return;
    const { log } = this.server;
    let epoch = log.acceptedEpoch;
    for (const learner of this.learners.values()) epoch = Math.max(epoch, learner.acceptedEpoch);
    this.epoch = epoch + 1;
    log.acceptEpoch(this.epoch);
    for (const learner of this.learners.values()) if (learner.stage === 'informed') this.sendEpoch(learner);
    this.trySynchronise();
  }

  private sendEpoch(learner: Learner): void {
    const info: LeaderInfo = { epoch: this.epoch, ...head(ZkMessage.leaderInfo) };
    learner.connection.send(info);
  }

  /** A follower that has more than its leader must not lose it: then another should lead. */
  private onAckEpoch(learner: Learner, { currentEpoch, lastZxid }: AckEpoch): void {
    const { log } = this.server;
    learner.stage = 'promised';
    learner.lastZxid = lastZxid;
    if (this.phase !== 'discovery') {
      this.synchronise(learner);
      return;
    }
    if (currentEpoch > log.currentEpoch || (currentEpoch === log.currentEpoch && lastZxid > log.lastZxid)) {
      this.server.look();
      return;
    }
    this.trySynchronise();
  }

  // ---------------------------------------------------------------------- synchronisation

  private trySynchronise(): void {
    if (!this.isMajority((learner) => learner.stage === 'promised')) return;
    this.server.log.enterEpoch(this.epoch);
    this.phase = 'synchronisation';
    for (const learner of this.learners.values()) if (learner.stage === 'promised') this.synchronise(learner);
    this.tryBroadcast();
  }

  /** From the last transaction that both have. What is proposed from now on follows on the same connection. */
  private synchronise(learner: Learner): void {
    const { log } = this.server;
    const from = log.indexAfter(learner.lastZxid);
    const common = from === 0 ? 0 : log.transactions[from - 1].zxid;
    learner.stage = 'synchronising';
    learner.connection.send(synchronise(common, log.transactions.slice(from), this.epoch));
  }

  private onAckNewLeader(learner: Learner, { zxid }: ZxidMessage): void {
    learner.stage = 'synchronised';
    learner.ackedZxid = zxid;
    if (this.phase === 'synchronisation') {
      this.tryBroadcast();
    } else {
      learner.connection.send(zxidMessage(ZkMessage.upToDate, this.committed));
      this.tryCommit();
    }
  }

  private tryBroadcast(): void {
    const { server } = this;
    const { log, tree } = server;
    if (log.durableZxid < log.lastZxid || !this.isMajority((learner) => learner.stage === 'synchronised')) return;
    this.phase = 'broadcast';
    this.committed = log.lastZxid;
    this.nextZxid = firstZxid(this.epoch);
    server.announceLeadership(this.epoch);
    server.commitThrough(this.committed);
    const now = server.host.monotonicMicros();
    for (const [session, timeoutMicros] of tree.sessions) this.sessions.add(session, timeoutMicros, 0, now);
    for (const learner of this.learners.values()) {
      if (learner.stage === 'synchronised') learner.connection.send(zxidMessage(ZkMessage.upToDate, this.committed));
    }
    server.serve();
  }

  // ---------------------------------------------------------------------- broadcast

  private take(origin: MachineId, session: number, cxid: number, op: TransactionOp): void {
    if (op.kind === 'create-session') {
      this.sessions.add(this.nextZxid, op.timeoutMicros, origin, this.server.host.monotonicMicros());
      this.propose(origin, session, cxid, op);
    } else if (this.sessions.hasMovedFrom(session, origin)) {
      this.propose(origin, session, cxid, { kind: 'error', code: ZkCode.SESSIONMOVED });
    } else {
      if (op.kind === 'close-session') this.sessions.remove(session);
      this.propose(origin, session, cxid, op);
    }
  }

  private propose(origin: MachineId, session: number, cxid: number, op: TransactionOp): void {
    const transaction: Transaction = { zxid: this.nextZxid++, session, cxid, origin, op };
    this.server.log.append(transaction);
    const message = proposal(transaction);
    for (const learner of this.learners.values()) if (isFollowing(learner)) learner.connection.send(message);
  }

  /** The last that a majority has on its disks. */
  private tryCommit(): void {
    if (this.phase !== 'broadcast') return;
    const { config, log } = this.server;
    const acked = [log.durableZxid];
    for (const learner of this.learners.values()) if (learner.stage === 'synchronised') acked.push(learner.ackedZxid);
    const majority = majorityOf(config.servers);
    if (acked.length < majority) return;
    const zxid = acked.sort((a, b) => b - a)[majority - 1];
    if (zxid <= this.committed) return;
    this.committed = zxid;
    const message = zxidMessage(ZkMessage.commit, zxid);
    for (const learner of this.learners.values()) if (isFollowing(learner)) learner.connection.send(message);
    this.server.commitThrough(zxid);
    this.answerSyncs();
  }

  private syncLater(learner: Learner | null, session: number, cxid: number): void {
    this.waitingSyncs.push({ zxid: this.server.log.lastZxid, learner, session, cxid });
    this.answerSyncs();
  }

  private answerSyncs(): void {
    const due = this.waitingSyncs.filter(({ zxid }) => zxid <= this.committed);
    this.waitingSyncs = this.waitingSyncs.filter(({ zxid }) => zxid > this.committed);
    for (const { learner, session, cxid } of due) {
      if (learner === null) {
        this.server.onSynced(session, cxid);
      } else {
        const answer: SyncMessage = { session, ...head(ZkMessage.syncAnswer), cxid };
        learner.connection.send(answer);
      }
    }
  }

  /** Expiry is a transaction like any other: without a majority no session ends. */
  private expireSessions(now: number): void {
    if (now < this.nextExpiryCheck) return;
    const { tickMicros } = this.server.config;
    this.nextExpiryCheck = (Math.floor(now / tickMicros) + 1) * tickMicros;
    for (const session of this.sessions.takeExpired(now)) {
      this.propose(this.server.id, session, 0, { kind: 'close-session' });
    }
  }

  private dropSilent(now: number): void {
    const { syncLimit, tickMicros } = this.server.config;
    for (const [connection, learner] of this.learners) {
      if (now - learner.lastHeard <= syncLimit * tickMicros) continue;
      this.learners.delete(connection);
      connection.close();
    }
  }

  /** With the leader itself. */
  private isMajority(counts: (learner: Learner) => boolean): boolean {
    const servers = new Set<MachineId>([this.server.id]);
    for (const learner of this.learners.values()) if (counts(learner)) servers.add(learner.server);
    return servers.size >= majorityOf(this.server.config.servers);
  }
}

/** Has the leader's history, durable or not, and gets what comes after. */
function isFollowing({ stage }: Learner): boolean {
  return stage === 'synchronising' || stage === 'synchronised';
}
