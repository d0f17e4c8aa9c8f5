import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { historyOf, OperationBuilder } from '../../histories/builders.js';
import type { History } from '../../histories/operation.js';
import { checkHistory } from './check-history.js';
import { operationsOf, simulatedRun, type LoggedSend, type SimulatedRun } from './testing/history-arbitraries.js';
import { mapped, withOffsets, withValues } from './testing/renaming.js';

const typesOf = (history: History): readonly string[] =>
  [...new Set(checkHistory(history).anomalies.map(({ type }) => type))].sort();

/** Runs with an acknowledged send to plant a defect at. */
const withVictim = simulatedRun.chain((run) =>
  fc.record({
    run: fc.constant(run),
    victim: fc.constantFrom(...run.sends.filter(({ acknowledged }) => acknowledged)),
  }),
);

/** The log of one partition, changed. */
function withLog(
  run: SimulatedRun,
  partition: string,
  change: (log: readonly (readonly [number, number])[]) => readonly (readonly [number, number])[],
): SimulatedRun {
  return { ...run, logs: new Map([...run.logs].map(([key, log]) => [key, key === partition ? change(log) : log])) };
}

describe('a log that keeps every promise', () => {
  it('is never flagged', () => {
    fc.assert(
      fc.property(simulatedRun, (run) => {
        expect(checkHistory(historyOf(operationsOf(run)))).toEqual({ anomalies: [], undecided: [] });
      }),
    );
  });
});

describe('a planted defect is always flagged:', () => {
  const planted = (change: (run: SimulatedRun, victim: LoggedSend) => SimulatedRun, expected: RegExp) =>
    fc.assert(
      fc.property(withVictim, ({ run, victim }) => {
        const types = typesOf(historyOf(operationsOf(change(run, victim))));
        expect(types.filter((type) => expected.test(type))).not.toEqual([]);
      }),
    );

  it('an acknowledged record that no read returns', () => {
    planted(
      (run, { partition, value }) => withLog(run, partition, (log) => log.filter(([, one]) => one !== value)),
      /^(lost-write|unseen)$/,
    );
  });

  it('a record that stands twice', () => {
    planted(
      (run, { partition, value }) => withLog(run, partition, (log) => [...log, [log[log.length - 1]![0] + 1, value]]),
      /^duplicate$/,
    );
  });

  it('a record at another offset than was acknowledged', () => {
    planted(
      (run, { partition, value }) =>
        withLog(run, partition, (log) => log.map(([offset, one]) => [one === value ? offset + 1000 : offset, one])),
      /^ack-offset-mismatch$/,
    );
  });

  it('a record that nobody sent', () => {
    planted((run, { partition }) => withLog(run, partition, (log) => [...log, [5000, 5000]]), /^phantom$/);
  });

  it('a record in the wrong partition', () => {
    planted(
      (run, { partition, value }) => withLog(run, partition === 'x' ? 'y' : 'x', (log) => [...log, [5000, value]]),
      /^misplaced$/,
    );
  });

  it('an offset that held two records', () => {
    planted(
      (run, { partition, offset }) =>
        withLog(run, partition, (log) => log.map(([at, one]) => [at, at === offset ? 5000 : one])),
      /^inconsistent-offsets$/,
    );
  });

  it('two sends of one session that stand the other way round', () => {
    const swappable = simulatedRun
      .map((run) => ({ run, sends: run.sends.filter((one) => one.partition === 'x' && one.producer === 'p0') }))
      .filter(({ sends }) => sends.length >= 2)
      .chain(({ run, sends }) =>
        fc.record({ run: fc.constant(run), pair: fc.subarray(sends, { minLength: 2, maxLength: 2 }) }),
      );
    fc.assert(
      fc.property(swappable, ({ run, pair: [first, second] }) => {
        const exchanged = new Map([
          [first!.value, second!.value],
          [second!.value, first!.value],
        ]);
        const sends = run.sends.map((one) => ({ ...one, acknowledged: false }));
        const changed = withLog({ ...run, sends }, first!.partition, (log) =>
          log.map(([offset, value]) => [offset, exchanged.get(value) ?? value]),
        );
        expect(typesOf(historyOf(operationsOf(changed)))).toContain('nonmonotonic-send');
      }),
    );
  });
});

