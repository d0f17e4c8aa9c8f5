import { describe, expect, it } from 'vitest';
import { assign, finalRead, historyOf, other, poll, seek, send, OperationBuilder } from '../../histories/builders.js';
import { pollOrder } from './poll-order.js';

const sent = [0, 1, 2, 3, 4, 5].map((offset) => send('x', 10 + offset).ok(offset));
const everything = finalRead('x', 1, ...[0, 1, 2, 3, 4, 5].map((offset): [number, number] => [offset, 10 + offset]));
const read = (...offsets: readonly number[]) =>
  poll('x', ...offsets.map((offset): [number, number] => [offset, 10 + offset]));

/** What c0 did, once 10 to 15 stand at offsets 0 to 5, as type and offsets. */
const found = (...operations: readonly OperationBuilder[]) =>
  pollOrder
    .check(historyOf([...sent, ...operations, everything]))
    .anomalies.map(({ type, offsets }) => [type, ...offsets]);
const assigned = (...operations: readonly OperationBuilder[]) => found(assign('x'), ...operations);

describe('between polls of one session', () => {
  it('a record that it left out, which others read, is poll-skip', () => {
    expect(assigned(read(0, 1), read(4, 5))).toEqual([['poll-skip', 2]]);
    expect(assigned(read(0, 1), read(2, 3), read(4))).toEqual([]);
  });

  it('a record at or below the last one is nonmonotonic-poll', () => {
    expect(assigned(read(0, 1, 2), read(1))).toEqual([['nonmonotonic-poll', 2, 1]]);
    expect(assigned(read(0, 1, 2), read(2))).toEqual([['nonmonotonic-poll', 2, 2]]);
  });

  it('a seek explains both, of the partitions that it names', () => {
    expect(assigned(read(0, 1), seek('x'), read(4, 5))).toEqual([]);
    expect(assigned(read(0, 1, 2), seek('x'), read(1))).toEqual([]);
    expect(assigned(read(0, 1), seek('y'), read(4, 5))).toEqual([['poll-skip', 2]]);
  });

  it('says in words what was left out', () => {
    const { anomalies } = pollOrder.check(historyOf([...sent, assign('x'), read(0), read(2), everything]));
    expect(anomalies).toMatchObject([{ operations: [7, 8], values: [11] }]);
    expect(anomalies[0]!.story).toBe('c0 read x@2 next after x@0, and left out x@1, value 11');
  });

  it('an empty poll forgets nothing, and a failed one is compared and does not advance', () => {
    expect(assigned(read(0, 1), poll('x'), read(4))).toEqual([['poll-skip', 2]]);
    expect(assigned(read(0, 1), read(4).info(), read(2))).toEqual([['poll-skip', 2]]);
    expect(assigned(read(0, 1), read(2, 3).fail(), read(2, 3))).toEqual([]);
  });

  it('keeps sessions and partitions apart', () => {
    const others = [assign('x').by('c1'), read(0).by('c1')];
    expect(assigned(read(0, 1), ...others, read(2), poll('y', [0, 3]), read(3))).toEqual([]);
  });
});

