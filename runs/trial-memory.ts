/**
 * Memory of a process that runs one trial after another. A trial makes some 18 MB of objects. While it runs a good part is
 * alive, and after it nothing: a collection within a trial copies megabytes, one between two trials hardly anything. So
 * there is room for a whole trial, and the room is swept between trials.
 */
import { getHeapSpaceStatistics } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { SEMI_SPACE_MB } from './worker-flags.js';

/** More than half full: the next trial might not fit. */
const SWEEP_AT_BYTES = (SEMI_SPACE_MB / 2) * 1_000_000;

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
