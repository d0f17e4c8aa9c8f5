import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { append, commit, committed, historyOf, owns, poll, read, send, txn } from '../builders.js';
import { writeHistory } from './history-format.js';
import { readHistory } from './read-history.js';
import { groupHistories } from './testing/group-arbitraries.js';

describe('transactions, groups and lineage in a file', () => {
  it('are read back as they were written', () => {
    fc.assert(
      fc.property(groupHistories, (history) => {
        const text = writeHistory(history);
        const back = readHistory(text);
        expect(back.operations).toEqual(history.operations);
        expect(writeHistory(back)).toBe(text);
      }),
    );
  });

  it('look as documented', () => {
    const history = historyOf([
      txn(append('x', 1), read('x', [1]), poll('x', [4, 7]), send('y', 8).ok(2), commit('g', { x: 5 })).derived(
        'y',
        8,
        ['x', 4],
      ),
      owns('g', 'm1', 3, 'x', 'y'),
      committed('g', { x: -1 }),
    ]);
    const lines = writeHistory(history)
      .split('\n')
      .slice(1, -1)
      .map((line) => JSON.parse(line) as { value: unknown; derived?: unknown });
    expect(lines.map(({ value: written }) => written)).toEqual([
      [['append', 'x', 1], ['r', 'x', null], ['poll'], ['send', 'y', 8], ['commit', { group: 'g', offsets: { x: 5 } }]],
      [
        ['append', 'x', 1],
        ['r', 'x', [1]],
        ['poll', { x: [[4, 7]] }],
        ['send', 'y', [2, 8]],
        ['commit', { group: 'g', offsets: { x: 5 } }],
      ],
      null,
      { group: 'g', generation: 3, owned: { m1: ['x', 'y'] } },
      null,
      { group: 'g', offsets: { x: null } },
    ]);
    expect(lines[1]!.derived).toEqual([{ out: ['y', 8], from: [['x', 4]] }]);
  });

  it('name no key of an output while nobody knows where it will be', () => {
    const header = { format: 'harrow/history', version: 1, workload: 'kafka', keys: { x: {} } };
    const derived = [{ out: [null, 8], from: [['x', 4]] }];
    const invoked = { index: 0, process: 0, type: 'invoke', f: 'txn', value: [['send', null, 8]], time: 0, derived };
    const back = readHistory([header, invoked].map((one) => JSON.stringify(one)).join('\n'));
    expect(back.operations[0]!.value).toEqual([
      { kind: 'send', key: -1, offset: -1, value: 8, recordKey: null },
      { kind: 'derive', key: 0, offset: 4, outputKey: -1, outputValue: 8 },
    ]);
  });

  it.each([
    ['commit', { offsets: { x: 1 } }, '"group" should be a string; it is missing'],
    ['commit', { group: 'g', offsets: { x: -2 } }, 'no offset: -2'],
    ['commit', { group: 'g', offsets: { z: 1 } }, 'the header names no key "z"'],
    ['rebalance', { group: 'g', generation: 1, owned: { m: 'x' } }, '"m" should be a list; got "x"'],
    ['assign', 'x', 'an assignment is a list of keys; got "x"'],
    ['txn', [['append', 'x']], 'an append is ["append", key, value]; got ["append","x"]'],
    ['txn', [['r', 'x', 4]], 'a read is ["r", key, [value, …] or null]; got ["r","x",4]'],
  ])('%s %j is refused', (f, written, reason) => {
    const header = { format: 'harrow/history', version: 1, workload: 'kafka', keys: { x: {} } };
    const line = { index: 0, process: 0, type: 'invoke', f, value: written, time: 0 };
    const text = [header, line].map((one) => JSON.stringify(one)).join('\n');
    expect(() => readHistory(text)).toThrow(`line 2: ${reason}`);
  });
});
