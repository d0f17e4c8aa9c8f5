/** When a member of a group owes a heartbeat, and what it has missed (Heartbeat of the Java client). Times are wall microseconds. */
import type { GroupConsumerSettings } from '../../../cluster-spec.js';

export class Heartbeat {
  readonly #intervalMicros: number;
  readonly #sessionMicros: number;
  readonly #maxPollMicros: number;
  readonly #retryMicros: number;
  #dueAt = Infinity;
  #sessionEndsAt = Infinity;
  #pollEndsAt = Infinity;

  constructor(settings: GroupConsumerSettings) {
    this.#intervalMicros = settings['heartbeat.interval.ms'] * 1000;
    this.#sessionMicros = settings['session.timeout.ms'] * 1000;
    this.#maxPollMicros = settings['max.poll.interval.ms'] * 1000;
    this.#retryMicros = settings['retry.backoff.ms'] * 1000;
  }

  /** The member has joined, and begins to send. */
  begin(now: number): void {
    this.#dueAt = now + this.#intervalMicros;
    this.#sessionEndsAt = now + this.#sessionMicros;
    this.#pollEndsAt = now + this.#maxPollMicros;
  }

  sent(now: number): void {
    this.#dueAt = now + this.#intervalMicros;
  }

  answered(now: number): void {
    this.#sessionEndsAt = now + this.#sessionMicros;
  }

  /** It is sent again after retry.backoff.ms. */
  failed(now: number): void {
    this.#dueAt = now + this.#retryMicros;
  }

  /** The application has called poll. */
  polled(now: number): void {
    this.#pollEndsAt = now + this.#maxPollMicros;
  }

  /** Another coordinator was found: the session is counted from there. */
  coordinatorFound(now: number): void {
    this.#sessionEndsAt = now + this.#sessionMicros;
  }

  isDue(now: number): boolean {
    return this.#dueAt <= now;
  }

  /** The coordinator has answered no heartbeat for session.timeout.ms. */
  hasSessionExpired(now: number): boolean {
    return this.#sessionEndsAt <= now;
  }

  /** The application has not called poll for max.poll.interval.ms. */
  hasPollExpired(now: number): boolean {
    return this.#pollEndsAt <= now;
  }

  /** @param counted whether the application is outside of poll */
  nextDeadline(counted: boolean): number {
    return Math.min(this.#dueAt, this.#sessionEndsAt, counted ? this.#pollEndsAt : Infinity);
  }
}
