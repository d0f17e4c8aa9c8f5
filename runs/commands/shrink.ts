/** harrow shrink: the smallest trial with the same anomaly. */
import { dirname, resolve, sep } from 'node:path';
import { sendsOf } from '../../model/system.js';
import type { JudgedAnomaly } from '../../histories/anomaly.js';
import { clearestFirst, sameAnomaly } from '../expectation.js';
import { HarrowFailure, type Trial } from '../engine.js';
import { Exit, type ExitCode } from '../outcome.js';
import { shrinkTarget } from '../shrink/target.js';
import { causedAnomalies } from '../trial/causes.js';
import { verdictMark } from '../reporters/paint.js';
import { anomaliesText } from '../reporters/trial-text.js';
import { shrunkWords } from '../reporters/shrunk-words.js';
import { UsageError } from '../spec/problems.js';
import { writeWholeFolder } from '../store/atomic.js';
import { type Context, paintOf, say, sayJson } from './context.js';
import { trialPageInput } from './pages.js';
import { parseCount } from './seeds.js';
import { makeFolder } from '../files.js';
import { keptSpecPath, loadKeptTrial, mustBeReplaceable, trialFiles } from './trial-files.js';

export interface ShrinkOptions {
  readonly attempts: string;
  readonly anomaly?: string;
  readonly out?: string;
  readonly json?: boolean;
}

export async function shrink(context: Context, path: string, options: ShrinkOptions): Promise<ExitCode> {
  const attempts = parseCount('--attempts', options.attempts, 1);
  const { spec, seed, plan, digest } = loadKeptTrial(path);
  const folder = options.out ?? besides(path);
  mustBeReplaceable(folder);
  if (`${resolve(path)}${sep}`.startsWith(`${resolve(folder)}${sep}`)) {
    throw new UsageError(`${folder}: holds the trial that is to be shrunk: --out names another folder`);
  }
  const original = context.engine.runTrial(spec, seed, plan);
  if (digest !== null && digest !== original.row.digest) {
    throw new HarrowFailure(`The trial came out otherwise than it was kept: ${digest}, then ${original.row.digest}.`);
  }
  const judged = anomalyToKeep(original, options.anomaly);
  const shrunk = await context.engine.shrink(original, shrinkTarget(original, judged), attempts);
  await write(context, folder, original, shrunk.trial);
  const before = { faults: shrunk.faultsBefore, sends: shrunk.sendsBefore };
  const after = { faults: shrunk.trial.plan.strikes.length, sends: sendsOf(shrunk.trial.plan.workload) };
  if (options.json === true) {
    sayJson(context, { format: 'harrow/shrunk', version: 1, seed, before, after, attempts: shrunk.attempts, folder });
    return Exit.expected;
  }
  const paint = paintOf(context);
  say(
    context,
    `${verdictMark(shrunk.trial.row.verdict, paint)}   seed ${seed}, ${shrunkWords(before, after, shrunk.attempts)}`,
  );
  say(
    context,
    anomaliesText([shrunk.anomaly], [], (one) => context.engine.story(shrunk.trial, one), paint),
  );
  say(context, `\n     again   npx harrow replay ${folder}`);
  return Exit.expected;
}

/** Of the type that was asked for, else the first that fails a requirement or breaks a guarantee, else any. */
function anomalyToKeep(trial: Trial, type: string | undefined): JudgedAnomaly {
  const caused = causedAnomalies(trial.verdict.anomalies, trial.history, trial.trace);
  const anomalies = clearestFirst(caused.map(({ judged }) => judged));
  const found =
    type === undefined
      ? (anomalies.find(({ judgement }) => judgement !== 'allowed') ?? anomalies[0])
      : anomalies.find(({ anomaly }) => sameAnomaly(anomaly.type) === sameAnomaly(type));
  if (found === undefined) {
    const shown = [...new Set(anomalies.map(({ anomaly }) => anomaly.type))].join(', ') || 'none';
    throw new UsageError(
      `seed ${trial.seed} shows no ${type ?? 'anomaly'}: there is nothing to shrink (anomalies: ${shown})`,
    );
  }
  return found;
}

/** failures/17 is shrunk into failures/17-shrunk. */
function besides(path: string): string {
  const spec = keptSpecPath(path)!;
  return spec === path ? `${path.replace(/\.ya?ml$/, '')}-shrunk` : `${path.replace(/[/\\]+$/, '')}-shrunk`;
}

async function write(context: Context, folder: string, original: Trial, smallest: Trial): Promise<void> {
  const replay = `npx harrow replay ${folder}`;
  const html = await context.pages.trial(trialPageInput(original, { replay, fix: null, shrunk: smallest }));
  makeFolder(dirname(resolve(folder)));
  writeWholeFolder(folder, { ...trialFiles(smallest), 'report.html': html });
}
