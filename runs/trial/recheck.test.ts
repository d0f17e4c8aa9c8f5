import { afterEach, describe, expect, it, vi } from 'vitest';
import { Recheck } from '../../checkers/kafka/api.js';
import { drawFor } from '../draw/draw.js';
import { HarrowFailure } from '../engine.js';
import { loadSpec } from '../spec/load.js';
import { runTrial } from '../trial.js';

/** A preset, with a shorter safety phase. */
function shortened(preset: string) {
  const { spec } = loadSpec({ input: preset });
  return { ...spec, workload: { ...spec.workload, sends: 500, over: 20_000_000 } };
}

describe('a trial whose invariants are checked from scratch after every event', () => {
  afterEach(() => vi.restoreAllMocks());

  it.each(['durable', 'storm', 'acks-1', 'unclean', 'truncation-0.10'])(
    'finds no difference, and changes nothing: %s',
    { timeout: 60_000 },
    (preset) => {
      const spec = shortened(preset);
      for (const seed of ['0', '1', '2', '3']) {
        const plan = drawFor(spec, seed);
        const { row, verdict } = runTrial({ spec, seed, plan, variant: 0, paranoid: true });
        const plain = runTrial({ spec, seed, plan, variant: 0 });
        expect(row.digest).toBe(plain.row.digest);
        expect(verdict.anomalies).toEqual(plain.verdict.anomalies);
      }
    },
  );

  it('is a failure of Harrow itself, where the two differ: it says when, of what, and what each says', () => {
    const difference = { id: 'W6', partition: 'orders-0', invariants: 'it holds', fromScratch: 'b3 lacks offset 7' };
    vi.spyOn(Recheck.prototype, 'afterEvent').mockReturnValueOnce([]).mockReturnValue([difference]);
    const spec = shortened('durable');
    const run = () => runTrial({ spec, seed: '0', plan: drawFor(spec, '0'), variant: 0, paranoid: true });
    expect(run).toThrow(HarrowFailure);
    expect(run).toThrow(
      /^Two checks of the invariant W6 of orders-0 differ at event \d+ of seed 0, .*it holds.*b3 lacks offset 7\.$/,
    );
  });
});
