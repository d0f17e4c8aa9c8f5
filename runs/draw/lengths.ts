/**
 * How long faults last: around the time-outs that they can trip.
 *
 * A fault just shorter than a time-out and one just longer show different things, and no other length shows a third. So
 * lengths are drawn from a table of them, in order: shrinking a length walks down this table.
 */
import fc, { type Arbitrary } from 'fast-check';

export interface TimeOut {
  /** 'broker-session', 'replica-lag', 'request', 'delivery'. */
  readonly name: string;
  readonly micros: number;
}

/** In percent of a time-out: well under, just under, just over, twice. */
const nearness: readonly number[] = [5, 15, 30, 50, 85, 95, 99, 101, 105, 120, 180, 200, 230];

/** A fault that lasts for most of the phase leaves no time in which anything else could happen. */
const LONGEST_PERCENT_OF_PHASE = 70;

/** Ascending, each once, microseconds; never empty. */
export function faultLengths(timeOuts: readonly TimeOut[], phaseMicros: number): readonly number[] {
  const longest = Math.floor((phaseMicros * LONGEST_PERCENT_OF_PHASE) / 100);
  const lengths = new Set<number>();
  for (const { micros } of timeOuts) {
    for (const percent of nearness) {
      const length = Math.floor((micros * percent) / 100);
      if (length > 0 && length <= longest) lengths.add(length);
    }
  }
  if (lengths.size === 0) lengths.add(Math.max(1, longest));
  return [...lengths].toSorted((a, b) => a - b);
}

/** One of these lengths; shrinks towards the shortest. */
export function lengthArbitrary(lengths: readonly number[]): Arbitrary<number> {
  return fc.nat({ max: lengths.length - 1 }).map(
    (index) => lengths[index],
    (length) => indexOf(lengths, length),
  );
}

/** fast-check asks unmappers to throw for what they cannot have made. */
function indexOf(lengths: readonly number[], length: unknown): number {
  const index = lengths.indexOf(length as number);
  if (index < 0) throw new Error('a length from elsewhere');
  return index;
}
