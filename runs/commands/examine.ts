/** The first trial of a cause, looked at closely: run again in full, shrunk, told, and a fix tried on it. */
import type { JudgedAnomaly } from '../../histories/anomaly.js';
import type { Story } from '../../histories/report/story.js';
import { type Engine, HarrowFailure, type Trial } from '../engine.js';
import { brokenPromise, clearestFirst } from '../expectation.js';
import { shrinkTarget } from '../shrink/target.js';
import { causedAnomalies } from '../trial/causes.js';
import { percent } from '../reporters/words.js';
import type { Spec } from '../spec/spec.js';
import { settingInForce, withSetting } from '../spec/with-setting.js';
import type { CauseTotal } from '../totals.js';

export interface ExamineInput {
  readonly engine: Engine;
  /** Plans are drawn from this. */
  readonly base: Spec;
  readonly spec: Spec;
  readonly cause: CauseTotal;
  readonly seed: string;
  /** As the campaign saw it: it must come out again. */
  readonly digest: string;
  /** Executions that shrinking may take; 0: no shrinking. */
  readonly attempts: number;
  /** The fix is tried on so many of the cause's other seeds too. */
  readonly fixSeeds: number;
  readonly workers: number;
  readonly stop: AbortSignal;
}

export interface Examined {
  readonly original: Trial;
  /** The original's anomaly of this cause. */
  readonly judged: JudgedAnomaly;
  readonly shrunk: { readonly trial: Trial; readonly anomaly: JudgedAnomaly; readonly attempts: number } | null;
  /** Of the smallest trial there is. */
  readonly story: Story;
  /** Paragraphs; empty: nothing was tried, or it did not help. */
  readonly fix: readonly string[];
  /** "acks=1"; null: no single setting. */
  readonly blames: string | null;
}

/** @throws HarrowFailure if the trial does not come out as the campaign saw it */
export async function examine(input: ExamineInput): Promise<Examined> {
  const { engine, base, spec, seed, cause, digest } = input;
  const original = engine.runTrial(spec, seed, engine.draw(base, seed));
  if (original.row.digest !== digest) {
    throw new HarrowFailure(`Seed ${seed} ran twice and differs: ${digest}, then ${original.row.digest}.`);
  }
  const judged = anomalyOf(original, cause);
  const shrunk = await shrink(input, original, judged);
  const smallest = shrunk ?? { trial: original, anomaly: judged };
  return {
    original,
    judged,
    shrunk,
    story: engine.story(smallest.trial, smallest.anomaly),
    fix: await tryFix(input, original, judged),
    blames: blamed(spec, judged),
  };
}

/** The anomaly that is grouped under this cause. */
function anomalyOf(trial: Trial, cause: CauseTotal): JudgedAnomaly {
  const failing = trial.verdict.anomalies.filter(({ judgement }) => judgement !== 'allowed');
  const own = causedAnomalies(failing, trial.history, trial.trace)
    .filter((one) => one.cause.id === cause.id && brokenPromise(one.judged) === cause.requirement)
    .map(({ judged }) => judged);
  const [found] = clearestFirst(own);
  if (found === undefined) {
    throw new HarrowFailure(`Seed ${trial.seed} failed by ${cause.id} in the campaign and does not when run again.`);
  }
  return found;
}

async function shrink(input: ExamineInput, original: Trial, judged: JudgedAnomaly): Promise<Examined['shrunk']> {
  if (input.attempts === 0 || input.stop.aborted) return null;
  const { trial, anomaly, attempts } = await input.engine.shrink(
    original,
    shrinkTarget(original, judged),
    input.attempts,
  );
  return { trial, anomaly, attempts };
}

function blamed(spec: Spec, { anomaly, judgement }: JudgedAnomaly): string | null {
  if (judgement === 'bug' || anomaly.preventedBy === null) return null;
  const value = settingInForce(spec, anomaly.preventedBy.setting);
  if (value === null) return null;
  // Kafka's "never" says nothing to people.
  const never = Number(value) > Number.MAX_SAFE_INTEGER;
  return never ? `${anomaly.preventedBy.setting} at its default` : `${anomaly.preventedBy.setting}=${value}`;
}

/** Printed only if it was run: on the same seed and faults first, then on the cause's other seeds. */
async function tryFix(input: ExamineInput, original: Trial, judged: JudgedAnomaly): Promise<readonly string[]> {
  const { preventedBy } = judged.anomaly;
  if (judged.judgement === 'bug' || preventedBy === null || input.stop.aborted) return [];
  const fixed = withSetting(input.spec, preventedBy.setting, preventedBy.value);
  if (fixed === null) return [];
  const again = input.engine.runTrial(fixed, original.seed, original.plan);
  if (again.row.verdict !== 'clean') return [];
  const change = `${preventedBy.setting}=${preventedBy.value}`;
  return [`${change}: same seed, same faults, re-run: clean.`, ...(await tryFixWidely(input, fixed, change))];
}

async function tryFixWidely(input: ExamineInput, fixed: Spec, change: string): Promise<string[]> {
  const seeds = input.cause.seeds.slice(0, input.fixSeeds);
  if (seeds.length < 2) return [];
  let failed = 0;
  let sent = 0;
  let unanswered = 0;
  let trials = 0;
  await input.engine.runCampaign(
    {
      base: input.base,
      variants: [fixed],
      seeds,
      timeBoundMillis: null,
      workers: input.workers,
      bail: null,
      paranoid: false,
      stop: input.stop,
    },
    (row) => {
      trials++;
      if (row.causes.some((cause) => cause.requirement === input.cause.requirement)) failed++;
      sent += row.counts.sent;
      unanswered += row.counts.refused + row.counts.unknown;
    },
  );
  if (trials < seeds.length) return [];
  const result = failed === 0 ? 'none fails' : `${failed} still fail`;
  return [
    `(the same ${trials} seeds with ${change}: ${result}; ${percent(unanswered, sent)} of sends refused or timed out)`,
  ];
}
