/** What the page of a campaign shows, from the same totals as its text. */
import { relative } from 'node:path';
import type { CampaignPageInput } from '../../histories/report/campaign-page.js';
import type { CampaignCell, CampaignVariant } from '../../histories/report/page-data.js';
import { mergeVerdicts } from '../../histories/anomaly.js';
import { faults, requirements, situations } from '../catalogue.js';
import { clusterWords } from '../reporters/header.js';
import { campaignHeadline } from '../reporters/campaign-text.js';
import type { LoadedSpec } from '../spec/load.js';
import { failuresOf } from '../totals.js';
import type { VariantRun } from './run-variants.js';

/** What the page reads of a campaign, run just now or stored. */
export interface CampaignPageRun {
  readonly folder: { readonly id: string; readonly path: string };
  readonly variants: readonly VariantRun[];
  readonly command: string;
}

export function campaignPageInput({ spec }: Pick<LoadedSpec, 'spec'>, run: CampaignPageRun): CampaignPageInput {
  const { variants, folder } = run;
  const required = [...new Set(variants.flatMap(({ variant }) => variant.spec.require.map(({ name }) => name)))];
  const href = (path: string | null): string | null => (path === null ? null : relative(folder.path, path));
  const reached = (name: string): number =>
    variants.reduce((sum, { totals }) => sum + (totals.situations[name] ?? 0), 0);
  const tried = (name: string, which: 'effective' | 'ineffective'): number =>
    variants.reduce((sum, { totals }) => sum + (totals.faults[name]?.[which] ?? 0), 0);
  const [first] = variants;
  return {
    name: spec.name,
    id: folder.id,
    verdict: mergeVerdicts(variants.map(({ outcome }) => outcome.verdict)),
    headline:
      variants.length === 1 ? campaignHeadline({ ...first!, spec: first!.variant.spec }) : comparedHeadline(variants),
    cluster: clusterWords(spec),
    command: run.command,
    digest: variants.map(({ totals }) => totals.digest).join(' '),
    requirements: requirements.filter(({ name }) => required.includes(name)),
    variants: variants.map((variant) => pageVariant(variant, required, href)),
    causes: variants.flatMap(({ variant, totals, told }) =>
      totals.causes.map((cause) => {
        const one = told.find((candidate) => candidate.cause === cause);
        return {
          requirement: cause.requirement,
          variant: variant.name,
          sentence: cause.words,
          trials: cause.trials,
          seed: one?.seed ?? cause.seeds[0]!,
          href: href(one?.report ?? null),
          story: one?.story ?? null,
        };
      }),
    ),
    situations: situations.map(({ name, sentence }) => ({ name, sentence, trials: reached(name) })),
    faults: faults
      .map(({ name }) => ({ name, effective: tried(name, 'effective'), withoutEffect: tried(name, 'ineffective') }))
      .filter(({ effective, withoutEffect }) => effective + withoutEffect > 0),
    notTried: faults.map(({ name }) => name).filter((name) => tried(name, 'effective') === 0),
    simulatedSeconds: variants.reduce((sum, { totals }) => sum + totals.simulatedMicros, 0) / 1_000_000,
    notes: spec.notes,
  };
}

function comparedHeadline(variants: readonly VariantRun[]): string {
  const failing = variants.filter(({ totals }) => totals.failures.length > 0);
  const parts = failing.map(({ variant, totals }) => `${variant.name}: ${totals.failures.length} of ${totals.trials}`);
  const trials = variants.reduce((sum, { totals }) => sum + totals.trials, 0);
  return parts.length === 0
    ? `${trials} trials of ${variants.length} variants, none failed`
    : `${variants.length} variants on the same seeds; failed: ${parts.join(', ')}`;
}

function pageVariant(
  { variant, totals, told }: VariantRun,
  required: readonly string[],
  href: (path: string | null) => string | null,
): CampaignVariant {
  const cells = required.map((requirement): CampaignCell => {
    const failed = failuresOf(totals, requirement);
    const seeds = failed.map(({ seed }) => seed);
    const shown =
      told.find((one) => one.cause.requirement === requirement) ?? told.find(({ seed }) => seeds.includes(seed));
    return {
      requirement,
      failed: failed.length,
      of: totals.trials,
      verdict: failed.length > 0 ? mergeVerdicts(failed.map((row) => row.verdict)) : 'clean',
      href: href(shown?.report ?? null),
      seed: shown?.seed ?? failed[0]?.seed ?? null,
    };
  });
  return {
    name: variant.name,
    trials: totals.trials,
    cells,
    acknowledged: totals.acknowledged,
    refused: totals.refused,
    unknown: totals.unknown,
    longestOutageMicros: totals.outage.worstMicros,
    longestOutageSeed: totals.trials === 0 ? null : totals.outage.worstSeed,
  };
}
