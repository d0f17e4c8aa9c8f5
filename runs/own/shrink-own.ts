/**
 * Shrinks a trial of a function of the user's own: faults go, and calls of the function, each candidate run with the
 * function itself. So the smallest trial is one that this code really makes. What is drawn for a call stays as it was.
 */
import type { Plan } from '../../nemesis/plan.js';
import { inputFor } from '../draw/draw.js';
import { breathe } from '../drive/async.js';
import type { Trial } from '../engine.js';
import { shrinking, type ShrinkHint } from '../shrink/shrink.js';
import type { Spec } from '../spec/spec.js';
import { runOwnTrial, type OwnTrial } from '../trial.js';
import type { OwnWorkload } from './application.js';

export interface ShrinkOwnInput {
  readonly spec: Spec;
  readonly seed: string;
  /** As it was drawn: its steps are calls of the function. */
  readonly plan: Plan;
  readonly workload: OwnWorkload;
  readonly variant: number;
  /** Whether the candidate still shows it. */
  readonly shows: (candidate: OwnTrial) => boolean;
  readonly hint?: ShrinkHint;
  /** The most candidates that are tried. */
  readonly attempts: number;
}

export interface ShrunkOwn {
  readonly smallest: OwnTrial;
  readonly attempts: number;
}

export async function shrinkOwn(input: ShrinkOwnInput, original: OwnTrial): Promise<ShrunkOwn> {
  const { spec, seed, workload, variant, plan, hint, attempts } = input;
  const search = shrinking(plan, { attempts, input: inputFor(spec), ...(hint === undefined ? {} : { hint }) });
  let smallest = original;
  let step = search.next();
  while (!step.done) {
    await breathe();
    const candidate = await runOwnTrial({ spec, seed, plan: step.value, variant }, workload);
    const shows = input.shows(candidate);
    if (shows) smallest = candidate;
    step = search.next(shows);
  }
  return { smallest, attempts: step.value.attempts };
}

/** What is tried first: the calls that sent the records of the anomaly. */
export function hintOf({ plan }: Trial, values: readonly number[], at: number): ShrinkHint {
  const calls = plan.workload.flatMap((step) =>
    step.f === 'send' && step.by !== undefined && values.includes(step.value) ? [step.by] : [],
  );
  return { values: [...new Set(calls)], at };
}
