/** What a worker thread does: a batch of trials, or the shrinking of one. Tinypool calls the default export. */
import type { Plan } from '../nemesis/plan.js';
import { HarrowFailure, type ShrinkTarget, type TrialRow } from './engine.js';
import { drawFor } from './draw/draw.js';
import { shrinkTrialPlan } from './shrink/shrink-trial.js';
import type { Spec } from './spec/spec.js';
import { sweepBetweenTrials } from './trial-memory.js';
import { runTrial } from './trial.js';

export interface TrialsTask {
  readonly kind: 'trials';
  readonly base: Spec;
  readonly variants: readonly Spec[];
  readonly seeds: readonly string[];
  /** Wall time after which no seed is begun; null: none. */
  readonly deadline: number | null;
  readonly paranoid: boolean;
}

export interface ShrinkTask {
  readonly kind: 'shrink';
  readonly spec: Spec;
  readonly seed: string;
  readonly plan: Plan;
  readonly target: ShrinkTarget;
  readonly attempts: number;
}

export interface ShrinkAnswer {
  readonly plan: Plan;
  readonly attempts: number;
}

export type WorkerTask = TrialsTask | ShrinkTask;

export default function work(task: WorkerTask): TrialRow[] | ShrinkAnswer {
  return task.kind === 'trials' ? runBatch(task) : shrinkTrialPlan(task);
}

/** Seed by seed over all variants, so that all variants have the same seeds whenever time runs out. */
function runBatch(task: TrialsTask): TrialRow[] {
  const rows: TrialRow[] = [];
  for (const seed of task.seeds) {
    if (task.deadline !== null && Date.now() >= task.deadline) break;
    const plan = drawFor(task.base, seed);
    task.variants.forEach((spec, variant) => {
      const { paranoid } = task;
      const row = runTrial({ spec, seed, plan, variant, paranoid }).row;
      // The second time without the check from scratch: it looks on, and changes nothing.
      if (paranoid) assertSameDigest(row, runTrial({ spec, seed, plan, variant }).row);
      rows.push(row);
      sweepBetweenTrials();
    });
  }
  return rows;
}

function assertSameDigest(first: TrialRow, second: TrialRow): void {
  if (first.digest === second.digest) return;
  throw new HarrowFailure(
    `Two runs of seed ${first.seed} differ: ${first.digest} and ${second.digest}. Harrow is not deterministic here.`,
  );
}
