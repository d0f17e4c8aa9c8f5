/** Variants beside each other: the same seeds and faults, requirements as columns. */
import type { Outcome } from '../outcome.js';
import type { Spec } from '../spec/spec.js';
import { failuresOf, type Totals } from '../totals.js';
import { toldCause, type ToldCause } from './campaign-text.js';
import type { Paint } from './paint.js';
import { labelled, listed, percent, ruleOfThree, shortDigest, shortSeconds, simulated, wallTime } from './words.js';

export interface VariantResult {
  readonly name: string;
  readonly spec: Spec;
  readonly totals: Totals;
  readonly outcome: Outcome;
  readonly told: readonly ToldCause[];
}

export interface CompareResult {
  readonly variants: readonly VariantResult[];
  readonly wallMillis: number;
  readonly report: string;
  readonly exit: number;
  /** With one seed: where the runs part; else null. */
  readonly parting: readonly string[] | null;
}

export function compareText(result: CompareResult, paint: Paint): string {
  const lines = [...table(result.variants), ''];
  if (result.parting !== null) lines.push(...result.parting, '');
  for (const { names, told } of differentStories(result.variants)) {
    lines.push(...labelled(2, '', 0, `${listed(names)}: ${told.cause.words}`), ...toldCause(1, told, paint), '');
  }
  const micros = result.variants.reduce((sum, { totals }) => sum + totals.simulatedMicros, 0);
  const digests = result.variants.map(({ totals }) => shortDigest(totals.digest)).join(' ');
  lines.push(
    `${simulated(micros)} in ${wallTime(result.wallMillis)} · exit ${result.exit}`,
    `digests ${digests} · ${result.report}`,
  );
  return lines.join('\n');
}

interface SharedStory {
  /** The variants that fail so. */
  readonly names: readonly string[];
  readonly told: ToldCause;
}

/** The first story of each variant; variants of which one seed tells the same share it. */
function differentStories(variants: readonly VariantResult[]): readonly SharedStory[] {
  const stories = new Map<string, { names: string[]; told: ToldCause }>();
  for (const { name, told } of variants) {
    const [first] = told;
    if (first === undefined) continue;
    const { cause, seed, story } = first;
    const id = JSON.stringify([
      cause.words,
      seed,
      story.headline,
      story.lines.map(({ atMicros, text }) => [atMicros, text]),
    ]);
    const known = stories.get(id);
    if (known === undefined) stories.set(id, { names: [name], told: first });
    else known.names.push(name);
  }
  return [...stories.values()];
}

interface Column {
  readonly title: string;
  readonly cell: (variant: VariantResult) => string;
}

function table(variants: readonly VariantResult[]): string[] {
  const columns = columnsFor(variants);
  const rows = [
    columns.map(({ title }) => title),
    ...variants.map((variant) => columns.map(({ cell }) => cell(variant))),
  ];
  const widths = columns.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) => `  ${row.map((text, column) => text.padEnd(widths[column]!)).join('   ')}`.trimEnd());
}

/** Bugs and undecided trials are counted where there are any. */
function columnsFor(variants: readonly VariantResult[]): readonly Column[] {
  const requirements = [...new Set(variants.flatMap(({ spec }) => spec.require.map(({ name }) => name)))];
  const verdicts = [
    { title: 'bugs', verdict: 'bug' },
    { title: 'undecided', verdict: 'undecided' },
  ] as const;
  return [
    { title: '', cell: ({ name }) => name },
    { title: 'trials', cell: ({ totals }) => String(totals.trials) },
    ...requirements.map((name): Column => ({ title: name, cell: (variant) => requirementCell(variant, name) })),
    ...verdicts
      .filter(({ verdict }) => variants.some(({ totals }) => totals.verdicts[verdict] > 0))
      .map(({ title, verdict }): Column => ({ title, cell: ({ totals }) => String(totals.verdicts[verdict]) })),
    { title: 'longest without an ack', cell: ({ totals }) => outageCell(totals) },
    { title: 'refused or unknown', cell: ({ totals }) => percent(totals.refused + totals.unknown, totals.sent) },
  ];
}

function outageCell({ outage: { medianMicros, worstMicros, worstSeed } }: Totals): string {
  return `median ${shortSeconds(medianMicros)}, worst ${shortSeconds(worstMicros)} (seed ${worstSeed})`;
}

/** "✗ 283/1000 (seed 17)" or "✓ 0/2000 (<0.15 %)". */
function requirementCell({ spec, totals }: VariantResult, requirement: string): string {
  if (!spec.require.some(({ name }) => name === requirement)) return 'not required';
  const failed = failuresOf(totals, requirement);
  if (failed.length > 0) return `✗ ${failed.length}/${totals.trials} (seed ${failed[0]!.seed})`;
  return totals.trials === 0 ? 'nothing ran' : `✓ 0/${totals.trials} (<${ruleOfThree(totals.trials)})`;
}
