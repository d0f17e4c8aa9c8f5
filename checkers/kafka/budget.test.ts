import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Trace } from '../../histories/trace.js';
import { createBudget, type Budget } from './budget.js';
import { allProbes, maskOf, TraceScript } from './testing/script.js';

/** The fold over a whole trace. */
function budgetAfter({ header, length, kind, machine, key, a, b, c, d }: Trace): Budget {
  const budget = createBudget(header.probes);
  for (let i = 0; i < length; i++) {
    if (budget.kinds.includes(kind[i]!)) budget.onProbe(kind[i]!, machine[i]!, key[i]!, a[i]!, b[i]!, c[i]!, d[i]!);
  }
  return budget;
}

describe('a replica is impaired', () => {
  const started = () => new TraceScript().lead(1, [1, 2, 3]).append(1, 7).commit(1, 2, 3);

  it('from the loss of data on', () => {
    const budget = budgetAfter(started().losePower(2, 0).trace);
    expect([budget.impaired(0, 1), budget.impaired(0, 2), budget.impairedCount(0)]).toEqual([false, true, 1]);
  });

  it('not by a kill, nor by power loss that costs nothing', () => {
    expect(budgetAfter(started().kill(2).losePower(3, 1).trace).impairedCount(0)).toBe(0);
  });

  it('not by a loss of nothing', () => {
    expect(budgetAfter(started().emit('data-lost', 2, 0, 1, 1, 0).trace).impairedCount(0)).toBe(0);
  });

  it('until it re-enters an ISR that it had left', () => {
    const script = started().losePower(2, 0).changeIsr([1, 3]);
    expect(budgetAfter(script.trace).impaired(0, 2)).toBe(true);
    expect(budgetAfter(script.changeIsr([1, 2, 3]).trace).impaired(0, 2)).toBe(false);
  });

  it('or until it has no replica any more: it was reassigned', () => {
    const script = started()
      .losePower(2, 0)
      .emit('assignment-changed', 0, 0, maskOf([1, 3, 4]), 0, 0, 5);
    expect(budgetAfter(script.trace).impairedCount(0)).toBe(0);
  });

  it('as long as it stays, frozen and alone, in the ISR', () => {
    const script = started().changeIsr([2]).losePower(2, 0).elect(-1, [2], 'none').lead(2, [2]).changeIsr([2, 3]);
    expect(budgetAfter(script.trace).impaired(0, 2)).toBe(true);
  });

  it('although it is elected from outside the ISR: it has caught up with nobody', () => {
    const script = started().losePower(2, 0).elect(-1, [], 'none').lead(2, [2], 'lastKnownLeader').changeIsr([2, 3]);
    expect(budgetAfter(script.trace).impaired(0, 2)).toBe(true);
  });

  it('when it lost data out of the ISR, until it comes in', () => {
    const script = started().changeIsr([1, 3]).losePower(2, 0);
    expect(budgetAfter(script.trace).impaired(0, 2)).toBe(true);
    expect(budgetAfter(script.changeIsr([1, 2, 3]).trace).impaired(0, 2)).toBe(false);
  });

  it('again, when it loses data again', () => {
    const script = started().losePower(2, 0).changeIsr([1, 3]).changeIsr([1, 2, 3]).replicate(1, 2).losePower(2, 0);
    expect(budgetAfter(script.trace).impaired(0, 2)).toBe(true);
  });
});

describe('a replica has stopped uncleanly', () => {
  const started = () => new TraceScript().lead(1, [1, 2, 3]);

  it('from a kill or power loss on, whether or not it lost anything, until it enters an ISR', () => {
    const script = started().kill(2).losePower(3, 0);
    const after = budgetAfter(script.trace);
    expect([1, 2, 3].map((machine) => after.stoppedUncleanly(0, machine))).toEqual([false, true, true]);
    const back = budgetAfter(script.changeIsr([1]).changeIsr([1, 2]).trace);
    expect([1, 2, 3].map((machine) => back.stoppedUncleanly(0, machine))).toEqual([false, false, true]);
  });

  it('not when its process ended by itself', () => {
    const after = budgetAfter(started().emit('process-killed', 2, -1, 1, 1).trace);
    expect([1, 2, 3].map((machine) => after.stoppedUncleanly(0, machine))).toEqual([false, false, false]);
  });
});

type Step =
  | { readonly kind: 'lost'; readonly machine: number }
  | { readonly kind: 'isr'; readonly leader: number; readonly isr: readonly number[] };

/** Straight from the definition, looking back over all steps. */
function isImpaired(steps: readonly Step[], machine: number): boolean {
  const lostAt = steps.findLastIndex((step) => step.kind === 'lost' && step.machine === machine);
  if (lostAt < 0) return false;
  const before = steps.slice(0, lostAt).findLast((step) => step.kind === 'isr');
  const after = steps.slice(lostAt).filter((step) => step.kind === 'isr');
  const isIn = (step: Step | undefined): boolean => step?.kind === 'isr' && step.isr.includes(machine);
  const members = [before === undefined ? true : isIn(before), ...after.map(isIn)];
  const leaders = [-1, ...after.map((step) => (step.kind === 'isr' ? step.leader : -1))];
  const entersByItself = (at: number): boolean => !members[at - 1]! && members[at]! && leaders[at] !== machine;
  return !members.some((_, at) => at > 0 && entersByItself(at));
}

describe('the budget', () => {
  const steps = fc.array(
    fc.oneof(
      fc.record({ kind: fc.constant('lost' as const), machine: fc.integer({ min: 1, max: 3 }) }),
      fc.record({
        kind: fc.constant('isr' as const),
        leader: fc.constantFrom(-1, 1, 2, 3),
        isr: fc.subarray([1, 2, 3]),
      }),
    ),
    { maxLength: 12 },
  );

  it('is the same live, over the trace, and by definition', () => {
    fc.assert(
      fc.property(steps, (all) => {
        const script = new TraceScript();
        const live = createBudget(allProbes);
        for (let done = 0; done <= all.length; done++) {
          if (done > 0) announce(script, all[done - 1]!);
          const { trace } = script;
          const i = trace.length - 1;
          if (i >= 0 && live.kinds.includes(trace.kind[i]!)) {
            live.onProbe(trace.kind[i]!, trace.machine[i]!, 0, trace.a[i]!, trace.b[i]!, trace.c[i]!, trace.d[i]!);
          }
          const folded = budgetAfter(trace);
          for (const machine of [1, 2, 3]) {
            const expected = isImpaired(all.slice(0, done), machine);
            expect([live.impaired(0, machine), folded.impaired(0, machine)]).toEqual([expected, expected]);
          }
          expect(folded.impairedCount(0)).toBe([1, 2, 3].filter((machine) => folded.impaired(0, machine)).length);
        }
      }),
    );
  });
});

function announce(script: TraceScript, step: Step): void {
  if (step.kind === 'lost') script.emit('data-lost', step.machine, 0, 2, 5, 0);
  else script.emit('partition-changed', 0, 0, step.leader, 1, maskOf(step.isr), 1);
}
