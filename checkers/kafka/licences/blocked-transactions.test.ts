import { describe, expect, it } from 'vitest';
import { send, txn } from '../../../histories/builders.js';
import type { StuckNote } from '../stuck.js';
import { judged } from '../testing/judged.js';
import { PRODUCER, State, TransactionScript } from '../testing/transaction-script.js';

const OTHER = 2;
const CORRUPT_MESSAGE = 2;

/** orders-0 stalls as its leader's log is damaged, and so does what waits for the producer, elsewhere. */
function stall(script: TransactionScript, damaged = true): StuckNote {
  if (damaged) script.rot(1, 0, 1);
  script.refuseFetch(1, 2, damaged ? CORRUPT_MESSAGE : 3).at(90_000_000);
  script.trace.append(90_000_000, kindOf(script, 'stalled'), 0, 0, 2, 0, 0, 0);
  script.trace.append(90_000_000, kindOf(script, 'stalled'), 0, OTHER, 0, 0, 0, 0);
  return { key: OTHER, reason: 'no progress', at: 90_000_000, events: [script.trace.length - 1] };
}

function kindOf(script: TransactionScript, name: string): number {
  return script.trace.header.probes.find((probe) => probe.name === name)!.kind;
}

const written = () => new TransactionScript().change(State.ongoing).write(1, 7, 0);
const verdict = (script: TransactionScript, note: StuckNote) =>
  judged(script, [txn(send('orders-0', 7).ok(0)).to(500_000)], 'stuck', [note]);

describe('a partition that waits for a producer', () => {
  it('is excused if its transaction cannot end in another, whose leader is damaged', () => {
    const script = written().change(State.prepareAbort);
    expect(verdict(script, stall(script))).toEqual(['damaged-leader']);
  });
  it('is not if that partition is not excused either', () => {
    const script = written().change(State.prepareAbort);
    expect(verdict(script, stall(script, false))).toEqual(['bug']);
  });
  it('nor if the transaction has its marker there, or is complete', () => {
    const marked = written().change(State.prepareAbort).mark(1, -2, PRODUCER);
    expect(verdict(marked, stall(marked))).toEqual(['bug']);
    const complete = written().change(State.prepareAbort).change(State.completeAbort);
    expect(verdict(complete, stall(complete))).toEqual(['bug']);
  });
});
