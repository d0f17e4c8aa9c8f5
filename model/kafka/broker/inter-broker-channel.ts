/**
 * A broker's connection to another node for one purpose: one request in flight, a time-out that closes the connection, and a
 * wait before the next attempt to connect. (InterBrokerSendThread, KafkaNetworkChannel: NetworkClient below)
 *
 * A request that cannot be sent yet waits for the connection, as long as it would wait for its answer. When the connection
 * breaks, its request is the owner's again: the controller may or may not have handled it.
 */
import type { Connection } from '../../kernel/network.js';
import type { BrokenReason, Host, MachineId, Message, TimerId } from '../../kernel/process.js';
import type { Stream } from '../../kernel/random.js';
import type { Request, Response } from '../protocol/messages.js';
import { NOBODY } from '../protocol/raft-messages.js';
import type { ConnectionOwner } from './components.js';

/** reconnect.backoff.ms of a broker's channels to other nodes. */
const RECONNECT_BACKOFF_MICROS = 50_000;
/** socket.connection.setup.timeout.ms, .max.ms: Kafka's defaults; a broker's own settings of that name are not modelled. */
const SETUP_TIMEOUT_MICROS = 10_000_000;
const SETUP_TIMEOUT_MAX_MICROS = 30_000_000;
/** NodeToControllerRequestThread.doWork: until it looks again for a controller where it knows none. */
const UNKNOWN_PEER_MICROS = 100_000;
/** CommonClientConfigs.RETRY_BACKOFF_JITTER, parts per million. */
const JITTER_PPM = 200_000;

/** Hears what became of requests. */
export interface ChannelUser {
  onResponse(response: Response): void;
  /** The connection broke, the request timed out, or the connection could not be made. */
  onRequestLost(): void;
}

export interface ChannelSettings {
  readonly purpose: number;
  readonly requestTimeoutMicros: number;
  /** reconnect.backoff.max.ms */
  readonly reconnectBackoffMaxMicros: number;
  /** Kinds of the channel's two timers. */
  readonly deadlineTimer: number;
  readonly reconnectTimer: number;
}

export class InterBrokerChannel implements ConnectionOwner {
  private readonly host: Host;
  private readonly settings: ChannelSettings;
  private readonly user: ChannelUser;
  private readonly wanted: () => MachineId;
  private readonly dice: Stream;
  private connection: Connection | null = null;
  /** To whom it connected last. */
  private peer: MachineId = 0;
  private connected = false;
  /** Sent, or waiting for the connection. */
  private request: Request | null = null;
  private requestDeadline = 0;
  private deadlineTimer: TimerId = 0;
  private failedConnects = 0;
  /** Monotonic microseconds before which no attempt to connect is made. */
  private connectNotBefore = 0;
  private lastCorrelationId = 0;

  /** @param wanted whom requests go to; NOBODY: it is not known */
  constructor(host: Host, settings: ChannelSettings, wanted: () => MachineId, user: ChannelUser) {
    this.host = host;
    this.settings = settings;
    this.wanted = wanted;
    this.user = user;
    this.dice = host.dice(`controller-channel-${settings.purpose}`);
  }

  nextCorrelationId(): number {
    return ++this.lastCorrelationId;
  }

  /** Nothing else may be in flight. */
  send(request: Request): void {
    if (this.request !== null) throw new Error('one request at a time on a channel');
    this.request = request;
    if (this.connected) this.write();
    else if (this.connection === null) this.connectWhenAllowed();
    else this.startDeadline();
  }

  /** A request that waits for the connection is forgotten; the attempt to connect goes on. */
  forgetRequest(): void {
    this.request = null;
  }

  /** Gives the connection up, as for a controller that says that it is none; a request in flight is forgotten. */
  disconnect(): void {
    this.request = null;
    const { connection } = this;
    if (connection === null) return;
    this.forgetConnection();
    connection.close();
  }

  onConnected(connection: Connection): void {
    if (connection !== this.connection) return;
    this.connected = true;
    this.failedConnects = 0;
    if (this.request !== null) this.write();
  }

  onMessage(connection: Connection, message: Message): void {
    if (connection !== this.connection) return;
    const response = message as Response;
    if (response.correlationId !== this.request?.correlationId)
      throw new Error('a response to no request of this channel');
    this.request = null;
    this.user.onResponse(response);
  }

  onBroken(connection: Connection, _why: BrokenReason): void {
    if (connection === this.connection) this.lose();
  }

  onTimer(kind: number): void {
    if (kind === this.settings.reconnectTimer) {
      if (this.connection === null && this.request !== null) this.connectWhenAllowed();
      return;
    }
    this.deadlineTimer = 0;
    const { connection } = this;
    if (this.request === null || connection === null) return;
    if (this.host.monotonicMicros() < this.requestDeadline) {
      this.armDeadline();
    } else if (this.connected) {
      this.lose();
      connection.close();
    } else {
      // It waited too long to be sent; the attempt to connect goes on (InterBrokerSendThread.failExpiredRequests).
      this.request = null;
      this.user.onRequestLost();
    }
  }

  private write(): void {
    this.connection!.send(this.request!);
    this.startDeadline();
  }

  private startDeadline(): void {
    this.requestDeadline = this.host.monotonicMicros() + this.settings.requestTimeoutMicros;
    if (this.deadlineTimer === 0) this.armDeadline();
  }

  /** One timer a connection: it looks at the deadline of whatever is in flight when it fires. */
  private armDeadline(): void {
    const wait = Math.max(1, this.requestDeadline - this.host.monotonicMicros());
    this.deadlineTimer = this.host.timer(this.settings.deadlineTimer, wait, 0);
  }

  private connectWhenAllowed(): void {
    const peer = this.wanted();
    if (peer !== this.peer) this.failedConnects = 0;
    // Backoffs are of one node's connections: another is tried at once.
    const since = peer === this.peer ? this.connectNotBefore - this.host.monotonicMicros() : 0;
    const wait = peer === NOBODY ? UNKNOWN_PEER_MICROS : since;
    if (wait > 0) {
      this.host.timer(this.settings.reconnectTimer, wait, 0);
      return;
    }
    this.peer = peer;
    const timeout = this.backoff(SETUP_TIMEOUT_MICROS, SETUP_TIMEOUT_MAX_MICROS);
    this.connection = this.host.net.connect(peer, this.settings.purpose, timeout);
    this.connection.state = this;
    this.startDeadline();
  }

  private lose(): void {
    this.forgetConnection();
    if (this.request === null) return;
    this.request = null;
    this.user.onRequestLost();
  }

  private forgetConnection(): void {
    const wait = this.backoff(RECONNECT_BACKOFF_MICROS, this.settings.reconnectBackoffMaxMicros);
    if (!this.connected) this.failedConnects++;
    this.connected = false;
    this.connection = null;
    this.connectNotBefore = this.host.monotonicMicros() + wait;
  }

  private backoff(initial: number, max: number): number {
    return exponentialBackoff(initial, max, this.failedConnects, JITTER_PPM, this.dice);
  }
}

/** The wait after `attempts` failures before this one, doubling up to a maximum, with jitter (ExponentialBackoff). Microseconds. */
export function exponentialBackoff(
  initial: number,
  max: number,
  attempts: number,
  jitterPpm: number,
  dice: Stream,
): number {
  let wait = initial;
  for (let i = 0; i < attempts && wait < max; i++) wait *= 2;
  wait = Math.min(wait, max);
  const factor = dice.between(1_000_000 - jitterPpm, 1_000_000 + jitterPpm);
  return Math.trunc((wait * factor) / 1_000_000);
}
