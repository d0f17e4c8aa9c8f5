/** --seeds N or A..B. */
import { UsageError } from '../spec/problems.js';

const MOST_SEEDS = 10_000_000;

/** N is the seeds 1 to N; A..B includes both. @throws UsageError for an empty range */
export function parseSeeds(text: string): readonly string[] {
  const range = /^(\d+)\.\.(\d+)$/.exec(text);
  const [first, last] = range === null ? [1, wholeNumber(text)] : [Number(range[1]), Number(range[2])];
  if (last < first) throw new UsageError(`--seeds ${text}: an empty range of seeds`);
  if (last - first >= MOST_SEEDS) throw new UsageError(`--seeds ${text}: at most ${MOST_SEEDS} seeds`);
  return Array.from({ length: last - first + 1 }, (_, i) => String(first + i));
}

function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new UsageError(`--seeds ${text}: write a number of seeds or a range like 1..1000`);
  return Number(text);
}

/** A whole number of at least `least` for an option. */
export function parseCount(option: string, text: string, least: number): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < least)
    throw new UsageError(`${option} ${text}: not a whole number from ${least} on`);
  return value;
}
