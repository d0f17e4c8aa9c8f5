import { describe, expect, it } from 'vitest';
import { append, assign, commit, committed, endOffsets, historyOf, other, owns } from './builders.js';
import { poll, read, send, txn } from './builders.js';
import { columnarHistory, columnsOf, HistoryColumns } from './history-columns.js';
import type { MicroOp, Operation } from './operation.js';

const operations = [
  send('x', 7).keyed('a').ok(4),
  send('y', 8).keyed('b').send('x', 9).fail(),
  send(null, 10).info(),
  poll('x', [4, 7], [5, 9]).poll('y'),
  send('x', 11)
    .and(poll('y', [0, 8]))
    .ok(6),
  other('crash'),
  txn(append('x', 3), read('x', [1, 3]), read('y', []), read('y', null)),
  txn(poll('x', [6, 1]), send('y', 12).ok(3), commit('g', { x: 7 })).derived('y', 12, ['x', 6]),
  commit('g', { x: 7, y: 2 }),
  committed('g', { x: -1 }),
  endOffsets('read_committed', { y: 40 }),
  owns('g', 'm1', 4, 'x', 'y'),
  owns('g', 'm2', 4),
  assign('x', 'y'),
];

describe('a history in columns', () => {
  it('gives back the operations that it was made of', () => {
    const history = historyOf(operations);
    const columns = columnsOf(history);
    expect(columnarHistory(history.header, history.keys, columns).operations).toEqual(history.operations);
  });

  it('is made once for each history, and anew for one with other operations', () => {
    const history = historyOf(operations);
    const shorter = { ...history, operations: history.operations.slice(1) };
    expect(columnsOf(history)).toBe(columnsOf(history));
    expect(columnsOf(shorter).length).toBe(operations.length - 1);
  });

  it('is not taken for the columns of a copy with other operations', () => {
    const { header, keys, operations: all } = historyOf(operations);
    const columnar = columnarHistory(header, keys, columnsOf(historyOf(operations)));
    const copy = { ...columnar, operations: all.slice(2) };
    expect(columnsOf(copy).length).toBe(all.length - 2);
  });
});

describe('an operation in columns', () => {
  it('is kept beyond their first capacity', () => {
    const many = Array.from({ length: 1500 }, (_, i) =>
      i % 7 === 0 ? poll('x', [i, i], [i + 1, i]) : operations[i % operations.length]!,
    );
    const history = historyOf(many);
    const columns = columnsOf(history);
    expect(history.operations.map(({ index }) => columns.operation(index))).toEqual(history.operations);
  });

  const send7: MicroOp = { kind: 'send', key: 0, offset: -1, value: 7, recordKey: 'a' };
  const nothing: MicroOp = { kind: 'poll', key: 0, offsets: [], values: [] };
  const read7: MicroOp = { kind: 'poll', key: 0, offsets: [4], values: [7] };

  /** Invoked with one value and completed with another, between two others. */
  const completedWith = (invoked: readonly MicroOp[], completed: readonly MicroOp[]): Operation => {
    const columns = new HistoryColumns();
    const who = { process: 0, session: 1, client: 'p0', f: 'txn', invokedAt: 10, error: null, finalReadOf: -1 };
    columns.invoke({ ...who, value: [send7] });
    const operation = columns.invoke({ ...who, value: invoked });
    columns.invoke({ ...who, value: [read7] });
    columns.complete(operation, { completedAt: 20, outcome: 'ok', value: completed, error: 'late', finalReadOf: 2 });
    expect([0, 2].map((index) => columns.operation(index).value)).toEqual([[send7], [read7]]);
    return columns.operation(operation);
  };

  it.each<[string, readonly MicroOp[], readonly MicroOp[]]>([
    ['sends that learn their offsets', [send7, send7], [{ ...send7, offset: 4 }, send7]],
    ['a send that learns its partition', [{ ...send7, key: -1 }], [{ ...send7, offset: 4 }]],
    ['polls that return something', [nothing], [read7]],
    ['more than it began with', [], [send7, read7]],
    ['less than it began with', [send7, nothing], [read7]],
    ['other kinds than it began with', [send7, nothing], [read7, send7]],
  ])('ends with %s', (_, invoked, completed) => {
    expect(completedWith(invoked, completed)).toMatchObject({
      value: completed,
      invokedAt: 10,
      completedAt: 20,
      outcome: 'ok',
      error: 'late',
      finalReadOf: 2,
    });
  });

  it('is of unknown outcome until it ends', () => {
    const columns = new HistoryColumns();
    const who = { process: 3, session: 1, client: 'p0', f: 'send', invokedAt: 10, error: null, finalReadOf: -1 };
    columns.invoke({ ...who, value: [send7] });
    expect(columns.operation(0)).toEqual({ ...who, index: 0, completedAt: -1, outcome: 'info', value: [send7] });
  });
});
