/**
 * Setting a connection up: one round trip, and the third leg goes with what the asking end writes first.
 *
 * A machine that is up answers, whether its process is paused or not; without a process that listens, or while setups
 * are refused, it answers with a refusal. Whatever is lost is asked for again with exponential backoff, until the caller's limit.
 */
import type { Core } from './core.js';
import { Recipient, type EventHandler, type EventId } from './event-queue.js';
import type { Link } from './link.js';
import type { Machine } from './machine.js';
import type { MessageRules } from './message-rules.js';
import { ACCEPT, CONNECTED, REFUSED, TIMEOUT } from './segments.js';
import { Socket } from './socket.js';

/** Linux: the first SYN is repeated after 1 s, tcp_syn_retries = 6 times, and given up after 127 s. */
const RETRY_FIRST_MICROS = 1_000_000;
const SETUP_MAX_MICROS = 127_000_000;

const RETRY = 0;
const DEADLINE = 1;
const ASKED = 2;
const ANSWERED = 3;
const WAS_REFUSED = 4;

export class Handshake implements EventHandler {
  private readonly core: Core;
  private readonly recipient = new Recipient(this);
  private readonly rules: MessageRules;
  private readonly near: Socket;
  private readonly farMachine: Machine;
  private readonly forward: Link;
  private readonly back: Link;
  private far: Socket | null = null;
  private established = false;
  private retry: EventId = 0;
  private deadline: EventId = 0;
  private retryMicros = RETRY_FIRST_MICROS;

  constructor(core: Core, rules: MessageRules, near: Socket, farMachine: Machine, forward: Link, back: Link) {
    this.core = core;
    this.rules = rules;
    this.near = near;
    this.farMachine = farMachine;
    this.forward = forward;
    this.back = back;
  }

  begin(timeoutMicros: number): void {
    const { queue, now } = this.core;
    this.near.out.write(ACCEPT);
    this.deadline = queue.push(
      now + Math.min(Math.ceil(timeoutMicros), SETUP_MAX_MICROS),
      this.recipient,
      DEADLINE,
      0,
      undefined,
    );
    this.ask();
  }

  onEvent(kind: number): void {
    if (!this.near.present) {
      // The asking process is gone, or no longer wants it. No process has seen the far end yet.
      this.end();
      if (!this.established) this.far?.discard();
      return;
    }
    switch (kind) {
      case RETRY:
        this.retry = 0;
        this.ask();
        break;
      case ASKED:
        if (this.forward.blocked === 0) this.answer();
        break;
      case ANSWERED:
        if (this.back.blocked === 0) this.establish();
        break;
      case WAS_REFUSED:
        if (this.back.blocked === 0) this.fail(REFUSED);
        break;
      case DEADLINE:
        this.deadline = 0;
        this.fail(TIMEOUT);
        break;
    }
  }

  private ask(): void {
    const { queue, now } = this.core;
    this.retry = queue.push(now + this.retryMicros, this.recipient, RETRY, 0, undefined);
    this.retryMicros *= 2;
    this.travel(this.forward, ASKED);
  }

  private answer(): void {
    const listener = this.farMachine.listenerFor(this.near.purpose);
    if (listener === null) {
      this.travel(this.back, WAS_REFUSED);
      return;
    }
    // Asked again, because the answer was lost: the same end answers, unless its process is gone.
    if (this.far === null || !this.far.present) {
      const { core, rules, near } = this;
      this.far = new Socket(core, rules, listener, near.id, near.purpose, this.back, this.forward);
      this.far.join(near);
    }
    this.travel(this.back, ANSWERED);
  }

  private establish(): void {
    if (this.isOver) return;
    this.end();
    this.established = true;
    this.near.join(this.far!);
    this.near.take(CONNECTED);
  }

  private fail(why: typeof REFUSED): void {
    if (this.isOver) return;
    this.end();
    this.near.fail(why);
  }

  private travel(link: Link, kind: number): void {
    const { core } = this;
    if (link.blocked === 0) core.queue.push(core.now + link.latency(), this.recipient, kind, 0, undefined);
    else link.held++;
  }

  /** Late answers to repeated questions find it over. */
  private get isOver(): boolean {
    return this.retry === 0 && this.deadline === 0;
  }

  private end(): void {
    this.core.queue.cancel(this.retry);
    this.core.queue.cancel(this.deadline);
    this.retry = 0;
    this.deadline = 0;
  }
}
