/**
 * What a second worker is worth: trials a second of wall time with two workers, over twice those with one. Both are worker
 * threads of one pool each, warmed up by trials that are not counted. It tells something on a machine with two idle cores.
 */
import { runCampaign } from '../campaign.js';
import type { BenchRow } from './main.js';
import { standardSpec } from './trials.js';

/** Pairs of measurements, of which the median counts: wall time is a matter of who else is on the machine. */
const ROUNDS = 3;
/** For each worker: that many trials warm it up, and that many are counted. */
const WARM_UP = 40;
const TRIALS = 80;

export async function benchWorkers(): Promise<BenchRow[]> {
  const rounds: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const one = await trialsPerSecond(1);
    rounds.push((await trialsPerSecond(2)) / (2 * one));
  }
  const value = rounds.toSorted((x, y) => x - y)[Math.floor(ROUNDS / 2)];
  return [{ measure: 'efficiency of two workers', value, unit: 'x', bound: 0.85, atMost: false }];
}

/** Counted from the trial that ends the warm-up to the last. */
async function trialsPerSecond(workers: number): Promise<number> {
  const spec = standardSpec(2_000);
  const warmUp = WARM_UP * workers;
  const counted = TRIALS * workers;
  let done = 0;
  let began = 0;
  await runCampaign(
    {
      base: spec,
      variants: [spec],
      seeds: Array.from({ length: warmUp + counted }, (_, i) => String(i)),
      timeBoundMillis: null,
      workers,
      bail: null,
      paranoid: false,
      stop: new AbortController().signal,
    },
    () => {
      if (++done === warmUp) began = performance.now();
    },
  );
  return (1000 * counted) / (performance.now() - began);
}
