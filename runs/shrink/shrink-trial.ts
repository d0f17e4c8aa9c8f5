/** Shrinks a trial's plan: a candidate reproduces when its trial shows the same anomaly, of the same partition. */
import { inputFor } from '../draw/draw.js';
import type { Trial } from '../engine.js';
import type { ShrinkAnswer, ShrinkTask } from '../worker.js';
import { runTrial } from '../trial.js';
import { shrinkPlan } from './shrink.js';
import { findAnomaly } from './target.js';

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
