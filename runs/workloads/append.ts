/** Keyed sends from all producers over the whole phase: the workload for what is written and read back. */
import fc from 'fast-check';
import type { Stream } from '../../model/kernel/random.js';
import type { SendStep } from '../../model/system.js';
import type { Workload, WorkloadShape } from './workload.js';

export interface AppendParameters {
  /** When sends come: evenly, at random, or in bursts with silence between them. */
  readonly arrival: 'even' | 'random' | 'bursts';
  readonly bursts: number;
  /** Percent of all sends that have the one hot key. */
  readonly hotPercent: number;
  /** Percent of all sends that come from the first producer; the others share the rest. */
  readonly firstProducerPercent: number;
}

/** All sends of a burst come within this. */
const BURST_MICROS = 40_000;

export const append: Workload<AppendParameters> = {
  name: 'append',
  sentence: 'Producers send records with keys acct-0, acct-1, ... over the whole safety phase; no value is sent twice.',
  arbitrary: () =>
    fc.record({
      arrival: fc.constantFrom('even', 'random', 'bursts'),
      bursts: fc.integer({ min: 5, max: 60 }),
      hotPercent: fc.constantFrom(0, 0, 30, 80),
      firstProducerPercent: fc.constantFrom(0, 0, 50, 90),
    }),
  expand: sendSteps,
};

/** Keyed sends, in order of time. */
export function sendSteps(parameters: AppendParameters, shape: WorkloadShape, stream: Stream): readonly SendStep[] {
  const names = Array.from({ length: shape.keys }, (_, key) => `acct-${key}`);
  return arrivals(parameters, shape, stream).map((at, value) => ({
    at,
    client: oftenFirst(shape.producers, parameters.firstProducerPercent, stream),
    f: 'send',
    topic: oftenFirst(shape.topics, 0, stream),
    recordKey: names[oftenFirst(shape.keys, parameters.hotPercent, stream)],
    value,
  }));
}

/** One of `count`: the first in so many percent of all cases, and evenly any in the others. */
function oftenFirst(count: number, percent: number, stream: Stream): number {
  if (count === 1 || (percent > 0 && stream.int(100) < percent)) return 0;
  return stream.int(count);
}

function arrivals(parameters: AppendParameters, shape: WorkloadShape, stream: Stream): readonly number[] {
  const { sends, phaseMicros } = shape;
  switch (parameters.arrival) {
    case 'even': {
      const gap = Math.max(1, Math.floor(phaseMicros / sends));
      return ascending(sends, (index) => index * gap + stream.int(gap));
    }
    case 'random':
      return ascending(sends, () => stream.int(phaseMicros));
    case 'bursts': {
      const starts = Array.from({ length: parameters.bursts }, () => stream.int(phaseMicros));
      const last = phaseMicros - 1;
      return ascending(sends, () => Math.min(last, stream.pick(starts) + stream.int(BURST_MICROS)));
    }
  }
}

function ascending(count: number, timeOf: (index: number) => number): readonly number[] {
  const times = new Float64Array(count);
  for (let index = 0; index < count; index++) times[index] = timeOf(index);
  return [...times.sort()];
}
