/**
 * Memory of a process that runs one trial after another. A trial makes some 18 MB of objects. While it runs a good part is
 * alive, and after it nothing: a collection within a trial copies megabytes, one between two trials hardly anything. So
 * there is room for a whole trial, and the room is swept between trials.
 */
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Room for new objects: one of these fills up, then what is alive moves on. Megabytes. */
export const SEMI_SPACE_MB = 64;

/** `npm run bench` starts its own process with the same. */
const flags: readonly string[] = [
  `--min-semi-space-size=${SEMI_SPACE_MB}`,
  `--max-semi-space-size=${SEMI_SPACE_MB}`,
  // V8 makes objects of a kind that often outlived a collection in the old space at once, where they stay, and keep what
  // they refer to, until the whole heap is collected. Here they die with their trial.
  '--no-allocation-site-pretenuring',
  // A campaign keeps every core busy: helper threads for a little work cost more than they save.
  '--no-parallel-scavenge',
  '--expose-gc',
];

/** More than half full: the next trial might not fit. */
const SWEEP_AT_BYTES = (SEMI_SPACE_MB / 2) * 1_000_000;

/** For the worker threads that this process starts from now on. */
export function prepareWorkers(): void {
  for (const flag of flags) setFlagsFromString(flag);
}

type Collect = (options: { readonly type: 'minor' }) => void;
let collect: Collect | null | undefined = undefined;

/** Between two trials: collects what the last ones left, if the next might not find room. Nothing depends on it but speed. */
export function sweepBetweenTrials(): void {
  if (collect === undefined) collect = collector();
  if (collect === null) return;
  const newSpace = getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space');
  if (newSpace !== undefined && newSpace.space_used_size > SWEEP_AT_BYTES) collect({ type: 'minor' });
}

/** V8's own, where --expose-gc is on: new contexts have it under the name `gc`. */
function collector(): Collect | null {
  return runInNewContext('typeof gc === "function" ? gc : null') as Collect | null;
}
