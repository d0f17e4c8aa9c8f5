import { describe, expect, it } from 'vitest';
import { TraceScript } from '../testing/script.js';

describe('W7: one leader per epoch', () => {
  it('is broken by two brokers that append in one epoch', () => {
    const script = new TraceScript().lead(1, [1, 2, 3]).append(1, 7).replicate(1, 2).append(2, 8);
    expect(script.broken()).toEqual(['W7']);
  });

  it('is broken by two brokers that begin to lead in one epoch', () => {
    const script = new TraceScript().lead(1, [1, 2, 3]).emit('become-leader', 2, 0, 1, 0, 0b1110, 2);
    expect(script.broken()).toEqual(['W7']);
  });

  it('holds when two brokers lead at once, each in its epoch', () => {
    const script = new TraceScript().lead(1, [1, 2, 3]).append(1, 7).elect(2, [2, 3]).apply(2, 3);
    expect(script.append(1, 8).append(2, 9).broken()).toEqual([]);
  });

  it('holds when a leader refreshes its leadership', () => {
    expect(new TraceScript().lead(1, [1, 2, 3]).append(1, 7).apply(1).append(1, 8).broken()).toEqual([]);
  });
});
