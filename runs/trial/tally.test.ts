import { describe, expect, it } from 'vitest';
import { historyOf, send } from '../../histories/builders.js';
import type { Operation } from '../../histories/operation.js';
import { tally } from './tally.js';

const SECOND = 1_000_000;

interface Send {
  /** Seconds; to -1: never completed. */
  readonly from: number;
  readonly to: number;
  readonly outcome: Operation['outcome'];
}

/** A history of sends that were invoked and completed then. */
function sends(all: readonly Send[]): ReturnType<typeof historyOf> {
  const history = historyOf(all.map((_, value) => send('orders-0', value).ok(value)));
  const operations = all.map(({ from, to, outcome }, i): Operation => {
    const completedAt = to < 0 ? -1 : to * SECOND;
    return { ...history.operations[i]!, invokedAt: from * SECOND, completedAt, outcome };
  });
  return { ...history, operations };
}

describe('the tally of a safety phase from 10 s to 70 s', () => {
  const of = (...all: readonly Send[]) => tally(sends(all), 10 * SECOND, 70 * SECOND);

  it('counts sends by what their client knows of them', () => {
    const counted = of(
      { from: 11, to: 12, outcome: 'ok' },
      { from: 11, to: 13, outcome: 'fail' },
      { from: 11, to: 14, outcome: 'info' },
      { from: 11, to: -1, outcome: 'info' },
    );
    expect(counted).toMatchObject({ sent: 4, acknowledged: 1, refused: 1, unknown: 2 });
  });

  it('leaves out what was sent after it, when the cluster was healed', () => {
    expect(of({ from: 11, to: 12, outcome: 'ok' }, { from: 71, to: 72, outcome: 'ok' })).toMatchObject({ sent: 1 });
  });

  it('finds the longest stretch without an acknowledgement while writes were asked for', () => {
    const outage = of(
      { from: 11, to: 12, outcome: 'ok' },
      { from: 13, to: 14, outcome: 'fail' },
      { from: 20, to: 40, outcome: 'ok' },
      { from: 60, to: 61, outcome: 'ok' },
    );
    expect(outage.longestOutageMicros).toBe(27 * SECOND);
  });

  it('counts no time in which clients were idle', () => {
    const outage = of(
      { from: 11, to: 12, outcome: 'ok' },
      { from: 11, to: 13, outcome: 'ok' },
      { from: 45, to: 46, outcome: 'ok' },
    );
    expect(outage.longestOutageMicros).toBe(1 * SECOND);
  });

  it('counts the wait for an acknowledgement that came only after it, and for one that never came', () => {
    for (const late of [90, -1]) {
      const outage = of({ from: 11, to: 12, outcome: 'ok' }, { from: 50, to: late, outcome: late < 0 ? 'info' : 'ok' });
      expect(outage.longestOutageMicros).toBe(20 * SECOND);
    }
  });

  it('counts writes that are acknowledged together as one answer', () => {
    const outage = of({ from: 11, to: 13, outcome: 'ok' }, { from: 12, to: 13, outcome: 'ok' });
    expect(outage.longestOutageMicros).toBe(2 * SECOND);
  });

  it('ends with the last refusal where nothing was asked for after it', () => {
    const outage = of({ from: 11, to: 12, outcome: 'ok' }, { from: 50, to: 55, outcome: 'fail' });
    expect(outage.longestOutageMicros).toBe(5 * SECOND);
  });

  it('is nothing where nothing was sent', () => {
    expect(of()).toEqual({ sent: 0, acknowledged: 0, refused: 0, unknown: 0, longestOutageMicros: 0 });
  });
});
