import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { append, historyOf, read, txn, type OperationBuilder } from '../../histories/builders.js';
import type { History } from '../../histories/operation.js';
import { runCheckers } from '../verdict.js';
import { listCheckers } from './checkers.js';

const check = (history: History) => runCheckers(listCheckers, history);
const typesOf = (operations: readonly OperationBuilder[]): readonly string[] =>
  [...new Set(check(historyOf(operations)).anomalies.map(({ type }) => type))].sort();

/** All of them overlap. */
const together = (...operations: readonly OperationBuilder[]): readonly OperationBuilder[] =>
  operations.map((one, i) => one.from(i).to(1000));
/** Each ends before the next is invoked. */
const inTurn = (...operations: readonly OperationBuilder[]): readonly OperationBuilder[] =>
  operations.map((one, i) => one.from(i * 10).to(i * 10 + 5));

const a = append;
const r = read;

describe('Elle describes these', () => {
  it.each<[string, readonly OperationBuilder[], readonly string[]]>([
    ['G0', together(txn(a('x', 1), a('y', 1)), txn(a('x', 2), a('y', 2)), txn(r('x', [1, 2]), r('y', [2, 1]))), ['G0']],
    [
      'no G0: in one order',
      together(txn(a('x', 1), a('y', 1)), txn(a('x', 2), a('y', 2)), txn(r('x', [1, 2]), r('y', [1, 2]))),
      [],
    ],
    ['G1a', together(txn(a('x', 1)).fail(), txn(r('x', [1]))), ['G1a']],
    ['no G1a: nobody knows how it ended', together(txn(a('x', 1)).info().to(-1), txn(r('x', [1]))), []],
    ['G1b', together(txn(a('x', 1), a('x', 2)), txn(r('x', [1]))), ['G-single-item', 'G1b']],
    ['no G1b: both', together(txn(a('x', 1), a('x', 2)), txn(r('x', [1, 2]))), []],
    ['no G1b: its own', together(txn(a('x', 1), r('x', [1]), a('x', 2))), []],
    ['G1c', together(txn(a('x', 1), r('y', [1])), txn(a('x', 2), a('y', 1)), txn(r('x', [1, 2]))), ['G1c']],
    [
      'no G1c: the other way round',
      together(txn(a('x', 1), r('y', [1])), txn(a('x', 2), a('y', 1)), txn(r('x', [2, 1]))),
      [],
    ],
    ['G1c-realtime', inTurn(txn(r('x', [1])), txn(a('x', 1))), ['G1c-realtime']],
    ['no G1c-realtime: they overlap', together(txn(r('x', [1])), txn(a('x', 1))), []],
    [
      'G-single-item',
      together(txn(a('x', 1), a('y', 1)), txn(r('x', [1]), r('y', [])), txn(r('y', [1]))),
      ['G-single-item'],
    ],
    [
      'G-single-item: none ever read y',
      together(txn(a('x', 1), a('y', 1)), txn(r('x', [1]), r('y', []))),
      ['G-single-item'],
    ],
    ['no G-single-item: it saw neither', together(txn(a('x', 1), a('y', 1)), txn(r('x', []), r('y', []))), []],
    [
      'G-single-item-realtime',
      inTurn(txn(a('x', 1)), txn(a('x', 2)), txn(r('x', [1])), txn(r('x', [1, 2]))),
      ['G-single-item-realtime'],
    ],
    [
      'G-nonadjacent-item',
      together(txn(a('x', 1)), txn(r('x', [1]), r('y', [])), txn(a('y', 1)), txn(r('y', [1]), r('x', []))),
      ['G-nonadjacent-item'],
    ],
    [
      'no long fork: one order',
      together(txn(a('x', 1)), txn(r('x', [1]), r('y', [])), txn(a('y', 1)), txn(r('y', [1]), r('x', [1]))),
      [],
    ],
    ['G2-item', together(txn(a('x', 1), r('y', [])), txn(a('y', 1), r('x', []))), ['G2-item']],
    ['no G2-item: one saw the other', together(txn(a('x', 1), r('y', [])), txn(a('y', 1), r('x', [1]))), []],
    [
      'internal',
      together(txn(a('x', 1), a('x', 2)), txn(a('x', 3), r('x', [1, 2, 3, 4])), txn(a('x', 4))),
      ['G1c', 'internal'],
    ],
    ['not internal: whatever stood before', together(txn(a('x', 1), a('x', 2)), txn(a('x', 3), r('x', [1, 2, 3]))), []],
    [
      'internal: a read that forgets',
      together(txn(a('x', 1)), txn(r('x', [1]), r('x', []))),
      ['G-single-item', 'internal'],
    ],
    ['future-read', together(txn(r('x', [1]), a('x', 1))), ['future-read']],
    ['dirty-update', together(txn(a('x', 1)).fail(), txn(a('x', 2)), txn(r('x', [1, 2]))), ['G1a', 'dirty-update']],
    ['duplicate-elements', together(txn(a('x', 1)), txn(a('x', 2)), txn(r('x', [1, 2, 1]))), ['duplicate-elements']],
    [
      'incompatible-order',
      together(txn(a('x', 1)), txn(a('x', 2)), txn(a('x', 3)), txn(r('x', [1, 3])), txn(r('x', [1, 2, 3]))),
      ['incompatible-order'],
    ],
    [
      'compatible: one begins the other',
      together(txn(a('x', 1)), txn(a('x', 2)), txn(r('x', [1])), txn(r('x', [1, 2]))),
      [],
    ],
    [
      'lost-update',
      together(txn(a('x', 0)), txn(r('x', [0]), a('x', 1)), txn(r('x', [0]), a('x', 2)), txn(r('x', [0, 1, 2]))),
      ['G-single-item', 'lost-update'],
    ],
    [
      'no lost update: one after the other',
      together(txn(a('x', 0)), txn(r('x', [0]), a('x', 1)), txn(r('x', [0, 1]), a('x', 2))),
      [],
    ],
    ['phantom', together(txn(a('x', 1)), txn(r('x', [1, 9]))), ['phantom']],
  ])('%s', (_, operations, types) => {
    expect(typesOf(operations)).toEqual(types);
  });

  it('G0-process: a process whose later append stands first', () => {
    const [first, second, ...rest] = historyOf(
      together(txn(a('x', 1)), txn(a('x', 2)), txn(r('x', [2, 1]))),
    ).operations;
    const history = historyOf([]);
    const operations = [first!, { ...second!, process: first!.process }, ...rest];
    expect(check({ ...history, keys: ['x'], operations }).anomalies.map(({ type }) => type)).toEqual(['G0-process']);
  });
});

