import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createStream } from '../../../kernel/random.js';
import { placeReplicas, type UsableBroker } from './replica-placement.js';

function broker(id: number, rack: string | null = null, fenced = false): UsableBroker {
  return { id, rack, fenced };
}

const brokers = fc
  .array(fc.record({ rack: fc.constantFrom(null, 'a', 'b', 'c'), fenced: fc.boolean() }), {
    minLength: 1,
    maxLength: 9,
  })
  .map((drawn) => [broker(1), ...drawn.map((it, index) => broker(index + 2, it.rack, it.fenced))]);

describe('replica placement', () => {
  it('puts replicas on distinct brokers, the preferred leader on an unfenced one', () => {
    fc.assert(
      fc.property(brokers, fc.integer({ min: 1, max: 12 }), fc.string(), (all, partitions, seed) => {
        const replicationFactor = Math.min(3, all.length);
        for (const replicas of placeReplicas(all, partitions, replicationFactor, createStream(seed, 'placement'))) {
          expect(new Set(replicas).size).toBe(replicationFactor);
          expect(all.find((candidate) => candidate.id === replicas[0])!.fenced).toBe(false);
        }
      }),
    );
  });

  it('spreads each partition over all racks when there are as many as replicas', () => {
    const racks = ['a', 'b', 'c'];
    const all = [1, 2, 3, 4, 5, 6, 7, 8, 9].map((id) => broker(id, racks[id % 3]));
    for (const replicas of placeReplicas(all, 20, 3, createStream('1', 'placement'))) {
      expect(new Set(replicas.map((id) => id % 3)).size).toBe(3);
    }
  });

  it('deals the leaders out evenly', () => {
    const all = [1, 2, 3].map((id) => broker(id));
    const leaders = placeReplicas(all, 3, 3, createStream('1', 'placement')).map((replicas) => replicas[0]);
    expect(leaders.toSorted((a, b) => a - b)).toEqual([1, 2, 3]);
  });

  it('takes fenced brokers last', () => {
    const all = [broker(1), broker(2, null, true), broker(3), broker(4)];
    for (const replicas of placeReplicas(all, 6, 3, createStream('1', 'placement'))) expect(replicas).not.toContain(2);
  });

  it('fails when there are too few brokers, or none that could lead', () => {
    const stream = createStream('1', 'placement');
    expect(() => placeReplicas([broker(1)], 1, 2, stream)).toThrow(/needs more than 1/);
    expect(() => placeReplicas([broker(1, null, true)], 1, 1, stream)).toThrow(/unfenced/);
  });
});
