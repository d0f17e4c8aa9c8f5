import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createStream } from '../../model/kernel/random.js';
import { recordsOf } from '../../model/system.js';
import { transactions, type TransactionsParameters } from './transactions.js';
import type { WorkloadShape } from './workload.js';

const shape: WorkloadShape = { producers: 3, topics: 2, sends: 200, keys: 7, phaseMicros: 60_000_000, members: [] };
const arbitrary = transactions.arbitrary(shape) as fc.Arbitrary<TransactionsParameters>;

it('writes as many records as asked, each once, in transactions that are in order of time', () => {
  fc.assert(
    fc.property(arbitrary, fc.string(), (parameters, seed) => {
      const steps = transactions.expand(parameters, shape, createStream(seed, 'workload/steps'));
      const values = steps.flatMap((step) => recordsOf(step).map(({ value }) => value));
      expect(values).toEqual(Array.from({ length: shape.sends }, (_, i) => i));
      for (const [i, step] of steps.entries()) {
        expect(step.f).toBe('transaction');
        expect(recordsOf(step).length).toBeLessThanOrEqual(parameters.mostRecords);
        if (i > 0) expect(step.at).toBeGreaterThanOrEqual(steps[i - 1].at);
      }
    }),
    { numRuns: 20 },
  );
});

it('aborts about as many as were drawn', () => {
  const [parameters] = fc.sample(arbitrary, 1);
  const many = { ...shape, sends: 3000 };
  const steps = transactions.expand(
    { ...parameters, mostRecords: 1, abortPercent: 40 },
    many,
    createStream('1', 'steps'),
  );
  const aborted = steps.filter((step) => step.f === 'transaction' && step.end === 'abort').length;
  expect(aborted / steps.length).toBeGreaterThan(0.35);
  expect(aborted / steps.length).toBeLessThan(0.45);
});
