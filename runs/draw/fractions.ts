/** Fractions on a grid: as fine as a phase needs, and with a saved form that shrinks exactly. */
import fc, { type Arbitrary } from 'fast-check';

/** Cells between 0 and 1: 0.6 ms of a phase of one minute. */
const CELLS = 100_000;

/** A fraction in [from, to); shrinks towards `from`. */
export function fractionArbitrary(from: number, to: number): Arbitrary<number> {
  const min = Math.round(from * CELLS);
  const max = Math.max(min, Math.round(to * CELLS) - 1);
  return fc.integer({ min, max }).map(
    (cell) => cell / CELLS,
    (fraction) => cellOf(fraction, min, max),
  );
}

/** fast-check asks unmappers to throw for what they cannot have made. */
function cellOf(fraction: unknown, min: number, max: number): number {
  const cell = typeof fraction === 'number' ? Math.round(fraction * CELLS) : -1;
  if (cell < min || cell > max || cell / CELLS !== fraction) throw new Error('a fraction from elsewhere');
  return cell;
}
