/** A campaign as a test: it comes back if all is well, and throws what there is to say if not. */
import { existsSync } from 'node:fs';
import { isAbsolute, join, relative, resolve } from 'node:path';
import type { Verdict } from '../../histories/anomaly.js';
import { parseSeeds } from '../commands/seeds.js';
import { parseDuration } from '../spec/durations.js';
import { loadSpec, type LoadedSpec } from '../spec/load.js';
import { UsageError } from '../spec/problems.js';
import type { Spec } from '../spec/spec.js';
import { outcomeOf, type Outcome } from '../outcome.js';
import { totalsOf } from '../totals.js';
import type { OwnWorkload } from './application.js';
import { runOwnCampaign, withOwnWorkload, type OwnCampaignRun, type OwnRow } from './campaign.js';
import type { OwnContext } from './clients.js';
import type { AnyArbitrary, DrawnBy } from './draws.js';
import { examineOwn, type ExaminedOwn, type FailedTrial } from './examine-own.js';
import { folderNameOf, keepOwn, knownFailures, regressionFolder, type KnownFailure } from './keep-own.js';
import { WorkloadError } from './errors.js';
import { failureMessage } from './message.js';

export type Draw = Readonly<Record<string, AnyArbitrary>>;

export interface CampaignOptions<D extends Draw> {
  /** A spec file (relative to `folder`), a preset's name, or the spec itself. */
  readonly spec: string | Readonly<Record<string, unknown>>;
  /** How many seeds (1 to N), or a range "1..1000". 100 if left out. */
  readonly seeds?: number | string;
  /** fast-check arbitraries: fields of what `workload` is given, drawn anew for each call of it. */
  readonly draw?: D;
  /** What the application does: called over and over in the safety phase of each trial, at times that the seed decides. */
  readonly workload: (world: Omit<OwnContext, keyof D> & DrawnBy<D>) => unknown;
  /** How often it is called in a trial; `workload.sends` of the spec if left out. */
  readonly calls?: number;
  /** How many calls may be under way at one producer. Any number if left out; of a transactional producer 1. */
  readonly concurrency?: number;
  /** Requirements in place of those of the spec: ['no-lost-writes']. */
  readonly require?: readonly string[];
  /** Settings in place of those of the spec: { acks: 'all' }. */
  readonly set?: Readonly<Record<string, string | number | boolean>>;
  /** No seed is begun after this: '60s'. Without it all of them run. */
  readonly time?: string;
  /** Executions that shrinking may take; 0: no shrinking. 300 if left out. */
  readonly shrink?: number;
  /** Where the project is: for `.harrow/` and `test/harrow-regressions/`. The working folder if left out. */
  readonly root?: string;
  /** What `spec` is relative to; the working folder if left out. */
  readonly folder?: string;
}

export interface CampaignSummary {
  readonly verdict: Verdict;
  readonly trials: number;
  readonly acknowledged: number;
  /** Over the trials in the order of the seeds. */
  readonly digest: string;
  /** Trials that reached a situation, by name. */
  readonly situations: Readonly<Record<string, number>>;
  /** Calls of the workload that ended with an error of Kafka's which it did not catch, by name. */
  readonly kafkaErrors: Readonly<Record<string, number>>;
  /** In one sentence. */
  readonly words: string;
}

/** The campaign failed; the message says all. */
export class CampaignFailure extends Error {
  override readonly name: string = 'CampaignFailure';
}

/** Words behind which this campaign runs again, with a seed before them: "npx vitest run orders.test.ts". */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly command: string;
}

const DEFAULT_SEEDS = 100;
const DEFAULT_ATTEMPTS = 300;

/**
 * Runs the known failures, then every seed, in this process.
 * @throws CampaignFailure if a trial fails, or nothing was put to the test; UsageError and SpecError for a spec that cannot be run
 */