/** What is invoked while all else is open, and what runs in turn: one process a client. */
function withProcesses(...operations: readonly OperationBuilder[]): History {
  const { operations: built, ...history } = historyOf(operations);
  const processes = new Map<string, number>();
  const processOf = (client: string): number => {
    if (!processes.has(client)) processes.set(client, processes.size);
    return processes.get(client)!;
  };
  return { ...history, operations: built.map((one) => ({ ...one, process: processOf(one.client) })) };
}

describe('a cycle that needs an order of operations', () => {
  const throughout = (one: OperationBuilder, client: string) => one.by(client).from(0).to(1000);
  const first = (one: OperationBuilder) => one.by('p').from(10).to(20);
  const then = (one: OperationBuilder) => one.by('p').from(30).to(40);

  it.each<[name: string, operations: readonly OperationBuilder[], neighbour: readonly OperationBuilder[]]>([
    [
      'G0',
      [throughout(txn(r('x', [2, 1])), 'a'), first(txn(a('x', 1))), then(txn(a('x', 2)))],
      [throughout(txn(r('x', [1, 2])), 'a'), first(txn(a('x', 1))), then(txn(a('x', 2)))],
    ],
    [
      'G1c',
      [throughout(txn(r('x', [1]), a('y', 1)), 'a'), first(txn(r('y', [1]))), then(txn(a('x', 1)))],
      [throughout(txn(r('x', [1]), a('y', 1)), 'a'), first(txn(r('y', []))), then(txn(a('x', 1)))],
    ],
    [
      'G-single-item',
      [throughout(txn(a('x', 1)), 'a'), first(txn(a('x', 2))), then(txn(r('x', [1])))],
      [throughout(txn(a('x', 1)), 'a'), first(txn(a('x', 2))), then(txn(r('x', [1, 2])))],
    ],
    [
      'G-nonadjacent-item',
      [
        throughout(txn(r('x', []), r('z', [1])), 'a'),
        throughout(txn(a('z', 1)), 'b'),
        first(txn(a('x', 1))),
        then(txn(r('z', []))),
      ],
      [
        throughout(txn(r('x', []), r('z', [1])), 'a'),
        throughout(txn(a('z', 1)), 'b'),
        first(txn(a('x', 1))),
        then(txn(r('z', [1]))),
      ],
    ],
    [
      'G2-item',
      [throughout(txn(a('y', 1), r('x', [])), 'a'), first(txn(a('x', 1))), then(txn(r('y', [])))],
      [throughout(txn(a('y', 1), r('x', [1])), 'a'), first(txn(a('x', 1))), then(txn(r('y', [])))],
    ],
  ])('%s: of a process, else of real time, else there is none', (name, operations, neighbour) => {
    const typesIn = (history: History) => check(history).anomalies.map(({ type }) => type);
    expect(typesIn(withProcesses(...operations))).toEqual([`${name}-process`]);
    expect(typesIn(withProcesses(...neighbour))).toEqual([]);
    const [last] = operations.slice(-1);
    const others = operations.slice(0, -1);
    expect(typesIn(withProcesses(...others, last!.by('q')))).toEqual([`${name}-realtime`]);
    // The two overlap, and nobody knows which came first.
    expect(typesIn(withProcesses(...others, last!.by('q').from(20)))).toEqual([]);
  });
});

