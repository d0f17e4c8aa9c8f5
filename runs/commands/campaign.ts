/** harrow campaign: many trials of a spec. */
import { type Command, Option } from 'commander';
import { type ExitCode, worstExit } from '../outcome.js';
import { campaignText } from '../reporters/campaign-text.js';
import { loadSpec } from '../spec/load.js';
import { compareResult } from './compare.js';
import { type Context, paintOf, say, sayJson } from './context.js';
import { resultJson, type RunOptions, runVariants, wantsJson } from './run-variants.js';
import { addSpecOptions, requestOf, type SpecOptions } from './spec-options.js';
import { compareText } from '../reporters/compare-text.js';
import { commandLine } from './command-line.js';

/** Causes that are examined: shrunk, told, a fix tried. The others are counted. */
const CAUSES = 6;

export type CampaignOptions = RunOptions & SpecOptions;

/** Options that `campaign` and `compare` have in common. */
export function addRunOptions(command: Command, seeds: string): Command {
  return addSpecOptions(command)
    .option('--seeds <n|a..b>', 'how many seeds, or which', seeds)
    .option('--time <duration>', 'begin no trial after this long: 60s, 2m')
    .option('--workers <n>', 'worker threads (default: all cores)')
    .option('--bail [n]', 'stop after so many unexpected failures (1)')
    .option('--reporter <name>', 'live, line, json or none (default: live on a terminal, line elsewhere)')
    .option('--json', 'print one JSON object')
    .option('--out <folder>', 'where results are kept', '.harrow')
    .option('--keep <n>', 'trials kept in full for each cause', '3')
    .option('--no-shrink', 'leave failing trials as they are')
    .option('--paranoid', 'run every trial twice, check its invariants from scratch after every event, and compare')
    .addOption(new Option('--guided').hideHelp());
}

export async function campaign(
  context: Context,
  input: string | undefined,
  options: CampaignOptions,
): Promise<ExitCode> {
  const loaded = loadSpec(requestOf(input, options));
  const run = await runVariants(context, {
    loaded,
    options,
    kind: 'campaign',
    causes: CAUSES,
    command: commandLine(context),
  });
  const exit = worstExit(run.variants.map(({ outcome }) => outcome.exit));
  if (wantsJson(options)) sayJson(context, resultJson({ kind: 'campaign' }, run.folder, run.variants));
  else if (run.variants.length > 1) say(context, `\n${compareText(compareResult(run, exit, null), paintOf(context))}`);
  else {
    const [{ variant, totals, outcome, told }] = run.variants as [(typeof run.variants)[number]];
    const result = { spec: variant.spec, totals, outcome, told, wallMillis: run.wallMillis, report: run.report };
    say(context, `\n${campaignText(result, paintOf(context))}`);
  }
  return exit;
}
