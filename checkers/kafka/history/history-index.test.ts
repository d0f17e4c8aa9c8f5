import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { finalRead, historyOf, poll, send } from '../../../histories/builders.js';
import { historyIndex } from './history-index.js';

describe('the version order', () => {
  const offset = fc.oneof(fc.nat(30), fc.nat(1e6), fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }));

  it('is by partition, then by offset, then by the order of sends, be offsets dense, sparse or huge', () => {
    const sends = fc.array(fc.tuple(fc.constantFrom('x', 'y'), offset), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(sends, (all) => {
        const history = historyOf(all.map(([key, at], value) => send(key, value).ok(at)));
        const index = historyIndex(history);
        history.keys.forEach((key, number) => {
          const part = [...index.log.subarray(index.logStart[number], index.logStart[number + 1])];
          const order = part.map((position) => index.recordValue.at(index.positionRecord.at(position)));
          const expected = all
            .map(([at, of], value) => ({ at, of, value }))
            .filter(({ at }) => at === key)
            .sort((one, other) => one.of - other.of || one.value - other.value);
          expect(order).toEqual(expected.map(({ value }) => value));
        });
      }),
    );
  });
});

describe('the index of a history', () => {
  it('is built once', () => {
    const history = historyOf([send('x', 7).ok(0)]);
    expect(historyIndex(history)).toBe(historyIndex(history));
  });

  it('takes a send whose partition nobody told for the one in which it was read', () => {
    const index = historyIndex(historyOf([send(null, 7).info(), poll('x', [3, 7])]));
    expect([index.records, index.recordOf(0, 7), index.writer(0)?.index]).toEqual([1, 0, 0]);
  });

  it('keeps final reads of different sessions apart, and puts those of one together', () => {
    const parts = [finalRead('x', 1, [0, 7]), finalRead('x', 1, [1, 8]), finalRead('x', 1).session(9).info()];
    const { finalReads } = historyIndex(historyOf([send('x', 7).ok(0), ...parts]));
    expect(finalReads.map(({ operations, complete, records }) => [operations, complete, records.length])).toEqual([
      [[1, 2], true, 2],
      [[3], false, 0],
    ]);
  });

  it('takes values that other tools count down from -2, and offsets that nobody told', () => {
    const index = historyIndex(historyOf([send('x', -2).ok(), poll('x', [-1, -2], [4, -3])]));
    expect([index.recordReader.at(0), index.firstOffset(0)]).toEqual([1, -1]);
    expect([index.recordSend.at(1), index.firstOffset(1)]).toEqual([-1, 4]);
  });
});
