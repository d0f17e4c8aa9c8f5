/** harrow compare: every variant on the same seeds and faults. */
import type { CampaignEnd } from '../engine.js';
import { Exit, type ExitCode, worstExit } from '../outcome.js';
import { type CompareResult, compareText } from '../reporters/compare-text.js';
import { type LoadedSpec, loadSpec } from '../spec/load.js';
import { UsageError } from '../spec/problems.js';
import type { CampaignOptions } from './campaign.js';
import { commandLine } from './command-line.js';
import { type Context, paintOf, say, sayJson } from './context.js';
import { partingOf } from './parting.js';
import { resultJson, runVariants, wantsJson, type VariantRun, type VariantsRun } from './run-variants.js';
import { requestOf } from './spec-options.js';

/** The first cause of each variant is told; a campaign tells more. */
const CAUSES = 1;

export async function compare(
  context: Context,
  input: string | undefined,
  options: CampaignOptions,
): Promise<ExitCode> {
  const loaded = loadSpec(requestOf(input, options));
  if (loaded.variants.length < 2) {
    throw new UsageError('nothing to compare: name variants with --vary name=a,b or in the spec under vary');
  }
  const run = await runVariants(context, {
    loaded,
    options,
    kind: 'compare',
    causes: CAUSES,
    command: commandLine(context),
  });
  const exit = compareExit(run.variants, run.end);
  if (wantsJson(options)) sayJson(context, resultJson({ kind: 'compare' }, run.folder, run.variants));
  else say(context, `\n${compareText(compareResult(run, exit, parting(context, loaded, run)), paintOf(context))}`);
  return exit;
}

export function compareResult(run: VariantsRun, exit: ExitCode, parts: readonly string[] | null): CompareResult {
  return {
    variants: run.variants.map(({ variant, totals, outcome, told }) => ({
      name: variant.name,
      spec: variant.spec,
      totals,
      outcome,
      told,
    })),
    wallMillis: run.wallMillis,
    report: run.report,
    exit,
    parting: parts,
  };
}

/** With one seed: the first event at which the runs part. */
function parting(context: Context, loaded: LoadedSpec, run: VariantsRun): readonly string[] | null {
  const [seed] = run.seeds;
  if (run.seeds.length !== 1 || run.variants.some(({ totals }) => totals.trials === 0)) return null;
  return partingOf(context.engine, loaded, seed!);
}

/** Comparing is asking: whatever is found is the answer, but for a bug and for runs that answer nothing. */
export function compareExit(variants: readonly Pick<VariantRun, 'totals'>[], end: CampaignEnd): ExitCode {
  const codes: ExitCode[] = [];
  if (variants.some(({ totals }) => totals.verdicts.bug > 0)) codes.push(Exit.failed);
  if (end.ended === 'interrupted') codes.push(Exit.interrupted);
  if (variants.some(({ totals }) => totals.trials === 0))
    codes.push(end.ended === 'time' ? Exit.partial : Exit.nothingRan);
  else if (variants.every(({ totals }) => totals.acknowledged === 0)) codes.push(Exit.nothingRan);
  return worstExit(codes);
}
