import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createStream } from '../../model/kernel/random.js';
import { append, sendSteps, type AppendParameters } from './append.js';
import type { WorkloadShape } from './workload.js';

const shape: WorkloadShape = { producers: 3, topics: 2, sends: 500, keys: 7, phaseMicros: 60_000_000, members: [] };
const expand = (parameters: AppendParameters, seed = '1') =>
  sendSteps(parameters, shape, createStream(seed, 'workload/steps'));

describe('the append workload', () => {
  it('sends as many values as asked, each once, in order of time, within the phase', () => {
    fc.assert(
      fc.property(append.arbitrary(shape) as fc.Arbitrary<AppendParameters>, fc.string(), (parameters, seed) => {
        const steps = expand(parameters, seed);
        expect(steps.map(({ value }) => value)).toEqual(Array.from({ length: shape.sends }, (_, i) => i));
        for (const [i, step] of steps.entries()) {
          expect(step.at).toBeGreaterThanOrEqual(i === 0 ? 0 : steps[i - 1].at);
          expect(step.at).toBeLessThan(shape.phaseMicros);
          expect([0, 1, 2]).toContain(step.client);
          expect([0, 1]).toContain(step.topic);
          expect(step.recordKey).toMatch(/^acct-[0-6]$/);
        }
      }),
      { numRuns: 10 },
    );
  });

  const even: AppendParameters = { arrival: 'even', bursts: 5, hotPercent: 0, firstProducerPercent: 0 };

  it('spreads sends evenly, or crowds them into bursts', () => {
    const longestGap = (parameters: AppendParameters): number => {
      const steps = expand(parameters);
      return Math.max(...steps.slice(1).map((step, i) => step.at - steps[i].at));
    };
    expect(longestGap(even)).toBeLessThan((2 * shape.phaseMicros) / shape.sends);
    expect(longestGap({ ...even, arrival: 'bursts' })).toBeGreaterThan(3_000_000);
  });

  it('has a hot key where it was drawn', () => {
    const hot = expand({ ...even, hotPercent: 80 }).filter(({ recordKey }) => recordKey === 'acct-0').length;
    expect(hot).toBeGreaterThan(0.7 * shape.sends);
  });
});
