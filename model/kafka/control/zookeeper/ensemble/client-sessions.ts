/**
 * The clients of one server: NIOServerCnxn, CommitProcessor, FinalRequestProcessor. Writes go upstream as they come; a
 * client is answered in the order of its requests, so that a read waits for the writes before it, and then sees what this
 * server has applied: be it behind.
 */
import type { Connection } from '../../../../kernel/network.js';
import type { Message } from '../../../../kernel/process.js';
import type { ConnectionOwner } from '../../../broker/components.js';
import { ZkCode } from './codes.js';
import { negotiate, type EnsembleConfig } from './ensemble-config.js';
import {
  head,
  reply,
  ZkMessage,
  type ClientRequest,
  type ConnectRequest,
  type ConnectResponse,
  type WatchMessage,
} from './messages.js';
import {
  result,
  type ClientOp,
  type OpResult,
  type ReadOp,
  type SetWatchesOp,
  type Transaction,
  type ZnodeEvent,
} from './operations.js';
import type { Upstream } from './server-services.js';
import { Watches, type Watcher } from './watches.js';
import type { Outcome, ZnodeTree } from './znode-tree.js';

/** A request that was not answered yet. */
interface Pending {
  readonly xid: number;
  readonly op: ClientOp;
  /** null: of a read that waits for its turn, or of a write that is not committed. */
  result: OpResult | null;
}

export class ClientSessions {
  readonly tree: ZnodeTree;
  readonly config: EnsembleConfig;
  readonly watches = new Watches();
  /** null: this server has no leader, and serves nobody. */
  upstream: Upstream | null = null;
  private readonly serverId: number;
  private readonly connections = new Set<ClientConnection>();
  /** Those that have asked for a session, by the number of their connection; those that came back with one, by session. */
  private readonly opening = new Map<number, ClientConnection>();
  private readonly returning = new Map<number, ClientConnection>();
  private readonly bySession = new Map<number, ClientConnection>();

  constructor(serverId: number, tree: ZnodeTree, config: EnsembleConfig) {
    this.serverId = serverId;
    this.tree = tree;
    this.config = config;
  }

  accept(connection: Connection): void {
    if (this.upstream === null) {
      connection.close();
      return;
    }
    const client = new ClientConnection(connection, this);
    this.connections.add(client);
    connection.state = client;
  }

  /** The server has lost its leader, or its leadership: clients are sent away, sessions live on. */
  shutDown(): void {
    this.upstream = null;
    for (const client of this.connections) this.drop(client);
  }

  open(client: ClientConnection, request: ConnectRequest): void {
    // It has seen more than this server: here it would go back in time.
    if (request.lastZxidSeen > this.tree.lastZxid) {
      this.drop(client);
      return;
    }
    if (request.session === 0) {
      const timeoutMicros = negotiate(request.timeoutMicros, this.config);
      this.opening.set(client.connection.id, client);
      this.upstream!.submit(0, client.connection.id, { kind: 'create-session', timeoutMicros });
    } else {
      this.returning.set(request.session, client);
      this.upstream!.revalidate(request.session);
    }
  }

  onRevalidated(session: number, valid: boolean): void {
    const client = this.returning.get(session);
    this.returning.delete(session);
    if (client === undefined) return;
    const timeoutMicros = this.tree.sessions.get(session);
    if (valid && timeoutMicros !== undefined) {
      this.bind(client, session, timeoutMicros);
    } else {
      client.connection.send(connected(session, 0));
      this.drop(client);
    }
  }

  onSynced(session: number, cxid: number): void {
    this.bySession.get(session)?.complete(cxid, result(ZkCode.OK));
  }

  /** A transaction was applied: watchers hear of it before anybody is answered. */
  onApplied(transaction: Transaction, { result: outcome, events }: Outcome): void {
    for (const event of events) this.watches.fire(event);
    const { op, session, cxid, origin, zxid } = transaction;
    if (op.kind === 'create-session') {
      const client = origin === this.serverId ? this.opening.get(cxid) : undefined;
      this.opening.delete(cxid);
      if (client !== undefined) this.bind(client, zxid, op.timeoutMicros);
      return;
    }
    const client = this.bySession.get(session);
    if (client === undefined) return;
    if (op.kind === 'close-session') {
      client.complete(cxid, outcome);
      this.drop(client);
    } else if (origin === this.serverId) {
      if (outcome.code === ZkCode.SESSIONMOVED) this.drop(client);
      else client.complete(cxid, outcome);
    }
  }

  drop(client: ClientConnection): void {
    this.forget(client);
    client.connection.close();
  }

