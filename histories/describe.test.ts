import { describe, expect, it } from 'vitest';
import { append, assign, commit, committed, finalRead, historyOf, other, owns, poll, read } from './builders.js';
import { send, txn, type OperationBuilder } from './builders.js';
import { describeOperation } from './describe.js';

const table: readonly (readonly [OperationBuilder, string])[] = [
  [send('orders-0', 7).ok(4), 'send(orders-0, 7) → ok offset 4'],
  [send('orders-0', 7).keyed('acct-8').ok(4), 'send(orders-0, acct-8=7) → ok offset 4'],
  [send('orders-0', 7).ok(), 'send(orders-0, 7) → ok'],
  [send('orders-0', 7).fail('NOT_ENOUGH_REPLICAS'), 'send(orders-0, 7) → fail NOT_ENOUGH_REPLICAS'],
  [send('orders-0', 7).info('REQUEST_TIMED_OUT'), 'send(orders-0, 7) → info REQUEST_TIMED_OUT'],
  [send('orders-0', 7).to(-1), 'send(orders-0, 7) → never completed'],
  [send(null, 7).info(null), 'send(no partition known, 7) → info'],
  [send('orders-0', 7).send('orders-1', 8).ok(4, 9), 'send(orders-0, 7; orders-1, 8) → ok offset 4; offset 9'],
  [poll('orders-0', [4, 7], [5, 8]), 'poll(orders-0) → ok 4=7 5=8'],
  [poll('orders-0'), 'poll(orders-0) → ok nothing'],
  [poll('orders-0', [0, 1], [1, 2], [2, 3], [3, 4], [5, 6]), 'poll(orders-0) → ok 5 records, offsets 0..5'],
  [poll('orders-0', [4, 7]).poll('orders-1'), 'poll(orders-0; orders-1) → ok 4=7; nothing'],
  [finalRead('orders-0', 2, [0, 7]), 'final read(orders-0; leader b2) → ok 0=7'],
  [finalRead('orders-0', 2).info('timed out'), 'final read(orders-0; leader b2) → info timed out nothing'],
  [other('crash'), 'crash() → ok'],
  [assign('orders-0', 'orders-1'), 'assign(orders-0; orders-1) → ok'],
  [txn(append('x', 1), read('x', [1, 2]), commit('g', { x: 3 })), 'txn(append x 1; read x; group g: x=3) → ok x=[1 2]'],
  [committed('g', { x: 3 }), 'committed(group g: x) → ok offset 3'],
  [owns('g', 'm1', 4, 'x'), 'rebalance(group g, generation 4: m1) → ok x'],
  [owns('g', 'm1', 4), 'rebalance(group g, generation 4: m1) → ok nothing'],
];

describe('describeOperation fits any operation into one line', () => {
  it.each(table)('%#: $1', (operation, line) => {
    const history = historyOf([operation]);
    expect(describeOperation(history.operations[0]!, history)).toBe(line);
  });

  it('names brokers as the header does', () => {
    const topology = { brokers: [1, 2], controllers: [], partitions: [] };
    const history = historyOf([finalRead('orders-0', 2)], { nodes: ['one', 'two'], topology });
    expect(describeOperation(history.operations[0]!, history)).toBe('final read(orders-0; leader two) → ok nothing');
  });
});
