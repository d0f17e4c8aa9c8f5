import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CampaignEnd, TrialRow } from './engine.js';
import { Exit, type ExitCode, outcomeOf, type Outcome, worstExit } from './outcome.js';
import { loadSpec } from './spec/load.js';
import { lostRow, trialRow } from './testing/rows.js';
import { totalsOf } from './totals.js';

function outcome(rows: readonly TrialRow[], extra = '', ended: CampaignEnd['ended'] = 'all'): Outcome {
  const { spec } = loadSpec({ input: 'spec.yaml', text: `kafka: "3.9"\n${extra}` });
  return outcomeOf(
    spec,
    totalsOf(
      rows,
      rows.map(({ seed }) => seed),
    ),
    ended,
  );
}

const bug = trialRow('9', { verdict: 'bug', anomalies: ['W6'], expected: false });
const undecided = trialRow('8', { verdict: 'undecided', reasons: ['nothing was read'] });
const nothingAcknowledged = trialRow('7', { counts: { ...trialRow('7').counts, acknowledged: 0 } });
const expectLoss = 'expect: [lost-write]';
const expectedLoss = lostRow('1', { expected: true });

describe('the exit status of a campaign', () => {
  it.each<[string, readonly TrialRow[], string, CampaignEnd['ended'], number]>([
    ['clean', [trialRow('1')], '', 'all', 0],
    ['an unsafe trial', [trialRow('1'), lostRow('2')], '', 'all', 1],
    ['an expected unsafe trial', [expectedLoss], expectLoss, 'all', 0],
    ['an expected loss beside an unexpected failure', [expectedLoss, lostRow('2')], expectLoss, 'all', 1],
    [
      'a loss that shows as a lost tail',
      [lostRow('1', { anomalies: ['unseen'], expected: true })],
      expectLoss,
      'all',
      0,
    ],
    ['an expected loss that was allowed', [trialRow('1', { allowed: ['lost-write'] })], expectLoss, 'all', 0],
    ['an expected loss never found', [trialRow('1')], expectLoss, 'all', 1],
    ['an expected loss not found in the time', [trialRow('1')], expectLoss, 'time', 3],
    ['a bug', [bug], '', 'all', 1],
    ['an expected bug', [{ ...bug, expected: true }], 'expect: [bug]', 'all', 0],
    [
      'a situation expected and reached',
      [trialRow('1', { situations: ['writes-refused', 'isr-shrank'] })],
      'expect-situations: [writes-refused]',
      'all',
      0,
    ],
    ['a situation expected and never reached', [trialRow('1')], 'expect-situations: [writes-refused]', 'all', 1],
    ['undecided', [undecided, trialRow('1')], '', 'all', 2],
    ['undecided beside unsafe', [undecided, lostRow('1')], '', 'all', 1],
    ['time spent with trials done', [trialRow('1')], '', 'time', 0],
    ['time spent before one trial ended', [], '', 'time', 3],
    ['nothing ran', [], '', 'all', 4],
    ['no write acknowledged', [nothingAcknowledged], '', 'all', 4],
    ['stopped after a failure', [lostRow('1')], '', 'bail', 1],
    ['interrupted', [trialRow('1')], '', 'interrupted', 130],
    ['interrupted after a failure', [lostRow('1')], '', 'interrupted', 130],
    ['interrupted before anything ran', [], '', 'interrupted', 130],
    ['not exercised', [trialRow('1', { situations: [] })], '', 'all', 2],
    [
      'not exercised, but replicas there are none',
      [trialRow('1', { situations: [] })],
      'topic: { replication.factor: 1 }',
      'all',
      0,
    ],
    [
      'not exercised, but the situation that the spec expects was reached',
      [trialRow('1', { situations: ['group-rebalanced'] })],
      'expect-situations: [group-rebalanced]',
      'all',
      0,
    ],
    [
      'not exercised, but an expected duplicate was found',
      [trialRow('1', { verdict: 'unsafe', anomalies: ['duplicate'], situations: [] })],
      'expect: [duplicate]',
      'all',
      0,
    ],
  ])('%s: exit %#', (_, rows, extra, ended, exit) => {
    expect(outcome(rows, extra, ended).exit).toBe(exit);
  });

  it('comes with a verdict and the reason', () => {
    expect(outcome([trialRow('1')])).toEqual({ verdict: 'clean', asExpected: true, reason: '', missing: [], exit: 0 });
    expect(outcome([undecided])).toMatchObject({ verdict: 'undecided', reason: '1 trial undecided: nothing was read' });
    expect(outcome([trialRow('1', { situations: [] })])).toMatchObject({
      verdict: 'undecided',
      reason: 'not exercised: in no trial a leader moved or an ISR shrank (1 trial may be too few)',
    });
    expect(outcome([trialRow('1')], expectLoss)).toMatchObject({
      verdict: 'clean',
      asExpected: false,
      missing: ['lost-write was expected and never found'],
    });
  });

  it('is 70 before 130, 64, 1, 3, 4, 2 and 0 when several apply', () => {
    const order: readonly ExitCode[] = [70, 130, 64, 1, 3, 4, 2, 0];
    fc.assert(
      fc.property(fc.subarray([...order], { minLength: 1 }), fc.nat(), (codes, turn) => {
        const rotated = codes.map((_, i) => codes[(i + turn) % codes.length]!);
        expect(worstExit(rotated)).toBe(order.find((code) => codes.includes(code)));
      }),
    );
    expect(worstExit([])).toBe(Exit.expected);
  });
});
