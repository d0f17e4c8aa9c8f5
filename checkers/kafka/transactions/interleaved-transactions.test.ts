import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { historyOf, poll, send, txn, type OperationBuilder } from '../../../histories/builders.js';
import type { HistoryHeader } from '../../../histories/operation.js';
import { checkHistory } from '../check-history.js';

const sent = (value: number, offset: number): OperationBuilder => send('x', value).ok(offset);
const transaction = (...records: readonly (readonly [value: number, offset: number])[]): OperationBuilder =>
  txn(...records.map(([value, offset]) => sent(value, offset)));
const read = (...records: readonly (readonly [offset: number, value: number])[]) => poll('x', ...records);
const foundIn = (operations: readonly OperationBuilder[], settings: HistoryHeader['settings'] = {}) =>
  checkHistory(historyOf(operations, { settings })).anomalies.filter(({ type }) => type === 'interleaved-transactions');
const isFound = (...args: Parameters<typeof foundIn>): boolean => foundIn(...args).length > 0;

describe('interleaved-transactions', () => {
  const first = transaction([1, 4], [2, 7]);
  const second = transaction([3, 5]);
  const all = read([4, 1], [5, 3], [7, 2]);

  it('a transaction of a producer within another one of it', () => {
    const found = foundIn([first, second, all]);
    expect(found).toMatchObject([{ key: 0, offsets: [5, 7], operations: [0, 1, 2], values: [3, 2], at: 3500 }]);
    expect(found[0]!.story).toMatch(/^x@7, value 2 belongs to one transaction \(operation 0\) .* \(operation 1\)$/);
  });
  it('not of two producers, nor one after the other', () => {
    expect(isFound([first, second.by('t1'), all])).toBe(false);
    const inTurn = [transaction([1, 4], [2, 5]), transaction([3, 7], [4, 8]), read([4, 1], [5, 2], [7, 3], [8, 4])];
    expect(isFound(inTurn)).toBe(false);
  });
  it('of two sessions if they have one transactional.id', () => {
    const later = second.session(77);
    expect(isFound([first, later, all])).toBe(false);
    expect(isFound([first, later, all], { 'transactional.id': 't' })).toBe(true);
    expect(isFound([first, later, all], { 't0:transactional.id': 't' })).toBe(true);
    expect(isFound([first, later, all], { 't9:transactional.id': 't' })).toBe(false);
  });
  it('not of what failed, nor of what nobody read', () => {
    expect(isFound([first, second.fail(), all])).toBe(false);
    expect(isFound([first, second, read([4, 1], [7, 2])])).toBe(false);
    expect(isFound([first, second.info(), all])).toBe(true);
  });
  it('not by the reads of who reads what may be aborted, where others do not', () => {
    const levels = { 'c0:isolation.level': 'read_uncommitted', 'c1:isolation.level': 'read_committed' };
    expect(isFound([first, second, all], levels)).toBe(false);
    expect(isFound([first, second, all.by('c1')], levels)).toBe(true);
  });
  it('not of records that were sent twice, or stand twice', () => {
    expect(isFound([first, second, sent(2, 7).by('p1'), all])).toBe(false);
    expect(isFound([first, second, read([4, 1], [5, 3], [7, 2], [9, 2])])).toBe(false);
  });
  it('not of operations that are no transactions', () => {
    const plain = [sent(1, 4).and(sent(2, 7)), sent(3, 5), all].map((one) => one.by('p0'));
    expect(isFound(plain)).toBe(false);
  });
});

/** Two producers, whose transactions of one to three records overlap in the log: each producer's in turn. */
const turns = fc.array(fc.record({ producer: fc.constantFrom('t0', 't1'), begins: fc.boolean() }), {
  minLength: 3,
  maxLength: 20,
});

/** Record n is the n-th of the log; a producer goes on with its transaction unless it begins another. */
function transactionsIn(steps: readonly { readonly producer: string; readonly begins: boolean }[]) {
  const open = new Map<string, number[]>();
  const whole: { readonly producer: string; readonly values: number[] }[] = [];
  steps.forEach(({ producer, begins }, value) => {
    const values = open.get(producer);
    if (values !== undefined && !begins) values.push(value);
    else {
      const fresh = [value];
      open.set(producer, fresh);
      whole.push({ producer, values: fresh });
    }
  });
  return whole;
}

describe('producers with one transaction at a time', () => {
  const historyOfLog = (log: readonly number[], whole: ReturnType<typeof transactionsIn>) => [
    ...whole.map(({ producer, values }) =>
      transaction(...values.map((value) => [value, log.indexOf(value)] as const)).by(producer),
    ),
    read(...log.map((value, offset) => [offset, value] as const)),
  ];
  it('are never flagged', () => {
    fc.assert(
      fc.property(turns, (steps) => {
        expect(foundIn(historyOfLog([...steps.keys()], transactionsIn(steps)))).toEqual([]);
      }),
    );
  });
  it('are flagged once a record of one stands behind the next of its producer', () => {
    fc.assert(
      fc.property(turns, (steps) => {
        const whole = transactionsIn(steps);
        const torn = whole.find(({ producer, values }, i) => {
          const next = whole.slice(i + 1).find((one) => one.producer === producer);
          return values.length > 1 && next !== undefined;
        });
        fc.pre(torn !== undefined);
        const late = torn.values.at(-1)!;
        const log = [...steps.keys()].filter((value) => value !== late);
        expect(foundIn(historyOfLog([...log, late], whole))).not.toEqual([]);
      }),
    );
  });
});