describe('what is found does not depend on', () => {
  /** Anomalies of a defective run, without names and numbers of operations. */
  const found = (history: History) =>
    checkHistory(history).anomalies.map(({ type, offsets, operations }) => ({ type, offsets, operations }));
  const defective = withVictim.map(({ run, victim }) =>
    operationsOf(withLog(run, victim.partition, (log) => [...log.filter(([, one]) => one !== victim.value), [900, 0]])),
  );

  it('how partitions, values, clients and sessions are called', () => {
    fc.assert(
      fc.property(defective, fc.integer({ min: 1, max: 1000 }), (operations, shift) => {
        const history = historyOf(operations, {}, ['x', 'y']);
        const rekeyed = mapped(history, (microOp) =>
          microOp.kind === 'send' ? { ...microOp, recordKey: `${microOp.recordKey}-${shift}` } : microOp,
        );
        const renamed = withValues(rekeyed, (value) => value * 7 + shift);
        const sessions = renamed.operations.map((one) => ({
          ...one,
          client: `${one.client}!`,
          session: one.session * 3 + shift,
        }));
        expect(found({ ...renamed, keys: ['one', 'two'], operations: sessions })).toEqual(found(history));
      }),
    );
  });

  it('offsets, as long as their order stays', () => {
    fc.assert(
      fc.property(defective, fc.integer({ min: 2, max: 1e9 }), (operations, factor) => {
        const history = historyOf(operations);
        const stretch = (offset: number): number => (offset < 0 ? offset : offset * factor + 3);
        const stretched = withOffsets(history, stretch);
        const expected = found(history).map((one) => ({ ...one, offsets: one.offsets.map(stretch) }));
        expect(found(stretched)).toEqual(expected);
      }),
    );
  });

  it('what went on well elsewhere, or afterwards', () => {
    fc.assert(
      fc.property(defective, simulatedRun, (operations, good) => {
        const end = 1_000_000;
        const later = operationsOf(good).map(({ draft }, i) => {
          const microOps = draft.microOps.map((one) => ('key' in one ? { ...one, key: `later-${one.key}` } : one));
          const at = end + i * 1000;
          return new OperationBuilder({ ...draft, microOps, client: `later-${draft.client}` }).from(at).to(at + 500);
        });
        expect(found(historyOf([...operations, ...later]))).toEqual(found(historyOf(operations)));
      }),
    );
  });

  it('which process an operation ran in, or when concurrent ones completed', () => {
    fc.assert(
      fc.property(defective, fc.nat(400), (operations, later) => {
        const history = historyOf(operations);
        const moved = history.operations.map((one) => ({
          ...one,
          process: one.process + 100,
          completedAt: one.completedAt + later,
        }));
        expect(found({ ...history, operations: moved })).toEqual(found(history));
      }),
    );
  });
});

describe('one operation may carry several sends', () => {
  it('that are judged as if they were apart', () => {
    fc.assert(
      fc.property(simulatedRun, (run) => {
        const history = historyOf(merged(operationsOf(run)));
        expect(checkHistory(history)).toEqual({ anomalies: [], undecided: [] });
      }),
    );
  });
});

/** Acknowledged sends of one producer that follow each other, as one operation. */
function merged(operations: readonly OperationBuilder[]): readonly OperationBuilder[] {
  const all: OperationBuilder[] = [];
  for (const one of operations) {
    const before = all.at(-1);
    const { f, outcome, client } = one.draft;
    const fits = f === 'send' && outcome === 'ok' && before?.draft.client === client && before.draft.outcome === 'ok';
    if (fits) all[all.length - 1] = before.and(one);
    else all.push(one);
  }
  return all;
}
