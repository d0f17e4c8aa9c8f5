/**
 * A server that follows: it finds its leader, takes over its history, and from then on appends what is proposed,
 * acknowledges what is durable and applies what is committed. (Follower, Learner)
 */
import type { Connection } from '../../../../kernel/network.js';
import type { MachineId, Message } from '../../../../kernel/process.js';
import {
  forward,
  head,
  zxidMessage,
  ZkMessage,
  ZkPurpose,
  type AckEpoch,
  type FollowerInfo,
  type LeaderInfo,
  type Pong,
  type Proposal,
  type SessionMessage,
  type SyncMessage,
  type Synchronise,
  type ZxidMessage,
} from './messages.js';
import type { TransactionOp } from './operations.js';
import type { Role, ServerServices } from './server-services.js';

/** Learner.connectToLeader: five attempts, a second apart. */
const CONNECT_ATTEMPTS = 5;
const CONNECT_PAUSE_MICROS = 1_000_000;

export class Follower implements Role {
  private readonly server: ServerServices;
  private readonly leader: MachineId;
  private connection: Connection;
  private attempts = 1;
  /** connecting: no answer of the leader yet. synchronised: its history is ours, though not yet durable. */
  private phase: 'connecting' | 'synchronising' | 'synchronised' | 'serving' = 'connecting';
  /** Monotonic microseconds. */
  private lastHeard: number;
  /** End of the history that the leader sent; it is acknowledged when it is durable. */
  private historyZxid = 0;
  private ackedZxid = 0;
  /** Clients heard of since the last ping. */
  private readonly touched = new Set<number>();

  constructor(server: ServerServices, leader: MachineId) {
    this.server = server;
    this.leader = leader;
    this.lastHeard = server.host.monotonicMicros();
    this.connection = this.connect();
  }

  accept(connection: Connection): void {
    connection.close();
  }

  onConnected(connection: Connection): void {
    const info: FollowerInfo = {
      server: this.server.id,
      ...head(ZkMessage.followerInfo),
      acceptedEpoch: this.server.log.acceptedEpoch,
    };
    connection.send(info);
  }

  onBroken(connection: Connection): void {
    if (connection !== this.connection) return;
    if (this.phase === 'connecting' && this.attempts < CONNECT_ATTEMPTS) this.server.retryLater(CONNECT_PAUSE_MICROS);
    else this.server.look();
  }

  onRetry(): void {
    this.attempts++;
    this.connection = this.connect();
  }

  onMessage(_connection: Connection, message: Message): void {
    this.lastHeard = this.server.host.monotonicMicros();
    switch (message.kind) {
      case ZkMessage.leaderInfo:
        this.acceptEpoch((message as LeaderInfo).epoch);
        return;
      case ZkMessage.synchronise:
        this.synchronise(message as Synchronise);
        return;
      case ZkMessage.proposal:
        this.server.log.append((message as Proposal).transaction);
        return;
      case ZkMessage.commit:
        this.server.commitThrough((message as ZxidMessage).zxid);
        return;
      case ZkMessage.upToDate:
        this.phase = 'serving';
        this.server.commitThrough((message as ZxidMessage).zxid);
        this.server.serve();
        return;
      case ZkMessage.ping:
        this.pong();
        return;
      case ZkMessage.revalidated: {
        const { session, valid } = message as SessionMessage;
        this.server.onRevalidated(session, valid);
        return;
      }
      case ZkMessage.syncAnswer: {
        const { session, cxid } = message as SyncMessage;
        this.server.onSynced(session, cxid);
        return;
      }
    }
  }

  onDurable(): void {
    if (this.phase !== 'synchronised' && this.phase !== 'serving') return;
    const { durableZxid } = this.server.log;
    if (durableZxid < this.historyZxid) return;
    if (this.ackedZxid < 0) {
      this.connection.send(zxidMessage(ZkMessage.ackNewLeader, durableZxid));
    } else if (durableZxid > this.ackedZxid) {
      this.connection.send(zxidMessage(ZkMessage.ack, durableZxid));
    }
    this.ackedZxid = durableZxid;
  }

  onHalfTick(): void {
    const { config, host } = this.server;
    const ticks = this.phase === 'serving' ? config.syncLimit : config.initLimit;
    if (host.monotonicMicros() - this.lastHeard > ticks * config.tickMicros) this.server.look();
  }

  end(): void {
    this.connection.close();
  }

  // ---------------------------------------------------------------------- clients

  submit(session: number, cxid: number, op: TransactionOp): void {
    this.connection.send(forward(session, cxid, op));
  }

  sync(session: number, cxid: number): void {
    const message: SyncMessage = { session, ...head(ZkMessage.syncForward), cxid };
    this.connection.send(message);
  }

  revalidate(session: number): void {
    const message: SessionMessage = { session, ...head(ZkMessage.revalidate), valid: true };
    this.connection.send(message);
  }

  touch(session: number): void {
    this.touched.add(session);
  }

  // ---------------------------------------------------------------------- joining

  private connect(): Connection {
    const { host, config } = this.server;
    const connection = host.net.connect(this.leader, ZkPurpose.quorum, config.initLimit * config.tickMicros);
    connection.state = this;
    return connection;
  }

  /** Once promised, no leader of an earlier epoch is followed (Learner.registerWithLeader). */
  private acceptEpoch(epoch: number): void {
    const { log } = this.server;
    if (epoch < log.acceptedEpoch) {
      this.server.look();
      return;
    }
    this.phase = 'synchronising';
    if (epoch > log.acceptedEpoch) log.acceptEpoch(epoch);
    const ack: AckEpoch = {
      currentEpoch: log.currentEpoch,
      ...head(ZkMessage.ackEpoch),
      lastZxid: log.lastZxid,
    };
    this.connection.send(ack);
  }

  private synchronise({ truncateTo, transactions, epoch }: Synchronise): void {
    const { log, tree } = this.server;
    if (truncateTo < tree.lastZxid) throw new Error('a leader has everything that was ever committed');
    log.truncate(truncateTo);
    for (const transaction of transactions) log.append(transaction);
    log.enterEpoch(epoch);
    this.phase = 'synchronised';
    this.historyZxid = log.lastZxid;
    this.ackedZxid = -1;
    this.onDurable();
  }

  private pong(): void {
    const message: Pong = { ...head(ZkMessage.pong), sessions: [...this.touched] };
    this.touched.clear();
    this.connection.send(message);
  }
}