export async function assertCampaign<D extends Draw = Record<never, never>>(
  name: string,
  options: CampaignOptions<D>,
  surroundings: Surroundings = { env: process.env, command: 'node --test' },
): Promise<CampaignSummary> {
  const campaign = prepare(name, options, surroundings);
  for (const known of knownFailures(campaign.root, campaign.folder)) await mustNotFailAgain(campaign, known);
  const run = await runOwnCampaign(campaign).catch((error: unknown) => {
    if (error instanceof WorkloadError) throw new CampaignFailure(`✗ ${name}\n\n  ${error.message}`);
    throw error;
  });
  await mustNotFail(campaign, run);
  return summaryOf(campaign, run);
}

interface Prepared {
  readonly name: string;
  readonly folder: string;
  readonly root: string;
  readonly base: Spec;
  readonly variants: readonly Spec[];
  readonly variantNames: readonly string[];
  readonly seeds: readonly string[];
  readonly workload: OwnWorkload;
  readonly timeBoundMillis: number | null;
  readonly attempts: number;
  readonly surroundings: Surroundings;
}

function prepare<D extends Draw>(name: string, options: CampaignOptions<D>, surroundings: Surroundings): Prepared {
  const loaded = load(name, options);
  const calls = options.calls ?? null;
  const time = options.time === undefined ? null : parseDuration(options.time);
  if (options.time !== undefined && time === null) {
    throw new UsageError(`time: ${options.time} is no duration like 60s or 2m`);
  }
  const seed = surroundings.env['HARROW_SEED'];
  return {
    name,
    folder: folderNameOf(name),
    root: resolve(options.root ?? process.cwd()),
    base: withOwnWorkload(loaded.spec, calls),
    variants: loaded.variants.map(({ spec }) => withOwnWorkload(spec, calls)),
    variantNames: loaded.variants.map((variant) => variant.name),
    seeds: seed === undefined || seed === '' ? parseSeeds(String(options.seeds ?? DEFAULT_SEEDS)) : [seed],
    workload: {
      run: options.workload as OwnWorkload['run'],
      draw: options.draw ?? {},
      concurrency: options.concurrency ?? null,
    },
    timeBoundMillis: time === null ? null : time / 1000,
    attempts: options.shrink ?? DEFAULT_ATTEMPTS,
    surroundings,
  };
}

function load<D extends Draw>(
  name: string,
  { spec, folder = process.cwd(), set = {}, require }: CampaignOptions<D>,
): LoadedSpec {
  const more = {
    set: Object.entries(set).map(([setting, value]) => `${setting}=${value}`),
    ...(require === undefined ? {} : { require }),
  };
  if (typeof spec !== 'string') return loadSpec({ input: `spec of ${name}`, text: JSON.stringify(spec), ...more });
  const path = isAbsolute(spec) ? spec : join(folder, spec);
  // What is no file there is a preset, or said to be neither.
  const input = existsSync(path) || /[./\\]/.test(spec) ? relative(process.cwd(), path) || path : spec;
  return loadSpec({ input, ...more });
}

// ---------------------------------------------------------------------- failures

/** The code under the faults of a known failure, in the calls that it took. */
async function mustNotFailAgain(campaign: Prepared, known: KnownFailure): Promise<void> {
  const { seed, plan, file } = known;
  for (const [variant, spec] of campaign.variants.entries()) {
    const producers = spec.producers.reduce((sum, { count }) => sum + count, 0);
    if ((plan.own ?? []).some(({ client }) => client >= producers)) {
      throw new UsageError(`${file}: made for more than the ${producers} producers of the spec: delete it`);
    }
    const examined = await examineOwn({ ...failedTrial(campaign, seed, variant), plan, attempts: 0 });
    if (examined !== null) await fail(campaign, examined, variant, seed, `known failure ${file}`, null);
  }
}

async function mustNotFail(campaign: Prepared, { rows, ended }: OwnCampaignRun): Promise<void> {
  const failures = rows.filter(({ row, told }) => told.thrown !== null || isFailure(row));
  const [first] = failures;
  if (first !== undefined) {
    const { seed, variant } = first.row;
    const examined = await examineOwn(failedTrial(campaign, seed, variant));
    if (examined === null || examined.original.trial.row.digest !== first.row.digest) {
      throw new CampaignFailure(
        `seed ${seed} failed, and comes out differently when it is run again: the workload depends on something beside its seed`,
      );
    }
    const count = `${failures.length} of ${rows.length}`;
    await fail(campaign, examined, variant, seed, count, regressionFolder('.', campaign.folder));
  }
  for (const [variant, spec] of campaign.variants.entries()) {
    const outcome = outcomeFor(campaign, spec, variant, rows, ended);
    if (!outcome.asExpected && !isWithoutFaults(spec, outcome)) {
      throw new CampaignFailure(`? ${campaign.name}\n\n  ${outcome.verdict.toUpperCase()}  ${outcome.reason}`);
    }
  }
}

