/** Many trials of one function, in this process: every seed under every variant of the spec, one after the other. */
import { drawFor } from '../draw/draw.js';
import { breathe } from '../drive/async.js';
import type { CampaignEnd, TrialRow } from '../engine.js';
import type { Spec } from '../spec/spec.js';
import { runOwnTrial, type OwnTrial } from '../trial.js';
import type { Told, OwnWorkload } from './application.js';
import { WorkloadError } from './errors.js';

export interface OwnCampaign {
  /** Plans are drawn from this, so that every variant meets the same faults and calls. */
  readonly base: Spec;
  readonly variants: readonly Spec[];
  readonly seeds: readonly string[];
  readonly workload: OwnWorkload;
  /** Wall milliseconds after which no seed is begun; null: no bound. */
  readonly timeBoundMillis: number | null;
}

/** What is kept of every trial. */
export interface OwnRow {
  readonly row: TrialRow;
  readonly told: Told;
}

export interface OwnCampaignRun {
  readonly rows: readonly OwnRow[];
  readonly ended: CampaignEnd['ended'];
}

/** A spec whose workload is a function. @param calls how often it is called in a trial; null: as the spec's `sends` says */
export function withOwnWorkload(spec: Spec, calls: number | null): Spec {
  return { ...spec, workload: { ...spec.workload, type: 'own', sends: calls ?? spec.workload.sends } };
}

/** One trial as its seed has it. */
export async function runSeed(
  base: Spec,
  spec: Spec,
  seed: string,
  workload: OwnWorkload,
  variant = 0,
): Promise<OwnTrial> {
  await breathe();
  return runOwnTrial({ spec, seed, plan: drawFor(base, seed), variant }, workload);
}

/** A mistake in the code ends the campaign: it would be made in every trial. */
export async function runOwnCampaign(campaign: OwnCampaign): Promise<OwnCampaignRun> {
  const { base, variants, seeds, workload, timeBoundMillis } = campaign;
  const deadline = timeBoundMillis === null ? Infinity : performance.now() + timeBoundMillis;
  const rows: OwnRow[] = [];
  for (const [index, seed] of seeds.entries()) {
    if (performance.now() >= deadline) return { rows, ended: 'time' };
    for (const [variant, spec] of variants.entries()) {
      const { trial, told } = await runSeed(base, spec, seed, workload, variant);
      rows.push({ row: trial.row, told });
      if (told.thrown?.error instanceof WorkloadError) return { rows, ended: 'bail' };
      if (index === 0 && variant === 0) mustBeSame(trial, (await runSeed(base, spec, seed, workload)).trial);
    }
  }
  return { rows, ended: 'all' };
}

/** @throws WorkloadError if the same seed came out otherwise the second time */
export function mustBeSame(first: OwnTrial['trial'], second: OwnTrial['trial']): void {
  if (first.row.digest === second.row.digest && sameCalls(first, second)) return;
  throw new WorkloadError(
    `seed ${first.seed} ran twice and came out differently: the workload depends on something beside its seed. ` +
      'Use now() and random() of its context in place of Date and Math.random(), and keep nothing from one call to the next.',
  );
}

/** The texts of records are no part of the digest. */
function sameCalls(first: OwnTrial['trial'], second: OwnTrial['trial']): boolean {
  return JSON.stringify(first.plan.workload) === JSON.stringify(second.plan.workload);
}
