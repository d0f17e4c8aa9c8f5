import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LeaderEpochCache } from './leader-epoch-cache.js';
import { LogLab, NAME } from './testing/log-lab.js';

/** Trims are written at once. */
function newCache(lab: LogLab): LeaderEpochCache {
  const cache: LeaderEpochCache = new LeaderEpochCache(lab.host.disk, NAME, () => cache.flush());
  return cache;
}

/** A cache with these (epoch, start offset) entries. */
function cacheOf(...entries: [number, number][]): LeaderEpochCache {
  const cache = newCache(new LogLab());
  for (const [epoch, startOffset] of entries) cache.assign(epoch, startOffset);
  return cache;
}

const entriesOf = (cache: LeaderEpochCache): number[][] =>
  cache.entries.map(({ epoch, startOffset }) => [epoch, startOffset]);

describe('the end of an epoch', () => {
  const cache = cacheOf([1, 0], [3, 10], [4, 15]);

  it.each([
    ['of the latest epoch is the log end', 4, { epoch: 4, endOffset: 20 }],
    ['of one before is where the next begins', 3, { epoch: 3, endOffset: 15 }],
    ['of an epoch that wrote nothing here is that of the largest below it', 2, { epoch: 1, endOffset: 10 }],
    ['of an epoch below all is where the first begins', 0, { epoch: 0, endOffset: 0 }],
    ['of a later epoch than this log knows is undefined', 5, undefined],
    ['of no epoch is undefined', -1, undefined],
  ])('%s', (_name, epoch, end) => {
    expect(cache.endOffsetFor(epoch, 20)).toEqual(end);
  });

  it('is undefined in an empty log', () => {
    expect(cacheOf().endOffsetFor(0, 0)).toBeUndefined();
  });

  it('tells S3 apart: both the epoch and the offset of the answer matter (KIP-279)', () => {
    // replication.md §12: A's cache after the double failover. Asked for epoch 1 it names epoch 0.
    expect(cacheOf([0, 0], [2, 15]).endOffsetFor(1, 16)).toEqual({ epoch: 0, endOffset: 15 });
  });
});

describe('an epoch that is assigned', () => {
  it('is not moved by a later batch of the same epoch', () => {
    expect(entriesOf(cacheOf([1, 0], [1, 5]))).toEqual([[1, 0]]);
  });

  it('takes the place of one that began at the same offset and wrote nothing', () => {
    expect(entriesOf(cacheOf([1, 0], [2, 5], [3, 5]))).toEqual([
      [1, 0],
      [3, 5],
    ]);
  });

  it('takes the place of everything that it contradicts', () => {
    expect(entriesOf(cacheOf([1, 0], [4, 5], [6, 9], [3, 7]))).toEqual([
      [1, 0],
      [3, 7],
    ]);
  });

  it('always leaves entries that ascend in both fields', () => {
    const assignments = fc.array(fc.tuple(fc.nat(20), fc.nat(50)), { maxLength: 30 });
    fc.assert(
      fc.property(assignments, (entries) => {
        const left = cacheOf(...entries).entries;
        for (let i = 1; i < left.length; i++) {
          expect(left[i].epoch).toBeGreaterThan(left[i - 1].epoch);
          expect(left[i].startOffset).toBeGreaterThan(left[i - 1].startOffset);
        }
        const last = entries.at(-1);
        if (last !== undefined) expect(left.at(-1)?.epoch).toBe(last[0]);
      }),
    );
  });
});

describe('the checkpoint', () => {
  it('has every change at once, whatever the power does', () => {
    const lab = new LogLab();
    const cache = newCache(lab);
    cache.assign(1, 0);
    cache.assign(2, 7);
    cache.truncateFromEnd(7);
    cache.assign(5, 4);
    lab.world.powerLoss(1);
    lab.world.start(1);
    expect(entriesOf(newCache(lab))).toEqual([
      [1, 0],
      [5, 4],
    ]);
  });

  it('loses entries from an end upward, that end included', () => {
    const cache = cacheOf([1, 0], [2, 5], [3, 9]);
    cache.truncateFromEnd(6);
    expect(entriesOf(cache)).toEqual([
      [1, 0],
      [2, 5],
    ]);
    cache.truncateFromEnd(5);
    expect(entriesOf(cache)).toEqual([[1, 0]]);
  });
});

describe('the epoch at an offset', () => {
  it('is the last that began at or below it', () => {
    const cache = cacheOf([1, 2], [3, 10]);
    expect([0, 2, 9, 10, 99].map((offset) => cache.epochAt(offset))).toEqual([-1, 1, 1, 3, 3]);
  });
});
