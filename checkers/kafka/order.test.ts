import { describe, expect, it } from 'vitest';
import { historyOf, poll, send, type OperationBuilder } from '../../histories/builders.js';
import { keyOrder } from './key-order.js';
import { nonmonotonicSend } from './nonmonotonic-send.js';

const history = (...operations: readonly OperationBuilder[]) => historyOf(operations);
const check = (...operations: readonly OperationBuilder[]) => nonmonotonicSend.check(history(...operations)).anomalies;

describe('nonmonotonic-send', () => {
  it('finds sends of one session that stand the other way round', () => {
    expect(check(send('x', 7).ok(5), send('x', 8).ok(4))).toMatchObject([
      { type: 'nonmonotonic-send', offsets: [4, 5], values: [8, 7], operations: [0, 1] },
    ]);
  });

  it('finds them among overlapping sends, by what a poll shows', () => {
    const overlapping = [send('x', 7).from(10).to(90), send('x', 8).from(20).to(80), poll('x', [0, 8], [1, 7])];
    expect(check(...overlapping)).toHaveLength(1);
  });

  it('finds a first record that comes again after the second', () => {
    expect(check(send('x', 7).ok(0), send('x', 8).ok(1), poll('x', [0, 7], [1, 8], [2, 7]))).toHaveLength(1);
  });

  it('says nothing of a retry right behind', () => {
    expect(check(send('x', 7).ok(1), send('x', 8).ok(2), poll('x', [0, 7], [1, 7], [2, 8]))).toEqual([]);
  });

  it('says nothing of different sessions, or partitions', () => {
    expect(check(send('x', 7).ok(5), send('x', 8).by('p1').ok(4))).toEqual([]);
    expect(check(send('x', 7).session(1).ok(5), send('x', 8).session(2).ok(4))).toEqual([]);
    expect(check(send('x', 7).ok(5), send('y', 8).ok(4))).toEqual([]);
  });

  it('says nothing of others in between, nor of gaps', () => {
    expect(check(send('x', 7).ok(0), send('x', 9).by('p1').ok(3), send('x', 8).ok(70))).toEqual([]);
  });

  it('leaves a value that the application sent again out', () => {
    const again = [send('x', 7).info(), send('x', 8).ok(0), send('x', 7).ok(1), poll('x', [0, 8], [1, 7])];
    expect(check(...again)).toEqual([]);
  });

  it('is int-nonmonotonic-send within one operation', () => {
    expect(check(send('x', 7).send('x', 8).ok(5, 4))).toMatchObject([{ type: 'int-nonmonotonic-send' }]);
    expect(check(send('x', 7).send('x', 8).ok(4, 5))).toEqual([]);
  });
});

describe('key-order', () => {
  const order = (...operations: readonly OperationBuilder[]) => keyOrder.check(history(...operations)).anomalies;

  it('finds records of one key out of order', () => {
    const swapped = [send('x', 7).keyed('acct-8').ok(5), send('x', 8).keyed('acct-8').ok(4)];
    expect(order(...swapped)).toMatchObject([{ type: 'key-order', offsets: [4, 5], values: [8, 7] }]);
  });

  it('finds them with records of other keys in between', () => {
    const swapped = [send('x', 7).keyed('a').ok(5), send('x', 9).keyed('b').ok(4), send('x', 8).keyed('a').ok(3)];
    expect(order(...swapped)).toHaveLength(1);
  });

  it('says nothing of different keys, or none', () => {
    expect(order(send('x', 7).keyed('a').ok(5), send('x', 8).keyed('b').ok(4))).toEqual([]);
    expect(order(send('x', 7).ok(5), send('x', 8).ok(4))).toEqual([]);
  });

  it('says nothing of one key in two sessions', () => {
    expect(order(send('x', 7).keyed('a').ok(5), send('x', 8).by('p1').keyed('a').ok(4))).toEqual([]);
  });
});
