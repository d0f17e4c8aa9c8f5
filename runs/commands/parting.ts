/** Where the runs of two variants on one seed part: their first event that is not the same. */
import { describe } from '../../histories/report/describe.js';
import { Names, seconds } from '../../histories/report/words.js';
import { TraceReader } from '../../histories/trace-record.js';
import type { Trace } from '../../histories/trace.js';
import type { Engine } from '../engine.js';
import type { LoadedSpec } from '../spec/load.js';

/** Each variant against the first. */
export function partingOf(engine: Engine, { spec, variants }: LoadedSpec, seed: string): string[] {
  const plan = engine.draw(spec, seed);
  const traces = variants.map((variant) => engine.runTrial(variant.spec, seed, plan).trace);
  return traces.slice(1).flatMap((trace, index) => {
    const names: readonly [string, string] = [variants[0]!.name, variants[index + 1]!.name];
    const at = firstDifference(traces[0]!, trace);
    if (at === null) return [`  ${names[0]} and ${names[1]} run alike to the end`];
    const width = Math.max(names[0].length, names[1].length);
    return [
      `  ${names[0]} and ${names[1]} part at event ${at}:`,
      `     ${names[0].padEnd(width)}  ${eventWords(traces[0]!, at)}`,
      `     ${names[1].padEnd(width)}  ${eventWords(trace, at)}`,
    ];
  });
}

/** Index of the first record that differs; null: there is none. */
export function firstDifference(one: Trace, other: Trace): number | null {
  const shared = Math.min(one.length, other.length);
  const columns = ['time', 'kind', 'machine', 'key', 'a', 'b', 'c', 'd'] as const;
  for (let i = 0; i < shared; i++) {
    for (const column of columns) if (one[column][i] !== other[column][i]) return i;
  }
  return one.length === other.length ? null : shared;
}

function eventWords(trace: Trace, at: number): string {
  if (at >= trace.length) return 'nothing more happens';
  return `${seconds(trace.time[at]!)}  ${describe(new TraceReader(trace).at(at), new Names(trace.header))}`;
}
