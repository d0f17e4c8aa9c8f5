import { describe, expect, it } from 'vitest';
import type { Trace } from '../histories/trace.js';
import type { Plan } from '../nemesis/plan.js';
import { drawFor } from './draw/draw.js';
import type { Trial } from './engine.js';
import { loadSpec } from './spec/load.js';
import { runTrial } from './trial.js';

const { spec } = loadSpec({ input: 'storm' });
const seeds = ['4', '9', '12'];

function trialOf(seed: string, plan: Plan): Trial {
  return runTrial({ spec, seed, plan, variant: 0 });
}

/** Every record of a trace up to a moment, as text; strikes of the plan renumbered as if none were missing. */
function until(trace: Trace, micros: number): string[] {
  const lines: string[] = [];
  for (let i = 0; i < trace.length && trace.time[i]! < micros; i++) {
    const { time, kind, machine, key, a, b, c, d } = trace;
    lines.push([time[i], kind[i], machine[i], key[i], a[i], b[i], c[i], d[i]].join(' '));
  }
  return lines;
}

/** When the safety phase began. */
function safetyBegan({ trace }: Trial): number {
  const kind = trace.header.probes.find(({ name }) => name === 'phase')!.kind;
  return trace.time[trace.kind.indexOf(kind)]!;
}

describe('what is left out of a plan moves nothing before it', () => {
  it.each(seeds)('a fault (seed %s)', (seed) => {
    const plan = drawFor(spec, seed);
    const last = plan.strikes.reduce((latest, strike) => (strike.when.at > latest.when.at ? strike : latest));
    const whole = trialOf(seed, plan);
    const without = trialOf(seed, { ...plan, strikes: plan.strikes.filter((strike) => strike !== last) });
    const moment = safetyBegan(whole) + Math.floor(last.when.at * spec.workload.over);
    expect(until(whole.trace, moment).length).toBeGreaterThan(50);
    expect(until(without.trace, moment)).toEqual(until(whole.trace, moment));
  });

  it.each(seeds)('a send (seed %s)', (seed) => {
    const plan = drawFor(spec, seed);
    const step = plan.workload[Math.floor(plan.workload.length / 2)]!;
    const whole = trialOf(seed, plan);
    const without = trialOf(seed, { ...plan, workload: plan.workload.filter((one) => one !== step) });
    const moment = safetyBegan(whole) + step.at;
    expect(until(whole.trace, moment).length).toBeGreaterThan(50);
    expect(until(without.trace, moment)).toEqual(until(whole.trace, moment));
  });
});

it('changing a setting of the producer leaves boot and election as they were', () => {
  const plan = drawFor(spec, '4');
  const whole = trialOf('4', plan);
  const other = trialOf('4', { ...plan, settings: { ...plan.settings, 'producer:linger.ms': 50 } });
  const moment = safetyBegan(whole);
  expect(until(other.trace, moment)).toEqual(until(whole.trace, moment));
});
