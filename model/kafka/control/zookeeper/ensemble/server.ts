/**
 * A server of a ZooKeeper ensemble as a process: looking for a leader, following or leading (QuorumPeer). Its log and its
 * tree outlive its roles; a crash leaves it what is on its disk.
 *
 * Departures: a server keeps its whole log and replays it, instead of snapshots; and it applies what is committed, where
 * ZooKeeper also loads the uncommitted end of its log and takes it back when the leader says so.
 */
import type { Connection } from '../../../../kernel/network.js';
import type { IoResult } from '../../../../kernel/disk.js';
import { Process, type BrokenReason, type Host, type MachineId, type Message } from '../../../../kernel/process.js';
import type { ConnectionOwner } from '../../../broker/components.js';
import { ClientSessions } from './client-sessions.js';
import { Election } from './election.js';
import type { EnsembleConfig } from './ensemble-config.js';
import { Follower } from './follower.js';
import { Leader } from './leader.js';
import { ZkPurpose } from './messages.js';
import type { Role, ServerServices } from './server-services.js';
import { TransactionLog } from './transaction-log.js';
import type { Transaction } from './operations.js';
import { ZnodeTree } from './znode-tree.js';

const Timer = { finalizeElection: 1, resendVote: 2, logFlushed: 3, halfTick: 4, retry: 5 } as const;

/** Stands outside the simulated world, and is told what the ensemble agrees on. */
export interface EnsembleObserver {
  /** A server knows this to be committed. Each does, one after the other, each in order. */
  onCommitted(server: Host, transaction: Transaction): void;
  /** A majority follows this server. */
  onLeading(server: Host, epoch: number): void;
}

export class ZooKeeperServer extends Process implements ServerServices {
  readonly config: EnsembleConfig;
  readonly log: TransactionLog;
  readonly tree = new ZnodeTree();
  private readonly observer: EnsembleObserver;
  private readonly election: Election;
  private readonly clients: ClientSessions;
  /** null: looking. */
  private role: Role | null = null;
  /** One more for each role. */
  private roles = 0;
  /** How much of the log has been applied. */
  private applied = 0;

  constructor(host: Host, config: EnsembleConfig, observer: EnsembleObserver) {
    super(host);
    this.config = config;
    this.observer = observer;
    this.log = new TransactionLog(host, Timer.logFlushed);
    this.clients = new ClientSessions(host.id, this.tree, config);
    const timers = { finalize: Timer.finalizeElection, resend: Timer.resendVote };
    this.election = new Election(host, config, timers, (leader) => this.begin(leader));
  }

  override start(): void {
    this.log.recover();
    this.host.timer(Timer.halfTick, this.config.tickMicros / 2, 0);
    this.election.look(this.log.lastZxid, this.log.currentEpoch);
  }

  override onConnection(connection: Connection): void {
    switch (connection.purpose) {
      case ZkPurpose.election:
        connection.state = this.election;
        return;
      case ZkPurpose.quorum:
        if (this.role === null) connection.close();
        else this.role.accept(connection);
        return;
      default:
        this.clients.accept(connection);
    }
  }

  override onConnected(connection: Connection): void {
    this.ownerOf(connection)?.onConnected(connection);
  }

  override onMessage(connection: Connection, message: Message): void {
    this.ownerOf(connection)?.onMessage(connection, message);
  }

  override onBroken(connection: Connection, why: BrokenReason): void {
    this.ownerOf(connection)?.onBroken(connection, why);
  }

  override onTimer(kind: number, arg: number, payload: unknown): void {
    switch (kind) {
      case Timer.logFlushed:
        if (this.log.onFlushed(payload as IoResult)) this.role?.onDurable();
        return;
      case Timer.halfTick:
        this.host.timer(Timer.halfTick, this.config.tickMicros / 2, 0);
        this.role?.onHalfTick();
        return;
      case Timer.retry:
        if (arg === this.roles) this.role?.onRetry();
        return;
      default:
        this.election.onTimer(kind);
    }
  }

  // ---------------------------------------------------------------------- for its role

  get id(): MachineId {
    return this.host.id;
  }

  commitThrough(zxid: number): void {
    const { transactions } = this.log;
    while (this.applied < transactions.length && transactions[this.applied].zxid <= zxid) {
      const transaction = transactions[this.applied++];
      this.observer.onCommitted(this.host, transaction);
      this.clients.onApplied(transaction, this.tree.apply(transaction));
    }
  }

  serve(): void {
    this.clients.upstream = this.role;
  }

  onRevalidated(session: number, valid: boolean): void {
    this.clients.onRevalidated(session, valid);
  }

  onSynced(session: number, cxid: number): void {
    this.clients.onSynced(session, cxid);
  }

  look(): void {
    this.clients.shutDown();
    this.role?.end();
    this.role = null;
    this.roles++;
    this.election.look(this.log.lastZxid, this.log.currentEpoch);
  }

  retryLater(micros: number): void {
    this.host.timer(Timer.retry, micros, this.roles);
  }

  announceLeadership(epoch: number): void {
    this.observer.onLeading(this.host, epoch);
  }

  private begin(leader: MachineId): void {
    this.roles++;
    if (leader === this.id) {
      const role = new Leader(this);
      this.role = role;
      role.start();
    } else {
      this.role = new Follower(this, leader);
    }
  }

  /** undefined: a role that is over. */
  private ownerOf(connection: Connection): ConnectionOwner | undefined {
    const owner = connection.state as ConnectionOwner | undefined;
    return connection.purpose === ZkPurpose.quorum && owner !== this.role ? undefined : owner;
  }
}
