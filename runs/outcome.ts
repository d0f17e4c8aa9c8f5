/** What a campaign's trials mean: its verdict, the reason in words, and the exit status. */
import type { Verdict } from '../histories/anomaly.js';
import { mergeVerdicts } from '../histories/anomaly.js';
import type { CampaignEnd } from './engine.js';
import type { Spec } from './spec/spec.js';
import { showing, type Totals } from './totals.js';

export const Exit = {
  expected: 0,
  failed: 1,
  undecided: 2,
  partial: 3,
  nothingRan: 4,
  badUsage: 64,
  harrowFailed: 70,
  interrupted: 130,
} as const;
export type ExitCode = (typeof Exit)[keyof typeof Exit];

/** When several apply, the first of these. */
const precedence: readonly ExitCode[] = [70, 130, 64, 1, 3, 4, 2, 0];

export function worstExit(codes: readonly ExitCode[]): ExitCode {
  return precedence.find((code) => codes.includes(code)) ?? Exit.expected;
}

export interface Outcome {
  readonly verdict: Verdict;
  /** Everything is as the spec expects: no surprise, nothing missing. */
  readonly asExpected: boolean;
  /** Why it is not simply clean; empty if it is. */
  readonly reason: string;
  /** What was expected and did not come, in words. */
  readonly missing: readonly string[];
  readonly exit: ExitCode;
}

export function outcomeOf(spec: Spec, totals: Totals, ended: CampaignEnd['ended']): Outcome {
  const verdict = mergeVerdicts(verdictsShown(totals));
  const absent = totals.trials === 0 ? [] : missing(spec, totals);
  const findings = [
    ...unexpected(totals),
    // While trials are left that could still show it, that is no answer.
    ...absent.map((reason) => ({ exit: ended === 'all' ? Exit.failed : Exit.partial, reason })),
    ...emptiness(totals, ended),
    ...indecision(spec, totals, verdict),
  ];
  if (ended === 'interrupted') findings.push({ exit: Exit.interrupted, reason: 'interrupted' });
  if (ended === 'bail') findings.push({ exit: Exit.partial, reason: 'stopped after a failure (--bail)' });
  const exit = worstExit(findings.map((finding) => finding.exit));
  const reason = findings.find((finding) => finding.exit === exit)?.reason ?? '';
  // A campaign that tried nothing, or did not get to the end of it, is not clean.
  const merged = verdict === 'clean' && exit !== Exit.expected && exit !== Exit.failed ? 'undecided' : verdict;
  return { verdict: merged, asExpected: exit === Exit.expected, reason, missing: absent, exit };
}

interface Finding {
  readonly exit: ExitCode;
  readonly reason: string;
}

function verdictsShown(totals: Totals): Verdict[] {
  return (['bug', 'unsafe', 'undecided', 'clean'] as const).filter((verdict) => totals.verdicts[verdict] > 0);
}

function unexpected(totals: Totals): Finding[] {
  const surprises = totals.failures.filter((row) => !row.expected).length;
  return surprises === 0 ? [] : [{ exit: Exit.failed, reason: `${trials(surprises)} failed` }];
}

/** What the spec expects and no trial showed. */
function missing(spec: Spec, totals: Totals): string[] {
  const anomalies = spec.expect.filter((name) =>
    name === 'bug' ? totals.verdicts.bug === 0 : showing(totals, name) === 0,
  );
  const situations = spec.expectSituations.filter((name) => (totals.situations[name] ?? 0) === 0);
  return [
    ...anomalies.map((name) => `${name} was expected and never found`),
    ...situations.map((name) => `${name} was expected and never reached`),
  ];
}

function emptiness(totals: Totals, ended: CampaignEnd['ended']): Finding[] {
  if (totals.trials === 0) {
    return ended === 'time'
      ? [{ exit: Exit.partial, reason: 'the time was spent before one trial had ended' }]
      : [{ exit: Exit.nothingRan, reason: 'nothing ran' }];
  }
  if (totals.acknowledged > 0) return [];
  return [{ exit: Exit.nothingRan, reason: 'no trial acknowledged a single write: nothing was tested' }];
}

function indecision(spec: Spec, totals: Totals, verdict: Verdict): Finding[] {
  if (totals.verdicts.undecided > 0) {
    const [reason] = Object.entries(totals.reasons).sort(([, a], [, b]) => b - a)[0] ?? ['no reason given'];
    return [{ exit: Exit.undecided, reason: `${trials(totals.verdicts.undecided)} undecided: ${reason}` }];
  }
  const idle = verdict === 'clean' && totals.trials > 0 ? notExercised(spec, totals) : null;
  if (idle === null) return [];
  const few = totals.trials < FEW_TRIALS ? ` (${trials(totals.trials)} may be too few)` : '';
  return [{ exit: Exit.undecided, reason: `not exercised: ${idle}${few}` }];
}

/** Of fewer it is no surprise that something did not happen. */
export const FEW_TRIALS = 100;

/** Situations on which requirements rest, unless the spec names its own: without one of them nothing was put to the test. */
const exercisingSituations = ['leader-moved', 'isr-shrank'] as const;

/** Why a clean campaign proves nothing; null if it tried what the requirements rest on. */
function notExercised(spec: Spec, totals: Totals): string | null {
  if (spec.require.length === 0 || spec.topics.every((topic) => topic.replicationFactor === 1)) return null;
  const isReached = (name: string): boolean => (totals.situations[name] ?? 0) > 0;
  if (spec.expectSituations.length > 0 && spec.expectSituations.every(isReached)) return null;
  return exercisingSituations.some(isReached) ? null : 'in no trial a leader moved or an ISR shrank';
}

function trials(count: number): string {
  return count === 1 ? '1 trial' : `${count.toLocaleString('en-US')} trials`;
}
