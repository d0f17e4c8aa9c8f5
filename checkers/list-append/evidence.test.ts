import { describe, expect, it } from 'vitest';
import { append, historyOf, read, txn, type OperationBuilder } from '../../histories/builders.js';
import type { History } from '../../histories/operation.js';
import { runCheckers } from '../verdict.js';
import { listCheckers } from './checkers.js';

const a = append;
const r = read;
const check = (history: History) => runCheckers(listCheckers, history).anomalies;

/** After one operation on another list, all overlap; the n-th ends at 1000 + n. */
const historyBehindAnother = (operations: readonly OperationBuilder[]) =>
  historyOf([txn(a('other', 1)), ...operations].map((one, i) => one.from(i).to(1000 + i)));
const X = 1;

describe('each anomaly of lists names the list, what was read or appended, who did, and when all had ended', () => {
  it.each<[string, readonly OperationBuilder[], unknown]>([
    ['G1a', [txn(a('x', 7)).fail(), txn(r('x', [7]))], [X, [7], [1, 2], 1002]],
    ['G1b', [txn(r('x', [7])), txn(a('x', 7), a('x', 8))], [X, [7], [1, 2], 1002]],
    ['internal', [txn(a('x', 7)), txn(r('x', [7]), r('x', []))], [X, [], [2], 1002]],
    ['future-read', [txn(r('x', [7]), a('x', 7))], [X, [7], [1], 1001]],
    ['duplicate-elements', [txn(a('x', 7)), txn(a('x', 8)), txn(r('x', [7, 8, 7]))], [X, [7], [3], 1003]],
    ['phantom', [txn(a('x', 7)), txn(r('x', [7, 9]))], [X, [9], [2], 1002]],
    [
      'incompatible-order',
      [txn(r('x', [8])), txn(a('x', 7)), txn(a('x', 8)), txn(r('x', [7, 8]))],
      [X, [], [1, 4], 1004],
    ],
    ['dirty-update', [txn(a('x', 8)), txn(a('x', 7)).fail(), txn(r('x', [7, 8]))], [X, [7, 8], [1, 2], 1002]],
    ['lost-update', [txn(a('x', 6)), txn(r('x', [6]), a('x', 7)), txn(r('x', [6]), a('x', 8))], [X, [6], [2, 3], 1003]],
    ['lost-update', [txn(r('x', []), a('x', 7)), txn(r('x', null), a('x', 8))], [X, [], [1, 2], 1002]],
  ])('%s', (type, operations, said) => {
    const found = check(historyBehindAnother(operations)).filter((one) => one.type === type);
    expect(found.map(({ key, values, operations: by, at }) => [key, values, by, at])).toEqual([said]);
    expect(found[0]).toMatchObject({ offsets: [], events: [], preventedBy: null });
  });
});

