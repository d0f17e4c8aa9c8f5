import { describe, expect, it } from 'vitest';
import { finalRead, historyOf, poll, send } from '../../histories/builders.js';
import type { History } from '../../histories/operation.js';
import { checkHistory } from './check-history.js';

const clean = [send('x', 7).ok(0), send('x', 8).ok(1), finalRead('x', 1, [0, 7], [1, 8])];

describe('checkHistory', () => {
  it('finds nothing in a history that keeps every promise', () => {
    expect(checkHistory(historyOf(clean))).toEqual({ anomalies: [], undecided: [] });
  });

  it('says once why a history that shows nothing decides nothing', () => {
    expect(checkHistory(historyOf([]))).toEqual({ anomalies: [], undecided: ['no send was acknowledged'] });
  });

  it('names the checkers that could not decide', () => {
    const { undecided } = checkHistory(historyOf([send('x', 7).ok(0), send('x', 8).ok(1), poll('x', [0, 7])]));
    expect(undecided).toEqual(['unseen: x was never read to its end, and not all that was acknowledged was read']);
  });

  it('refuses values that repeat, unless the history says that the workload resends', () => {
    const resent = [send('x', 7).info(), send('x', 7).ok(0), poll('x', [0, 7])];
    expect(checkHistory(historyOf(resent)).undecided).toEqual([
      'unique-values: value 7 was sent to x more than once, and the history does not say resend',
    ]);
    expect(checkHistory(historyOf(resent, { resend: true })).undecided).toEqual([]);
  });

  it('takes the word of who ran the trial that it got stuck', () => {
    const stuck = { reason: 'x has no leader', at: 4_000_000, key: 0, events: [5] };
    expect(checkHistory(historyOf(clean), { stuck: [stuck] }).anomalies).toMatchObject([
      { type: 'stuck', key: 0, at: 4_000_000, story: 'stuck at 4.000 s: x has no leader' },
    ]);
  });

  it('leaves undecided what a checker fails at, and says why', () => {
    const broken: History = { ...historyOf(clean), operations: [null as never] };
    const { anomalies, undecided } = checkHistory(broken);
    expect(anomalies).toEqual([]);
    expect(undecided).toHaveLength(1);
    expect(undecided[0]).toMatch(/^the checker failed: /);
  });
});
