/** Shrinks a trial's plan: a candidate reproduces when its trial shows the same anomaly, of the same partition. */
import type { Anomaly, JudgedAnomaly } from '../../histories/anomaly.js';
import { recordsOf } from '../../model/system.js';
import type { Plan } from '../../nemesis/plan.js';
import { inputFor } from '../draw/draw.js';
import { causeOf } from '../../histories/report/story.js';
import type { ShrinkTarget, Trial } from '../engine.js';
import { sameAnomaly } from '../expectation.js';
import type { ShrinkAnswer, ShrinkTask } from '../worker.js';
import { runTrial } from '../trial.js';
import { shrinkPlan } from './shrink.js';

/** One event may lose hundreds of records, all in the same way: asking a few of them is enough. */
const MOST_CAUSES_ASKED = 20;

export function shrinkTrialPlan(task: ShrinkTask): ShrinkAnswer {
  const { spec, seed, target } = task;
  const run = (plan: ShrinkTask['plan']): Trial => runTrial({ spec, seed, plan, variant: 0 });
  const original = run(task.plan);
  const anomaly = findAnomaly(original, target)?.anomaly;
  if (anomaly === undefined) return { plan: task.plan, attempts: 0 };
  const reproduces = (plan: ShrinkTask['plan']): boolean => findAnomaly(run(plan), target) !== undefined;
  const { plan, attempts } = shrinkPlan(task.plan, reproduces, {
    attempts: task.attempts,
    input: inputFor(spec),
    hint: { values: anomaly.values, at: anomaly.at },
  });
  return { plan, attempts };
}

/** Whether one of the records involved is one that the plan's workload sends. */
export function isOfWorkload({ workload }: Plan, { values }: Anomaly): boolean {
  return workload.some((step) => recordsOf(step).some(({ value }) => values.includes(value)));
}

/** The first anomaly of a trial that is what `target` says. */
export function findAnomaly(trial: Trial, target: ShrinkTarget): JudgedAnomaly | undefined {
  const alike = trial.verdict.anomalies.filter(
    ({ anomaly, requirement, judgement }) =>
      judgement === target.judgement &&
      sameAnomaly(anomaly.type) === sameAnomaly(target.type) &&
      requirement === target.requirement &&
      (target.key === null || trial.history.keys[anomaly.key] === target.key) &&
      (!target.ofWorkload || isOfWorkload(trial.plan, anomaly)),
  );
  if (target.cause === null) return alike[0];
  return alike
    .slice(0, MOST_CAUSES_ASKED)
    .find((judged) => causeOf(judged, trial.history, trial.trace).id === target.cause);
}
