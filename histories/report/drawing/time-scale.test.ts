import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { linearScale, storyScale, ticks } from './time-scale.js';

const moments = fc.array(fc.nat(60_000_000), { maxLength: 20 });

describe('the story scale', () => {
  it('keeps the order of moments, and the way back', () => {
    fc.assert(
      fc.property(moments, fc.nat(60_000_000), fc.nat(60_000_000), (given, a, b) => {
        const scale = storyScale(0, 60_000_000, 800, given);
        if (a < b) expect(scale.x(a)).toBeLessThan(scale.x(b));
        expect(Math.abs(scale.time(scale.x(a)) - a)).toBeLessThanOrEqual(2);
        expect(scale.x(a)).toBeGreaterThanOrEqual(0);
        expect(scale.x(a)).toBeLessThanOrEqual(800);
      }),
    );
  });

  it('gives 8 ms of sending room beside 9 s of waiting, and marks the wait', () => {
    const scale = storyScale(4_100_000, 20_000_000, 800, [4_205_000, 4_213_000, 12_902_000, 19_400_000]);
    expect(scale.x(4_213_000) - scale.x(4_205_000)).toBeGreaterThan(60);
    const waiting = scale.pieces.find((piece) => piece.from === 4_213_000);
    expect(waiting).toMatchObject({ to: 12_902_000, compressed: true });
  });
});

describe('ticks', () => {
  it('are round numbers of seconds on a linear scale', () => {
    expect(ticks(linearScale(0, 60_000_000, 600), 7).map((tick) => tick.label)).toEqual([
      '0',
      '10',
      '20',
      '30',
      '40',
      '50',
      '60',
    ]);
    expect(ticks(linearScale(4_200_000, 4_213_000, 600), 4).map((tick) => tick.label)).toEqual([
      '4.200',
      '4.205',
      '4.210',
    ]);
  });
});
