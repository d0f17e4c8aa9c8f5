/** The call shapes between a server of the ensemble and its parts. */
import type { Connection } from '../../../../kernel/network.js';
import type { Host, MachineId } from '../../../../kernel/process.js';
import type { ConnectionOwner } from '../../../broker/components.js';
import type { EnsembleConfig } from './ensemble-config.js';
import type { TransactionOp } from './operations.js';
import type { TransactionLog } from './transaction-log.js';
import type { ZnodeTree } from './znode-tree.js';

/** Where a server's clients' writes go: itself, if it leads, or its leader. */
export interface Upstream {
  submit(session: number, cxid: number, op: TransactionOp): void;
  /** Answered by ClientSessions.onSynced once this server has applied all that was committed before. */
  sync(session: number, cxid: number): void;
  /** A client comes back with its session: answered by ClientSessions.onRevalidated. */
  revalidate(session: number): void;
  /** A client was heard. */
  touch(session: number): void;
}

/** Following or leading. A role is over once another has begun; what still arrives for it is nobody's. */
export interface Role extends ConnectionOwner, Upstream {
  /** Another server connects to this one as to its leader. */
  accept(connection: Connection): void;
  /** The durable part of the log grew. */
  onDurable(): void;
  /** Twice a tick. */
  onHalfTick(): void;
  /** The timer that `retryLater` asked for. */
  onRetry(): void;
  /** Closes its connections. */
  end(): void;
}

/** What a server offers its role. */
export interface ServerServices {
  readonly host: Host;
  readonly config: EnsembleConfig;
  readonly log: TransactionLog;
  readonly tree: ZnodeTree;
  /** Everything up to here is committed: applies it, and tells watchers and whoever waits. */
  commitThrough(zxid: number): void;
  /** Clients are served from now on. */
  serve(): void;
  /** The answer of the leader to `revalidate` and `sync`. */
  onRevalidated(session: number, valid: boolean): void;
  onSynced(session: number, cxid: number): void;
  /** The role is over: the next election begins. */
  look(): void;
  /** Calls `onRetry` of the present role, unless another begins first. */
  retryLater(micros: number): void;
  /** This server leads an epoch, and a majority has agreed. */
  announceLeadership(epoch: number): void;
  readonly id: MachineId;
}
