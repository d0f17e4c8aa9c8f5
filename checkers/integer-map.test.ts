import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { IntegerMap } from './integer-map.js';

describe('IntegerMap', () => {
  const number = fc.oneof(fc.nat(50), fc.nat(5000), fc.integer({ min: -5000, max: -1 }), fc.maxSafeInteger());

  it('is a map, of dense numbers, of negative ones and of those far outside', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(number, fc.nat())),
        fc.nat(20),
        fc.nat(20),
        fc.array(number),
        (entries, expected, capacity, others) => {
          const map = new IntegerMap(expected, capacity);
          const reference = new Map<number, number>();
          for (const [key, value] of entries) {
            map.set(key, value);
            reference.set(key, value);
          }
          for (const key of [...reference.keys(), ...others]) expect(map.get(key)).toBe(reference.get(key) ?? -1);
        },
      ),
    );
  });
});
