/** The first trial that failed, looked at closely: shrunk, told, a fix tried on it. */
import type { JudgedAnomaly } from '../../histories/anomaly.js';
import { storyOf, type Story } from '../../histories/report/story.js';
import { drawFor } from '../draw/draw.js';
import { clearestFirst } from '../expectation.js';
import { findAnomaly, shrinkTarget } from '../shrink/target.js';
import { causedAnomalies } from '../trial/causes.js';
import type { Spec } from '../spec/spec.js';
import { withSetting } from '../spec/with-setting.js';
import { runOwnTrial, type OwnTrial } from '../trial.js';
import type { Plan } from '../../nemesis/plan.js';
import type { OwnWorkload, Thrown } from './application.js';
import { WorkloadError } from './errors.js';
import { hintOf, shrinkOwn } from './shrink-own.js';

export interface FailedTrial {
  /** Plans are drawn from this. */
  readonly base: Spec;
  readonly spec: Spec;
  readonly variant: number;
  readonly seed: string;
  /** A plan that was kept; null: as the seed draws it. */
  readonly plan: Plan | null;
  readonly workload: OwnWorkload;
  /** Executions that shrinking may take; 0: no shrinking. */
  readonly attempts: number;
}

/** An anomaly that was found, with its story; or what the function threw. */
export type Finding =
  | { readonly kind: 'anomaly'; readonly judged: JudgedAnomaly; readonly story: Story; readonly fix: string | null }
  | { readonly kind: 'thrown'; readonly thrown: Thrown };

export interface ExaminedOwn {
  readonly original: OwnTrial;
  readonly smallest: OwnTrial;
  /** null: it was not shrunk. */
  readonly attempts: number | null;
  /** Of the smallest trial. */
  readonly finding: Finding;
}

/** null: the trial does not fail. */
export async function examineOwn(failed: FailedTrial): Promise<ExaminedOwn | null> {
  const { base, spec, seed, variant, workload } = failed;
  const plan = failed.plan ?? drawFor(base, seed);
  const original = await runOwnTrial({ spec, seed, plan, variant }, workload);
  const { thrown } = original.told;
  if (thrown !== null) return examineThrown(failed, plan, original, thrown);
  if (original.trial.row.expected) return null;
  const { history, trace, verdict } = original.trial;
  const failing = verdict.anomalies.filter(({ judgement }) => judgement !== 'allowed');
  const [judged] = clearestFirst(causedAnomalies(failing, history, trace).map((one) => one.judged));
  return judged === undefined ? null : examineAnomaly(failed, plan, original, judged);
}

/** The same kind of error, wherever in the values it is. */
async function examineThrown(
  failed: FailedTrial,
  plan: Plan,
  original: OwnTrial,
  thrown: Thrown,
): Promise<ExaminedOwn> {
  // A mistake is seen in its line; the faults have nothing to do with it.
  if (failed.attempts === 0 || thrown.error instanceof WorkloadError) {
    return { original, smallest: original, attempts: null, finding: { kind: 'thrown', thrown } };
  }
  const { smallest, attempts } = await shrinkOwn(
    {
      ...failed,
      plan: callsOnly(plan),
      shows: ({ told }) => told.thrown !== null && kindOf(told.thrown.error) === kindOf(thrown.error),
      hint: { values: [thrown.by], at: thrown.at },
    },
    original,
  );
  return { original, smallest, attempts, finding: { kind: 'thrown', thrown: smallest.told.thrown! } };
}

function kindOf(error: unknown): string {
  return error instanceof Error ? error.name : typeof error;
}

async function examineAnomaly(
  failed: FailedTrial,
  plan: Plan,
  original: OwnTrial,
  judged: JudgedAnomaly,
): Promise<ExaminedOwn> {
  const target = shrinkTarget(original.trial, judged);
  let smallest = original;
  let attempts: number | null = null;
  if (failed.attempts > 0) {
    const { values, at } = judged.anomaly;
    const shows = ({ trial }: OwnTrial): boolean => findAnomaly(trial, target) !== undefined;
    const hint = hintOf(original.trial, values, at);
    ({ smallest, attempts } = await shrinkOwn({ ...failed, plan: callsOnly(plan), shows, hint }, original));
  }
  const found = findAnomaly(smallest.trial, target)!;
  const story = storyOf(smallest.trial.history, smallest.trial.trace, found);
  const fix = await tryFix(failed, plan, judged);
  return { original, smallest, attempts, finding: { kind: 'anomaly', judged: found, story, fix } };
}

/** Of a kept plan too, the steps are calls of the function. */
function callsOnly({ own, ...plan }: Plan): Plan {
  return own === undefined ? plan : { ...plan, workload: own };
}

/** Said only if it was run: the function on the same seed and faults, under the setting that prevents the anomaly. */
async function tryFix(
  { spec, seed, variant, workload }: FailedTrial,
  plan: Plan,
  { anomaly, judgement }: JudgedAnomaly,
): Promise<string | null> {
  const { preventedBy } = anomaly;
  if (judgement === 'bug' || preventedBy === null) return null;
  const fixed = withSetting(spec, preventedBy.setting, preventedBy.value);
  if (fixed === null) return null;
  const { trial, told } = await runOwnTrial({ spec: fixed, seed, plan, variant }, workload);
  if (trial.row.verdict !== 'clean' || told.thrown !== null) return null;
  return `${preventedBy.setting}=${preventedBy.value}: same seed, same faults, re-run: clean.`;
}