describe('the order of a process', () => {
  const throughout = txn(r('x', [2, 1]))
    .by('a')
    .from(0)
    .to(1000);
  const later = txn(a('x', 2)).by('p').from(30).to(1000);
  const before = txn(a('x', 1)).by('p').from(10);
  const typesIn = (...operations: readonly OperationBuilder[]) =>
    check(withProcesses(...operations)).anomalies.map(({ type }) => type);

  it('is that of what succeeded', () => {
    expect(typesIn(throughout, before.to(20), later)).toEqual(['G0-process']);
  });
  it('not of what nobody knows the end of: it may take effect at any time', () => {
    expect(typesIn(throughout, before.info().to(20), later)).toEqual([]);
  });
});

describe('a cycle is told', () => {
  it('with its list, its operations, at most six, and the time when all had ended', () => {
    const length = 8;
    // Each appends to a list of its own, and reads what the one before appended.
    const ring = Array.from({ length }, (_, i) => {
      const before = (i + length - 1) % length;
      return txn(a(`x${i}`, 10 + i), r(`x${before}`, [10 + before]))
        .from(i + 1)
        .to(i === 3 ? 2000 : 1000);
    });
    const found = check(historyOf([txn(a('other', 1)).from(0).to(1), ...ring])).anomalies;
    expect(found).toMatchObject([
      {
        type: 'G1c',
        key: 1,
        offsets: [],
        operations: [1, 2, 3, 4, 5, 6],
        values: [10, 11, 12, 13, 14, 15, 16, 17],
        events: [],
        at: 2000,
      },
    ]);
  });

  it('step by step', () => {
    const operations = together(
      txn(a('x', 1), r('y', [1])).by('t1'),
      txn(a('x', 2), a('y', 1)).by('t2'),
      txn(r('x', [1, 2])),
    );
    expect(check(historyOf(operations)).anomalies[0]).toMatchObject({
      type: 'G1c',
      operations: [0, 1],
      story:
        'T1 appended 1 to x before T2 appended 2; T2 appended 1 to y, and T1 read it: a cycle (T1 is operation 0 of t1, T2 is operation 1 of t2)',
    });
  });
});

describe('undecided is', () => {
  it.each<[string, readonly OperationBuilder[], string]>([
    [
      'a history without dependencies',
      together(txn(a('x', 1))),
      'cycles: no operation depends on another (empty-transaction-graph)',
    ],
    [
      'a workload that repeats itself',
      together(txn(a('x', 1)), txn(a('x', 1))),
      'cycles: 1 was appended to x more than once',
    ],
  ])('%s', (_, operations, reason) => {
    expect(check(historyOf(operations)).undecided).toEqual([reason]);
  });
});

/** Transactions that run one at a time against lists in memory; each takes effect at one moment between its ends. */
const serialRun = fc
  .array(
    fc.record({
      actions: fc.array(fc.record({ key: fc.constantFrom('x', 'y', 'z'), reads: fc.boolean() }), {
        minLength: 1,
        maxLength: 4,
      }),
      earlier: fc.nat(30),
      later: fc.nat(30),
      end: fc.constantFrom('ok', 'ok', 'ok', 'fail', 'info'),
    }),
    { minLength: 4, maxLength: 25 },
  )
  .map((drawn) => {
    const lists = new Map<string, readonly number[]>();
    let value = 0;
    const operations = drawn.map(({ actions, earlier, later, end }, i) => {
      const parts = actions.map(({ key, reads }) => {
        const list = lists.get(key) ?? [];
        if (reads) return read(key, end === 'info' ? null : list);
        value++;
        if (end !== 'fail') lists.set(key, [...list, value]);
        return append(key, value);
      });
      // A failed transaction has no effects, and what it read is thrown away.
      const moment = (i + 1) * 20;
      const whole = txn(...parts).from(moment - earlier);
      if (end === 'info') return whole.info().to(-1);
      return (end === 'fail' ? whole.fail() : whole).to(moment + later);
    });
    for (const key of lists.keys())
      operations.push(
        txn(read(key, lists.get(key)!))
          .from(5000)
          .to(6000),
      );
    return operations;
  });

describe('a serial database', () => {
  it('is never flagged', () => {
    fc.assert(
      fc.property(serialRun, (operations) => {
        expect(typesOf(operations)).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  it('is flagged once two elements of a list that transactions appended in turn change places', () => {
    fc.assert(
      fc.property(serialRun, (operations) => {
        const turned = [
          ...operations,
          txn(append('w', 900)).from(6100).to(6200),
          txn(append('w', 901)).from(6300).to(6400),
          txn(read('w', [901, 900]))
            .from(6500)
            .to(6600),
        ];
        expect(typesOf(turned)).toEqual(['G0-realtime']);
      }),
    );
  });

  it('is flagged once a transaction reads a state that was overwritten before it began', () => {
    fc.assert(
      fc.property(serialRun, (operations) => {
        const stale = [
          ...operations,
          txn(append('w', 900)).from(6100).to(6200),
          txn(read('w', [900]))
            .from(6250)
            .to(6260),
          txn(read('w', [])).from(6300).to(6400),
        ];
        expect(typesOf(stale)).toEqual(['G-single-item-realtime']);
      }),
    );
  });
});
