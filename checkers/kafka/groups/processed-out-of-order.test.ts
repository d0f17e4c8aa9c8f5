import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { commit, historyOf, owns, poll, processed, send, type OperationBuilder } from '../../../histories/builders.js';
import type { History } from '../../../histories/operation.js';
import { checkHistory } from '../check-history.js';
import { withOffsets, withValues } from '../testing/renaming.js';

const found = (history: History) =>
  checkHistory(history).anomalies.filter(({ type }) => type === 'processed-out-of-order');
const offsetsIn = (...operations: readonly OperationBuilder[]) =>
  found(historyOf([...begun, ...operations])).map(({ offsets }) => offsets);

/** a0 a1 b2 a3 in x, polled by c0. */
const begun = [
  ...['a', 'a', 'b', 'a'].map((recordKey, offset) => send('x', offset).keyed(recordKey).ok(offset)),
  owns('g', 'c0', 1, 'x'),
  poll('x', [0, 0], [1, 1], [2, 2], [3, 3]).by('c0'),
];
const done = (offset: number) => processed('g', 'x', offset);
const byOther = (offset: number) => done(offset).by('c1');

describe('processed-out-of-order', () => {
  it('a record of a key before the one that stands below it', () => {
    expect(offsetsIn(done(1), byOther(0))).toEqual([[0, 1]]);
    expect(offsetsIn(done(0), done(3), byOther(1))).toEqual([[1, 3]]);
  });
  it('each that was overtaken, by the one that was done first', () => {
    expect(offsetsIn(done(3), done(1), done(0))).toEqual([
      [1, 3],
      [0, 3],
    ]);
    expect(offsetsIn(done(3).to(50_000), done(1).from(20_000).to(21_000), done(0).from(60_000).to(61_000))).toEqual([
      [0, 1],
    ]);
  });
  it('not in the order of the log, whoever does it', () => {
    expect(offsetsIn(done(0), byOther(1), done(3))).toEqual([]);
  });
  it('not of two keys, nor of records without one, nor in two partitions', () => {
    expect(offsetsIn(done(2), byOther(0))).toEqual([]);
    const plain = [send('y', 10).ok(0), send('y', 11).ok(1), poll('y', [0, 10], [1, 11])];
    expect(offsetsIn(...plain, processed('g', 'y', 1), processed('g', 'y', 0))).toEqual([]);
    const elsewhere = [send('y', 10).keyed('a').ok(5), poll('y', [5, 10])];
    expect(offsetsIn(...elsewhere, processed('g', 'y', 5), done(0))).toEqual([]);
  });
  it('not by two groups, each in its order', () => {
    expect(offsetsIn(done(0), done(1), processed('h', 'x', 0), processed('h', 'x', 1))).toEqual([]);
    expect(offsetsIn(done(1), processed('h', 'x', 0))).toEqual([]);
  });

  describe('repeats', () => {
    it('are in order as long as the first times were', () => {
      expect(offsetsIn(done(0), done(1), byOther(0), byOther(1))).toEqual([]);
      expect(offsetsIn(done(0), done(1), byOther(0))).toEqual([]);
    });
    it('are no excuse for those that were not', () => {
      expect(offsetsIn(done(1), byOther(0), byOther(1))).toEqual([[0, 1]]);
    });
  });

  describe('what nobody knows:', () => {
    it('two at once may have taken effect either way', () => {
      expect(offsetsIn(done(1).from(20_000).to(21_000), byOther(0).from(20_900).to(22_000))).toEqual([]);
      expect(offsetsIn(done(1).from(20_000).to(21_000), byOther(0).from(21_001).to(22_000))).toEqual([[0, 1]]);
    });
    it('an attempt that died may have been the first', () => {
      expect(offsetsIn(done(0).info().to(-1), done(1), byOther(0))).toEqual([]);
      expect(offsetsIn(done(0).fail(), done(1), byOther(0))).toEqual([[0, 1]]);
    });
    it('one that died may have overtaken nothing', () => {
      expect(offsetsIn(done(1).info().to(-1), byOther(0))).toEqual([]);
      expect(offsetsIn(done(1), byOther(0).info().to(-1))).toEqual([]);
      expect(offsetsIn(done(1).fail(), byOther(0))).toEqual([]);
    });
    it('which of two records at one offset was meant', () => {
      expect(offsetsIn(poll('x', [0, 9]).by('c9'), done(1), byOther(0))).toEqual([]);
      expect(offsetsIn(poll('x', [1, 9]).by('c9'), done(1), byOther(0))).toEqual([]);
    });
    it('what stands where nobody has read', () => {
      expect(offsetsIn(done(7), byOther(0))).toEqual([]);
    });
  });

  it('at one moment is told of one process alone, which does one thing at a time', () => {
    const history = historyOf([...begun, done(1).from(20_000).to(21_000), done(0).from(21_000).to(22_000)]);
    expect(found(history)).toEqual([]);
    const member = { ...history, operations: history.operations.map((one) => ({ ...one, process: 0 })) };
    expect(found(member).map(({ offsets }) => offsets)).toEqual([[0, 1]]);
  });

  it('says what was processed when', () => {
    const [first] = found(historyOf([...begun, done(1), commit('g', { x: 2 }), byOther(0).info().to(-1), byOther(0)]));
    expect(first).toMatchObject({ key: 0, operations: [6, 8, 9], values: [0, 1], at: 10_500, preventedBy: null });
    expect(first!.story).toBe(
      'group g processed x@1, value 1 (key a), and only then x@0, value 0 (key a) (operations 6 and 9)',
    );
  });
});

