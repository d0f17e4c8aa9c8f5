/**
 * How long things take, as distributions: microseconds at quantiles, expanded to tables by integer arithmetic.
 *
 * No exp or log: those may differ between JavaScript engines, and the same seed must give the same trial on each.
 * The shapes are those of machines in neighbouring data centres of one region, with solid-state disks: a narrow body
 * and a long tail, because it is in the tail that replies overtake time-outs.
 */

export const TABLE_BITS = 12;
const TABLE_SIZE = 1 << TABLE_BITS;

/** Up to this position of TABLE_SIZE, this many microseconds; straight lines between. */
type Knot = readonly [position: number, micros: number];

const body = TABLE_SIZE - 1;

/** One way between two machines. Median 0.3 ms, 99 % below 2 ms, one in a thousand around 10 ms. */
export const LATENCY = expand([
  [0, 80],
  [410, 150],
  [1024, 210],
  [2048, 300],
  [3072, 450],
  [3686, 800],
  [4055, 2_000],
  [4091, 10_000],
  [body, 40_000],
]);

/** One way through the loopback interface. */
export const LOOPBACK = expand([
  [0, 5],
  [2048, 15],
  [3686, 30],
  [4055, 120],
  [body, 2_000],
]);

/** One fsync. Median 1 ms, 99 % below 12 ms, at worst a third of a second. */
export const FSYNC = expand([
  [0, 200],
  [410, 450],
  [2048, 1_000],
  [3072, 1_800],
  [3686, 4_000],
  [4055, 12_000],
  [4091, 80_000],
  [body, 320_000],
]);

/** One step of a process: until the thread that takes it up has run. Median 25 µs; the tail is a garbage collection. */
export const CPU = expand([
  [0, 5],
  [410, 10],
  [2048, 25],
  [3072, 45],
  [3686, 90],
  [4055, 400],
  [4091, 4_000],
  [body, 20_000],
]);

function expand(knots: readonly Knot[]): Int32Array {
  const table = new Int32Array(TABLE_SIZE);
  for (let k = 1; k < knots.length; k++) {
    const [start, low] = knots[k - 1];
    const [end, high] = knots[k];
    for (let i = start; i <= end; i++) {
      table[i] = low + Math.floor(((high - low) * (i - start)) / (end - start));
    }
  }
  return table;
}