function isFailure({ verdict, expected }: OwnRow['row']): boolean {
  return (verdict === 'bug' || verdict === 'unsafe') && !expected;
}

/** A spec that lists no faults wants to know what its code does without any. */
function isWithoutFaults(spec: Spec, { verdict, reason }: Outcome): boolean {
  return spec.faults?.length === 0 && verdict === 'undecided' && reason.startsWith('not exercised');
}

function failedTrial({ base, variants, workload, attempts }: Prepared, seed: string, variant: number): FailedTrial {
  return { base, spec: variants[variant]!, variant, seed, plan: null, workload, attempts };
}

/** @param regressions where the smallest trial may be kept; null: it is kept */
async function fail(
  campaign: Prepared,
  examined: ExaminedOwn,
  variant: number,
  seed: string,
  count: string,
  regressions: string | null,
): Promise<never> {
  const { name, folder, root, variants, variantNames, surroundings } = campaign;
  const kept = await keepOwn(root, folder, seed, examined);
  const message = failureMessage({
    name,
    seed,
    count,
    variant: variantNames[variant]!,
    spec: variants[variant]!,
    examined,
    replay: kept.replay,
    again: regressions === null ? surroundings.command : `HARROW_SEED=${seed} ${surroundings.command}`,
    report: kept.report,
    keep:
      regressions === null
        ? null
        : `mkdir -p ${regressions} && cp ${join(kept.folder, 'spec.yaml')} ${join(regressions, `${seed}.yaml`)}`,
  });
  const { finding } = examined;
  const cause = finding.kind === 'thrown' ? finding.thrown.error : undefined;
  throw new CampaignFailure(message, cause === undefined || cause instanceof WorkloadError ? undefined : { cause });
}

// ---------------------------------------------------------------------- what it came to

function outcomeFor(
  { seeds }: Prepared,
  spec: Spec,
  variant: number,
  rows: readonly OwnRow[],
  ended: OwnCampaignRun['ended'],
): Outcome {
  return outcomeOf(spec, totalsOf(ofVariant(rows, variant), seeds), ended);
}

function ofVariant(rows: readonly OwnRow[], variant: number): OwnRow['row'][] {
  return rows.map(({ row }) => row).filter((row) => row.variant === variant);
}

function summaryOf({ base, seeds }: Prepared, { rows }: OwnCampaignRun): CampaignSummary {
  const totals = totalsOf(
    rows.map(({ row }) => row),
    seeds,
  );
  const kafkaErrors: Record<string, number> = {};
  for (const { told } of rows) {
    for (const [error, count] of Object.entries(told.kafkaErrors)) {
      kafkaErrors[error] = (kafkaErrors[error] ?? 0) + count;
    }
  }
  const errors = Object.entries(kafkaErrors).map(([error, count]) => `${error} ${count}`);
  const reached = Object.entries(totals.situations)
    .sort(([, a], [, b]) => b - a)
    .slice(0, 4)
    .map(([situation, count]) => `${situation} ${count}`);
  const verdict = totals.verdicts.unsafe > 0 ? 'unsafe' : 'clean';
  return {
    verdict,
    trials: totals.trials,
    acknowledged: totals.acknowledged,
    digest: totals.digest,
    situations: totals.situations,
    kafkaErrors,
    words:
      `${totals.trials} trials of ${base.name}: ${totals.acknowledged} of ${totals.sent} sends acknowledged` +
      `${reached.length === 0 ? '' : `; reached ${reached.join(', ')}`}` +
      `${errors.length === 0 ? '' : `; calls ended by Kafka's errors: ${errors.join(', ')}`}`,
  };
}
