/**
 * Many trials, on all cores. Every trial is a function of (spec, seed) alone, so which worker runs it, and when, changes
 * nothing: rows come back in any order and carry their variant and seed.
 */
import { fileURLToPath } from 'node:url';
import Tinypool from 'tinypool';
import type { CampaignEnd, CampaignInput, OnTrial, TrialRow } from './engine.js';
import { prepareWorkers, SEMI_SPACE_MB } from './worker-flags.js';
import type { TrialsTask, WorkerTask } from './worker.js';

/** How much work a batch should hold: enough to hide the hand-over, little enough that Ctrl-C and time bounds bite soon. */
const BATCH_MILLIS = 400;
const MOST_SEEDS_A_BATCH = 200;

export async function runCampaign(input: CampaignInput, onTrial: OnTrial): Promise<CampaignEnd> {
  prepareWorkers();
  const pool = openPool(input.workers);
  try {
    return await new Dispatch(pool, input, onTrial).run();
  } finally {
    await pool.destroy();
  }
}

/** A pool of workers that have loaded the engine. */
export function openPool(workers: number): Tinypool {
  return new Tinypool({
    filename: fileURLToPath(new URL('./worker.js', import.meta.url)),
    minThreads: workers,
    maxThreads: workers,
    // A worker is kept: its code is warm, and trials leave nothing behind.
    isolateWorkers: false,
    resourceLimits: { maxYoungGenerationSizeMb: 3 * SEMI_SPACE_MB },
  });
}

/** Hands out batches of seeds until there are none, time is up, enough has failed, or the user said stop. */
export class Dispatch {
  private nextSeed = 0;
  private batchSize = 1;
  private failures = 0;
  private readonly deadline: number | null;
  private ended: CampaignEnd['ended'] = 'all';

  private readonly pool: Pick<Tinypool, 'run'>;
  private readonly input: CampaignInput;
  private readonly onTrial: OnTrial;

  constructor(pool: Pick<Tinypool, 'run'>, input: CampaignInput, onTrial: OnTrial) {
    this.pool = pool;
    this.input = input;
    this.onTrial = onTrial;
    this.deadline = input.timeBoundMillis === null ? null : Date.now() + input.timeBoundMillis;
  }

  async run(): Promise<CampaignEnd> {
    const lines = Array.from({ length: this.input.workers }, () => this.oneAfterTheOther());
    await Promise.all(lines);
    return { ended: this.ended, workers: this.input.workers };
  }

  private async oneAfterTheOther(): Promise<void> {
    for (let batch = this.nextBatch(); batch !== null; batch = this.nextBatch()) {
      const began = Date.now();
      const rows = (await this.pool.run(batch satisfies WorkerTask)) as TrialRow[];
      this.adapt(Date.now() - began, rows.length / this.input.variants.length);
      for (const row of rows) {
        if ((row.verdict === 'bug' || row.verdict === 'unsafe') && !row.expected) this.failures++;
        this.onTrial(row);
      }
      if (rows.length < batch.seeds.length * this.input.variants.length) this.end('time');
    }
  }

  private nextBatch(): TrialsTask | null {
    const { base, variants, seeds, paranoid, bail } = this.input;
    if (this.input.stop.aborted) this.end('interrupted');
    else if (this.nextSeed >= seeds.length) return null;
    else if (bail !== null && this.failures >= bail) this.end('bail');
    else if (this.deadline !== null && Date.now() >= this.deadline) this.end('time');
    else {
      // Towards the end smaller batches, so that all workers finish together.
      const share = Math.ceil((seeds.length - this.nextSeed) / (2 * this.input.workers));
      const size = Math.max(1, Math.min(this.batchSize, share));
      const from = this.nextSeed;
      this.nextSeed += size;
      const batch = seeds.slice(from, from + size);
      return { kind: 'trials', base, variants, seeds: batch, deadline: this.deadline, paranoid };
    }
    return null;
  }

  /** What ended it first is the reason; what other workers meet afterwards follows from it, but for the user's word. */
  private end(reason: CampaignEnd['ended']): void {
    if (this.ended === 'all' || reason === 'interrupted') this.ended = reason;
  }

  private adapt(millis: number, seedsDone: number): void {
    if (seedsDone < 1) return;
    const fitting = Math.round((BATCH_MILLIS * seedsDone) / Math.max(1, millis));
    this.batchSize = Math.max(1, Math.min(MOST_SEEDS_A_BATCH, fitting, this.batchSize * 4));
  }
}
