/** Keyed updates and tombstones from all producers over the whole phase: a table kept in a compacted topic. */
import fc from 'fast-check';
import { append, sendSteps, type AppendParameters } from './append.js';
import type { Workload } from './workload.js';

export interface CompactedParameters {
  /** When updates come, of which keys and from whom. */
  readonly append: AppendParameters;
  /** Percent of all records that delete their key. */
  readonly tombstonePercent: number;
}

export const compacted: Workload<CompactedParameters> = {
  name: 'compacted',
  sentence:
    'Producers update keys acct-0, acct-1, ... over the whole safety phase, and delete some of them with tombstones; in the end the latest record of every key must be there.',
  arbitrary: (shape) =>
    fc.record({
      append: append.arbitrary(shape) as fc.Arbitrary<AppendParameters>,
      tombstonePercent: fc.constantFrom(0, 5, 20, 50),
    }),
  expand(parameters, shape, stream) {
    return sendSteps(parameters.append, shape, stream).map((step) =>
      stream.int(100) < parameters.tombstonePercent ? { ...step, tombstone: true as const } : step,
    );
  },
};
