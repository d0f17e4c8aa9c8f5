/** The objects that --json prints (DESIGN, *The command line*): versioned, each key documented there. */
import { type Attribution, catalogueEntries } from '../attribution.js';
import type { Outcome } from '../outcome.js';
import type { Spec } from '../spec/spec.js';
import type { Totals } from '../totals.js';
import type { ToldCause } from './campaign-text.js';
import { seconds } from './words.js';

export interface CampaignJsonInput {
  readonly id: string;
  readonly spec: Spec;
  readonly totals: Totals;
  readonly outcome: Outcome;
  readonly told: readonly ToldCause[];
  /** The known bugs behind the failures, by seed. */
  readonly attribution: Attribution;
  /** The command that runs this seed again as the campaign saw it: with the digest of its row. */
  readonly replay: (seed: string) => string;
}

export function campaignJson(input: CampaignJsonInput): Record<string, unknown> {
  return { format: 'harrow/campaign', version: 1, ...variantJson(input) };
}

/** What a campaign and a variant of a comparison have in common. */
export function variantJson(input: CampaignJsonInput): Record<string, unknown> {
  const { id, spec, totals, outcome, told, attribution, replay } = input;
  return {
    id,
    spec: spec.name,
    kafka: spec.kafka,
    control: spec.control.mode,
    client: 'java',
    trials: totals.trials,
    verdict: outcome.verdict,
    reason: outcome.reason,
    exit: outcome.exit,
    verdicts: totals.verdicts,
    anomalies: totals.anomalies,
    causes: totals.causes.map((cause) => ({
      requirement: cause.requirement,
      licence: cause.licence,
      trials: cause.trials,
      seed: cause.seeds[0]!,
      story: storyOf(told.find((one) => one.cause === cause)),
    })),
    failures: totals.failures.map((row) => ({
      seed: row.seed,
      verdict: row.verdict,
      expected: row.expected,
      anomalies: row.anomalies,
      catalogue: catalogueEntries(attribution.get(row.seed)),
      digest: row.digest,
      replay: replay(row.seed),
    })),
    situations: totals.situations,
    notModelled: spec.notModelled,
    acknowledged: totals.acknowledged,
    simulatedSeconds: totals.simulatedMicros / 1_000_000,
    cpuSeconds: totals.cpuMicros / 1_000_000,
    digest: totals.digest,
  };
}

/** Its headline and lines; null where no trial of the cause was looked at closely. */
function storyOf(told: ToldCause | undefined): string[] | null {
  if (told === undefined) return null;
  const lines = told.story.lines.map(({ atMicros, text, note }) =>
    note === null ? `${seconds(atMicros)} ${text}` : `${seconds(atMicros)} ${text} (${note})`,
  );
  return [told.story.headline, ...lines, told.story.why];
}
