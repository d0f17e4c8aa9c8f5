import { describe, expect, it } from 'vitest';
import { historyOf, poll, send, txn, type OperationBuilder } from '../../../histories/builders.js';
import type { MicroOp } from '../../../histories/operation.js';
import { asLists, listView } from './list-view.js';

const viewOf = (...operations: readonly OperationBuilder[]): readonly string[] =>
  asLists(historyOf(operations))!.operations.map(({ value }) => value.map(words).join(', '));
const words = (microOp: MicroOp): string => {
  if (microOp.kind === 'append') return `append ${microOp.value}`;
  return microOp.kind === 'read' ? `read ${microOp.values?.join(' ')}` : microOp.kind;
};
const typesOf = (...operations: readonly OperationBuilder[]) =>
  listView.check(historyOf(operations)).anomalies.map(({ type }) => type);

const sends = [0, 1, 2].map((offset) => send('x', offset + 10).ok(offset));
const appended = ['append 10', 'append 11', 'append 12'];
const read = (...offsets: readonly number[]) =>
  poll('x', ...offsets.map((offset): [number, number] => [offset, offset + 10]));

describe('logs as lists', () => {
  it('a send appends, and a poll from the first record on reads', () => {
    expect(viewOf(...sends, read(0, 1))).toEqual([...appended, 'read 10 11']);
  });
  it('the polls that follow read further', () => {
    expect(viewOf(...sends, read(0), read(1), read(2))).toEqual([
      ...appended,
      'read 10',
      'read 10 11',
      'read 10 11 12',
    ]);
  });
  it('not those of others, nor of who began in the middle', () => {
    expect(viewOf(...sends, read(0), read(1).by('c1'))).toEqual([...appended, 'read 10', '']);
    expect(viewOf(...sends, read(1), read(2))).toEqual([...appended, '', '']);
  });
  it('who begins anew reads anew; who goes back to the middle reads no list', () => {
    expect(viewOf(...sends, read(0, 1), read(0))).toEqual([...appended, 'read 10 11', 'read 10']);
    expect(viewOf(...sends, read(0, 1), read(1), read(2))).toEqual([...appended, 'read 10 11', '', '']);
  });
  it('a poll that did not succeed moves nobody on', () => {
    expect(viewOf(...sends, read(0), read(1).fail(), read(1))).toEqual([
      ...appended,
      'read 10',
      'read 10 11',
      'read 10 11',
    ]);
  });
  it('a send of which only a read tells where it went appends there', () => {
    expect(viewOf(send(null, 10).ok(0), read(0))).toEqual(['append 10', 'read 10']);
    expect(viewOf(send(null, 10))).toEqual(['']);
  });
});

describe('what they show', () => {
  it('incompatible-order: two consumers read a log in two orders', () => {
    expect(typesOf(...sends, read(0, 1, 2), read(0, 2).by('c1'))).toEqual(['incompatible-order']);
  });
  it('G0: transactions that stand in two logs in opposite orders', () => {
    const both = (one: number, other: number, by: string) =>
      txn(send('x', one), send('y', one)).by(by).from(other).to(99);
    const inOrder = [both(1, 1, 't0'), both(2, 2, 't1'), poll('x', [0, 1], [1, 2]), poll('y', [0, 1], [1, 2])];
    const crossed = [...inOrder.slice(0, 3), poll('y', [0, 2], [1, 1])];
    expect(typesOf(...crossed)).toEqual(['G0']);
    expect(typesOf(...inOrder)).toEqual([]);
  });
  it('not that a poll ended before what was there: it left that for the next one', () => {
    expect(typesOf(...sends, read(0, 1, 2), read(0, 1).by('c1'))).toEqual([]);
    expect(typesOf(txn(send('x', 10), send('x', 11)), read(0), read(1))).toEqual([]);
    const consumer = (by: string) => txn(read(0), send('x', by.length)).by(by);
    expect(typesOf(sends[0]!, consumer('t1'), consumer('t22'), poll('x', [0, 10], [1, 2], [2, 3]))).toEqual([]);
  });
  it('not that a transaction does not read what it sends, nor aborted reads: those are told anyway', () => {
    expect(typesOf(sends[0]!, txn(send('x', 11), read(0)), poll('x', [0, 10], [1, 11]))).toEqual([]);
    expect(typesOf(sends[0]!, send('x', 11).fail(), poll('x', [0, 10], [1, 11]))).toEqual([]);
  });
});
