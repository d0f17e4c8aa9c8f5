/**
 * Seeds of the preset `storm` that together reach every situation that needs nothing but faults.
 * `node dist/runs/bench/storm-seeds.js 500` runs so many and prints them as JSON, for runs/bench/storm-seeds.json: the test
 * beside it runs those alone. Names that none reached go to standard error.
 */
import { pathToFileURL } from 'node:url';
import { situations } from '../catalogue.js';
import { drawFor } from '../draw/draw.js';
import { loadSpec } from '../spec/load.js';
import { runTrial } from '../trial.js';

/** Names of the situations that trials of storm must reach. */
export const reachable: readonly string[] = situations
  .filter(({ needs }) => needs === undefined)
  .map(({ name }) => name);

/** The situations that a trial of storm reaches. */
export function reachedBy(seed: string): readonly string[] {
  const { spec } = loadSpec({ input: 'storm' });
  return runTrial({ spec, seed, plan: drawFor(spec, seed), variant: 0 }).row.situations;
}

/** Few of these seeds that reach whatever all of them do: the one that adds most comes next. */
export function coveringSeeds(reached: ReadonlyMap<string, readonly string[]>): readonly string[] {
  const missing = new Set([...reached.values()].flat());
  const chosen: string[] = [];
  while (missing.size > 0) {
    const adds = (seed: string): number => reached.get(seed)!.filter((name) => missing.has(name)).length;
    const best = [...reached.keys()].reduce((one, other) => (adds(other) > adds(one) ? other : one));
    for (const name of reached.get(best)!) missing.delete(name);
    chosen.push(best);
  }
  return chosen;
}

function main(count: number): void {
  const reached = new Map(Array.from({ length: count }, (_, i) => [String(i + 1), reachedBy(String(i + 1))]));
  const seen = new Set([...reached.values()].flat());
  for (const name of reachable) if (!seen.has(name)) process.stderr.write(`never reached: ${name}\n`);
  process.stdout.write(`${JSON.stringify(coveringSeeds(reached))}\n`);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) main(Number(process.argv[2] ?? 500));
