import { describe, expect, it } from 'vitest';
import { commit, historyOf, poll, send, type OperationBuilder } from '../../../histories/builders.js';
import { checkHistory } from '../check-history.js';

const typesOf = (...operations: readonly OperationBuilder[]): readonly string[] =>
  [...new Set(checkHistory(historyOf(operations)).anomalies.map(({ type }) => type))].sort();

/** Inputs stand in two partitions, in one of them higher up. */
const inputs = [
  ...[0, 1, 2].map((value) => send('in', value).ok(value)),
  ...[10, 11, 12].map((value) => send('other', value).ok(value + 90)),
];
const reads = [poll('in', [0, 0], [1, 1], [2, 2]), poll('other', [100, 10], [101, 11], [102, 12])].map((one) =>
  one.by('app'),
);
/** An output of one input, sent by itself; offsets are committed at other times. */
const output = (value: number, at: number, input: number, key = 'in') =>
  send('out', value).ok(at).by('app').derived('out', value, [key, input]);
const commits = (offsets: Readonly<Record<string, number>>) => commit('g', offsets).by('app');
const readOut = (...records: readonly (readonly [number, number])[]) => poll('out', ...records).by('reader');

describe('an application that sends, and commits at other times', () => {
  const all = [output(100, 0, 0), output(101, 1, 1), output(102, 2, 2)];
  const every = readOut([0, 100], [1, 101], [2, 102]);

  it('is right if each input went into one output', () => {
    expect(typesOf(...inputs, ...reads, ...all, commits({ in: 3 }), every)).toEqual([]);
  });
  it('ctp-duplicate: processes one twice', () => {
    const again = output(103, 3, 1);
    expect(typesOf(...inputs, ...reads, ...all, again, commits({ in: 3 }), every)).toEqual(['ctp-duplicate']);
    expect(typesOf(...inputs, ...reads, ...all, again.fail(), commits({ in: 3 }), every)).toEqual([]);
  });
  it('unless nobody knows whether the second was sent, and nobody read it', () => {
    const again = send('out', 103).by('app').derived('out', 103, ['in', 1]).info().to(-1);
    expect(typesOf(...inputs, ...reads, ...all, again, commits({ in: 3 }), every)).toEqual([]);
    expect(typesOf(...inputs, ...reads, ...all, again, commits({ in: 3 }), every, readOut([3, 103]))).toEqual([
      'ctp-duplicate',
    ]);
  });
  it('ctp-missing: commits above one that went into no output, whatever it commits later', () => {
    const some = [output(100, 0, 0), output(102, 1, 2)];
    const read = readOut([0, 100], [1, 102]);
    expect(typesOf(...inputs, ...reads, ...some, commits({ in: 3 }), read)).toEqual(['ctp-missing']);
    expect(typesOf(...inputs, ...reads, ...some, commits({ in: 3 }), commits({ in: 1 }), read)).toEqual([
      'ctp-missing',
    ]);
    expect(typesOf(...inputs, ...reads, ...some, commits({ in: 1 }), read)).toEqual([]);
    expect(typesOf(...inputs, ...reads, ...some, commits({ in: 3 }).fail(), read)).toEqual([]);
  });
  it('partition by partition', () => {
    const both = [...all, output(110, 3, 100, 'other'), output(112, 4, 102, 'other')];
    const read = readOut([0, 100], [1, 101], [2, 102], [3, 110], [4, 112]);
    expect(typesOf(...inputs, ...reads, ...both, commits({ in: 3, other: 101 }), read)).toEqual([]);
    const { anomalies } = checkHistory(historyOf([...inputs, ...reads, ...both, commits({ in: 3, other: 103 }), read]));
    expect(anomalies).toMatchObject([{ type: 'ctp-missing', key: 1, offsets: [101], values: [11] }]);
  });
  it('and of keys that it does not name it may turn the order', () => {
    const turned = [output(101, 0, 1), output(100, 1, 0), output(102, 2, 2)];
    const read = readOut([0, 101], [1, 100], [2, 102]);
    expect(typesOf(...inputs, ...reads, ...turned, commits({ in: 3 }), read)).toEqual([]);
    const keyed = turned.map((one) => one.keyed('a'));
    expect(typesOf(...inputs, ...reads, ...keyed, commits({ in: 3 }), read)).toContain('ctp-order');
  });
});
