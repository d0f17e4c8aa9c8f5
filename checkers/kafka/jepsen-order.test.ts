/** Histories that jepsen.tests.kafka describes, and their nearest neighbours, under its own rules of order. */
import { describe, expect, it } from 'vitest';
import {
  assign,
  historyOf,
  other,
  poll,
  seek,
  send,
  subscribe,
  txn,
  type OperationBuilder,
} from '../../histories/builders.js';
import { jepsenOrder } from './jepsen-order.js';

/** One process does all of it, one after the other; operations of other clients are others'. */
function typesOf(...operations: readonly OperationBuilder[]): readonly string[] {
  const { operations: built, ...history } = historyOf(operations);
  const processes = new Map<string, number>();
  const inProcesses = built.map((one) => {
    if (!processes.has(one.client)) processes.set(one.client, processes.size);
    return { ...one, process: processes.get(one.client)! };
  });
  return jepsenOrder({ ...history, operations: inProcesses }).map(({ type }) => type);
}

const sent = [0, 1, 2, 3].map((offset) =>
  send('x', 10 + offset)
    .by(`w${offset}`)
    .ok(offset),
);
const read = (...offsets: readonly number[]) =>
  poll('x', ...offsets.map((offset): [number, number] => [offset, 10 + offset]));
const after = (...operations: readonly OperationBuilder[]) => typesOf(...sent, ...operations);

describe('int-send-skip', () => {
  it('is a record of others between two sends of one operation', () => {
    expect(typesOf(send('x', 1).send('x', 3).ok(0, 2), send('x', 2).by('p1').ok(1))).toEqual(['int-send-skip']);
  });
  it('not a gap of offsets that nobody is known to have filled', () => {
    expect(typesOf(send('x', 1).send('x', 3).ok(0, 2))).toEqual([]);
  });
  it('not sends of two operations, nor to two partitions', () => {
    expect(typesOf(send('x', 1).ok(0), send('x', 3).ok(2), send('x', 2).by('p1').ok(1))).toEqual([]);
    expect(typesOf(send('x', 1).send('y', 3).ok(0, 2), send('y', 2).by('p1').ok(1))).toEqual([]);
  });
  it('names what stands between', () => {
    const history = historyOf([send('x', 1).send('x', 3).ok(0, 2), send('x', 2).by('p1').ok(1)]);
    expect(jepsenOrder(history)).toMatchObject([
      {
        offsets: [1],
        values: [2],
        operations: [0],
        story: 'p0 sent x@2, value 3 next after x@0, value 1; between them stands x@1, value 2',
      },
    ]);
  });
});

describe('int-nonmonotonic-send', () => {
  it('is a later send of one operation at a lower offset', () => {
    expect(typesOf(send('x', 1).send('x', 2).ok(5, 4))).toEqual(['int-nonmonotonic-send']);
    expect(typesOf(send('x', 1).send('x', 2).ok(4, 5))).toEqual([]);
  });
  it('of a send that failed nothing is known', () => {
    expect(typesOf(send('x', 1).send('x', 2).ok(5, 4).fail())).toEqual([]);
  });
});

describe('nonmonotonic-send', () => {
  it('is a later send of a process at a lower offset', () => {
    expect(typesOf(send('x', 1).send('x', 2).ok(3, 4), send('x', 3).send('x', 4).ok(1, 2))).toEqual([
      'nonmonotonic-send',
    ]);
    expect(typesOf(send('x', 1).send('x', 2).ok(1, 2), send('x', 3).send('x', 4).ok(3, 4))).toEqual([]);
  });
  it('of one process, not of two', () => {
    expect(typesOf(send('x', 1).ok(3), send('x', 3).by('p1').ok(1))).toEqual([]);
  });
  it('is forgotten by an assignment that leaves the key out, which is odd of a producer', () => {
    const turned = (...between: readonly OperationBuilder[]) =>
      typesOf(send('x', 1).ok(3), ...between.map((one) => one.by('p0')), send('x', 3).ok(1));
    expect(turned(assign('y'))).toEqual([]);
    expect(turned(assign('x'))).toEqual(['nonmonotonic-send']);
    expect(turned(assign('y').fail())).toEqual(['nonmonotonic-send']);
    expect(turned(subscribe('y'))).toEqual([]);
    expect(turned(subscribe('y', 'x'))).toEqual(['nonmonotonic-send']);
    expect(turned(subscribe('y').fail())).toEqual(['nonmonotonic-send']);
  });
  it('is forgotten by a subscription that does not say what its keys are', () => {
    expect(typesOf(send('x', 1).ok(3), other('subscribe', 'p0'), send('x', 3).ok(1))).toEqual([]);
  });
  it('a send that failed is none', () => {
    expect(typesOf(send('x', 1).ok(3), send('x', 3).fail(), poll('x', [1, 3]).by('c0'))).toEqual([]);
  });
});

