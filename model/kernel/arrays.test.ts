import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clear, removeAt, sized } from './arrays.js';

describe('a short list', () => {
  it('loses one element as by splice', () => {
    fc.assert(
      fc.property(fc.array(fc.integer(), { minLength: 1 }), fc.nat(), (elements, pick) => {
        const index = pick % elements.length;
        const removed = [...elements];
        removeAt(removed, index);
        expect(removed).toEqual(elements.filter((_, at) => at !== index));
      }),
    );
  });

  it('is empty once cleared', () => {
    const list = [1, 2, 3];
    clear(list);
    expect(list).toEqual([]);
  });

  it('of a given size has that many places to fill', () => {
    const list = sized<number>(3);
    for (let i = 0; i < 3; i++) list[i] = i;
    expect(list).toEqual([0, 1, 2]);
  });
});
