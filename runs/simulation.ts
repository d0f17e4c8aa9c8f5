/** The engine behind the command line: simulated clusters, on all cores. */
import { storyOf, type Story } from '../histories/report/story.js';
import type { JudgedAnomaly } from '../histories/anomaly.js';
import { sendsOf } from '../model/system.js';
import type { Plan } from '../nemesis/plan.js';
import { openPool, runCampaign } from './campaign.js';
import { drawFor } from './draw/draw.js';
import { HarrowFailure, type Engine, type ShrinkTarget, type Shrunk, type Trial } from './engine.js';
import { findAnomaly } from './shrink/target.js';
import type { Spec } from './spec/spec.js';
import { runTrial } from './trial.js';
import type { ShrinkAnswer, WorkerTask } from './worker.js';

export const simulation: Engine = {
  draw: drawFor,
  runTrial: (spec: Spec, seed: string, plan: Plan): Trial => runTrial({ spec, seed, plan, variant: 0 }),
  runCampaign,
  shrink,
  story: (trial: Trial, anomaly: JudgedAnomaly): Story => storyOf(trial.history, trial.trace, anomaly),
};

/** In a worker, so that the terminal stays alive; the smallest trial is then run once more here, to have all of it. */
async function shrink(trial: Trial, target: ShrinkTarget, attempts: number): Promise<Shrunk> {
  const { spec, seed, plan } = trial;
  const pool = openPool(1);
  let answer: ShrinkAnswer;
  try {
    answer = (await pool.run({
      kind: 'shrink',
      spec,
      seed,
      plan,
      target,
      attempts,
    } satisfies WorkerTask)) as ShrinkAnswer;
  } finally {
    await pool.destroy();
  }
  const smallest = runTrial({ spec, seed, plan: answer.plan, variant: trial.row.variant });
  const anomaly = findAnomaly(smallest, target);
  if (anomaly === undefined) {
    throw new HarrowFailure(`Seed ${seed} showed ${target.type} in a worker and does not show it here.`);
  }
  return {
    trial: smallest,
    anomaly,
    attempts: answer.attempts,
    faultsBefore: plan.strikes.length,
    sendsBefore: sendsOf(plan.workload),
  };
}
