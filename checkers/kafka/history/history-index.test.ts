import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { finalRead, historyOf, poll, send } from '../../../histories/builders.js';
import { OUTCOMES } from '../../../histories/history-columns.js';
import { anyHistory } from '../testing/any-history.js';
import { referenceLog, referenceRecords } from '../testing/reference-index.js';
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
          const order = part.map((position) => index.records.value[index.positions.record[position]!]!);
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
  it('is what its definition says, whatever the history', () => {
    fc.assert(
      fc.property(anyHistory, (history) => {
        const index = historyIndex(history);
        const { records, positions } = index;
        const expected = referenceRecords(history);
        const found = expected.map((_, record) => ({
          key: records.key[record]!,
          value: records.value[record]!,
          writer: records.writer[record]!,
          resent: records.resent[record] === 1,
          outcome: OUTCOMES[records.outcome[record]!] ?? null,
          reader: records.reader[record]!,
          positions: index.positionsOf(record).map((position) => ({
            offset: positions.offset[position]!,
            reader: positions.reader[position]!,
            ack: positions.ack[position]!,
          })),
        }));
        expect(records.length).toBe(expected.length);
        expect(found).toEqual(expected.map(({ sends, ...record }) => ({ ...record, resent: sends > 1 })));
        for (const [record, { key, value }] of expected.entries()) expect(index.recordOf(key, value)).toBe(record);
      }),
      { numRuns: 300 },
    );
  });

  it('has each position in the log of its partition, by offset', () => {
    fc.assert(
      fc.property(anyHistory, (history) => {
        const { log, logStart, positions, records } = historyIndex(history);
        const expected = referenceRecords(history);
        history.keys.forEach((_, key) => {
          const part = [...log.subarray(logStart[key], logStart[key + 1])];
          const found = part.map((p) => [positions.offset[p]!, records.value[positions.record[p]!]!]);
          const byOffsetThenValue = (one: readonly number[], other: readonly number[]): number =>
            one[0]! - other[0]! || one[1]! - other[1]!;
          expect(found.map(([offset]) => offset)).toEqual(found.map(([offset]) => offset!).sort((x, y) => x - y));
          expect(found.sort(byOffsetThenValue)).toEqual([...referenceLog(expected, key)].sort(byOffsetThenValue));
        });
      }),
    );
  });

  it('is built once', () => {
    const history = historyOf([send('x', 7).ok(0)]);
    expect(historyIndex(history)).toBe(historyIndex(history));
  });

  it('takes a send whose partition nobody told for the one in which it was read', () => {
    const index = historyIndex(historyOf([send(null, 7).info(), poll('x', [3, 7])]));
    expect([index.records.length, index.recordOf(0, 7), index.writer(0)?.index]).toEqual([1, 0, 0]);
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
    expect([index.records.reader[0]!, index.firstOffset(0)]).toEqual([1, -1]);
    expect([index.records.writer[1]!, index.firstOffset(1)]).toEqual([-1, 4]);
  });
});
