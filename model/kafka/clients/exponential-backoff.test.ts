import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createStream } from '../../kernel/random.js';
import { ExponentialBackoff, retryBackoff } from './exponential-backoff.js';

const dice = createStream('seed', 'backoff');

describe('exponential backoff', () => {
  it('doubles with each attempt, within 20 % of jitter, and never passes the maximum', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1000 }),
        fc.integer({ min: 2, max: 64 }),
        fc.nat(40),
        (initial, factor, attempts) => {
          const max = initial * factor;
          const term = Math.min(initial * 2 ** attempts, max) * 1000;
          const wait = new ExponentialBackoff(initial, max, dice).next(attempts);
          expect(wait).toBeGreaterThanOrEqual(Math.trunc(term * 0.8));
          expect(wait).toBeLessThanOrEqual(Math.min(term * 1.2, max * 1000));
        },
      ),
    );
  });

  it('is constant, without jitter, when the first wait is the longest allowed', () => {
    expect(new ExponentialBackoff(100, 100, dice).next(7)).toBe(100_000);
    expect(new ExponentialBackoff(500, 100, dice).next(0)).toBe(100_000);
  });

  it('between attempts is always retry.backoff.ms before 3.7 (KIP-580)', () => {
    const settings = { 'retry.backoff.ms': 100, 'retry.backoff.max.ms': 1000 };
    const fixed = retryBackoff({ retryBackoff: 'fixed' }, settings, dice);
    expect([0, 1, 5].map((attempts) => fixed.next(attempts))).toEqual([100_000, 100_000, 100_000]);
    expect(retryBackoff({ retryBackoff: 'exponential' }, settings, dice).next(5)).toBeGreaterThan(700_000);
  });

  it('waits differently each time', () => {
    const backoff = new ExponentialBackoff(100, 1000, dice);
    expect(new Set(Array.from({ length: 20 }, () => backoff.next(1))).size).toBeGreaterThan(10);
  });
});
