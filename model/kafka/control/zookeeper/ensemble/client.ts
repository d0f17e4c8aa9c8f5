/**
 * A client of an ensemble: ZooKeeper, ClientCnxn. One session at a time, over one connection to one server at a time.
 *
 * It pings in every third of the session time-out, leaves a server that was silent for two thirds, and comes back with its
 * session to another. What is under way when the connection is lost fails with CONNECTIONLOSS: it may have happened. That
 * the session is over it learns only from a server.
 */
import type { Connection } from '../../../../kernel/network.js';
import type { Host, MachineId, Message, TimerId } from '../../../../kernel/process.js';
import type { Stream } from '../../../../kernel/random.js';
import type { ConnectionOwner } from '../../../broker/components.js';
import { ZkCode } from './codes.js';
import {
  head,
  ZkMessage,
  ZkPurpose,
  type ClientReply,
  type ClientRequest,
  type ConnectRequest,
  type ConnectResponse,
  type WatchMessage,
} from './messages.js';
import { result, type ClientOp, type OpResult, type ZnodeEvent } from './operations.js';
import { ClientWatches } from './client-watches.js';

/** connecting: between servers, too. expired: the session is over, and the next begins when its owner says so. */
export type ClientState = 'idle' | 'connecting' | 'connected' | 'expired';

/** Whoever asked is told once. */
export interface ResultListener {
  onResult(token: number, outcome: OpResult): void;
}

export interface ClientListener {
  /** connected, again or for the first time; connecting: the connection was lost; expired. */
  onStateChange(state: ClientState): void;
  onEvent(event: ZnodeEvent): void;
}

export interface ClientSettings {
  /** zookeeper.connect */
  readonly servers: readonly MachineId[];
  /** zookeeper.session.timeout.ms, in microseconds. */
  readonly sessionTimeoutMicros: number;
  /** Kinds of its two timers. */
  readonly checkTimer: number;
  readonly connectTimer: number;
}

interface Packet {
  readonly request: ClientRequest;
  readonly listener: ResultListener;
  readonly token: number;
}

/** ClientCnxn.SendThread.pingRwServer..., startConnect: a pause of up to a second before another server is tried. */
const RECONNECT_PAUSE_MAX_MICROS = 1_000_000;
/** MAX_SEND_PING_INTERVAL */
const PING_MAX_MICROS = 10_000_000;
const REQUEST_BYTES = 100;

export class ZooKeeperClient implements ConnectionOwner {
  state: ClientState = 'idle';
  session = 0;
  private readonly host: Host;
  private readonly settings: ClientSettings;
  private readonly listener: ClientListener;
  private readonly dice: Stream;
  private readonly servers: readonly MachineId[];
  private nextServer = 0;
  private connection: Connection | null = null;
  private readonly watches = new ClientWatches();
  /** Written and not answered, in order; those that wait for a connection. */
  private sent: Packet[] = [];
  private unsent: Packet[] = [];
  private lastXid = 0;
  private lastZxidSeen = 0;
  /** As negotiated; before that, as asked for. */
  private timeoutMicros: number;
  /** Monotonic microseconds. */
  private lastHeard = 0;
  private lastSent = 0;
  private checkTimer: TimerId = 0;

  constructor(host: Host, settings: ClientSettings, listener: ClientListener) {
    this.host = host;
    this.settings = settings;
    this.listener = listener;
    this.timeoutMicros = settings.sessionTimeoutMicros;
    this.dice = host.dice('zookeeper-client');
    this.servers = this.dice.shuffle(settings.servers);
  }

  /** Begins a new session; the former one, if any, is over. */
  open(): void {
    this.session = 0;
    this.lastZxidSeen = 0;
    this.watches.clear();
    this.timeoutMicros = this.settings.sessionTimeoutMicros;
    this.state = 'connecting';
    this.connect();
  }

  /** Answered in the order of asking. Without a session it fails at once. */
  submit(op: ClientOp, listener: ResultListener, token: number): void {
    const request: ClientRequest = { kind: ZkMessage.request, bytes: REQUEST_BYTES, xid: ++this.lastXid, op };
    const packet: Packet = { request, listener, token };
    if (this.state === 'expired' || this.state === 'idle') {
      listener.onResult(token, result(ZkCode.SESSIONEXPIRED));
    } else if (this.state === 'connected') {
      this.write(packet);
    } else {
      this.unsent.push(packet);
    }
  }

  onConnected(connection: Connection): void {
    if (connection !== this.connection) return;
    const request: ConnectRequest = {
      session: this.session,
      ...head(ZkMessage.connect),
      timeoutMicros: this.settings.sessionTimeoutMicros,
      lastZxidSeen: this.lastZxidSeen,
    };
    this.lastHeard = this.host.monotonicMicros();
    this.armCheck();
    connection.send(request);
  }

