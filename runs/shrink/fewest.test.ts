import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fewest } from './fewest.js';

function run<T>(items: readonly T[], holds: (subset: readonly T[]) => boolean): { kept: readonly T[]; tests: number } {
  const search = fewest(items);
  let tests = 0;
  let step = search.next();
  while (!step.done) {
    tests += 1;
    step = search.next(holds(step.value));
  }
  return { kept: step.value, tests };
}

const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

describe('the fewest items', () => {
  it('are exactly what is needed, in order, wherever it stands', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 200 }),
        fc.array(fc.nat(), { minLength: 1, maxLength: 4 }),
        (count, picks) => {
          const needed = [...new Set(picks.map((pick) => pick % count))].toSorted((a, b) => a - b);
          expect(run(range(count), (subset) => needed.every((item) => subset.includes(item))).kept).toEqual(needed);
        },
      ),
    );
  });

  it('are a set of which nothing can be left out, whatever the test', () => {
    // Needs three items whose sum is divisible by seven: many answers, none of them obvious.
    const holds = (subset: readonly number[]): boolean =>
      subset.some((a, i) => subset.some((b, j) => j > i && subset.some((c, k) => k > j && (a + b + c) % 7 === 0)));
    const { kept } = run(range(40), holds);
    expect(holds(kept)).toBe(true);
    for (const item of kept) expect(holds(kept.filter((other) => other !== item))).toBe(false);
  });

  it('are found among two thousand within 15 tests where one is needed, and 50 where three are', () => {
    for (const one of [0, 777, 1999])
      expect(run(range(2_000), (subset) => subset.includes(one)).tests).toBeLessThan(15);
    const three = [40, 1_020, 1_960];
    const { kept, tests } = run(range(2_000), (subset) => three.every((item) => subset.includes(item)));
    expect(kept).toEqual(three);
    expect(tests).toBeLessThan(50);
  });

  it('are found within 150 tests where forty of three hundred are needed, all in a row', () => {
    const needed = range(300).slice(220, 260);
    const { kept, tests } = run(range(300), (subset) => needed.every((item) => subset.includes(item)));
    expect(kept).toEqual(needed);
    expect(tests).toBeLessThan(150);
  });
});
