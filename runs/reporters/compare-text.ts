/** Variants beside each other: the same seeds and faults, requirements as columns. */
import type { Outcome } from '../outcome.js';
import type { Spec } from '../spec/spec.js';
import { failuresOf, type Totals } from '../totals.js';
import { toldCause, type ToldCause } from './campaign-text.js';
import type { Paint } from './paint.js';
import { percent, ruleOfThree, shortDigest, shortSeconds, simulated, wallTime } from './words.js';

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
  for (const { name, told } of result.variants) {
    const first = told[0];
    if (first !== undefined) lines.push(`  ${name}: ${first.cause.words}`, ...toldCause(1, first, paint), '');
  }
  const micros = result.variants.reduce((sum, { totals }) => sum + totals.simulatedMicros, 0);
  const digests = result.variants.map(({ totals }) => shortDigest(totals.digest)).join(' ');
  lines.push(
    `${simulated(micros)} in ${wallTime(result.wallMillis)} · exit ${result.exit}`,
    `digests ${digests} · ${result.report}`,
  );
  return lines.join('\n');
}

function table(variants: readonly VariantResult[]): string[] {
  const requirements = [...new Set(variants.flatMap(({ spec }) => spec.require.map(({ name }) => name)))];
  const rows = [
    ['', 'trials', ...requirements, 'bugs', 'undecided', 'longest without an ack', 'sends refused or unknown'],
    ...variants.map((variant) => tableRow(variant, requirements)),
  ];
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column]!)).join('   ')}`.trimEnd());
}

function tableRow({ name, spec, totals }: VariantResult, requirements: readonly string[]): string[] {
  const { medianMicros, worstMicros, worstSeed } = totals.outage;
  return [
    name,
    String(totals.trials),
    ...requirements.map((requirement) => cell(spec, totals, requirement)),
    String(totals.verdicts.bug),
    String(totals.verdicts.undecided),
    `median ${shortSeconds(medianMicros)}, worst ${shortSeconds(worstMicros)} (seed ${worstSeed})`,
    percent(totals.refused + totals.unknown, totals.sent),
  ];
}

/** "✗ 283/1000 (seed 17)" or "✓ 0/2000 (<0.15 %)". */
function cell(spec: Spec, totals: Totals, requirement: string): string {
  if (!spec.require.some(({ name }) => name === requirement)) return 'not required';
  const failed = failuresOf(totals, requirement);
  if (failed.length > 0) return `✗ ${failed.length}/${totals.trials} (seed ${failed[0]!.seed})`;
  return totals.trials === 0 ? 'nothing ran' : `✓ 0/${totals.trials} (<${ruleOfThree(totals.trials)})`;
}
