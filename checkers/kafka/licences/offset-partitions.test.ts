import fc from 'fast-check';
import { expect, it } from 'vitest';
import { partitionFor as simulated } from '../../../model/kafka/coordinator/state-topic.js';
import { partitionFor } from './offset-partitions.js';

it('a group falls where its coordinator looks for it', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.integer({ min: 1, max: 100 }), (group, count) => {
      expect(partitionFor(group, count)).toBe(simulated(group, count));
    }),
  );
  // String.hashCode is Integer.MIN_VALUE, which has no absolute value.
  expect(partitionFor('polygenelubricants', 50)).toBe(0);
});
