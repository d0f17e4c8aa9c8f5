/** harrow doctor: is Harrow deterministic on this machine; does a spec say what its author thinks it says? */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Exit, type ExitCode } from '../outcome.js';
import { clusterWords, titleLines } from '../reporters/header.js';
import { labelled, shortDigest } from '../reporters/words.js';
import { loadSpec } from '../spec/load.js';
import { suspicions } from '../spec/suspicions.js';
import { commandLine } from './command-line.js';
import { type Context, paintOf, say } from './context.js';
import { requestOf, type SpecOptions } from './spec-options.js';

/** Seeds that are run twice here and once in another process. */
const SEEDS = ['doctor-1', 'doctor-2', 'doctor-3'];
const PRESET = 'storm';

export function doctor(context: Context, input: string | undefined, options: SpecOptions): ExitCode {
  const named = input !== undefined || options.server !== undefined || options.producer !== undefined;
  return named ? examineSpec(context, input, options) : examineMachine(context);
}

function examineSpec(context: Context, input: string | undefined, options: SpecOptions): ExitCode {
  const { spec, warnings } = loadSpec(requestOf(input, options));
  const paint = paintOf(context);
  for (const line of titleLines(spec.name, clusterWords(spec))) say(context, line);
  const found = [...warnings, ...spec.notes, ...suspicions(spec)];
  for (const sentence of found) {
    labelled(4, '', 0, sentence).forEach((line, i) =>
      say(context, i === 0 ? `  ${paint.yellow('!')} ${line.slice(4)}` : line),
    );
  }
  if (found.length === 0) say(context, `  ${paint.green('✓')} nothing suspicious`);
  // The same words after another verb.
  const command = commandLine(context).replace(' doctor ', ' campaign ');
  say(context, `\n  what it really does:  ${command}`);
  return Exit.expected;
}

function examineMachine(context: Context): ExitCode {
  const { engine, clock } = context;
  const { spec } = loadSpec({ input: PRESET });
  const run = (seed: string): string => engine.runTrial(spec, seed, engine.draw(spec, seed)).row.digest;
  const began = clock();
  const first = SEEDS.map(run);
  const perTrial = (clock() - began) / SEEDS.length;
  const second = SEEDS.map(run);
  const elsewhere = SEEDS.map((seed) => digestElsewhere(seed));
  const paint = paintOf(context);
  const same = SEEDS.every((_, i) => first[i] === second[i] && first[i] === elsewhere[i]);
  say(context, `Node ${process.version} · ${process.platform} ${process.arch} · ${context.cores} cores`);
  SEEDS.forEach((seed, i) => {
    const digests = [first[i]!, second[i]!, elsewhere[i]!].map(shortDigest).join('  ');
    say(context, `  ${PRESET}, seed ${seed}: run, again, in another process:  ${digests}`);
  });
  if (same)
    say(context, `${paint.green('✓')} deterministic here; about ${Math.round(perTrial)} ms a trial of ${PRESET}`);
  else say(context, `${paint.red('✗')} the digests differ: results of this machine cannot be trusted`);
  return same ? Exit.expected : Exit.harrowFailed;
}

/** The digest of a trial that another process runs; what it said instead, if it did not come to that. */
function digestElsewhere(seed: string): string {
  const main = fileURLToPath(new URL('../main.js', import.meta.url));
  const { stdout, stderr } = spawnSync(process.execPath, [main, 'replay', seed, PRESET, '--json'], {
    encoding: 'utf8',
  });
  try {
    return (JSON.parse(stdout) as { digest: string }).digest;
  } catch {
    return `no answer: ${stderr.trim().slice(0, 200)}`;
  }
}
