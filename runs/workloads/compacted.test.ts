import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createStream } from '../../model/kernel/random.js';
import type { SendStep } from '../../model/system.js';
import { compacted, type CompactedParameters } from './compacted.js';
import type { WorkloadShape } from './workload.js';

const shape: WorkloadShape = { producers: 3, topics: 1, sends: 400, keys: 7, phaseMicros: 60_000_000, members: [] };
const arbitrary = compacted.arbitrary(shape) as fc.Arbitrary<CompactedParameters>;
const expand = (parameters: CompactedParameters, sends = shape.sends) =>
  compacted.expand(parameters, { ...shape, sends }, createStream('1', 'workload/steps')) as readonly SendStep[];

describe('the compacted workload', () => {
  it('sends every value once, each under a key, in order of time', () => {
    fc.assert(
      fc.property(arbitrary, (parameters) => {
        const steps = expand(parameters);
        expect(steps.map(({ value }) => value)).toEqual(Array.from({ length: shape.sends }, (_, i) => i));
        expect(steps.every(({ recordKey }) => recordKey !== null)).toBe(true);
        expect(steps.every(({ at }, i) => i === 0 || at >= steps[i - 1].at)).toBe(true);
      }),
      { numRuns: 10 },
    );
  });

  it('deletes about as many as were drawn', () => {
    const [parameters] = fc.sample(arbitrary, 1);
    const steps = expand({ ...parameters, tombstonePercent: 20 }, 4000);
    const share = steps.filter(({ tombstone }) => tombstone === true).length / steps.length;
    expect(share).toBeGreaterThan(0.17);
    expect(share).toBeLessThan(0.23);
  });

  it('deletes nothing where that was drawn', () => {
    const [parameters] = fc.sample(arbitrary, 1);
    expect(expand({ ...parameters, tombstonePercent: 0 }).some(({ tombstone }) => tombstone === true)).toBe(false);
  });
});
