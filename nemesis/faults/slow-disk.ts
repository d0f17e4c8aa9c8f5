import fc from 'fast-check';
import { allRunning, type Fault, type Parameters } from '../fault.js';

interface SlowDiskParameters extends Parameters {
  /** Times the usual duration of an fsync. */
  readonly factor: number;
}

/** What is written stays in the page cache for longer, and a controller commits more slowly. */
export const slowDisk: Fault<SlowDiskParameters> = {
  name: 'slow-disk',
  sentence: 'Every fsync of a machine takes many times longer than usual.',
  family: 'disk',
  role: 'any',
  harm: 'nothing',
  delaysRequests: false,
  label: 'slow disk',
  hue: 84,
  parameters: [{ name: 'factor', sentence: 'How many times longer.', range: [1, 1_000_000] }],
  arbitrary: () => fc.record({ factor: fc.integer({ min: 2, max: 1_000 }) }),
  available: allRunning,
  begin(surface, targets, parameters) {
    for (const target of targets) surface.slowDisk(target, parameters.factor);
  },
  say: (parameters) => `has a disk whose fsync takes ${parameters.factor} times longer`,
};