describe('a read', () => {
  const typesOf = (...operations: readonly OperationBuilder[]): readonly string[] =>
    [...new Set(check(historyBehindAnother(operations)).map(({ type }) => type))].sort();
  const both = txn(a('x', 1), a('y', 1));

  it('that ends with what its own operation appended shows what it had met before', () => {
    expect(typesOf(both, txn(a('x', 2), r('x', [1, 2]), r('y', [])))).toEqual(['G-single-item']);
    expect(typesOf(both, txn(a('x', 2), r('x', [1, 2]), r('y', [1])))).toEqual([]);
  });
  it('of an operation that failed shows nothing', () => {
    const appends = [txn(a('x', 1)), txn(a('x', 2))];
    expect(typesOf(...appends, txn(r('x', [2, 1])).fail(), txn(r('x', [1, 2])))).toEqual([]);
    expect(typesOf(...appends, txn(r('x', [2, 1])).info(), txn(r('x', [1, 2])))).toEqual(['incompatible-order']);
    expect(typesOf(both, txn(r('x', [1]), r('y', [])).fail())).toEqual([]);
  });
  it('of one of which nobody knows how it ended shows what it returned', () => {
    const circle = txn(a('y', 1), r('x', [1]))
      .info()
      .to(-1);
    expect(typesOf(circle, txn(a('x', 1), r('y', [1])))).toEqual(['G1c']);
    expect(typesOf(both, txn(r('x', [1]), r('y', [])).info())).toEqual(['G-single-item']);
    expect(typesOf(both, txn(r('x', [1]), r('y', null)).info())).toEqual([]);
  });
  it('of nothing, by what succeeded, is one of the list as it was in the beginning', () => {
    expect(typesOf(both, txn(r('x', [1]), r('y', null)))).toEqual(['G-single-item']);
    expect(typesOf(txn(a('x', 1), r('x', null)))).toEqual(['internal']);
    expect(typesOf(txn(a('x', 1)), txn(r('x', null), r('x', [1])))).toEqual(['G-single-item', 'internal']);
    expect(typesOf(txn(r('x', null), a('x', 1), r('x', [1])))).toEqual([]);
    expect(typesOf(txn(a('x', 1), r('x', null)).info())).toEqual([]);
    expect(typesOf(txn(a('x', 1)), txn(r('x', null), r('x', [1])).info())).toEqual([]);
  });
  it('may be longer than the history has operations', () => {
    const many = Array.from({ length: 200 }, (_, i) => i + 1);
    const all = txn(...many.map((value) => a('x', value)));
    expect(typesOf(all, txn(r('x', many)))).toEqual([]);
    expect(typesOf(all, txn(r('x', many)), txn(r('x', [...many.slice(0, 198), 200])))).toEqual(['incompatible-order']);
    expect(typesOf(all, txn(r('x', many.slice(0, 150))))).toEqual(['G-single-item', 'G1b']);
  });
  it('twice in one operation is the same, element by element', () => {
    const appends = [txn(a('x', 1)), txn(a('x', 2))];
    expect(typesOf(...appends, txn(r('x', [1, 2]), r('x', [1, 2])))).toEqual([]);
    const turned = ['G-single-item', 'incompatible-order', 'internal'];
    expect(typesOf(...appends, txn(r('x', [1, 2]), r('x', [2, 1])))).toEqual(turned);
  });
});

describe('an element that nobody has read', () => {
  it('comes after all that somebody has', () => {
    const first = txn(a('x', 1), a('y', 1));
    const opposite = [first, txn(a('x', 2), a('y', 2)), txn(r('x', [1])), txn(r('y', [2, 1]))];
    expect(check(historyBehindAnother(opposite)).map(({ type }) => type)).toContain('G0');
    const unknown = [first, txn(a('x', 2), a('y', 2)).info(), txn(r('x', [1])), txn(r('y', [2, 1]))];
    expect(check(historyBehindAnother(unknown))).toEqual([]);
  });
});

describe('the very first operation of a history counts as any other', () => {
  const typesOf = (...operations: readonly OperationBuilder[]): readonly string[] =>
    check(historyOf(operations.map((one, i) => one.from(i).to(1000))))
      .map(({ type }) => type)
      .sort();
  it('where it loses an update', () => {
    expect(typesOf(txn(r('x', []), a('x', 7)), txn(r('x', []), a('x', 8)))).toContain('lost-update');
  });
  it('where it builds upon what failed; what comes behind it builds upon its own', () => {
    const failed = txn(a('x', 7)).fail();
    expect(typesOf(txn(a('x', 8)), failed, txn(r('x', [7, 8])))).toEqual(['G1a', 'dirty-update']);
    expect(typesOf(txn(a('x', 8)), failed, txn(a('x', 9)), txn(r('x', [7, 8, 9])))).toEqual(['G1a', 'dirty-update']);
  });
  it('where nobody knows how a reader ended', () => {
    expect(typesOf(txn(a('x', 7)).fail(), txn(r('x', [7])).info())).toEqual(['G1a']);
    expect(typesOf(txn(a('x', 7)), txn(r('x', []), r('x', [7])).info())).toContain('internal');
  });
});
