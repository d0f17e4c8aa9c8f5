/** The causes of a variant's failures: examined, kept in full, and put into words. */
import { join } from 'node:path';
import { type Attribution, knownBugBehind } from '../attribution.js';
import { sendsOf } from '../../model/system.js';
import { HarrowFailure, type TrialRow } from '../engine.js';
import type { ToldCause } from '../reporters/campaign-text.js';
import type { Spec } from '../spec/spec.js';
import { type CampaignFolder, seedFileName } from '../store/campaign-folder.js';
import type { CauseTotal, Totals } from '../totals.js';
import type { Context } from './context.js';
import { examine, type Examined } from './examine.js';
import { trialPageInput } from './pages.js';
import { trialFiles } from './trial-files.js';

export interface TellInput {
  readonly context: Context;
  readonly folder: CampaignFolder;
  readonly base: Spec;
  readonly spec: Spec;
  /** Empty where nothing varies. */
  readonly variant: string;
  readonly totals: Totals;
  readonly attribution: Attribution;
  /** So many causes are examined; the others are only counted. */
  readonly causes: number;
  /** Trials kept in full for each examined cause. */
  readonly keep: number;
  readonly attempts: number;
  readonly fixSeeds: number;
  readonly workers: number;
}

export async function tellCauses(input: TellInput): Promise<ToldCause[]> {
  const told: ToldCause[] = [];
  const kept = new Set<string>();
  for (const cause of input.totals.causes.slice(0, input.causes)) {
    if (input.context.stop.aborted) break;
    // Two causes may share their first trial: each is told from one of its own where there is one.
    const seed = cause.seeds.find((candidate) => !kept.has(candidate)) ?? cause.seeds[0]!;
    kept.add(seed);
    told.push(await tellCause(input, cause, rowOf(input, seed)));
    for (const other of cause.seeds.filter((candidate) => !kept.has(candidate)).slice(0, input.keep - 1)) {
      kept.add(other);
      await keepTrial(input, rowOf(input, other));
    }
  }
  return told;
}

function rowOf({ totals }: TellInput, seed: string): TrialRow {
  return totals.failures.find((row) => row.seed === seed)!;
}

async function tellCause(input: TellInput, cause: CauseTotal, row: TrialRow): Promise<ToldCause> {
  const { context, base, spec, attempts, fixSeeds, workers } = input;
  const { engine, stop } = context;
  const { seed, digest } = row;
  const examined = await examine({ engine, base, spec, cause, seed, digest, attempts, fixSeeds, workers, stop });
  const path = join(input.folder.path, 'failures', folderName(input, seed));
  const replay = `npx harrow replay ${path}`;
  await keepExamined(input, examined, seed, replay);
  const { original, judged, shrunk, story, fix, blames } = examined;
  return {
    cause,
    seed,
    shrunk:
      shrunk === null
        ? null
        : {
            faultsBefore: original.plan.strikes.length,
            sendsBefore: sendsOf(original.plan.workload),
            faults: shrunk.trial.plan.strikes.length,
            sends: sendsOf(shrunk.trial.plan.workload),
            attempts: shrunk.attempts,
          },
    story,
    fix,
    blames,
    knownBug: knownBugBehind(input.attribution.get(seed), judged.anomaly.type),
    report: join(path, 'report.html'),
    replay,
    replayUnshrunk: shrunk === null ? replay : `npx harrow replay ${join(path, 'original')}`,
  };
}

/** The smallest trial stands in the folder itself, the one it was shrunk from in `original/`. */
async function keepExamined(input: TellInput, examined: Examined, seed: string, replay: string): Promise<void> {
  const { original, shrunk, fix } = examined;
  const words = { replay, fix: fix[0] ?? null, shrunk: shrunk?.trial ?? null };
  const html = await input.context.pages.trial(trialPageInput(original, words));
  const smallest = trialFiles(shrunk?.trial ?? original);
  const before = shrunk === null ? {} : withPrefix('original/', trialFiles(original));
  input.folder.writeFailure(folderName(input, seed), { ...smallest, ...before, 'report.html': html });
}

/** @throws HarrowFailure if the trial does not come out as the campaign saw it */
async function keepTrial(input: TellInput, { seed, digest }: TrialRow): Promise<void> {
  const { context, base, spec, folder } = input;
  const trial = context.engine.runTrial(spec, seed, context.engine.draw(base, seed));
  if (trial.row.digest !== digest) {
    throw new HarrowFailure(`Seed ${seed} ran twice and differs: ${digest}, then ${trial.row.digest}.`);
  }
  const name = folderName(input, seed);
  const replay = `npx harrow replay ${join(folder.path, 'failures', name)}`;
  const html = await context.pages.trial(trialPageInput(trial, { replay, fix: null, shrunk: null }));
  folder.writeFailure(name, { ...trialFiles(trial), 'report.html': html });
}

/** failures/17, or failures/17--acks=1 where variants were compared. */
function folderName({ variant }: TellInput, seed: string): string {
  const name = seedFileName(seed);
  return variant === '' ? name : `${name}--${variant.replaceAll(/[^a-zA-Z0-9._=-]+/g, '-')}`;
}

function withPrefix(prefix: string, files: Record<string, string | Uint8Array>): Record<string, string | Uint8Array> {
  return Object.fromEntries(Object.entries(files).map(([name, content]) => [prefix + name, content]));
}
