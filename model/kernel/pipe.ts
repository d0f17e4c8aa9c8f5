/**
 * One direction of a connection, from the socket that writes to the socket that reads.
 *
 * Everything written waits in one queue until it has arrived. While the pipe flows, each message has an arrival event;
 * when the head of the queue cannot get through, the pipe stalls: its arrivals are void, and the writing machine
 * retransmits with exponential backoff as Linux does. Data need the forward direction only. To know that they arrived
 * the writing machine needs the way back as well, and gives up without it.
 */
import type { Core } from './core.js';
import { Recipient, type EventHandler, type EventId } from './event-queue.js';
import type { Link } from './link.js';
import { MessageQueue } from './message-queue.js';
import type { MessageRules } from './message-rules.js';
import type { Message } from './process.js';
import { FIN, isData, ORPHAN, RST, TIMEOUT } from './segments.js';
import type { Socket } from './socket.js';

/** Linux: TCP_RTO_MIN and TCP_RTO_MAX. */
const RETRANSMIT_FIRST_MICROS = 200_000;
const RETRANSMIT_MAX_MICROS = 120_000_000;
/** Linux: tcp_retries2 = 15 gives up after 924.6 s. */
const RETRIES_MAX = 15;
/** Linux: a socket that no process owns any more is retried 8 times, 102.2 s (tcp_orphan_retries). */
const ORPHAN_RETRIES_MAX = 8;

const ARRIVE = 0;
const RETRANSMIT = 1;

export class Pipe implements EventHandler {
  /** The end that writes. */
  readonly source: Socket;
  /** The end that reads: known once the handshake has made it. */
  target: Socket | null = null;
  private readonly core: Core;
  private readonly recipient = new Recipient(this);
  private readonly rules: MessageRules;
  private readonly forward: Link;
  private readonly back: Link;

  private readonly queue = new MessageQueue();
  private state: 'unconnected' | 'flowing' | 'stalled' = 'unconnected';
  /** Why it is stalled, if not because the way is blocked. */
  private waitsForWindow = false;
  /** How often rules hold this pipe, and how many messages stand before the first one held: those may go. */
  private holds = 0;
  private beforeHold = 0;
  /** Data have arrived whose acknowledgement could not come back. */
  private unacknowledged = false;
  /** Counts the stalls: an arrival event of an earlier flight is void. */
  private flight = 0;
  private lastArrival = 0;
  private timer: EventId = 0;
  private timeoutMicros = RETRANSMIT_FIRST_MICROS;
  private retries = 0;

  constructor(core: Core, rules: MessageRules, source: Socket, forward: Link, back: Link) {
    this.core = core;
    this.rules = rules;
    this.source = source;
    this.forward = forward;
    this.back = back;
  }

  write(message: Message): void {
    if (this.state === 'unconnected') this.queue.push(message);
    else if (this.rules.any && isData(message)) this.writeByRule(message);
    else this.enqueue(message, 0);
  }

  /** The handshake is through: what was written meanwhile goes out, behind the handshake's last leg. */
  connect(target: Socket): void {
    this.target = target;
    this.state = 'flowing';
    for (const message of this.queue.drain()) this.write(message);
  }

  /** The reader has taken something from its buffer. */
  windowOpened(): void {
    if (this.waitsForWindow && this.target!.admits(this.queue.first)) this.flow();
  }

  /** A rule that held this pipe was dropped. */
  release(): void {
    if (this.holds === 0 || --this.holds > 0) return;
    if (this.state === 'flowing') this.launchFrom(this.beforeHold);
  }

  /** The writing machine has forgotten the connection: what is under way arrives, what waits does not. */
  abandon(): void {
    if (this.state === 'flowing' && this.holds === 0) this.disarm();
    else this.clear();
  }

  /** Nothing of what was written arrives any more. */
  clear(): void {
    this.queue.clear();
    this.flight++;
    this.holds = 0;
    this.waitsForWindow = false;
    this.unacknowledged = false;
    this.disarm();
    if (this.target !== null) this.state = 'flowing';
  }

  /** Tells the reader, behind what is under way, that the connection is gone; lost if the way is blocked. */
  reset(): void {
    if (this.target === null) return;
    this.abandon();
    if (this.forward.blocked === 0) this.enqueue(RST, 0);
  }

  onEvent(kind: number, flight: number): void {
    if (kind === RETRANSMIT) this.retransmit();
    else if (flight === this.flight) this.arrive();
  }