describe('poll-skip', () => {
  it('is a known offset between two polls of a process, whether or not anybody read it', () => {
    expect(after(read(0), read(2))).toEqual(['poll-skip']);
    expect(after(read(0), read(1), read(2))).toEqual([]);
  });
  it('of one process, assigned or not', () => {
    expect(after(read(0), read(1).by('c1'), read(2).by('c2'))).toEqual([]);
    expect(after(assign('x'), read(0), read(2))).toEqual(['poll-skip']);
  });
  it('that no seek explains', () => {
    expect(after(read(0), seek('x'), read(2))).toEqual(['poll-skip']);
  });
  it('polls that failed are compared, and do not advance', () => {
    expect(after(read(0), read(1).fail(), read(1))).toEqual([]);
    expect(after(read(0), read(2).info(), read(1))).toEqual(['poll-skip']);
  });
  it('an empty poll forgets nothing: there it would forget the position', () => {
    expect(after(read(0), poll('x'), read(2))).toEqual(['poll-skip']);
  });
  it('not of offsets that nobody is known to have filled', () => {
    expect(typesOf(sent[0]!, sent[2]!, read(0), read(2))).toEqual([]);
    expect(after(read(0), poll('x', [9, 99]))).toEqual(['poll-skip']);
  });
});

describe('nonmonotonic-poll', () => {
  it('is a poll at or before the last offset', () => {
    expect(after(read(0, 1), read(1))).toEqual(['nonmonotonic-poll']);
    expect(after(read(0, 1), read(2))).toEqual([]);
  });
  it('but for keys that were assigned anew since, after others', () => {
    expect(after(read(0, 1), assign('y'), assign('x'), read(0))).toEqual([]);
    expect(after(read(0, 1), assign('x'), read(0))).toEqual(['nonmonotonic-poll']);
  });
  it('or subscribed to anew since, after others', () => {
    expect(after(read(0, 1), subscribe('y'), subscribe('x'), read(0))).toEqual([]);
    expect(after(read(0, 1), subscribe('x', 'y'), read(0))).toEqual(['nonmonotonic-poll']);
  });
});

describe('within one operation', () => {
  it('int-poll-skip and int-nonmonotonic-poll', () => {
    expect(after(read(0, 2))).toEqual(['int-poll-skip']);
    expect(after(read(1, 0))).toEqual(['int-nonmonotonic-poll']);
    expect(after(read(0, 1, 2))).toEqual([]);
    expect(after(txn(read(0), read(2)))).toEqual(['int-poll-skip']);
  });
  it('but for the keys that a rebalance moved', () => {
    expect(after(read(0, 2).rebalanced('x'))).toEqual([]);
    expect(after(read(0, 2).rebalanced('y'))).toEqual(['int-poll-skip']);
  });
});

describe('of an offset that held several records', () => {
  it('one stands for it, and the others have no place', () => {
    const twice = [send('x', 1).ok(0), send('x', 2).by('p1').ok(0), send('x', 3).by('p2').ok(1)];
    expect(typesOf(...twice, poll('x', [0, 1], [1, 3]))).toEqual([]);
    expect(typesOf(...twice, poll('x', [1, 3], [0, 1]))).toEqual(['int-nonmonotonic-poll']);
    expect(typesOf(...twice, poll('x', [1, 3], [0, 2]))).toEqual([]);
  });
});
