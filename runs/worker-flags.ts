/**
 * How V8 runs the threads that play trials, one after another, for minutes. Nothing depends on it but speed.
 * `npm run bench` starts its process with the same.
 */
import { setFlagsFromString } from 'node:v8';

/** Room for new objects: one of these fills up, then what is alive moves on (trial-memory.ts). Megabytes. */
export const SEMI_SPACE_MB = 64;

export const workerFlags: readonly string[] = [
  '--expose-gc',
  // A campaign keeps every core busy: helper threads for a little work cost more than they save.
  '--no-parallel-scavenge',
  // V8 makes objects of a kind that often outlived a collection in the old space at once, where they stay, and keep what
  // they refer to, until the whole heap is collected. Here they die with their trial.
  '--no-allocation-site-pretenuring',
  `--min-semi-space-size=${SEMI_SPACE_MB}`,
  `--max-semi-space-size=${SEMI_SPACE_MB}`,
  // A trial has a few hot functions and a thousand lukewarm ones, which reach V8's usual measure one after another for
  // hundreds of trials: optimizing them took a seventh of all CPU time, and never paid. Twice the measure, and quick code
  // for the rest from the start.
  '--always-sparkplug',
  '--interrupt-budget=250000',
];

/** For the worker threads that this process starts from now on. */
export function prepareWorkers(): void {
  for (const flag of workerFlags) setFlagsFromString(flag);
}
