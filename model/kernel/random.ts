/**
 * Named streams of random choices, all grown from the trial's seed.
 *
 * seedrandom's tychei with a string seed `h1|<seed>|<name>`: similar names do not correlate, and a draw taken from one
 * stream moves no other. `h1` is the version of the derivation.
 */
import seedrandom from 'seedrandom';
import { assert } from './assert.js';

export interface Stream {
  /** A whole number in [0, bound). bound: 1 .. 2^32. No modulo bias. */
  int(bound: number): number;
  /** A whole number in [low, high], both included. */
  between(low: number, high: number): number;
  /** True in `numerator` of `denominator` cases. */
  chance(numerator: number, denominator: number): boolean;
  pick<T>(items: readonly T[]): T;
  /** A new array, shuffled. */
  shuffle<T>(items: readonly T[]): T[];
  /** 32 random bits, signed. */
  bits(): number;
}

const DERIVATION = 'h1';
const WORD = 0x100000000;
const SPAN_MAX = 0x20000000000000;

/** The stream of this name. Asked for twice, it starts twice: whoever draws keeps it. */
export function createStream(seed: string, name: string): Stream {
  return new TycheiStream(seed, name);
}

class TycheiStream implements Stream {
  private readonly next: () => number;

  constructor(seed: string, name: string) {
    const generator = seedrandom.tychei(`${DERIVATION}|${seed}|${name}`);
    this.next = () => generator.int32();
  }

  bits(): number {
    return this.next();
  }

  int(bound: number): number {
    assert(bound >= 1 && bound <= WORD && Number.isInteger(bound), 'a die has 1 to 2^32 sides');
    return this.below(bound, WORD);
  }

  between(low: number, high: number): number {
    const span = high - low + 1;
    assert(span >= 1 && span <= SPAN_MAX && Number.isInteger(span), 'a range goes from low to high, in whole numbers');
    return low + this.below(span, span <= WORD ? WORD : SPAN_MAX);
  }

  chance(numerator: number, denominator: number): boolean {
    return this.int(denominator) < numerator;
  }

  pick<T>(items: readonly T[]): T {
    assert(items.length > 0, 'something is there to be picked');
    return items[this.int(items.length)];
  }

  shuffle<T>(items: readonly T[]): T[] {
    const shuffled = items.slice();
    for (let last = shuffled.length - 1; last > 0; last--) {
      const other = this.int(last + 1);
      const item = shuffled[last];
      shuffled[last] = shuffled[other];
      shuffled[other] = item;
    }
    return shuffled;
  }

  /** Draws from [0, range) until the draw falls below the highest multiple of `bound`: then no remainder is favoured. */
  private below(bound: number, range: number): number {
    const limit = range - (range % bound);
    for (;;) {
      const low = this.next() >>> 0;
      const draw = range === WORD ? low : (this.next() >>> 11) * WORD + low;
      if (draw < limit) return draw % bound;
    }
  }
}
