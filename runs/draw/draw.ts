/**
 * Draws the plan of a trial: everything that its spec leaves open, as plain data. A function of (input, seed).
 *
 * Workload, faults, settings and healing come from streams of their own: changing what one of them may draw leaves the
 * others as they were.
 */
import fc, { type Arbitrary } from 'fast-check';
import { createStream } from '../../model/kernel/random.js';
import type { Plan } from '../../nemesis/plan.js';
import { resolveCluster } from '../spec/resolve.js';
import type { Spec } from '../spec/spec.js';
import { workloadNamed } from '../workloads/registry.js';
import { drawInput, type DrawInput } from './input.js';
import { fractionArbitrary } from './fractions.js';
import { faultLengths } from './lengths.js';
import { sample } from './sample.js';
import { settingsArbitrary, timeOutsInForce } from './settings.js';
import { drawStrikes } from './strikes.js';

const healingArbitrary: Arbitrary<Pick<Plan, 'healAll' | 'healPick'>> = fc.record({
  healAll: fc.boolean(),
  healPick: fractionArbitrary(0, 1),
});

const inputs = new WeakMap<Spec, DrawInput>();

/** The plan of this spec and seed. What is read of a spec is kept as long as the spec is. */
export function drawFor(spec: Spec, seed: string): Plan {
  return drawPlan(inputFor(spec), seed);
}

export function inputFor(spec: Spec): DrawInput {
  let input = inputs.get(spec);
  if (input === undefined) {
    input = drawInput(spec, resolveCluster(spec));
    inputs.set(spec, input);
  }
  return input;
}

export function drawPlan(input: DrawInput, seed: string): Plan {
  const settings = sample(settingsArbitrary(input.settings), seed, 'settings');
  return {
    format: 'harrow/plan',
    version: 1,
    profile: input.profile,
    strikes: drawStrikes(input, lengthsFor(input, settings), seed),
    workload: drawWorkload(input, seed),
    settings,
    ...sample(healingArbitrary, seed, 'heal'),
  };
}

/** Lengths of faults around the time-outs that are in force with these drawn settings. */
export function lengthsFor(input: DrawInput, settings: Plan['settings']): readonly number[] {
  return faultLengths(timeOutsInForce(input.settings, settings), input.phaseMicros);
}

function drawWorkload(input: DrawInput, seed: string): Plan['workload'] {
  const { type, shape } = input.workload;
  const workload = workloadNamed(type);
  const parameters = sample(workload.arbitrary(shape), seed, 'workload');
  return workload.expand(parameters, shape, createStream(seed, 'workload/steps'));
}
