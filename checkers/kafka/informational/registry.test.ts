import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { endOffsets, finalRead, historyOf, OperationBuilder, poll, send, txn } from '../../../histories/builders.js';
import type { History } from '../../../histories/operation.js';
import { judge } from '../judge.js';
import { anyHistory } from '../testing/any-history.js';
import { operationsOf, simulatedRun } from '../testing/history-arbitraries.js';
import { withOffsets, withValues } from '../testing/renaming.js';
import { lagsBeyond } from './realtime-lag.js';
import { checkInformational, informational } from './registry.js';

const names = informational.map(({ name }) => name);
const settings = { acks: 'all', 'enable.idempotence': true } as const;
const typesOf = (history: History, ...asked: readonly string[]) =>
  checkInformational(asked, history).anomalies.map(({ type }) => type);

/** Transactions whose records stand in two logs in opposite orders; one of them failed to send another. */
const interleaved = [
  txn(send('x', 1), send('y', 1)).ok(0, 1).to(5000),
  txn(send('x', 2), send('y', 2)).by('t1').ok(1, 0).to(5000),
  send('x', 3).ok(2),
  send('x', 4).fail(),
  send('x', 5).ok(3),
];

describe('what is informational', () => {
  it('is told to those who ask, by name', () => {
    const history = historyOf(interleaved, { settings });
    expect(typesOf(history)).toEqual([]);
    expect(typesOf(history, 'ww-deps')).toEqual(['G0']);
    expect(typesOf(history, 'idempotent-gap')).toEqual(['idempotent-gap']);
    expect(() => typesOf(history, 'G0')).toThrow('nothing informational is named G0');
  });

  it('is allowed whatever is required, but for isolation levels', () => {
    const history = historyOf(interleaved, { settings });
    const { anomalies } = checkInformational(['ww-deps'], history);
    const judged = (...requirements: readonly string[]) =>
      judge({ history, trace: null, anomalies: [], informational: anomalies, undecided: [], requirements });
    expect(judged('exactly-once', 'no-lost-writes')).toMatchObject({
      verdict: 'clean',
      anomalies: [{ judgement: 'allowed', licence: { row: 'not-promised', event: -1 } }],
    });
    expect(judged('read-committed')).toMatchObject({
      verdict: 'unsafe',
      anomalies: [{ judgement: 'unsafe', requirement: 'read-committed' }],
    });
  });

  it('a cycle of rw is told by rw-deps, beside ww', () => {
    const half = [
      txn(send('x', 1), send('y', 1)).ok(0, 0).from(0).to(9000),
      txn(poll('x', [0, 1]), poll('y'))
        .by('c0')
        .from(100)
        .to(200),
      poll('y', [0, 1]).by('c1').from(10_000).to(10_100),
    ];
    const seesHalf = [
      txn(send('x', 1), send('y', 1)).ok(0, 1).from(0).to(9000),
      send('y', 7).ok(0).from(0).to(50),
      txn(poll('x', [0, 1]), poll('y', [0, 7]))
        .by('c0')
        .from(100)
        .to(200),
      endOffsets('read_uncommitted', { y: 1 }).from(300).to(400),
    ];
    expect(typesOf(historyOf(half), 'rw-deps')).toEqual([]);
    expect(typesOf(historyOf(seesHalf), 'rw-deps')).toEqual(['G-single-item']);
    expect(typesOf(historyOf(seesHalf), 'ww-deps')).toEqual([]);
  });
});

describe('what is informational does not depend on', () => {
  const found = (history: History) =>
    [...checkInformational(names, history).anomalies, ...lagsBeyond(history, 0)].map(({ type, operations }) => ({
      type,
      operations,
    }));
  const drawn = anyHistory.map((history): History => ({ ...history, header: { ...history.header, settings } }));

  it('how values, partitions and clients are called, nor on offsets as long as their order stays', () => {
    fc.assert(
      fc.property(drawn, fc.integer({ min: 1, max: 1000 }), (history, shift) => {
        const renamed = withValues(history, (value) => value * 7 + (value < 0 ? 0 : shift));
        const stretched = withOffsets(renamed, (offset) => (offset > 1e9 ? offset : offset * 2 + 3));
        const clients = stretched.operations.map((one) => ({ ...one, client: `${one.client}!` }));
        expect(found({ ...stretched, keys: ['one', 'two'], operations: clients })).toEqual(found(history));
      }),
    );
  });

  it('what went on well afterwards', () => {
    fc.assert(
      fc.property(simulatedRun, simulatedRun, (run, good) => {
        const before = [...interleaved, ...operationsOf(run).map((one) => elsewhere(one, 'run'))];
        const after = operationsOf(good).map((one, i) =>
          elsewhere(one, 'good')
            .from(1e6 + i * 1000)
            .to(1e6 + i * 1000 + 500),
        );
        const all = historyOf([...before, ...after], { settings });
        expect(found(all)).toEqual(expect.arrayContaining(found(historyOf(before, { settings }))));
        const newer = found(all).filter(({ operations }) => operations.some((one) => one >= before.length));
        expect(newer.filter(({ type }) => type !== 'realtime-lag')).toEqual([]);
      }),
    );
  });
});

function elsewhere({ draft }: OperationBuilder, name: string): OperationBuilder {
  const microOps = draft.microOps.map((one) => ('key' in one ? { ...one, key: `${name}-${one.key}` } : one));
  return new OperationBuilder({ ...draft, microOps, client: `${name}-${draft.client}` });
}

describe('runs that keep every promise', () => {
  it('show no gap, and nothing of the order of lists', () => {
    fc.assert(
      fc.property(simulatedRun, (run) => {
        const history = historyOf([...operationsOf(run), finalRead('z', 1)], { settings });
        expect(typesOf(history, 'lists', 'idempotent-gap', 'ww-deps', 'rw-deps')).toEqual([]);
      }),
    );
  });
});
