import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { IntColumn, IntegerMap, NumberColumn } from './columns.js';

describe('columns', () => {
  it('hold what was pushed, beyond their first capacity', () => {
    fc.assert(
      fc.property(fc.array(fc.integer()), fc.nat(3), (numbers, capacity) => {
        const ints = new IntColumn(capacity);
        const large = new NumberColumn(capacity);
        for (const number of numbers) {
          ints.push(number);
          large.push(number * 0x100000);
        }
        expect(numbers.map((_, i) => ints.at(i))).toEqual(numbers);
        expect(numbers.map((_, i) => large.at(i))).toEqual(numbers.map((number) => number * 0x100000));
      }),
    );
  });
});

describe('IntegerMap', () => {
  const number = fc.oneof(fc.nat(50), fc.nat(5000), fc.integer({ min: -5000, max: -1 }), fc.maxSafeInteger());

  it('is a map, of dense numbers, of negative ones and of those far outside', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(number, fc.nat())), fc.nat(20), fc.array(number), (entries, expected, others) => {
        const map = new IntegerMap(expected);
        const reference = new Map<number, number>();
        for (const [key, value] of entries) {
          map.set(key, value);
          reference.set(key, value);
        }
        for (const key of [...reference.keys(), ...others]) expect(map.get(key)).toBe(reference.get(key) ?? -1);
      }),
    );
  });
});
