import { describe, expect, it } from 'vitest';
import { TraceScript } from '../testing/script.js';

function committed(): TraceScript {
  return new TraceScript().lead(1, [1, 2, 3]).append(1, 7, 8).replicate(1, 2, 3).highWatermark(1, 1);
}

describe('W22: what is served stood in the log, below the high watermark', () => {
  it('is broken by serving above the high watermark', () => {
    expect(committed().emit('read-served', 1, 0, 0, 2, 1, 9).breaches()).toMatchObject([
      { type: 'W22', offsets: [1], values: [8] },
    ]);
  });

  it('is broken by serving what is not in the log', () => {
    expect(committed().emit('read-served', 1, 0, 1, 3, 3, 9).breaches()[0]!.story).toBe(
      'b1 served orders-0@1, and its log has its high watermark at 1',
    );
    expect(committed().highWatermark(1, 2).emit('read-served', 1, 0, 1, 3, 3, 9).breaches()[0]!.story).toBe(
      'b1 served orders-0@2, and its log ends at 2',
    );
    expect(committed().emit('read-served', 1, 0, 1, 3, 3, 9).broken()).toEqual(['W22']);
  });

  it('is broken by serving a higher high watermark than the broker has', () => {
    expect(committed().emit('read-served', 2, 0, 0, 1, 1, 9).broken()).toEqual(['W22']);
  });

  it('holds below the high watermark, and for an empty answer above it', () => {
    expect(committed().emit('read-served', 1, 0, 0, 1, 1, 9).emit('read-served', 1, 0, 5, 5, 1, 9).broken()).toEqual(
      [],
    );
  });

  it('holds for a deposed leader that serves old records', () => {
    expect(committed().elect(2, [2, 3]).apply(2, 3).emit('read-served', 1, 0, 0, 1, 1, 9).broken()).toEqual([]);
  });
});
