import { describe, expect, it } from 'vitest';
import { drawFor } from '../draw/draw.js';
import { loadSpec } from '../spec/load.js';
import { causedAnomalies } from '../trial/causes.js';
import { runTrial } from '../trial.js';
import { findAnomaly, shrinkTarget } from './target.js';

describe('what a trial must still show when it is made smaller', () => {
  // Storm's seed 487 had two causes, and the one that was looked for came after hundreds of records lost by the other.
  it.each(['unclean', 'min-isr-1', 'acks-0'])(
    '%s: is found in the trial it was taken from, for each of its causes',
    (preset) => {
      const { spec } = loadSpec({ input: preset });
      let found = 0;
      for (let seed = 1; seed <= 8; seed++) {
        const trial = runTrial({ spec, seed: String(seed), plan: drawFor(spec, String(seed)), variant: 0 });
        const failing = trial.verdict.anomalies.filter(({ judgement }) => judgement !== 'allowed');
        for (const { judged, cause } of causedAnomalies(failing, trial.history, trial.trace)) {
          const target = shrinkTarget(trial, judged);
          expect(target.cause).toBe(cause.id);
          expect(shrinkTarget(trial, findAnomaly(trial, target)!)).toEqual(target);
          found++;
        }
      }
      expect(found).toBeGreaterThan(0);
    },
  );
});
