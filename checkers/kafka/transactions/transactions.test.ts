import fc from 'fast-check';
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
import type { History } from '../../../histories/operation.js';
import { WW } from '../../cycles/graph.js';
import { checkHistory } from '../check-history.js';
import { withOffsets, withValues } from '../testing/renaming.js';
import { cycles, findInferredCycles, findLogCycles } from './cycles.js';

const typesIn = (history: History): readonly string[] =>
  [...new Set(checkHistory(history).anomalies.map(({ type }) => type))].sort();
const typesOf = (...operations: readonly OperationBuilder[]): readonly string[] => typesIn(historyOf(operations));

/** All of them overlap. */
const together = (...operations: readonly OperationBuilder[]): readonly OperationBuilder[] =>
  operations.map((one, i) => one.from(i).to(1000));

const sent = (key: string, value: number, offset: number): OperationBuilder => send(key, value).ok(offset);

describe('G1c: transactions read of each other in a circle', () => {
  const first = txn(sent('x', 1, 0), poll('y', [0, 7]));

  it('each what the other sent', () => {
    expect(typesOf(...together(first, txn(sent('y', 7, 0), poll('x', [0, 1]))))).toEqual(['G1c']);
  });
  it('not if one of them read nothing of the other', () => {
    expect(typesOf(...together(first, txn(sent('y', 7, 0), poll('x'))))).toEqual([]);
  });
  it('not if one of them failed: that is an aborted read', () => {
    const failed = txn(sent('y', 7, 0), poll('x', [0, 1])).fail();
    expect(typesOf(...together(first, failed))).toEqual(['G1a']);
  });
  it('and of three, round the circle', () => {
    const operations = together(
      txn(sent('x', 1, 0), poll('z', [0, 3])),
      txn(sent('y', 2, 0), poll('x', [0, 1])),
      txn(sent('z', 3, 0), poll('y', [0, 2])),
    );
    const { anomalies } = checkHistory(historyOf(operations));
    expect(anomalies).toMatchObject([{ type: 'G1c', operations: [0, 1, 2], values: [1, 2, 3] }]);
    expect(anomalies[0]!.story).toMatch(
      /^T1 sent x@0, value 1, and T2 read it; T2 sent y@0, value 2, and T3 read it; T3 sent z@0, value 3, and T1 read it: a cycle/,
    );
  });
});

describe('G1c-realtime: a read before its send was invoked', () => {
  it('names partition, offset and value, who read and who sent', () => {
    const other = send('other', 3).ok(0).from(0).to(1);
    const history = historyOf([other, poll('x', [7, 1]).from(0).to(5), send('x', 1).ok(7).from(6).to(9)]);
    expect(checkHistory(history).anomalies).toMatchObject([
      { type: 'G1c-realtime', key: 1, offsets: [7], operations: [1, 2], values: [1], at: 9 },
    ]);
  });
  it('names no offset where none is known', () => {
    const history = historyOf([poll('x', [-1, 1]).from(0).to(5), send('x', 1).info().from(6).to(-1)]);
    expect(checkHistory(history).anomalies).toMatchObject([
      { type: 'G1c-realtime', key: 0, offsets: [], operations: [0, 1], values: [1], at: 6 },
    ]);
  });
  it('by a poll that had ended', () => {
    expect(typesOf(poll('x', [0, 1]).from(0).to(5), send('x', 1).ok(0).from(6).to(9))).toEqual(['G1c-realtime']);
  });
  it('not by one that was still open', () => {
    expect(typesOf(poll('x', [0, 1]).from(0).to(7), send('x', 1).ok(0).from(6).to(9))).toEqual([]);
  });
  it('though it is part of a circle of processes as well', () => {
    const operations = [
      poll('y', [0, 20]).by('A').from(10).to(50),
      poll('x', [0, 10]).by('B').from(15).to(20),
      send('y', 20).ok(0).by('B').from(30).to(40),
      send('x', 10).ok(0).by('A').from(60).to(65),
    ];
    const { operations: built, ...history } = historyOf(operations);
    const processes = [0, 1, 1, 0];
    const sequential = { ...history, operations: built.map((one, i) => ({ ...one, process: processes[i]! })) };
    expect(typesIn(sequential)).toEqual(['G1c-process', 'G1c-realtime']);
  });
  it('by a second poll, though the first was still open', () => {
    const operations = [poll('x', [0, 1]).from(0).to(9), poll('x', [0, 1]).by('c1').from(1).to(3)];
    expect(typesOf(...operations, send('x', 1).ok(0).from(6).to(9))).toEqual(['G1c-realtime']);
  });
});

/** Sends and polls of a few processes, in whatever order, some of them at once. */
const anyRun = fc.array(
  fc.record({
    process: fc.nat(3),
    value: fc.nat(4),
    isPoll: fc.boolean(),
    from: fc.nat(40),
    lasts: fc.nat(12),
    isKnown: fc.boolean(),
  }),
  { maxLength: 12 },
);

