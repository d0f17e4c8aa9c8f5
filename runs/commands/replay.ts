/** harrow replay: one trial again, exactly. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe } from '../../histories/report/describe.js';
import { Names, seconds } from '../../histories/report/words.js';
import { TraceReader } from '../../histories/trace-record.js';
import { attribute } from '../attribution.js';
import type { Trial } from '../engine.js';
import { Exit, type ExitCode } from '../outcome.js';
import { knownBugLines } from '../reporters/campaign-text.js';
import { clusterWords, headerLines } from '../reporters/header.js';
import { verdictMark } from '../reporters/paint.js';
import { anomalyJson, trialText } from '../reporters/trial-text.js';
import { shortDigest } from '../reporters/words.js';
import { type LoadedSpec, loadSpec } from '../spec/load.js';
import { UsageError } from '../spec/problems.js';
import { isCampaignFolder, loadCampaign } from '../store/campaign-folder.js';
import { type Context, paintOf, say, sayAside, sayJson } from './context.js';
import { requestOf, type SpecOptions } from './spec-options.js';
import { keptSpecPath, loadKeptTrial } from './trial-files.js';

export interface ReplayOptions extends SpecOptions {
  readonly trace?: boolean;
  readonly json?: boolean;
  readonly variant?: string;
}

export function replay(context: Context, what: string, input: string | undefined, options: ReplayOptions): ExitCode {
  const { trial, digest } = again(context, what, input, options);
  const sameDigest = digest === null ? null : digest === trial.row.digest;
  if (options.trace === true) sayTrace(context, trial);
  if (options.json === true) {
    sayJson(context, {
      format: 'harrow/trial',
      version: 1,
      seed: trial.seed,
      verdict: trial.row.verdict,
      anomalies: trial.verdict.anomalies.map((judged) => anomalyJson(trial.history, judged)),
      digest: trial.row.digest,
      sameDigest,
    });
  } else sayTrial(context, trial, sameDigest);
  if (sameDigest === false) {
    sayAside(context, `the trial came out otherwise than it was kept: its digest was ${digest}`);
    return Exit.harrowFailed;
  }
  return exitOf(trial);
}

function exitOf({ row }: Trial): ExitCode {
  if (row.verdict === 'clean') return Exit.expected;
  if (row.verdict === 'undecided') return Exit.undecided;
  return row.expected ? Exit.expected : Exit.failed;
}

/** The trial that was named, run again, and the digest that it should have; null: nobody knows. */
function again(
  context: Context,
  what: string,
  input: string | undefined,
  options: Pick<ReplayOptions, 'variant'> & SpecOptions,
): { trial: Trial; digest: string | null } {
  const { engine } = context;
  if (input === undefined && options.server === undefined && options.producer === undefined) {
    const { spec, seed, plan, digest } = loadKeptTrial(existingTrial(what));
    if (options.variant !== undefined) throw new UsageError('--variant is for a campaign: a kept trial has none');
    mustBeAsItWas('a kept trial', options);
    return { trial: engine.runTrial(spec, seed, plan), digest };
  }
  if (input !== undefined && isCampaignFolder(input)) {
    mustBeAsItWas("a campaign's seed", options);
    return fromCampaign(context, what, input, options.variant);
  }
  const { spec, warnings } = loadSpec(requestOf(input, options));
  for (const warning of warnings) sayAside(context, warning);
  return { trial: engine.runTrial(spec, what, engine.draw(spec, what)), digest: null };
}

/** What was kept has its spec: options that say what is run would change nothing. */
function mustBeAsItWas(what: string, { set, require, ...options }: SpecOptions): void {
  const single = ['server', 'producer', 'consumer', 'topic', 'kafka', 'control', 'brokers', 'profile'] as const;
  if (set.length + require.length === 0 && single.every((name) => options[name] === undefined)) return;
  throw new UsageError(`${what} replays as it was; for another setting: harrow replay SEED SPEC --set ...`);
}

function existingTrial(what: string): string {
  if (keptSpecPath(what) !== null) return what;
  if (!existsSync(what) && !/[/\\]/.test(what)) {
    throw new UsageError(
      `seed ${what} of which spec? npx harrow replay ${what} SPEC (or name the folder of a kept trial)`,
    );
  }
  throw new UsageError(`${what}: no kept trial there (no spec.yaml)`);
}

/** A seed of a stored campaign: under the spec of its variant, with the plan that its first variant draws. */
function fromCampaign(
  { engine }: Context,
  seed: string,
  path: string,
  variant: string | undefined,
): { trial: Trial; digest: string | null } {
  const { summary, rows, path: folder } = loadCampaign(path);
  const file = join(folder, 'campaign.json');
  const specs = summary['specs'] as readonly { readonly name: string; readonly spec: string }[] | undefined;
  if (typeof summary['base'] !== 'string' || !Array.isArray(specs))
    throw new UsageError(`${file}: damaged: it has no specs`);
  const index = variant === undefined ? 0 : specs.findIndex(({ name }) => name === variant);
  const own = specs[index];
  if (own === undefined) {
    throw new UsageError(`${folder} has no variant ${variant}: ${specs.map(({ name }) => name).join(', ')}`);
  }
  const spec = storedSpec(file, own.spec);
  const plan = engine.draw(storedSpec(file, summary['base']), seed);
  const row = rows.find((candidate) => candidate.seed === seed && candidate.variant === index);
  return { trial: engine.runTrial(spec, seed, plan), digest: row?.digest ?? null };
}

function storedSpec(file: string, text: string): LoadedSpec['spec'] {
  return loadSpec({ input: file, text }).spec;
}

function sayTrial(context: Context, trial: Trial, sameDigest: boolean | null): void {
  const { spec, row, seed } = trial;
  const paint = paintOf(context);
  for (const line of headerLines(spec, clusterWords(spec))) say(context, line);
  const same =
    sameDigest === null ? '' : sameDigest ? ', the same as when it was kept' : ', NOT the same as when it was kept';
  say(context, `\n${verdictMark(row.verdict, paint)}   seed ${seed}: digest ${shortDigest(row.digest)}${same}`);
  say(context, trialText(context.engine, trial, paint));
  for (const bug of new Set(attribute(context.engine, trial).values())) {
    for (const line of knownBugLines(5, bug)) say(context, line);
  }
}

/** Every record of the trace, a line each. */
function sayTrace(context: Context, { trace }: Trial): void {
  const reader = new TraceReader(trace);
  const names = new Names(trace.header);
  let text = '';
  for (let i = 0; i < trace.length; i++) {
    const record = reader.at(i);
    text += `${seconds(trace.time[i]!).padStart(10)}  ${record.event.padEnd(22)} ${describe(record, names)}\n`;
    if (text.length > 60_000) {
      context.stdout.write(text);
      text = '';
    }
  }
  context.stdout.write(text);
}
