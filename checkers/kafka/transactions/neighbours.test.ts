import { describe, expect, it } from 'vitest';
import {
  endOffsets,
  finalRead,
  historyOf,
  poll,
  send,
  txn,
  type OperationBuilder,
} from '../../../histories/builders.js';
import type { HistoryHeader } from '../../../histories/operation.js';
import { checkHistory } from '../check-history.js';
import { findLogCycles } from './cycles.js';

const sent = (key: string, value: number, offset: number): OperationBuilder => send(key, value).ok(offset);
const foundIn = (operations: readonly OperationBuilder[], settings: HistoryHeader['settings'] = {}) =>
  checkHistory(historyOf(operations, { settings })).anomalies;
const typesOf = (...operations: readonly OperationBuilder[]): readonly string[] =>
  [...new Set(foundIn(operations).map(({ type }) => type))].sort();
const isTorn = (operations: readonly OperationBuilder[], settings?: HistoryHeader['settings']): boolean =>
  foundIn(operations, settings).some(({ type }) => type === 'torn-transaction');

describe('torn-transaction', () => {
  const both = txn(sent('x', 1, 0), sent('y', 1, 0));
  const unknown = txn(send('x', 1), send('y', 1)).info().to(-1);
  const third = send('y', 3).ok(3);
  const readX = poll('x', [0, 1]);

  it('names what was read and what was not, who sent, read, and went past it', () => {
    const operations = [sent('other', 9, 0), both, third, readX, poll('y', [3, 3])];
    const { type, key, offsets, operations: by, values, at } = foundIn(operations).at(-1)!;
    expect([type, key, offsets, by, values, at]).toEqual(['torn-transaction', 2, [0, 0], [1, 3, 4], [1, 1], 5500]);
    const unplaced = foundIn([unknown, third, readX, finalRead('y', 1, [3, 3])]);
    expect(unplaced).toMatchObject([{ offsets: [0], operations: [0, 2, 3], at: 4500 }]);
  });
  it('is one whose record stood where another was read', () => {
    expect(isTorn([both, send('y', 9).info(), readX, poll('y', [0, 9])])).toBe(true);
  });
  it('is none of a record that stands nobody knows where, unless a full read lacks it', () => {
    expect(isTorn([unknown, third, readX, poll('y', [3, 3])])).toBe(false);
    expect(isTorn([unknown, third, readX, finalRead('y', 1, [3, 3])])).toBe(true);
    expect(isTorn([unknown, third, readX, finalRead('y', 1, [3, 3]).info()])).toBe(false);
    expect(isTorn([unknown, third, readX, finalRead('z', 1)])).toBe(false);
  });
  it('is told by a full read that began after any of it was read, or at that moment', () => {
    const three = txn(send('x', 1), send('y', 1), send('z', 1)).info().to(-1);
    const reads = (at: number) => [
      three,
      readX.from(10_000).to(11_000),
      finalRead('y', 1).from(at).to(20_000),
      poll('z', [0, 1]).from(30_000).to(31_000),
    ];
    expect(isTorn(reads(12_000))).toBe(true);
    expect(isTorn(reads(11_000))).toBe(true);
    expect(isTorn(reads(10_999))).toBe(false);
  });
  it('is none of a compacted partition: it may have been superseded', () => {
    expect(isTorn([both, third, readX, poll('y', [3, 3])], { 'cleanup.policy': 'compact' })).toBe(false);
  });
  it('is none of a record that was sent elsewhere too', () => {
    expect(isTorn([both, sent('y', 1, 1).by('p1'), third, readX, poll('y', [3, 3])])).toBe(false);
  });
  it('is none of several sends that are no transaction', () => {
    const batch = send('x', 1)
      .ok(0)
      .and(sent('y', 1, 0));
    const history = [txn(sent('w', 5, 0)), batch, third, readX, poll('y', [3, 3])];
    expect(typesOf(...history)).toEqual(['lost-write']);
  });
});

describe('precommitted-read', () => {
  it('names the record and the operation', () => {
    const early = txn(sent('w', 8, 0), sent('x', 7, 1), poll('x', [1, 7]))
      .from(10_000)
      .to(11_000);
    expect(foundIn([sent('other', 9, 0), early])).toMatchObject([
      { type: 'precommitted-read', key: 2, offsets: [1], operations: [1], values: [7], events: [], at: 11_000 },
    ]);
    const unplaced = txn(send('x', 7), poll('x', [-1, 7])).info();
    expect(foundIn([sent('other', 9, 0), unplaced])).toMatchObject([{ type: 'precommitted-read', offsets: [] }]);
  });
  it('not of one that failed: that is an aborted read', () => {
    expect(typesOf(txn(sent('x', 1, 0), poll('x', [0, 1])).fail(), sent('y', 2, 0))).toEqual(['G1a-failed-reader']);
  });
  it('not of what another sent, too', () => {
    expect(typesOf(txn(sent('x', 1, 0), poll('x', [0, 1])), sent('x', 1, 0).by('p1'))).toEqual([]);
  });
});

describe('a circle', () => {
  const circle = [txn(sent('x', 1, 0), poll('y', [0, 7])), txn(sent('y', 7, 0), poll('x', [0, 1]))].map((one, i) =>
    one.from(i).to(5000),
  );
  it('is none through a record that was sent twice: nobody knows which of them was read', () => {
    expect(typesOf(...circle)).toEqual(['G1c']);
    expect(typesOf(...circle, sent('y', 7, 0).by('p1').from(2).to(5000))).toEqual([]);
  });
  it('is none through what failed, though it was read before: that is an aborted read', () => {
    const early = poll('y', [0, 7]).from(0).to(5);
    expect(typesOf(early, send('y', 7).fail().from(6).to(9), sent('x', 1, 0))).toEqual(['G1a']);
    expect(typesOf(early, sent('y', 7, 0).from(6).to(9), sent('x', 1, 0))).toEqual(['G1c-realtime']);
  });
});

describe('what a poll did not return because it was not there', () => {
  const half = txn(poll('x', [0, 5], [1, 1]), poll('y', [0, 6]))
    .from(100)
    .to(200);
  const writes = [txn(sent('x', 1, 1), sent('y', 1, 1)), sent('x', 5, 0), sent('y', 6, 0)].map((one, i) =>
    one.from(i).to(1000),
  );
  const asked = (end: number, at: number) =>
    endOffsets('read_uncommitted', { y: end })
      .from(at)
      .to(at + 10);
  const seen = (reader: OperationBuilder, ...ends: readonly OperationBuilder[]) =>
    findLogCycles(historyOf([...writes, reader, ...ends]), { readOrder: true }).anomalies.map(({ type }) => type);

  it('is told to those who ask alone', () => {
    expect(seen(half, asked(1, 200))).toEqual(['G-single-item']);
    expect(foundIn([...writes, half, asked(1, 200)])).toEqual([]);
  });
  it('is told by the ends asked for after it, whatever was answered before', () => {
    expect(seen(half, asked(1, 150), asked(1, 300))).toEqual(['G-single-item']);
    expect(seen(half, asked(1, 150), asked(2, 300))).toEqual([]);
  });
  it('is told by no answer that failed, or that is unknown', () => {
    expect(seen(half, asked(1, 200).fail())).toEqual([]);
    expect(seen(half, asked(-1, 200))).toEqual([]);
  });
  it('is not told of a poll that never ended', () => {
    expect(seen(half.info().to(-1), asked(1, 200))).toEqual([]);
  });
});
