import { describe, expect, it } from 'vitest';
import { historyOf, poll, send, type OperationBuilder } from '../../histories/builders.js';
import { checkHistory } from './check-history.js';

const typesOf = (...operations: readonly OperationBuilder[]): readonly string[] =>
  [...new Set(checkHistory(historyOf(operations)).anomalies.map(({ type }) => type))].sort();

const first = send('x-0', 7).keyed('a').by('p0').ok(5).from(0).to(5);
const second = (client: string, from: number): OperationBuilder =>
  send('x-0', 8).keyed('a').by(client).ok(4).from(from).to(20);
const all = poll('x-0', [4, 8], [5, 7]).from(30).to(40);

describe('key-order between sessions', () => {
  it('a record stands before one that was acknowledged before it was sent', () => {
    expect(typesOf(first, second('p1', 6), all)).toEqual(['key-order']);
  });
  it('not if they overlapped', () => {
    expect(typesOf(first, second('p1', 5), all)).toEqual([]);
  });
  it('not of another key', () => {
    expect(typesOf(first, second('p1', 6).keyed('b'), all)).toEqual([]);
  });
  it('not if the first was never read: that is a loss', () => {
    expect(
      typesOf(first, second('p1', 6), poll('x-0', [4, 8], [6, 9]).from(30), send('x-0', 9).ok(6).from(21).to(22)),
    ).toEqual(['lost-write']);
  });
  it('within a session it is told as ever', () => {
    expect(typesOf(first, second('p0', 6), all)).toEqual(['key-order', 'nonmonotonic-send']);
  });
});

describe('partition-instability', () => {
  it('one key in two partitions of a topic', () => {
    expect(typesOf(send('x-0', 1).keyed('a').ok(0), send('x-1', 2).keyed('a').ok(0), poll('x-0', [0, 1]))).toEqual([
      'partition-instability',
    ]);
  });
  it('not of two topics, nor of two keys, nor without one', () => {
    const one = send('x-0', 1).keyed('a').ok(0);
    const read = poll('x-0', [0, 1]);
    expect(typesOf(one, send('y-1', 2).keyed('a').ok(0), read)).toEqual([]);
    expect(typesOf(one, send('x-1', 2).keyed('b').ok(0), read)).toEqual([]);
    expect(typesOf(send('x-0', 1).ok(0), send('x-1', 2).ok(0), read)).toEqual([]);
  });
});