describe('within one operation', () => {
  it('they are int-poll-skip and int-nonmonotonic-poll', () => {
    expect(assigned(read(0, 1, 4, 5))).toEqual([['int-poll-skip', 2]]);
    expect(assigned(read(3, 1))).toEqual([['int-nonmonotonic-poll', 3, 1]]);
    expect(assigned(read(0, 1, 2))).toEqual([]);
  });

  it('they are found of everybody, assigned or subscribed', () => {
    expect(found(read(0, 1, 4, 5))).toEqual([['int-poll-skip', 2]]);
    expect(found(other('subscribe'), read(3, 1))).toEqual([['int-nonmonotonic-poll', 3, 1]]);
  });

  it('but for the keys that a rebalance moved meanwhile', () => {
    expect(found(other('subscribe'), read(0, 1, 4).rebalanced('x'))).toEqual([]);
    expect(found(other('subscribe'), read(3, 1).rebalanced('x'))).toEqual([]);
    expect(found(other('subscribe'), read(3, 1).rebalanced('y'))).toEqual([['int-nonmonotonic-poll', 3, 1]]);
  });

  it('a warning that the position was out of range explains both', () => {
    expect(assigned(read(0, 1, 4), read(5, 3))).toHaveLength(2);
    const warned = [read(0, 1, 4), read(5, 3)].map(
      (one) => new OperationBuilder({ ...one.draft, error: 'OFFSET_OUT_OF_RANGE' }),
    );
    expect(assigned(...warned)).toEqual([]);
  });

  it('it may be told by a poll of another partition, before the one that shows it', () => {
    const warn = (operation: OperationBuilder) =>
      new OperationBuilder({ ...operation.draft, error: 'OFFSET_OUT_OF_RANGE: reset' });
    expect(assigned(read(0, 1), warn(poll('y', [0, 3])), read(4))).toEqual([]);
    expect(assigned(read(0, 1), warn(read(2)), read(4))).toEqual([]);
    expect(assigned(read(0), warn(poll('y', [0, 3])), read(2), read(4))).toEqual([['poll-skip', 3]]);
  });

  it('two polls of one operation are one walk', () => {
    expect(assigned(read(0, 1).and(read(2, 3)))).toEqual([]);
    expect(assigned(read(0, 1).and(read(3, 4)))).toEqual([['int-poll-skip', 2]]);
    expect(assigned(read(0, 1).and(read(1, 2)))).toEqual([['int-nonmonotonic-poll', 1, 1]]);
  });
});

describe('nothing is said', () => {
  const ofGap = (writer: OperationBuilder, ...more: readonly OperationBuilder[]) =>
    pollOrder.check(historyOf([send('x', 7).ok(0), writer, send('x', 9).ok(2), assign('x'), ...more])).anomalies;
  const passing = [poll('x', [0, 7]), poll('x', [2, 9])];

  it('of offsets at which no acknowledged record was read: gaps, aborted records', () => {
    const readByOther = finalRead('x', 1, [0, 7], [1, 8], [2, 9]);
    expect(ofGap(send('x', 8).ok(1), ...passing, readByOther)).toHaveLength(1);
    expect(ofGap(send('x', 8).fail(), ...passing, readByOther)).toEqual([]);
    expect(ofGap(send('x', 8).ok(1), ...passing)).toEqual([]);
    expect(ofGap(send('y', 8).ok(1), ...passing)).toEqual([]);
  });

  it('of what a compacted partition lacks: it may have been superseded', () => {
    const settings = { 'x:cleanup.policy': 'compact' };
    const types = (...operations: readonly OperationBuilder[]) =>
      pollOrder
        .check(historyOf([...sent, assign('x'), ...operations, everything], { settings }))
        .anomalies.map(({ type }) => type);
    expect(types(read(0, 1), read(4, 5))).toEqual([]);
    expect(types(read(0, 1), read(1))).toEqual(['nonmonotonic-poll']);
  });

  it('of who was assigned nothing, or subscribes', () => {
    expect(found(read(0, 1), read(4))).toEqual([]);
    expect(assigned(other('subscribe'), read(0, 1), read(4), read(2))).toEqual([]);
  });

  it('of positions that an assignment, a crash or a warning took away', () => {
    expect(assigned(read(0, 1), assign('y'), assign('x'), read(4))).toEqual([]);
    expect(assigned(read(0, 1), other('crash'), assign('x'), read(4))).toEqual([]);
    expect(assigned(read(0, 1), assign('x').fail(), read(4))).toEqual([['poll-skip', 2]]);
    expect(assigned(read(0, 1), assign('x'), read(4))).toEqual([['poll-skip', 2]]);
    expect(assigned(read(0, 1, 2), assign('x'), read(0))).toEqual([]);
    expect(assigned(read(0, 1, 2), assign('x'), read(1))).toEqual([['nonmonotonic-poll', 2, 1]]);
  });
});
