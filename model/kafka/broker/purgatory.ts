/**
 * Requests that wait for something: DelayedOperationPurgatory. There is at most one a connection, since a connection has
 * one request at a time, so a list suffices. One timer stands for all deadlines: the earliest when it was set.
 */
import { removeAt } from '../../kernel/arrays.js';
import type { Host } from '../../kernel/process.js';

export interface DelayedOperation {
  /** Monotonic microseconds at which it is completed whatever it has. */
  readonly deadline: number;
  watches(partition: number): boolean;
  /** True: nothing is left to wait for. */
  isSatisfied(): boolean;
  /** Answers with what there is. */
  complete(): void;
}

export class Purgatory<Operation extends DelayedOperation> {
  readonly #host: Host;
  readonly #timerKind: number;
  readonly #waiting: Operation[] = [];
  #timerAt = Number.POSITIVE_INFINITY;

  constructor(host: Host, timerKind: number) {
    this.#host = host;
    this.#timerKind = timerKind;
  }

  get size(): number {
    return this.#waiting.length;
  }

  /** Completes the operation if it is satisfied already, else keeps it (tryCompleteElseWatch). */
  completeOrWatch(operation: Operation): void {
    if (operation.isSatisfied()) {
      operation.complete();
      return;
    }
    this.#waiting.push(operation);
    if (operation.deadline < this.#timerAt) this.#setTimer(operation.deadline);
  }

  /** Something happened to the partition (checkAndComplete). */
  check(partition: number): void {
    const waiting = this.#waiting;
    for (let i = 0; i < waiting.length;) {
      const operation = waiting[i];
      if (operation.watches(partition) && operation.isSatisfied()) {
        removeAt(waiting, i);
        operation.complete();
      } else {
        i++;
      }
    }
  }

  /** The timer fired: whatever is past its deadline is completed. */
  onDeadline(): void {
    this.#timerAt = Number.POSITIVE_INFINITY;
    const now = this.#host.monotonicMicros();
    const waiting = this.#waiting;
    let next = Number.POSITIVE_INFINITY;
    for (let i = 0; i < waiting.length;) {
      const operation = waiting[i];
      if (operation.deadline <= now) {
        removeAt(waiting, i);
        operation.complete();
      } else {
        next = Math.min(next, operation.deadline);
        i++;
      }
    }
    if (next < this.#timerAt) this.#setTimer(next);
  }

  /** A timer set for a later deadline is left to fire: it will find nothing due. */
  #setTimer(at: number): void {
    this.#timerAt = at;
    this.#host.timer(this.#timerKind, at - this.#host.monotonicMicros(), 0);
  }
}