  onMessage(connection: Connection, message: Message): void {
    if (connection !== this.connection) return;
    this.lastHeard = this.host.monotonicMicros();
    switch (message.kind) {
      case ZkMessage.connected:
        this.onSession(message as ConnectResponse);
        return;
      case ZkMessage.reply:
        this.onReply(message as ClientReply);
        return;
      case ZkMessage.event: {
        const { event, zxid } = message as WatchMessage;
        this.lastZxidSeen = Math.max(this.lastZxidSeen, zxid);
        if (this.watches.take(event)) this.listener.onEvent(event);
        return;
      }
    }
  }

  onBroken(connection: Connection): void {
    if (connection === this.connection) this.lose();
  }

  onTimer(kind: number): void {
    if (kind === this.settings.connectTimer) {
      if (this.state === 'connecting' && this.connection === null) this.connect();
      return;
    }
    this.checkTimer = 0;
    this.check();
  }

  /** As when its process ends in order: the session is closed, if there is a connection to say so. */
  close(): void {
    if (this.state === 'connected') this.submit({ kind: 'close-session' }, NOBODY, 0);
    this.state = 'expired';
    this.connection?.close();
    this.connection = null;
  }

  // ---------------------------------------------------------------------- the connection

  private connect(): void {
    const server = this.servers[this.nextServer];
    this.nextServer = (this.nextServer + 1) % this.servers.length;
    const timeout = Math.trunc(this.timeoutMicros / this.servers.length);
    this.connection = this.host.net.connect(server, ZkPurpose.client, timeout);
    this.connection.state = this;
  }

  private onSession({ session, timeoutMicros }: ConnectResponse): void {
    if (timeoutMicros === 0) {
      this.expire();
      return;
    }
    this.session = session;
    this.timeoutMicros = timeoutMicros;
    this.state = 'connected';
    this.leaveWatches();
    const waiting = this.unsent;
    this.unsent = [];
    for (const packet of waiting) this.write(packet);
    this.armCheck();
    this.listener.onStateChange('connected');
  }

  private expire(): void {
    this.connection?.close();
    this.connection = null;
    this.state = 'expired';
    this.watches.clear();
    this.fail(ZkCode.SESSIONEXPIRED);
    this.listener.onStateChange('expired');
  }

  private lose(): void {
    const wasConnected = this.state === 'connected';
    this.connection = null;
    this.state = 'connecting';
    this.host.timer(this.settings.connectTimer, 1 + this.dice.int(RECONNECT_PAUSE_MAX_MICROS), 0);
    this.fail(ZkCode.CONNECTIONLOSS);
    if (wasConnected) this.listener.onStateChange('connecting');
  }

  /** Read time-out and pings. (ClientCnxn.SendThread.run) */
  private check(): void {
    if (this.connection === null || !this.connection.open) return;
    const now = this.host.monotonicMicros();
    if (now - this.lastHeard >= this.readTimeoutMicros) {
      const { connection } = this;
      this.lose();
      connection.close();
      return;
    }
    if (this.state === 'connected' && now - this.lastSent >= this.pingMicros) {
      this.lastSent = now;
      this.connection.send(head(ZkMessage.clientPing));
    }
    this.armCheck();
  }

  private armCheck(): void {
    if (this.checkTimer !== 0) this.host.cancel(this.checkTimer);
    const readAt = this.lastHeard + this.readTimeoutMicros;
    const at = this.state === 'connected' ? Math.min(readAt, this.lastSent + this.pingMicros) : readAt;
    this.checkTimer = this.host.timer(this.settings.checkTimer, Math.max(1, at - this.host.monotonicMicros()), 0);
  }

  private get readTimeoutMicros(): number {
    return Math.trunc((this.timeoutMicros * 2) / 3);
  }

  private get pingMicros(): number {
    return Math.min(Math.trunc(this.readTimeoutMicros / 2), PING_MAX_MICROS);
  }

  // ---------------------------------------------------------------------- requests

  private write(packet: Packet): void {
    this.sent.push(packet);
    this.lastSent = this.host.monotonicMicros();
    this.connection!.send(packet.request);
  }

  private onReply({ xid, zxid, result: outcome }: ClientReply): void {
    const packet = this.sent.shift();
    if (packet?.request.xid !== xid) throw new Error('a server answers in the order of the requests');
    this.lastZxidSeen = Math.max(this.lastZxidSeen, zxid);
    this.watches.onResult(packet.request.op, outcome);
    packet.listener.onResult(packet.token, outcome);
  }

  private fail(code: number): void {
    const lost = [...this.sent, ...this.unsent];
    this.sent = [];
    this.unsent = [];
    for (const { listener, token } of lost) listener.onResult(token, result(code));
  }

  /** Another server does not know what this client watches. */
  private leaveWatches(): void {
    const op = this.watches.renewal(this.lastZxidSeen);
    if (op === null) return;
    this.write({
      request: { kind: ZkMessage.request, bytes: REQUEST_BYTES, xid: ++this.lastXid, op },
      listener: NOBODY,
      token: 0,
    });
  }
}

const NOBODY: ResultListener = { onResult: () => undefined };
