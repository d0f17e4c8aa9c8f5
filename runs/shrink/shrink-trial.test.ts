import { describe, expect, it } from 'vitest';
import { sendsOf } from '../../model/system.js';
import { drawFor } from '../draw/draw.js';
import { loadSpec } from '../spec/load.js';
import { runTrial } from '../trial.js';
import { shrinkTrialPlan } from './shrink-trial.js';
import { findAnomaly, isOfWorkload } from './target.js';

describe('a trial of a group that processed a record twice', () => {
  const { spec } = loadSpec({ input: 'slow-consumer' });
  const target = {
    type: 'reprocessed',
    judgement: 'unsafe',
    requirement: 'processed-at-most-once',
    key: null,
    cause: 'slow-member',
    ofWorkload: true,
  } as const;
  const seeds = Array.from({ length: 40 }, (_, i) => String(i + 1));
  const seed = seeds.find((one) => {
    const trial = runTrial({ spec, seed: one, plan: drawFor(spec, one), variant: 0 });
    return findAnomaly(trial, target) !== undefined;
  })!;

  it('shrinks to a record that the workload sends, not to one sent to see that writes get through', () => {
    const { plan } = shrinkTrialPlan({ kind: 'shrink', spec, seed, plan: drawFor(spec, seed), target, attempts: 100 });
    const shrunk = findAnomaly(runTrial({ spec, seed, plan, variant: 0 }), target);
    expect(sendsOf(plan.workload)).toBe(1);
    expect(isOfWorkload(plan, shrunk!.anomaly)).toBe(true);
  });
});
