import { describe, expect, it } from 'vitest';
import type { Anomaly, JudgedAnomaly } from '../histories/anomaly.js';
import { historyOf } from '../histories/builders.js';
import type { Checker } from './checker.js';
import { runCheckers, verdictOf } from './verdict.js';

function anomaly(type: string, at = 0): Anomaly {
  return { type, key: 0, offsets: [], operations: [], values: [], events: [], at, story: type, preventedBy: null };
}
function judged(judgement: JudgedAnomaly['judgement'], at = 0): JudgedAnomaly {
  return { anomaly: anomaly(judgement, at), judgement, licence: null, requirement: null, guarantee: null };
}

describe('verdictOf', () => {
  it.each([
    [['allowed', 'unsafe', 'bug'], ['reason'], 'bug'],
    [['allowed', 'unsafe'], ['reason'], 'unsafe'],
    [['allowed'], ['reason'], 'undecided'],
    [['allowed'], [], 'clean'],
    [[], [], 'clean'],
  ] as const)('of %o with undecided %o is %s', (judgements, undecided, verdict) => {
    expect(
      verdictOf(
        judgements.map((one) => judged(one)),
        undecided,
      ).verdict,
    ).toBe(verdict);
  });

  it('puts the worst first, and those of one judgement in order of time', () => {
    const { anomalies } = verdictOf(
      [judged('allowed', 1), judged('bug', 5), judged('unsafe', 3), judged('bug', 4)],
      [],
    );
    expect(anomalies.map(({ anomaly: { type, at } }) => `${type} ${at}`)).toEqual([
      'bug 4',
      'bug 5',
      'unsafe 3',
      'allowed 1',
    ]);
  });

  it('keeps the reasons', () => {
    expect(verdictOf([], ['one', 'two']).reasons).toEqual(['one', 'two']);
  });
});

describe('runCheckers', () => {
  const finds: Checker = { name: 'finds', check: () => ({ anomalies: [anomaly('a')] }) };
  const wonders: Checker = { name: 'wonders', check: () => ({ anomalies: [], undecided: 'too dark' }) };
  const doubts: Checker = { name: 'doubts', check: () => ({ anomalies: [anomaly('b')], undecided: 'too dark' }) };
  const fails: Checker = {
    name: 'fails',
    check() {
      throw new Error('no light');
    },
  };

  it('puts all findings together', () => {
    const { anomalies, undecided } = runCheckers([finds, doubts], historyOf([]));
    expect(anomalies.map(({ type }) => type)).toEqual(['a', 'b']);
    expect(undecided).toEqual(['doubts: too dark']);
  });

  it('lets the others go on when one throws', () => {
    const { anomalies, undecided } = runCheckers([fails, finds], historyOf([]));
    expect(anomalies).toHaveLength(1);
    expect(undecided).toEqual(['fails: the checker failed: no light']);
  });

  it('says a reason once for all who share it', () => {
    expect(runCheckers([wonders, doubts, finds], historyOf([])).undecided).toEqual(['wonders, doubts: too dark']);
    expect(runCheckers([wonders, doubts], historyOf([])).undecided).toEqual(['too dark']);
  });
});
