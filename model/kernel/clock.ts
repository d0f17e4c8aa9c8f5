/**
 * A machine's two clocks: a wall clock (offset, drift, jumps) and a monotonic one (drift). Both count whole
 * microseconds; drift is whole parts per million, so nothing is rounded twice.
 */
import { assert } from './assert.js';

const MILLION = 1_000_000;
/** What every wall clock shows when a trial begins: 2024-11-06 00:00 UTC. A real date, so that no jump makes it negative. */
export const WALL_EPOCH_MICROS = 1_730_851_200 * MILLION;

export class Clock {
  /** How much faster than virtual time both clocks run, in parts per million. */
  private partsPerMillion = 0;
  /** Virtual time of the last change of drift, and what the monotonic clock showed then. */
  private since = 0;
  private monotonicThen = 0;
  private wallAhead = WALL_EPOCH_MICROS;

  monotonic(now: number): number {
    const elapsed = now - this.since;
    return this.monotonicThen + elapsed + gained(elapsed, this.partsPerMillion);
  }

  wall(now: number): number {
    return this.monotonic(now) + this.wallAhead;
  }

  /** Virtual time until this much has passed on the monotonic clock: rounded up, so that a timer is never early. */
  virtual(monotonicMicros: number): number {
    if (this.partsPerMillion === 0) return Math.ceil(monotonicMicros);
    const rate = MILLION + this.partsPerMillion;
    const whole = Math.floor(monotonicMicros / rate);
    return whole * MILLION + Math.ceil(((monotonicMicros - whole * rate) * MILLION) / rate);
  }

  jump(offsetMicros: number): void {
    this.wallAhead += Math.trunc(offsetMicros);
  }

  drift(now: number, partsPerMillion: number): void {
    assert(Number.isInteger(partsPerMillion) && partsPerMillion > -MILLION, 'a clock drifts by whole parts, forwards');
    this.monotonicThen = this.monotonic(now);
    this.since = now;
    this.partsPerMillion = partsPerMillion;
  }

  get rate(): number {
    return this.partsPerMillion;
  }
}

/** What a monotonic clock of this rate counts in so much virtual time, rounded up. */
export function monotonicSpan(virtualMicros: number, partsPerMillion: number): number {
  return virtualMicros - gained(virtualMicros, -partsPerMillion);
}

/** Whole microseconds gained in `elapsed`, rounded down. In two parts, so that no product passes 2^53. */
function gained(elapsed: number, partsPerMillion: number): number {
  if (partsPerMillion === 0) return 0;
  const whole = Math.floor(elapsed / MILLION);
  return whole * partsPerMillion + Math.floor(((elapsed - whole * MILLION) * partsPerMillion) / MILLION);
}
