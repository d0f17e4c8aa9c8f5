/**
 * The connection to one other node of the quorum, for all that this node asks of it: one request at a time, and what has
 * become of it. (RequestManager, KafkaNetworkChannel: NetworkClient below)
 *
 * It has no timers: `tick` says when to come again. After a change of state the node forgets what it waits for and may ask
 * anew; the request that is under way is still answered, to nobody, and the next leaves only then, as on any connection of
 * Kafka's with one request in flight.
 */
import type { Connection } from '../../../../kernel/network.js';
import type { Host, MachineId } from '../../../../kernel/process.js';
import type { Stream } from '../../../../kernel/random.js';
import { exponentialBackoff } from '../../../broker/inter-broker-channel.js';
import { Purpose, type Request, type Response } from '../../../protocol/messages.js';

/** reconnect.backoff.ms, .max.ms of the quorum's channel (KafkaRaftManager.buildNetworkClient). */
const RECONNECT_BACKOFF_MICROS = 50_000;
const RECONNECT_BACKOFF_MAX_MICROS = 500_000;
/** socket.connection.setup.timeout.ms, .max.ms: Kafka's defaults. */
const SETUP_TIMEOUT_MICROS = 10_000_000;
const SETUP_TIMEOUT_MAX_MICROS = 30_000_000;
/** CommonClientConfigs.RETRY_BACKOFF_JITTER, parts per million. */
const JITTER_PPM = 200_000;
const NEVER = Number.POSITIVE_INFINITY;

export interface ChannelTimes {
  readonly requestTimeoutMicros: number;
  readonly retryBackoffMicros: number;
}

export class PeerChannel {
  readonly peer: MachineId;
  private readonly host: Host;
  private readonly times: ChannelTimes;
  private readonly dice: Stream;
  private connection: Connection | null = null;
  private isConnected = false;
  private failedConnects = 0;
  private connectNotBefore = 0;
  /** On the wire; its answer may be wanted or not. */
  private sent: Request | null = null;
  private sentDeadline = NEVER;
  /** Waits for the connection, or for the answer to `sent`. */
  private waiting: Request | null = null;
  /** The request whose answer is wanted; 0: none. */
  private wanted = 0;
  private wantedDeadline = NEVER;
  /** After a failure nothing is asked before this. */
  private backoffUntil = 0;
  private lastCorrelationId = 0;

  constructor(host: Host, peer: MachineId, times: ChannelTimes, dice: Stream) {
    this.host = host;
    this.peer = peer;
    this.times = times;
    this.dice = dice;
  }

  /** May it be asked something? */
  isReady(now: number): boolean {
    return now >= this.readyAt;
  }

  /** When it may be asked something next, if nothing is heard before. */
  get readyAt(): number {
    return this.wanted === 0 ? this.backoffUntil : this.wantedDeadline;
  }

  /** Until when it may answer what it was asked; NEVER: nothing. */
  awaitedUntil(now: number): number {
    return this.wanted !== 0 && now < this.wantedDeadline ? this.wantedDeadline : NEVER;
  }

  /** It has not failed to answer lately. */
  isHopeful(now: number): boolean {
    return now >= this.backoffUntil && (this.wanted === 0 || now < this.wantedDeadline);
  }

  nextCorrelationId(): number {
    return this.lastCorrelationId + 1;
  }

  /** `request` has the next correlation id. */
  send(request: Request, now: number): void {
    this.lastCorrelationId = request.correlationId;
    this.wanted = request.correlationId;
    this.wantedDeadline = now + this.times.requestTimeoutMicros;
    this.waiting = request;
    this.writeNext(now);
    if (this.connection === null) this.connect(now);
  }

  /** What was asked is of no interest any more. */
  forget(): void {
    this.wanted = 0;
    this.backoffUntil = 0;
  }

  /** True: the answer to what was asked last. False: nobody waits for it any more. */
  onResponse(response: Response, now: number): boolean {
    this.sent = null;
    this.sentDeadline = NEVER;
    this.writeNext(now);
    if (response.correlationId !== this.wanted) return false;
    this.wanted = 0;
    return true;
  }

  /** The answer was of no use: wait a little. (ConnectionState.onResponseError) */
  backOff(now: number): void {
    this.backoffUntil = now + this.times.retryBackoffMicros;
  }

  onConnected(connection: Connection, now: number): void {
    if (connection !== this.connection) return;
    this.isConnected = true;
    this.failedConnects = 0;
    this.writeNext(now);
  }

  onBroken(connection: Connection, now: number): void {
    if (connection === this.connection) this.lose(now);
  }

  /** Does what time demands. @returns when to come again */
  tick(now: number): number {
    if (this.sent !== null && now >= this.sentDeadline) {
      const { connection } = this;
      this.lose(now);
      connection!.close();
    }
    if (this.connection === null && this.waiting !== null) {
      if (now < this.connectNotBefore) return this.connectNotBefore;
      this.connect(now);
    }
    return this.sentDeadline;
  }

  private writeNext(now: number): void {
    if (!this.isConnected || this.sent !== null || this.waiting === null) return;
    this.sent = this.waiting;
    this.waiting = null;
    this.sentDeadline = now + this.times.requestTimeoutMicros;
    this.connection!.send(this.sent);
  }

  private connect(now: number): void {
    if (now < this.connectNotBefore) return;
    const timeout = this.backoff(SETUP_TIMEOUT_MICROS, SETUP_TIMEOUT_MAX_MICROS);
    this.connection = this.host.net.connect(this.peer, Purpose.quorum, timeout);
    this.connection.state = this;
  }

  /** Whatever was asked by this connection has failed, or will not be heard of. */
  private lose(now: number): void {
    const wait = this.backoff(RECONNECT_BACKOFF_MICROS, RECONNECT_BACKOFF_MAX_MICROS);
    if (!this.isConnected) this.failedConnects++;
    this.isConnected = false;
    this.connection = null;
    this.connectNotBefore = now + wait;
    this.sent = null;
    this.sentDeadline = NEVER;
    this.waiting = null;
    if (this.wanted === 0) return;
    this.wanted = 0;
    this.backOff(now);
  }

  private backoff(initial: number, max: number): number {
    return exponentialBackoff(initial, max, this.failedConnects, JITTER_PPM, this.dice);
  }
}
