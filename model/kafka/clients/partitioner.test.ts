import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Stream } from '../../kernel/random.js';
import { createStream } from '../../kernel/random.js';
import { KeyPartitioner, StickyPartitioner, type PartitionAvailability } from './partitioner.js';

const everywhere: PartitionAvailability = { available: () => [10, 11, 12], all: () => [10, 11, 12] };

/** Draws these numbers, one after the other. */
function loaded(draws: number[]): Stream {
  const next = () => draws.shift()!;
  return { int: next, pick: <T>(items: readonly T[]) => items[next()]! } as unknown as Stream;
}

describe('the partition of a record with a key', () => {
  it('is the hash of its bytes without the sign, modulo the number of partitions', () => {
    const keys = new KeyPartitioner();
    expect(['a', 'ab', 'order:1001', 'é€'].map((key) => keys.partitionFor(key, 6))).toEqual([4, 2, 4, 1]);
  });

  it('is the same each time it is asked for', () => {
    const keys = new KeyPartitioner();
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 1, max: 50 }), (key, count) => {
        const partition = keys.partitionFor(key, count);
        expect(partition).toBeGreaterThanOrEqual(0);
        expect(partition).toBeLessThan(count);
        expect(keys.partitionFor(key, count)).toBe(partition);
        expect(new KeyPartitioner().partitionFor(key, count)).toBe(partition);
      }),
    );
  });
});

describe('the sticky partitioner', () => {
  it('stays with a partition until batch.size bytes went there and its last batch is full', () => {
    const sticky = new StickyPartitioner(0, 1000, everywhere, loaded([1, 2]));
    expect(sticky.peek()).toBe(11);
    sticky.appended(999, true);
    expect(sticky.peek()).toBe(11);
    sticky.appended(1, false);
    expect(sticky.peek()).toBe(11);
    sticky.appended(0, true);
    expect(sticky.peek()).toBe(12);
  });

  it('leaves at twice batch.size, whether or not the last batch is full', () => {
    const sticky = new StickyPartitioner(0, 1000, everywhere, loaded([0, 2]));
    expect(sticky.peek()).toBe(10);
    sticky.appended(1999, false);
    expect(sticky.peek()).toBe(10);
    sticky.appended(1, false);
    expect(sticky.peek()).toBe(12);
  });

  it('chooses among partitions with a leader, and among all if there is none', () => {
    const available: number[] = [12];
    const sticky = new StickyPartitioner(0, 100, { available: () => available, all: () => [10, 11] }, loaded([0, 1]));
    expect(sticky.peek()).toBe(12);
    available.pop();
    sticky.appended(100, true);
    expect(sticky.peek()).toBe(11);
  });

  it('gives shorter queues the greater weight: lengths 0, 3, 1 weigh 4, 1, 3', () => {
    const chosen = [0, 3, 4, 5, 7].map((draw) => {
      const sticky = new StickyPartitioner(0, 100, everywhere, loaded([draw]));
      sticky.updateLoad([10, 11, 12], [0, 3, 1], 3);
      return sticky.peek();
    });
    expect(chosen).toEqual([10, 10, 11, 12, 12]);
  });

  it('treats partitions alike while their queues are equally long', () => {
    const sticky = new StickyPartitioner(0, 100, everywhere, loaded([2]));
    sticky.updateLoad([10, 11, 12], [2, 2, 2], 3);
    expect(sticky.peek()).toBe(12);
  });

  it('never chooses a partition that was left out of the load', () => {
    const sticky = new StickyPartitioner(0, 1, everywhere, createStream('seed', 'sticky'));
    sticky.updateLoad([10, 12], [1, 1], 3);
    for (let i = 0; i < 50; i++) {
      expect([10, 12]).toContain(sticky.peek());
      sticky.appended(1, true);
    }
  });
});
