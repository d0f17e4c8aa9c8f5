/**
 * The controller's stream of requests to one broker: RequestSendThread. One connection, one request at a time, in order;
 * what could not be delivered is sent again after 100 ms until it is answered, or the broker is given up. So a request may
 * arrive twice, and late: its epochs must tell.
 */
import type { Connection } from '../../../../kernel/network.js';
import type { Host, MachineId, Message, TimerId } from '../../../../kernel/process.js';
import type { ConnectionOwner } from '../../../broker/components.js';
import { CONTROLLER_TO_BROKER, type ControlRequest, type ControlResponse } from '../../../protocol/control-messages.js';

const RETRY_BACKOFF_MICROS = 100_000;

export interface BrokerChannelSettings {
  /** controller.socket.timeout.ms, for connecting and for an answer. */
  readonly socketTimeoutMicros: number;
  /** Kinds of timers; their argument is the channel's number. */
  readonly retryTimer: number;
  readonly deadlineTimer: number;
}

export class BrokerChannel implements ConnectionOwner {
  readonly number: number;
  private readonly host: Host;
  private readonly settings: BrokerChannelSettings;
  private readonly broker: MachineId;
  private readonly onResponse: (broker: number, response: ControlResponse) => void;
  private readonly queue: ControlRequest[] = [];
  private connection: Connection | null = null;
  private isConnected = false;
  /** The first of the queue has been written. */
  private isSent = false;
  private retryTimer: TimerId = 0;
  private deadlineTimer: TimerId = 0;
  private isShutDown = false;

  /** @param number tells this channel's timers from those of its predecessors to the same broker */
  constructor(
    host: Host,
    settings: BrokerChannelSettings,
    broker: MachineId,
    number: number,
    onResponse: (broker: number, response: ControlResponse) => void,
  ) {
    this.host = host;
    this.settings = settings;
    this.broker = broker;
    this.number = number;
    this.onResponse = onResponse;
  }

  send(request: ControlRequest): void {
    this.queue.push(request);
    if (this.queue.length === 1) this.proceed();
  }

  /** removeBroker: what is queued is dropped; what was written still arrives. */
  shutDown(): void {
    this.isShutDown = true;
    this.queue.length = 0;
    this.cancelTimers();
    this.connection?.close();
    this.connection = null;
  }

  onConnected(connection: Connection): void {
    if (connection !== this.connection) return;
    this.isConnected = true;
    this.proceed();
  }

  onMessage(connection: Connection, message: Message): void {
    if (connection !== this.connection) return;
    this.queue.shift();
    this.isSent = false;
    this.cancelTimers();
    this.onResponse(this.broker, message as ControlResponse);
    this.proceed();
  }

  onBroken(connection: Connection): void {
    if (connection !== this.connection) return;
    this.connection = null;
    this.isConnected = false;
    this.isSent = false;
    this.cancelTimers();
    if (this.queue.length > 0) this.retryTimer = this.timer(this.settings.retryTimer, RETRY_BACKOFF_MICROS);
  }

  onTimer(kind: number): void {
    if (kind === this.settings.retryTimer) {
      this.retryTimer = 0;
      this.proceed();
      return;
    }
    this.deadlineTimer = 0;
    const { connection } = this;
    if (connection === null) return;
    this.onBroken(connection);
    connection.close();
  }

  private proceed(): void {
    if (this.isShutDown || this.queue.length === 0 || this.isSent || this.retryTimer !== 0) return;
    if (this.connection === null) {
      this.connection = this.host.net.connect(this.broker, CONTROLLER_TO_BROKER, this.settings.socketTimeoutMicros);
      this.connection.state = this;
    } else if (this.isConnected) {
      this.isSent = true;
      this.connection.send(this.queue[0]);
      this.deadlineTimer = this.timer(this.settings.deadlineTimer, this.settings.socketTimeoutMicros);
    }
  }

  private timer(kind: number, micros: number): TimerId {
    return this.host.timer(kind, micros, this.number);
  }

  private cancelTimers(): void {
    if (this.retryTimer !== 0) this.host.cancel(this.retryTimer);
    if (this.deadlineTimer !== 0) this.host.cancel(this.deadlineTimer);
    this.retryTimer = 0;
    this.deadlineTimer = 0;
  }
}
