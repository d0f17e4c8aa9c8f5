import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { linearizability, type RegisterOperation } from './linearizability.js';

const write = (value: number, invokedAt: number, completedAt = Infinity): RegisterOperation => ({
  operation: 0,
  kind: 'write',
  value,
  invokedAt,
  completedAt,
});
const read = (value: number, invokedAt: number, completedAt: number): RegisterOperation => ({
  ...write(value, invokedAt, completedAt),
  kind: 'read',
});

describe('a register is linearizable', () => {
  it.each<[string, readonly RegisterOperation[], boolean]>([
    ['that nobody used', [], true],
    ['read before any write', [read(0, 1, 2)], true],
    ['read after a write', [write(1, 1, 2), read(1, 3, 4)], true],
    ['not if the read missed it', [write(1, 1, 2), read(0, 3, 4)], false],
    ['if the read missed it and they overlapped', [write(1, 1, 5), read(0, 3, 4)], true],
    ['whichever of two overlapping writes came last', [write(1, 1, 5), write(2, 2, 6), read(1, 7, 8)], true],
    ['but not both in turn', [write(1, 1, 5), write(2, 2, 6), read(1, 7, 8), read(2, 9, 10)], false],
    ['if a write of unknown outcome took effect', [write(1, 1), read(0, 2, 3), read(1, 7, 8)], true],
    ['or never did', [write(1, 1), read(0, 7, 8)], true],
    ['but not both', [write(1, 1), read(1, 2, 3), read(0, 7, 8)], false],
    [
      'a write that ended as another began may have come after it',
      [write(1, 1, 5), write(2, 5, 6), read(1, 7, 8)],
      true,
    ],
  ])('%s', (_, operations, expected) => {
    expect(linearizability(operations, 0).kind === 'linearizable').toBe(expected);
  });

  it('and if not, names what cannot follow', () => {
    const stale = read(0, 3, 4);
    expect(linearizability([write(1, 1, 2), stale], 0)).toEqual({
      kind: 'not-linearizable',
      operation: stale,
      value: 1,
    });
  });

  it('undecided once its steps are spent', () => {
    expect(linearizability([write(1, 1, 2), read(1, 3, 4)], 0, 1)).toMatchObject({ kind: 'undecided' });
  });

  /** Operations that take effect in the order drawn, each between its ends. */
  const serial = fc
    .array(
      fc.record({ reads: fc.boolean(), value: fc.nat(3), earlier: fc.nat(25), later: fc.nat(25), known: fc.boolean() }),
      { minLength: 1, maxLength: 40 },
    )
    .map((drawn) => {
      let value = 0;
      return drawn.map(({ reads, value: written, earlier, later, known }, i) => {
        const moment = i * 10;
        if (!reads) value = written;
        const end = known ? moment + later : Infinity;
        return reads ? read(value, moment - earlier, end) : write(value, moment - earlier, end);
      });
    });

  it('in linear time where few operations overlap', () => {
    const many = Array.from({ length: 100_000 }, (_, i) =>
      i % 2 === 0 ? write(i, i * 4, i * 4 + 9) : read(i - 1, i * 4, i * 4 + 1),
    );
    expect(linearizability(many, 0)).toEqual({ kind: 'linearizable' });
  });

  it('whenever it was one', () => {
    fc.assert(
      fc.property(serial, (operations) => {
        expect(linearizability(operations, 0)).toEqual({ kind: 'linearizable' });
      }),
    );
  });

  it('but no longer once a read returns what nobody wrote', () => {
    fc.assert(
      fc.property(serial, fc.nat(400), (operations, at) => {
        expect(linearizability([...operations, read(9, at, at + 5)], 0).kind).toBe('not-linearizable');
      }),
    );
  });

  it('exactly if some order of it is right', () => {
    const few = fc.array(
      fc.record({ reads: fc.boolean(), value: fc.nat(2), from: fc.nat(12), lasts: fc.integer({ min: 0, max: 9 }) }),
      { maxLength: 6 },
    );
    fc.assert(
      fc.property(few, (drawn) => {
        const operations = drawn.map(({ reads, value, from, lasts }) => {
          const end = lasts === 9 ? Infinity : from + lasts;
          return reads ? read(value, from, end) : write(value, from, end);
        });
        expect(linearizability(operations, 0).kind === 'linearizable').toBe(someOrderIsRight(operations, 0));
      }),
      { numRuns: 500 },
    );
  });
});

/** By trying out all orders. */
function someOrderIsRight(left: readonly RegisterOperation[], value: number): boolean {
  if (left.every(({ completedAt }) => completedAt === Infinity)) return true;
  return left.some((one, i) => {
    if (left.some(({ completedAt }) => completedAt < one.invokedAt)) return false;
    if (one.kind === 'read' && one.completedAt < Infinity && one.value !== value) return false;
    const rest = left.filter((_, j) => j !== i);
    return someOrderIsRight(rest, one.kind === 'write' ? one.value : value);
  });
}
