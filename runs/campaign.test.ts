import { describe, expect, it } from 'vitest';
import { Dispatch } from './campaign.js';
import type { CampaignInput, TrialRow } from './engine.js';
import { loadSpec } from './spec/load.js';
import { lostRow, seedsTo, trialRow } from './testing/rows.js';
import type { TrialsTask } from './worker.js';

const { spec } = loadSpec({ input: 'durable' });

function ended(run: (task: TrialsTask) => readonly TrialRow[], changes: Partial<CampaignInput>): Promise<string> {
  const input: CampaignInput = {
    base: spec,
    variants: [spec],
    seeds: seedsTo(8),
    timeBoundMillis: null,
    workers: 1,
    bail: null,
    paranoid: false,
    stop: new AbortController().signal,
    ...changes,
  };
  const pool = { run: (task: TrialsTask) => Promise.resolve(run(task)) };
  return new Dispatch(pool, input, () => undefined).run().then((end) => end.ended);
}

describe('a campaign ends', () => {
  it('with all seeds', async () => {
    expect(await ended(({ seeds }) => seeds.map((seed) => trialRow(seed)), {})).toBe('all');
  });

  it('interrupted, also when its last batch was under way', async () => {
    const stop = new AbortController();
    const run = ({ seeds }: TrialsTask): TrialRow[] => {
      if (seeds.includes('8')) stop.abort();
      return seeds.map((seed) => trialRow(seed));
    };
    expect(await ended(run, { stop: stop.signal })).toBe('interrupted');
  });

  it('by --bail, also when a batch of another worker is cut short by the time after that', async () => {
    let batches = 0;
    const run = ({ seeds }: TrialsTask): readonly TrialRow[] =>
      ++batches === 1 ? seeds.map((seed) => lostRow(seed)) : [];
    expect(await ended(run, { workers: 2, bail: 1 })).toBe('bail');
  });
});