/** A log of keyed records, which one member after the other processes from where the last had committed. */
const simulated = fc
  .record({
    keys: fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 2, maxLength: 12 }),
    stints: fc.array(fc.record({ processes: fc.nat(6), commits: fc.nat(6), dies: fc.boolean() }), { maxLength: 6 }),
  })
  .map(({ keys, stints }) => {
    const effects: OperationBuilder[] = [];
    let committed = 0;
    stints.forEach(({ processes, commits, dies }, i) => {
      const end = Math.min(keys.length, committed + processes);
      for (let offset = committed; offset < end; offset++) effects.push(done(offset).by(`c${i}`));
      if (dies && end < keys.length) effects.push(done(end).by(`c${i}`).info().to(-1));
      committed = Math.min(end, committed + commits);
    });
    for (let offset = committed; offset < keys.length; offset++) effects.push(done(offset).by('last'));
    return { keys, effects };
  });

const logOf = (keys: readonly string[]): readonly OperationBuilder[] => [
  ...keys.map((recordKey, offset) => send('x', offset).keyed(recordKey).ok(offset)),
  poll('x', ...keys.map((_, offset) => [offset, offset] as const)).by('c9'),
];

describe('members that each begin where the last had committed', () => {
  it('are never flagged', () => {
    fc.assert(
      fc.property(simulated, ({ keys, effects }) => {
        expect(found(historyOf([...logOf(keys), ...effects]))).toEqual([]);
      }),
    );
  });

  it('are flagged once two first times of one key change places, whatever the names and offsets', () => {
    const inOrder = fc.array(fc.constantFrom('a', 'b'), { minLength: 3, maxLength: 12 });
    fc.assert(
      fc.property(inOrder, fc.nat(), fc.integer({ min: 2, max: 1e6 }), (keys, pick, factor) => {
        const ofKey = [...keys.keys()].filter((offset) => keys[offset] === keys[0]);
        fc.pre(ofKey.length >= 2);
        const at = pick % (ofKey.length - 1);
        const [low, high] = [ofKey[at]!, ofKey[at + 1]!];
        const order = [...keys.keys()].map((offset) => (offset === low ? high : offset === high ? low : offset));
        const history = historyOf([...logOf(keys), ...order.map((offset) => done(offset))]);
        expect(found(history).map(({ offsets }) => offsets)).toEqual([[low, high]]);
        const renamed = withOffsets(
          withValues(history, (value) => value * 3 + factor),
          (offset) => offset * factor + 5,
        );
        expect(found(renamed).map(({ operations }) => operations)).toEqual(
          found(history).map(({ operations }) => operations),
        );
      }),
    );
  });
});
