/** What `campaign` and `compare` share: all variants on the same seeds, into one folder. */
import { availableParallelism } from 'node:os';
import { type Attribution, attributeFailures } from '../attribution.js';
import type { CampaignEnd, TrialRow } from '../engine.js';
import { type Outcome, outcomeOf } from '../outcome.js';
import { campaignJson, variantJson } from '../reporters/campaign-json.js';
import type { ToldCause } from '../reporters/campaign-text.js';
import { clusterWords, headerLines } from '../reporters/header.js';
import { lineProgress, liveProgress, type Progress, silent } from '../reporters/progress.js';
import { parseDuration } from '../spec/durations.js';
import type { LoadedSpec, Variant } from '../spec/load.js';
import { UsageError } from '../spec/problems.js';
import { writeSpec } from '../spec/write-spec.js';
import { CampaignFolder } from '../store/campaign-folder.js';
import { type Totals, totalsOf } from '../totals.js';
import { campaignPageInput } from './campaign-page.js';
import { type Context, say, sayAside } from './context.js';
import { parseCount, parseSeeds } from './seeds.js';
import { tellCauses } from './tell.js';

export interface RunOptions {
  readonly seeds: string;
  readonly time?: string;
  readonly workers?: string;
  /** Failures after which to stop; true: 1. */
  readonly bail?: string | boolean;
  readonly reporter?: string;
  readonly json?: boolean;
  readonly out: string;
  readonly keep: string;
  readonly shrink: boolean;
  readonly paranoid?: boolean;
  /** Not in this build. */
  readonly guided?: boolean;
}

/** One JSON object on standard output, and nothing else there. */
export function wantsJson({ json, reporter }: Pick<RunOptions, 'json' | 'reporter'>): boolean {
  return json === true || reporter === 'json';
}

export interface VariantRun {
  readonly variant: Variant;
  readonly totals: Totals;
  readonly outcome: Outcome;
  readonly told: readonly ToldCause[];
  /** The known bugs behind its failures, by seed. */
  readonly attribution: Attribution;
}

type ToldVariant = Omit<VariantRun, 'outcome'>;

export interface VariantsRun {
  readonly folder: CampaignFolder;
  readonly seeds: readonly string[];
  readonly end: CampaignEnd;
  readonly variants: readonly VariantRun[];
  readonly wallMillis: number;
  /** Path of the campaign's page. */
  readonly report: string;
}

export interface RunInput {
  readonly loaded: LoadedSpec;
  readonly options: RunOptions;
  readonly kind: 'campaign' | 'compare';
  /** Causes that are examined for each variant. */
  readonly causes: number;
  /** The command as the user can type it again. */
  readonly command: string;
}

/** Executions that shrinking one trial may take. */
const SHRINK_ATTEMPTS = 400;
/** A fix is tried on so many of the seeds that failed. */
const FIX_SEEDS = 100;

export async function runVariants(context: Context, input: RunInput): Promise<VariantsRun> {
  const { loaded, options } = input;
  if (loaded.plan !== null) {
    throw new UsageError(
      `${loaded.input} is a kept trial, one seed of its campaign: npx harrow replay ${loaded.input} ` +
        '(a campaign of it needs the file without seed, digest and plan)',
    );
  }
  if (options.guided === true)
    throw new UsageError(
      '--guided is not in this build: faults are drawn by chance, not towards situations not yet reached',
    );
  const plan = parseRunOptions(context, options);
  const folder = CampaignFolder.create(options.out);
  for (const warning of loaded.warnings) sayAside(context, warning);
  if (!wantsJson(options)) for (const line of headerLines(loaded.spec, headerWords(loaded))) say(context, line);
  folder.writeSummary(storedSummary(input, folder, plan.seeds, 'running', {}));
  const began = context.clock();
  const rows: TrialRow[][] = loaded.variants.map(() => []);
  const ran = await runTrials(context, input, plan, (row) => {
    folder.append(row);
    rows[row.variant]!.push(row);
  });
  const told: ToldVariant[] = [];
  for (const [index, variant] of loaded.variants.entries()) {
    const totals = totalsOf(rows[index]!, plan.seeds);
    const attribution = attributeFailures(context.engine, loaded.spec, variant.spec, totals.failures, context.stop);
    const causes = await tellCauses({
      context,
      folder,
      attribution,
      base: loaded.spec,
      spec: variant.spec,
      variant: variant.name,
      totals,
      causes: input.causes,
      keep: plan.keep,
      attempts: options.shrink ? SHRINK_ATTEMPTS : 0,
      fixSeeds: input.kind === 'campaign' ? FIX_SEEDS : 0,
      workers: plan.workers,
    });
    told.push({ variant, totals, told: causes, attribution });
  }
  // Causes that a Ctrl-C left untold are missing as trials would be.
  const end: CampaignEnd = context.stop.aborted ? { ...ran, ended: 'interrupted' } : ran;
  const variants = told.map((one) => ({ ...one, outcome: outcomeOf(one.variant.spec, one.totals, end.ended) }));
  const run = { folder, seeds: plan.seeds, end, variants, wallMillis: context.clock() - began };
  const report = folder.writeReport(
    context.pages.campaign(campaignPageInput(loaded, { ...run, command: input.command })),
  );
  folder.writeSummary(storedSummary(input, folder, plan.seeds, end.ended, resultJson(input, folder, variants)));
  folder.finish();
  return { ...run, report };
}