  private writeByRule(message: Message): void {
    const rule = this.rules.match(this.forward.from, this.forward.to, message);
    if (rule === undefined) {
      this.enqueue(message, 0);
      return;
    }
    rule.acted++;
    switch (rule.act) {
      case 'hold':
        if (this.holds++ === 0) this.beforeHold = this.queue.length;
        rule.holds.push(this);
        this.enqueue(message, 0);
        break;
      case 'delay':
        this.enqueue(message, rule.arg);
        break;
      case 'reset-before':
        // As by a firewall that has forgotten the connection: each end is told, as soon as it can be reached.
        this.abandon();
        this.enqueue(RST, 0);
        this.target!.out.abandon();
        this.target!.out.enqueue(RST, 0);
        break;
    }
  }

  private enqueue(message: Message, delayMicros: number): void {
    this.queue.push(message);
    if (this.state === 'stalled') {
      if (this.forward.blocked !== 0) this.forward.held++;
    } else if (this.holds > 0) {
      return;
    } else if (this.forward.blocked === 0) {
      this.launch(delayMicros);
    } else {
      this.stallBlocked();
    }
  }

  private launch(delayMicros: number): void {
    const { core } = this;
    this.lastArrival = Math.max(this.lastArrival + 1, core.now + this.forward.latency() + delayMicros);
    core.queue.push(this.lastArrival, this.recipient, ARRIVE, this.flight, undefined);
  }

  /** Sends what waits, from this position in the queue up to what is held. */
  private launchFrom(position: number): void {
    const end = this.holds > 0 ? this.beforeHold : this.queue.length;
    for (let i = position; i < end; i++) this.launch(0);
  }

  /** Sends, or sends again, all that may go. */
  private flow(): void {
    this.state = 'flowing';
    this.waitsForWindow = false;
    if (!this.unacknowledged) this.disarm();
    this.launchFrom(0);
  }

  private arrive(): void {
    const target = this.target!;
    if (this.forward.blocked !== 0) {
      this.stallBlocked();
    } else if (!target.present) {
      this.answerStale();
    } else if (!target.admits(this.queue.first)) {
      this.waitsForWindow = true;
      this.stall();
    } else {
      this.deliver(target);
    }
  }

  private deliver(target: Socket): void {
    const message = this.queue.shift();
    if (this.holds > 0) this.beforeHold--;
    if (this.back.blocked === 0) {
      this.acknowledge();
    } else if (this.source.present) {
      this.unacknowledged = true;
      this.arm();
    }
    if (message === FIN || message === ORPHAN) this.source.drop();
    target.take(message);
  }

  /** Whatever arrives for a connection that the machine does not know is answered with a reset. */
  private answerStale(): void {
    if (this.queue.first === RST || !this.source.present) {
      this.clear();
      return;
    }
    this.stall();
    this.target!.out.reset();
  }

  private stallBlocked(): void {
    this.forward.held += this.queue.length;
    this.stall();
  }

  private stall(): void {
    this.flight++;
    this.state = 'stalled';
    if (this.source.present) this.arm();
    else this.clear();
  }

  private retransmit(): void {
    this.timer = 0;
    if (this.forward.blocked === 0 && this.back.blocked === 0) {
      this.retries = 0;
      this.unacknowledged = false;
    } else if (this.retries === (this.source.orphaned ? ORPHAN_RETRIES_MAX : RETRIES_MAX)) {
      this.source.fail(TIMEOUT);
      return;
    } else {
      this.retries++;
    }
    this.timeoutMicros = Math.min(this.timeoutMicros * 2, RETRANSMIT_MAX_MICROS);
    if (this.state === 'stalled' && this.forward.blocked === 0) this.flow();
    if (this.state === 'stalled' || this.unacknowledged) this.arm();
  }

  private acknowledge(): void {
    if (this.retries === 0 && !this.unacknowledged && this.timeoutMicros === RETRANSMIT_FIRST_MICROS) return;
    this.retries = 0;
    this.timeoutMicros = RETRANSMIT_FIRST_MICROS;
    this.unacknowledged = false;
    this.disarm();
  }

  private arm(): void {
    if (this.timer !== 0) return;
    const { core } = this;
    this.timer = core.queue.push(core.now + this.timeoutMicros, this.recipient, RETRANSMIT, 0, undefined);
  }

  private disarm(): void {
    if (this.timer === 0) return;
    this.core.queue.cancel(this.timer);
    this.timer = 0;
  }
}