describe('whether a history may have a circle at all', () => {
  it('is asked so that none is missed', () => {
    fc.assert(
      fc.property(anyRun, (steps) => {
        const inOrder = steps.toSorted((a, b) => a.from - b.from);
        const built = inOrder.map(({ value, isPoll, from, lasts, isKnown }) => {
          const one = isPoll ? poll('x', [value, value]) : sent('x', value, value);
          return (isKnown ? one : one.info()).from(from).to(from + lasts);
        });
        const { operations, ...rest } = historyOf(built);
        const history = { ...rest, operations: operations.map((one, i) => ({ ...one, process: inOrder[i]!.process })) };
        expect(cycles.check(history).anomalies).toEqual(findLogCycles(history).anomalies);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('the order of logs is an order of writes for those who ask', () => {
  const interleaved = historyOf(
    together(
      txn(sent('x', 1, 0), sent('y', 1, 4)),
      txn(sent('x', 2, 1), sent('y', 2, 3)).by('t1'),
      poll('x', [0, 1], [1, 2]),
    ),
  );
  it('G0: two transactions stand in two partitions in opposite orders', () => {
    expect(findLogCycles(interleaved, { writeOrder: true }).anomalies.map(({ type }) => type)).toEqual(['G0']);
  });
  it('but Kafka never isolates writes', () => {
    expect(typesIn(interleaved)).toEqual([]);
  });
  it('tells no circle of reads again that is seen without it', () => {
    const reads = historyOf(
      together(txn(sent('x', 1, 0), poll('y', [0, 2])), txn(sent('y', 2, 0), poll('x', [0, 1])).by('t1')),
    );
    expect(findInferredCycles(reads, { writeOrder: true }, WW).anomalies).toEqual([]);
    expect(findInferredCycles(interleaved, { writeOrder: true }, WW).anomalies.map(({ type }) => type)).toEqual(['G0']);
  });

  describe('G-single: a poll to the end that saw half of a transaction', () => {
    const half = txn(poll('x', [0, 5], [1, 1]), poll('y', [0, 6]))
      .from(100)
      .to(200);
    const seen = (...ends: readonly OperationBuilder[]) => {
      const sends = together(txn(sent('x', 1, 1), sent('y', 1, 1)), send('x', 5).ok(0), send('y', 6).ok(0));
      const history = historyOf([...sends, half, ...ends]);
      return findLogCycles(history, { readOrder: true }).anomalies.map(({ type, operations }) => [type, operations]);
    };
    const asked = (end: number, at: number, level = 'read_uncommitted') =>
      endOffsets(level, { y: end })
        .from(at)
        .to(at + 10);
    it('where the log is known to have ended there once the poll was over', () => {
      expect(seen(asked(1, 200))).toEqual([['G-single-item', [0, 3]]]);
    });
    it('not where nobody asked for the end, or only before the poll was over', () => {
      expect(seen()).toEqual([]);
      expect(seen(asked(1, 199))).toEqual([]);
    });
    it('not where the record may have been there: the poll left it for the next one', () => {
      expect(seen(asked(2, 200))).toEqual([]);
    });
    it('not by the last stable offset, below which records of open transactions may have stood', () => {
      expect(seen(asked(1, 200, 'read_committed'))).toEqual([]);
    });
    it('by whoever asked later and was answered so still', () => {
      expect(seen(asked(3, 200), asked(1, 300))).toEqual([['G-single-item', [0, 3]]]);
    });
  });
});

describe('precommitted-read: a transaction reads what it sent', () => {
  it('and was committed', () => {
    expect(typesOf(txn(sent('x', 1, 0), poll('x', [0, 1])))).toEqual(['precommitted-read']);
  });
  it('not what another sent', () => {
    expect(typesOf(send('x', 2).ok(0), txn(sent('x', 1, 1), poll('x', [0, 2])))).toEqual([]);
  });
  it('and it is no transaction if it does not say so', () => {
    const plain = txn(sent('x', 1, 0), poll('x', [0, 1]));
    const history = historyOf([plain]);
    const operations = history.operations.map((one) => ({ ...one, f: 'poll' }));
    expect(typesIn({ ...history, operations })).toEqual([]);
  });
});

describe('torn-transaction: some of a transaction is read', () => {
  const both = txn(sent('x', 1, 0), sent('y', 1, 0));

  it('and another record of it was passed by', () => {
    const operations = [both, send('y', 3).ok(3), poll('x', [0, 1]), poll('y', [3, 3])];
    expect(typesOf(...operations)).toEqual(['lost-write', 'torn-transaction']);
  });
  it('not if no read went that far', () => {
    expect(typesOf(both, send('y', 3).ok(3), poll('x', [0, 1]), poll('y'))).toEqual([]);
  });
  it('not if nothing of it was read: it is lost as a whole', () => {
    expect(typesOf(both, send('y', 3).ok(3), poll('y', [3, 3]))).toEqual(['lost-write']);
  });
  it('of an aborted one, as well as the aborted read', () => {
    const operations = [both.fail(), send('y', 3).ok(3), poll('x', [0, 1]), poll('y', [3, 3])];
    // Offsets of sends that failed are not believed: only a full read shows what is not there.
    expect(typesOf(...operations)).toEqual(['G1a']);
    expect(typesOf(...operations, finalRead('y', 1, [3, 3]))).toEqual(['G1a', 'torn-transaction']);
  });
  it('of one whose end nobody knows, once a full read lacks the rest', () => {
    const unknown = txn(send('x', 1), send('y', 1)).info().to(-1);
    const operations = [unknown, send('y', 3).ok(3), poll('x', [0, 1]), finalRead('y', 1, [3, 3])];
    expect(typesOf(...operations)).toEqual(['torn-transaction']);
    expect(typesOf(unknown, send('y', 3).ok(3), finalRead('y', 1, [3, 3]), poll('x', [0, 1]))).toEqual([]);
  });
});

/** Transactions one at a time against logs in memory; a control record after each in every partition it wrote to. */
const serialRun = fc
  .array(
    fc.record({
      sends: fc.array(fc.constantFrom('x', 'y', 'z'), { maxLength: 3 }),
      polls: fc.uniqueArray(fc.constantFrom('x', 'y', 'z'), { maxLength: 2 }),
      earlier: fc.nat(40),
      later: fc.nat(40),
      end: fc.constantFrom('ok', 'ok', 'fail', 'info', 'lost'),
    }),
    { minLength: 3, maxLength: 20 },
  )
  .map((drawn) => {
    const logs = new Map(
      ['x', 'y', 'z'].map((key) => [key, { next: 0, records: [] as (readonly [number, number])[] }]),
    );
    let value = 0;
    const operations = drawn.map(({ sends, polls, earlier, later, end }, i) => {
      const reads = polls.map((key) => poll(key, ...logs.get(key)!.records));
      const writes = sends.map((key) => {
        const log = logs.get(key)!;
        const offset = log.next++;
        if (end === 'ok' || end === 'info') log.records.push([offset, value]);
        return sent(key, value++, offset);
      });
      for (const key of new Set(sends)) logs.get(key)!.next++;
      const moment = (i + 1) * 20;
      const whole = txn(...reads, ...writes).from(moment - earlier);
      if (end === 'fail') return whole.fail().to(moment + later);
      return end === 'ok' ? whole.to(moment + later) : whole.info().to(-1);
    });
    return { logs, operations };
  });
type SerialRun = typeof serialRun extends fc.Arbitrary<infer Run> ? Run : never;

/** With a full read of every partition at the end. */
function finished({ logs, operations }: SerialRun): readonly OperationBuilder[] {
  const reads = [...logs].map(([key, { records }]) =>
    finalRead(key, 1, ...records)
      .from(5000)
      .to(5900),
  );
  return [...operations, ...reads];
}

describe('transactions one at a time', () => {
  it('are never flagged, with or without the order of writes', () => {
    fc.assert(
      fc.property(serialRun, (run) => {
        const history = historyOf(finished(run), {}, ['x', 'y', 'z']);
        expect(typesIn(history)).toEqual([]);
        expect(findLogCycles(history, { writeOrder: true }).anomalies).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });

  it('are flagged once one reads what the next will send, whatever the names and offsets', () => {
    fc.assert(
      fc.property(serialRun, fc.integer({ min: 1, max: 1000 }), (run, factor) => {
        const planted = [
          txn(sent('x', 900, 1000), poll('y', [1001, 901]))
            .from(6000)
            .to(6500),
          txn(sent('y', 901, 1001), poll('x', [1000, 900]))
            .from(6001)
            .to(6500),
        ];
        const history = historyOf([...finished(run), ...planted], {}, ['x', 'y', 'z']);
        expect(typesIn(history)).toContain('G1c');
        const renamed = withOffsets(
          withValues(history, (value) => value * 3 + factor),
          (offset) => offset * factor,
        );
        expect(typesIn({ ...renamed, keys: ['one', 'two', 'three'] })).toEqual(typesIn(history));
      }),
    );
  });

  it('are flagged once a record of one is in no read that others of it are in', () => {
    fc.assert(
      fc.property(serialRun, (run) => {
        const whole = [
          txn(sent('x', 900, 1000), sent('y', 901, 1001))
            .from(4000)
            .to(4100),
          txn(sent('y', 902, 1005))
            .from(4200)
            .to(4300),
        ];
        const reads = [poll('x', [1000, 900]), poll('y', [1005, 902])].map((one) => one.from(4500).to(4600));
        const history = historyOf([...run.operations, ...whole, ...reads], {}, ['x', 'y', 'z']);
        expect(typesIn(history)).toContain('torn-transaction');
      }),
    );
  });
});