  forget(client: ClientConnection): void {
    this.connections.delete(client);
    this.opening.delete(client.connection.id);
    if (this.returning.get(client.session) === client) this.returning.delete(client.session);
    if (this.bySession.get(client.session) === client) this.bySession.delete(client.session);
    this.watches.forget(client);
  }

  private bind(client: ClientConnection, session: number, timeoutMicros: number): void {
    const former = this.bySession.get(session);
    if (former !== undefined) this.drop(former);
    client.session = session;
    this.bySession.set(session, client);
    client.connection.send(connected(session, timeoutMicros));
  }
}

class ClientConnection implements ConnectionOwner, Watcher {
  /** 0: none yet. */
  session = 0;
  readonly connection: Connection;
  private readonly sessions: ClientSessions;
  private readonly pending: Pending[] = [];

  constructor(connection: Connection, sessions: ClientSessions) {
    this.connection = connection;
    this.sessions = sessions;
  }

  onConnected(): void {}

  onBroken(): void {
    this.sessions.forget(this);
  }

  onMessage(_connection: Connection, message: Message): void {
    const { upstream } = this.sessions;
    if (upstream === null) return;
    switch (message.kind) {
      case ZkMessage.connect:
        this.sessions.open(this, message as ConnectRequest);
        return;
      case ZkMessage.clientPing:
        upstream.touch(this.session);
        this.connection.send(head(ZkMessage.clientPong));
        return;
      default:
        upstream.touch(this.session);
        this.take(message as ClientRequest, upstream);
    }
  }

  notify(event: ZnodeEvent): void {
    const message: WatchMessage = { event, ...head(ZkMessage.event), zxid: this.sessions.tree.lastZxid };
    this.connection.send(message);
  }

  complete(xid: number, outcome: OpResult): void {
    const waiting = this.pending.find((pending) => pending.xid === xid);
    if (waiting === undefined) return;
    waiting.result = outcome;
    this.answer();
  }

  private take({ xid, op }: ClientRequest, upstream: Upstream): void {
    this.pending.push({ xid, op, result: null });
    switch (op.kind) {
      case 'get-data':
      case 'exists':
      case 'get-children':
      case 'set-watches':
        this.answer();
        return;
      case 'sync':
        upstream.sync(this.session, xid);
        return;
      default:
        upstream.submit(this.session, xid, op);
    }
  }

  private answer(): void {
    for (let next = this.pending[0]; next !== undefined; next = this.pending[0]) {
      const outcome = next.result ?? this.read(next.op);
      if (outcome === null) return;
      this.pending.shift();
      this.connection.send(reply(next.xid, this.sessions.tree.lastZxid, outcome));
    }
  }

  /** null: it is no read. */
  private read(op: ClientOp): OpResult | null {
    switch (op.kind) {
      case 'get-data':
      case 'exists':
      case 'get-children':
        return this.readZnode(op);
      case 'set-watches':
        this.setWatches(op);
        return result(ZkCode.OK);
      default:
        return null;
    }
  }

  private readZnode(op: ReadOp): OpResult {
    const { tree, watches } = this.sessions;
    const outcome = tree.read(op);
    const isThere = outcome.code === ZkCode.OK;
    if (!op.watch) return outcome;
    if (op.kind === 'get-children' && isThere) watches.watchChildren(op.path, this);
    // exists may watch for a znode that is still to come.
    else if (op.kind === 'exists' || (op.kind === 'get-data' && isThere)) watches.watchData(op.path, this);
    return outcome;
  }

  /** DataTree.setWatches: what changed since the client's last transaction is told, the rest is watched. */
  private setWatches({ relativeZxid, data, exists, children }: SetWatchesOp): void {
    const { tree, watches } = this.sessions;
    for (const path of data) {
      const node = tree.node(path);
      if (node === undefined) this.notify({ type: 'deleted', path });
      else if (node.stat.mzxid > relativeZxid) this.notify({ type: 'data-changed', path });
      else watches.watchData(path, this);
    }
    for (const path of exists) {
      if (tree.node(path) === undefined) watches.watchData(path, this);
      else this.notify({ type: 'created', path });
    }
    for (const path of children) {
      const node = tree.node(path);
      if (node === undefined) this.notify({ type: 'deleted', path });
      else if (node.stat.pzxid > relativeZxid) this.notify({ type: 'children-changed', path });
      else watches.watchChildren(path, this);
    }
  }
}

function connected(session: number, timeoutMicros: number): ConnectResponse {
  return { session, ...head(ZkMessage.connected), timeoutMicros };
}
