import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Clock, monotonicSpan, WALL_EPOCH_MICROS } from './clock.js';

const anyRate = fc.integer({ min: -500_000, max: 1_000_000 });
const anySpan = fc.nat(0x100000000000);

describe('a clock', () => {
  it('that does not drift shows virtual time', () => {
    const clock = new Clock();
    expect([clock.monotonic(123), clock.wall(123), clock.virtual(5)]).toEqual([123, WALL_EPOCH_MICROS + 123, 5]);
  });

  it('gains parts per million, from the moment on at which it began to drift', () => {
    const clock = new Clock();
    clock.drift(1_000_000, 100);
    expect(clock.monotonic(1_000_000)).toBe(1_000_000);
    expect(clock.monotonic(3_000_000)).toBe(3_000_200);
    clock.drift(3_000_000, -100);
    expect(clock.monotonic(4_000_000)).toBe(4_000_100);
    expect(clock.wall(4_000_000)).toBe(WALL_EPOCH_MICROS + 4_000_100);
  });

  it('jumps on the wall alone', () => {
    const clock = new Clock();
    clock.jump(-5_000_000);
    expect(clock.wall(0)).toBe(WALL_EPOCH_MICROS - 5_000_000);
    expect(clock.monotonic(0)).toBe(0);
  });

  it('never goes back on the monotonic side, and stays exact in long trials', () => {
    fc.assert(
      fc.property(anyRate, anySpan, fc.nat(1000), (rate, at, later) => {
        const clock = new Clock();
        clock.drift(0, rate);
        expect(clock.monotonic(at + later)).toBeGreaterThanOrEqual(clock.monotonic(at));
        const exact = BigInt(at) + (BigInt(at) * BigInt(rate) - mod(BigInt(at) * BigInt(rate))) / 1_000_000n;
        expect(BigInt(clock.monotonic(at))).toBe(exact);
      }),
    );
  });

  it('gives a timer the shortest time after which so much has passed: never early', () => {
    fc.assert(
      fc.property(anyRate, anySpan, fc.integer({ min: 1, max: 1_000_000_000 }), (rate, now, micros) => {
        const clock = new Clock();
        clock.drift(0, rate);
        const wait = clock.virtual(micros);
        expect(clock.monotonic(now + wait) - clock.monotonic(now)).toBeGreaterThanOrEqual(micros);
        expect(clock.monotonic(wait - 1)).toBeLessThan(micros);
      }),
    );
  });

  it('tells how much of a wait is left when its rate changes: not less than there is', () => {
    fc.assert(
      fc.property(anyRate, anySpan, (rate, span) => {
        const clock = new Clock();
        clock.drift(0, rate);
        expect(monotonicSpan(span, rate) - clock.monotonic(span)).toBeGreaterThanOrEqual(0);
        expect(monotonicSpan(span, rate) - clock.monotonic(span)).toBeLessThanOrEqual(1);
      }),
    );
  });
});

/** The remainder of a division that rounds down. */
function mod(value: bigint): bigint {
  return ((value % 1_000_000n) + 1_000_000n) % 1_000_000n;
}
