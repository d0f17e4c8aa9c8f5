import { describe, expect, it } from 'vitest';
import { TraceScript } from '../testing/script.js';

describe('W20: what the controllers have committed stays', () => {
  it('is broken by a controller that commits another record in the place of one', () => {
    expect(new TraceScript().lead(1, [1, 2, 3]).emit('metadata-lost', 4, -1, 7, 9).broken()).toEqual(['W20']);
  });

  it('holds while they only add to it', () => {
    expect(new TraceScript().lead(1, [1, 2, 3]).elect(2, [2, 3]).broken()).toEqual([]);
  });
});
