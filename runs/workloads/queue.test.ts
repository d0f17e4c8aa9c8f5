import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createStream } from '../../model/kernel/random.js';
import { recordsOf, type ClientStep } from '../../model/system.js';
import { queue, type QueueParameters } from './queue.js';
import type { WorkloadShape } from './workload.js';

const SECOND = 1_000_000;
const shape: WorkloadShape = {
  producers: 2,
  topics: 1,
  sends: 200,
  keys: 7,
  phaseMicros: 60 * SECOND,
  members: [2, 3, 4].map((client) => ({ client, maxPollMicros: 6 * SECOND, maxPollRecords: 10 })),
};
const arbitrary = queue.arbitrary(shape) as fc.Arbitrary<QueueParameters>;
const expand = (parameters: QueueParameters, of = shape): readonly ClientStep[] =>
  queue.expand(parameters, of, createStream('1', 'workload/steps'));

it('sends what append sends, and gives only members something to do', () => {
  fc.assert(
    fc.property(arbitrary, (parameters) => {
      const steps = expand(parameters);
      const values = steps.flatMap((step) => recordsOf(step).map(({ value }) => value));
      expect(values).toEqual(Array.from({ length: shape.sends }, (_, i) => i));
      for (const step of steps) expect('micros' in step ? [2, 3, 4] : [0, 1]).toContain(step.client);
      expect(steps.map(({ at }) => at)).toEqual(steps.map(({ at }) => at).toSorted((a, b) => a - b));
    }),
    { numRuns: 30 },
  );
});

const [drawn] = fc.sample(arbitrary, 1);
const slow = [{ at: 500, member: 4, percent: 200 }];

it('makes a record slow by the max.poll.interval.ms of its member', () => {
  const steps = expand({ ...drawn, recordMicros: 0, slow });
  const [one] = steps.filter((step) => 'micros' in step);
  expect(one).toEqual({ at: 30 * SECOND, client: 3, f: 'process-slowly', micros: 12 * SECOND });
});

it('does not where that would take most of the phase', () => {
  const members = [{ client: 2, maxPollMicros: 300 * SECOND, maxPollRecords: 500 }];
  expect(expand({ ...drawn, recordMicros: 0, slow }, { ...shape, members }).filter((step) => 'micros' in step)).toEqual(
    [],
  );
});

it('never asks for more time than one member has', () => {
  const steps = expand({ ...drawn, recordMicros: 20_000, slow: [] }, { ...shape, sends: 3000 });
  const micros = steps.flatMap((step) => ('micros' in step ? [step.micros] : []));
  expect(micros).toEqual([10_000, 10_000, 10_000]);
});

it('never for so much that the records of a poll would take longer than max.poll.interval.ms', () => {
  const members = [{ client: 2, maxPollMicros: 6 * SECOND, maxPollRecords: 500 }];
  const steps = expand({ ...drawn, recordMicros: 20_000, slow: [] }, { ...shape, members });
  expect(steps[0]).toEqual({ at: 0, client: 2, f: 'process-each', micros: 6000 });
});
