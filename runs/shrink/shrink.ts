/**
 * Shrinking: the smallest plan that still shows the same thing.
 *
 * It works from the plan's saved form, so a trial of any version shrinks. First whole strikes and sends go (delta
 * debugging); then what remains is made simpler: settings back to their defaults, everything healed, and each strike's
 * parameters, length, time and target by fast-check's own shrinkers. Ordered and deterministic; bounded by attempts.
 */
import { recordsOf, type ClientStep } from '../../model/system.js';
import type { Arbitrary } from 'fast-check';
import type { Plan } from '../../nemesis/plan.js';
import type { DrawInput } from '../draw/input.js';
import { settingsArbitrary } from '../draw/settings.js';
import { fewest } from './fewest.js';
import { shrinkValue } from './shrink-value.js';
import { simplerStrikes } from './simplify-strike.js';

/** What is known of the anomaly: it decides what is tried first, not what is found. */
export interface ShrinkHint {
  /** Values of the records involved; of an own workload that is run, the numbers of the calls that sent them. */
  readonly values: readonly number[];
  /** When it became true, microseconds from the start of the safety phase. */
  readonly at: number;
}

export interface ShrinkOptions {
  /** The most candidates that are tried. */
  readonly attempts: number;
  /** Of the spec that the plan was drawn from. */
  readonly input: DrawInput;
  readonly hint?: ShrinkHint;
}

export interface ShrunkPlan {
  readonly plan: Plan;
  readonly attempts: number;
  /** Nothing simpler was left to try; false: the attempts were used up. */
  readonly minimal: boolean;
}

/** @param reproduces whether the candidate still shows it. The plan given is taken to do so. */
export function shrinkPlan(plan: Plan, reproduces: (candidate: Plan) => boolean, options: ShrinkOptions): ShrunkPlan {
  const search = shrinking(plan, options);
  let step = search.next();
  while (!step.done) step = search.next(reproduces(step.value));
  return step.value;
}

/** Yields candidates, each smaller than the best so far, and is told whether it reproduces. */
export function* shrinking(plan: Plan, options: ShrinkOptions): Generator<Plan, ShrunkPlan, boolean> {
  const search = new Search(plan, options.attempts);
  if (options.hint !== undefined) yield* hinted(search, options.hint);
  const settings = settingsArbitrary(options.input.settings);
  let before: Plan;
  do {
    before = search.best;
    yield* fewestStrikes(search);
    yield* fewestSteps(search);
    yield* plainestRest(search, settings);
    yield* simplerStrikes(search, options.input);
  } while (search.best !== before && !search.exhausted);
  return { plan: search.best, attempts: search.attempts, minimal: !search.exhausted };
}

/** The best plan so far, and what has been tried. */
export class Search {
  best: Plan;
  attempts = 0;
  exhausted = false;
  private readonly limit: number;
  private readonly tried = new Set<string>();

  constructor(plan: Plan, attempts: number) {
    this.best = plan;
    this.limit = attempts;
    this.tried.add(fingerprint(plan));
  }

  /** True, and the best from now on, if it reproduces. What was tried before, or is past the limit, does not. */
  *tryPlan(candidate: Plan): Generator<Plan, boolean, boolean> {
    const print = fingerprint(candidate);
    if (this.tried.has(print)) return false;
    if (this.attempts >= this.limit) {
      this.exhausted = true;
      return false;
    }
    this.tried.add(print);
    this.attempts += 1;
    const reproduces = yield candidate;
    if (reproduces) this.best = candidate;
    return reproduces;
  }

  *tryWith(change: Partial<Plan>): Generator<Plan, boolean, boolean> {
    return yield* this.tryPlan({ ...this.best, ...change });
  }
}

/** The records of the anomaly alone, then all that was sent up to the last of them, then all that was sent before it. */
function* hinted(search: Search, hint: ShrinkHint): Generator<Plan, void, boolean> {
  const named = search.best.workload.filter((step) => numbersOf(step).some((number) => hint.values.includes(number)));
  if (named.length > 0) {
    if (yield* search.tryWith({ workload: named })) return;
    const last = Math.max(...named.map((step) => step.at));
    if (yield* search.tryWith({ workload: search.best.workload.filter((step) => step.at <= last) })) return;
  }
  yield* search.tryWith({ workload: search.best.workload.filter((step) => step.at <= hint.at) });
}

/** None; then as few as possible; then, where that leaves several, each by itself: one may do what others did together. */
function* fewestStrikes(search: Search): Generator<Plan, void, boolean> {
  const { strikes } = search.best;
  if (strikes.length === 0 || (yield* search.tryWith({ strikes: [] }))) return;
  yield* minimize(search, strikes, (kept) => ({ strikes: kept }));
  if (search.best.strikes.length === 1) return;
  for (const strike of strikes.toReversed()) {
    if (yield* search.tryWith({ strikes: [strike] })) return;
  }
}

function* fewestSteps(search: Search): Generator<Plan, void, boolean> {
  const { workload } = search.best;
  if (workload.length === 0 || (yield* search.tryWith({ workload: [] }))) return;
  yield* minimize(search, workload, (kept) => ({ workload: kept }));
}

/** What is no fault and no send. Time-outs that were scaled down together go back together: alone they make no sense. */
function* plainestRest(search: Search, settings: Arbitrary<Plan['settings']>): Generator<Plan, void, boolean> {
  yield* search.tryWith({ settings: {} });
  yield* shrinkValue(settings, search.best.settings, (value) => search.tryWith({ settings: value }));
  yield* search.tryWith({ healAll: true, healPick: 0 });
  yield* search.tryWith({ healPick: 0 });
}

function* minimize<T>(
  search: Search,
  items: readonly T[],
  change: (kept: readonly T[]) => Partial<Plan>,
): Generator<Plan, void, boolean> {
  const subsets = fewest(items);
  let step = subsets.next();
  while (!step.done && !search.exhausted) step = subsets.next(yield* search.tryWith(change(step.value)));
}

/** Two plans with the same fingerprint are the same trial. */
function fingerprint(plan: Plan): string {
  const numbers = plan.workload.flatMap(numbersOf);
  return JSON.stringify([plan.strikes, numbers, plan.settings, plan.healAll, plan.healPick]);
}

/** What stands for a step: values of its records, or the number of the call; none has another's; or what else tells it apart. */
function numbersOf(step: ClientStep): readonly number[] {
  if (step.f === 'own') return [step.by];
  if ('micros' in step) return [step.at, step.client, step.micros];
  return 'call' in step ? [step.call] : recordsOf(step).map(({ value }) => value);
}
