import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { IntColumn, NameColumn } from './columns.js';

describe('columns', () => {
  it('hold what was pushed, beyond their first capacity', () => {
    fc.assert(
      fc.property(fc.array(fc.integer()), fc.nat(3), (numbers, capacity) => {
        const column = new IntColumn(capacity);
        for (const number of numbers) column.push(number);
        expect(numbers.map((_, row) => column.at(row))).toEqual(numbers);
        expect(column.length).toBe(numbers.length);
      }),
    );
  });

  it('hold texts once each, numbered in order of appearance', () => {
    const name = fc.option(fc.constantFrom('a', 'b', 'c', ''));
    fc.assert(
      fc.property(fc.array(name), fc.array(fc.tuple(fc.nat(), name)), (pushed, changes) => {
        const column = new NameColumn();
        const expected = [...pushed];
        for (const one of pushed) column.push(one);
        for (const [at, to] of pushed.length === 0 ? [] : changes) {
          column.set(at % pushed.length, to);
          expected[at % pushed.length] = to;
        }
        expect(expected.map((_, row) => column.at(row))).toEqual(expected);
        const named = expected.flatMap((one, row) => (one === null ? [] : [column.number(row)]));
        expect(Math.max(-1, ...named)).toBeLessThan(column.distinct);
        expect(new Set(named).size).toBe(new Set(expected.filter((one) => one !== null)).size);
        expect(column.distinct).toBe(
          new Set(
            [...pushed, ...(pushed.length === 0 ? [] : changes.map(([, to]) => to))].filter((one) => one !== null),
          ).size,
        );
      }),
    );
  });
});