interface RunPlan {
  readonly seeds: readonly string[];
  readonly timeBoundMillis: number | null;
  readonly workers: number;
  readonly bail: number | null;
  readonly keep: number;
}

const reporters: readonly string[] = ['live', 'line', 'json', 'none'];

function parseRunOptions(context: Context, options: RunOptions): RunPlan {
  const time = options.time === undefined ? null : parseDuration(options.time);
  if (options.time !== undefined && time === null) {
    throw new UsageError(`--time ${options.time}: no duration like 60s or 2m`);
  }
  const { bail, reporter } = options;
  if (reporter !== undefined && !reporters.includes(reporter)) {
    throw new UsageError(`--reporter ${reporter}: live, line, json or none`);
  }
  return {
    seeds: parseSeeds(options.seeds),
    timeBoundMillis: time === null ? null : time / 1000,
    workers: options.workers === undefined ? context.cores : parseCount('--workers', options.workers, 1),
    bail: bail === undefined || bail === false ? null : bail === true ? 1 : parseCount('--bail', bail, 1),
    keep: parseCount('--keep', options.keep, 1),
  };
}

async function runTrials(
  context: Context,
  { loaded, options }: RunInput,
  plan: RunPlan,
  onRow: (row: TrialRow) => void,
): Promise<CampaignEnd> {
  const progress = progressFor(context, options, plan.seeds.length * loaded.variants.length, plan.workers);
  try {
    return await context.engine.runCampaign(
      {
        base: loaded.spec,
        variants: loaded.variants.map(({ spec }) => spec),
        seeds: plan.seeds,
        timeBoundMillis: plan.timeBoundMillis,
        workers: plan.workers,
        bail: plan.bail,
        paranoid: options.paranoid === true,
        stop: context.stop,
      },
      (row) => {
        onRow(row);
        progress.trial(row);
      },
    );
  } finally {
    progress.end();
  }
}

/** Live on a terminal, plain lines elsewhere and in CI. */
function progressFor(context: Context, options: RunOptions, trials: number, workers: number): Progress {
  const { stderr, clock, env } = context;
  const input = { stream: stderr, trials, workers, clock };
  const automatic = stderr.isTTY === true && env['CI'] === undefined ? 'live' : 'line';
  const chosen = options.reporter ?? (wantsJson(options) ? 'none' : automatic);
  switch (chosen) {
    case 'live':
      return liveProgress(input);
    case 'line':
      return lineProgress(input);
    default:
      return silent;
  }
}

/** What all variants have in common, and their names: what differs between them is no word of the header. */
function headerWords({ variants }: LoadedSpec): string {
  const [first, ...others] = variants.map(({ spec }) => clusterWords(spec).split(' · '));
  const common = first!.filter((word) => others.every((words) => words.includes(word)));
  if (others.length === 0) return common.join(' · ');
  const names = variants.map(({ name }) => name).join(', ');
  const told = names.length <= MOST_NAMES ? `: ${names}` : ', each a row of the table';
  return [...common, `${variants.length} variants${told}`].join(' · ');
}

/** Characters: longer lists of variants stand in the table alone. */
const MOST_NAMES = 80;

/** The object that --json prints. */
export function resultJson(
  { kind }: Pick<RunInput, 'kind'>,
  folder: CampaignFolder,
  variants: readonly VariantRun[],
): Record<string, unknown> {
  const inputs = variants.map(({ variant, totals, outcome, told, attribution }) => ({
    id: folder.id,
    spec: variant.spec,
    totals,
    outcome,
    told,
    attribution,
    replay: (seed: string) =>
      told.find((one) => one.seed === seed)?.replayUnshrunk ?? replayCommand(folder.path, seed, variant.name),
  }));
  if (kind === 'campaign' && variants.length === 1) return campaignJson(inputs[0]!);
  return {
    format: 'harrow/compare',
    version: 1,
    variants: variants.map(({ variant }, index) => ({
      name: variant.name,
      settings: variant.settings,
      ...variantJson(inputs[index]!),
    })),
  };
}

function replayCommand(folder: string, seed: string, variant: string): string {
  const which = variant === '' ? '' : ` --variant '${variant}'`;
  return `npx harrow replay ${seed} ${folder}${which}`;
}

/** campaign.json: the result, and what it takes to run any of its seeds again. */
function storedSummary(
  { loaded, kind, command }: RunInput,
  folder: CampaignFolder,
  seeds: readonly string[],
  ended: CampaignEnd['ended'] | 'running',
  result: Record<string, unknown>,
): object {
  return {
    format: kind === 'campaign' && loaded.variants.length === 1 ? 'harrow/campaign' : 'harrow/compare',
    version: 1,
    id: folder.id,
    ...result,
    ended,
    command,
    seeds: { first: seeds[0]!, last: seeds.at(-1)!, count: seeds.length },
    node: process.version,
    cores: availableParallelism(),
    base: writeSpec(loaded.spec, null),
    specs: loaded.variants.map(({ name, settings, spec }) => ({ name, settings, spec: writeSpec(spec, null) })),
  };
}
