import { describe, expect, it } from 'vitest';
import { historyOf, other, poll, send, txn, type OperationBuilder } from '../../../histories/builders.js';
import type { HistoryHeader } from '../../../histories/operation.js';
import { idempotentGap } from './idempotent-gap.js';

const idempotent = { 'enable.idempotence': true };
const gapsIn = (operations: readonly OperationBuilder[], settings: HistoryHeader['settings'] = idempotent) =>
  idempotentGap.check(historyOf(operations, { settings })).anomalies;
const valuesOf = (...operations: readonly OperationBuilder[]) => gapsIn(operations).map(({ values }) => values);

const before = send('x', 1).ok(0);
const failed = send('x', 2).fail();
const after = send('x', 3).ok(1);

describe('idempotent-gap', () => {
  it('is a send that failed between two of one session that succeeded', () => {
    expect(gapsIn([before, failed, after])).toMatchObject([
      {
        type: 'idempotent-gap',
        key: 0,
        values: [2],
        offsets: [0, 1],
        operations: [0, 1, 2],
        story: 'p0 sent x@0, value 1, failed to send x, value 2, and went on with x@1, value 3',
      },
    ]);
  });
  it('not the end of what was sent, nor its beginning', () => {
    expect(valuesOf(before, failed)).toEqual([]);
    expect(valuesOf(failed, after)).toEqual([]);
  });
  it('not a send of which nobody knows how it ended', () => {
    expect(valuesOf(before, send('x', 2).info(), after)).toEqual([]);
  });
  it('not of another session, nor of another partition', () => {
    expect(valuesOf(before, failed.session(7), after)).toEqual([]);
    expect(valuesOf(before, send('y', 2).fail(), after)).toEqual([]);
    expect(valuesOf(before, send(null, 2).fail(), after)).toEqual([]);
  });
  it('not of a producer that was initialised anew, or crashed, in between', () => {
    for (const f of ['init-producer', 'crash']) expect(valuesOf(before, failed, other(f, 'p0'), after)).toEqual([]);
    expect(valuesOf(before, failed, other('crash', 'p1'), after)).toEqual([[2]]);
  });
  it('not of a transaction, which is aborted as a whole', () => {
    expect(valuesOf(txn(before).by('p0'), txn(send('x', 2)).by('p0').fail(), txn(after).by('p0'))).toEqual([]);
  });
  it('not a record that was read all the same: that is an aborted read', () => {
    expect(valuesOf(before, failed, send('x', 3).ok(2), poll('x', [0, 1], [1, 2], [2, 3]))).toEqual([]);
  });
  it('is one, however many sends failed in a row; and the next begins behind it', () => {
    const again = [send('x', 4).fail(), send('x', 5).fail(), send('x', 6).ok(2), send('x', 7).ok(3)];
    expect(valuesOf(before, failed, after, ...again)).toEqual([[2], [4, 5]]);
  });
  it('only of a producer that is known to be idempotent', () => {
    const operations = [before, failed, after];
    expect(gapsIn(operations, {})).toEqual([]);
    expect(gapsIn(operations, { 'enable.idempotence': false })).toEqual([]);
    expect(gapsIn(operations, { acks: 1 })).toEqual([]);
    expect(gapsIn(operations, { 'p1:acks': 'all' })).toEqual([]);
    expect(gapsIn(operations, { 'p0:acks': 'all' })).toHaveLength(1);
  });
});
