/**
 * When a member of KIP-848's protocol owes a heartbeat (AbstractHeartbeatRequestManager.HeartbeatRequestState). The interval is
 * the coordinator's, and there is no session that the member would count: it hears from the coordinator that it is over.
 * Times are wall microseconds.
 */
import type { ExponentialBackoff } from '../../exponential-backoff.js';

export class HeartbeatSchedule {
  readonly #backoff: ExponentialBackoff;
  /** Until the coordinator has said it: at once. */
  #intervalMicros = 0;
  #dueAt = -Infinity;
  #retryAt = -Infinity;
  /** Failures one after the other. */
  #failures = 0;
  #isInFlight = false;

  constructor(backoff: ExponentialBackoff) {
    this.#backoff = backoff;
  }

  /**
   * When the next one is to be sent; Infinity: not before the last is answered.
   * @param isUrgent the member has something to say
   */
  nextAt(isUrgent: boolean): number {
    if (this.#isInFlight) return Infinity;
    return isUrgent ? this.#retryAt : Math.max(this.#retryAt, this.#dueAt);
  }

  sent(now: number): void {
    this.#isInFlight = true;
    this.#dueAt = now + this.#intervalMicros;
  }

  answered(intervalMs: number, now: number): void {
    this.reset();
    if (intervalMs * 1000 === this.#intervalMicros) return;
    this.#intervalMicros = intervalMs * 1000;
    this.#dueAt = now + this.#intervalMicros;
  }

  /** It is sent again after a while. */
  failed(now: number): void {
    this.#isInFlight = false;
    this.#dueAt = now;
    this.#retryAt = now + this.#backoff.next(this.#failures++);
  }

  /** Nothing is waited for, neither an answer nor a back-off. */
  reset(): void {
    this.#isInFlight = false;
    this.#failures = 0;
    this.#retryAt = -Infinity;
  }
}
