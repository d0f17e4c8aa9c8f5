/**
 * The broker's end of a connection that somebody made to it: SocketServer and RequestChannel. It reads the next request
 * only after it has answered the last: the selector mutes the socket in between, purgatory and parked fetches included.
 */
import type { Connection } from '../../kernel/network.js';
import type { Host, MachineId, Message } from '../../kernel/process.js';
import type { Request, Response } from '../protocol/messages.js';
import type { ChannelList } from './channel-list.js';
import type { ConnectionOwner } from './components.js';
import { BrokerTimer } from './timers.js';

export class RequestChannel implements ConnectionOwner {
  readonly connection: Connection;
  /** Read from the socket and not answered yet. */
  request: Request | null = null;
  /** It has carried a fetch (KIP-227). */
  hasFetchSession = false;
  /** Monotonic microseconds of the last request or answer. */
  lastActive: number;
  readonly #host: Host;
  readonly #channels: ChannelList;

  constructor(host: Host, connection: Connection, channels: ChannelList) {
    this.#host = host;
    this.#channels = channels;
    this.connection = connection;
    this.lastActive = host.monotonicMicros();
    connection.state = this;
  }

  get peer(): MachineId {
    return this.connection.peer;
  }

  onConnected(): void {}

  /** The request goes into the queue; a handler takes it from there. */
  onMessage(connection: Connection, message: Message): void {
    connection.pauseReading();
    this.request = message as Request;
    this.lastActive = this.#host.monotonicMicros();
    this.#host.later(BrokerTimer.handleRequest, 0, this);
  }

  /** What was read is handled all the same: a request outlives the interest of its sender. */
  onBroken(): void {
    this.#channels.remove(this);
  }

  respond(response: Response): void {
    this.#release();
    this.connection.send(response);
    this.connection.resumeReading();
  }

  /** A produce request with acks=0 is answered by nothing. */
  respondNothing(): void {
    this.#release();
    this.connection.resumeReading();
  }

  close(): void {
    this.request = null;
    this.#channels.remove(this);
    this.connection.close();
  }

  #release(): void {
    this.request = null;
    this.lastActive = this.#host.monotonicMicros();
  }
}
