import { describe, expect, it } from 'vitest';
import { commit, historyOf, poll, send, txn, type OperationBuilder } from '../../../histories/builders.js';
import { checkHistory } from '../check-history.js';

const typesOf = (...operations: readonly OperationBuilder[]): readonly string[] => [
  ...new Set(checkHistory(historyOf(operations)).anomalies.map(({ type }) => type)),
];

/** a, b, a, a stand in `in` at offsets 0 to 3. */
const keys = ['a', 'b', 'a', 'a'];
const inputs = keys.map((key, value) => send('in', value).ok(value).keyed(key));
const read = poll('in', [0, 0], [1, 1], [2, 2], [3, 3]);

/** An output made from the input at an offset, which says so many. */
const counted = (offset: number, count: number, output = 100 + offset): OperationBuilder =>
  txn(
    send('out', output)
      .keyed(keys[offset]!)
      .ok(output - 100),
    commit('g', { in: offset + 1 }),
  ).counted('out', output, count, 'in', offset);
const readOut = (...outputs: readonly number[]): OperationBuilder =>
  poll('out', ...outputs.map((output) => [output - 100, output] as const)).by('reader');
const all = readOut(100, 101, 102, 103);

describe('counts of the records of each key', () => {
  const right = [counted(0, 1), counted(1, 1), counted(2, 2), counted(3, 3)];

  it('are right if each says how many records of its key stand in the input up to there', () => {
    expect(typesOf(...inputs, read, ...right, all)).toEqual([]);
  });

  it('count-too-high: a record was counted twice', () => {
    const twice = [counted(0, 1), counted(1, 1), counted(2, 3), counted(3, 4)];
    expect(typesOf(...inputs, read, ...twice, all)).toEqual(['count-too-high']);
  });
  it('is told once, though all that follow are too high as well', () => {
    const twice = [counted(0, 2), counted(1, 1), counted(2, 3), counted(3, 4)];
    const { anomalies } = checkHistory(historyOf([...inputs, read, ...twice, all]));
    expect(anomalies.map(({ type, offsets }) => `${type} ${offsets.join()}`)).toEqual(['count-too-high 0']);
  });
  it('count-too-low: one was forgotten', () => {
    const forgotten = [counted(0, 1), counted(1, 1), counted(2, 1), counted(3, 2)];
    expect(typesOf(...inputs, read, ...forgotten, all)).toEqual(['count-too-low']);
  });

  it('nothing is said of what was aborted', () => {
    const aborted = [counted(0, 1), counted(1, 1), counted(2, 7).fail(), counted(2, 2, 104), counted(3, 3, 105)];
    expect(typesOf(...inputs, read, ...aborted, readOut(100, 101, 104, 105))).toEqual([]);
  });
  it('nor of what stood below the first record that the group has counted', () => {
    const others = read.by('another');
    expect(typesOf(...inputs, others, counted(2, 1), counted(3, 2), readOut(102, 103))).toEqual([]);
  });
});
