/** What the trials of one variant add up to. Rows come in any order; the sums are taken in the order of the seeds. */
import type { Verdict } from '../histories/anomaly.js';
import { digestOfDigests } from '../histories/digest.js';
import { requirements } from './catalogue.js';
import { sameAnomaly } from './expectation.js';
import type { Cause, FaultCount, TrialRow } from './engine.js';

/** Trials that failed in the same way. */
export interface CauseTotal extends Cause {
  readonly trials: number;
  /** Its first seeds, in order: the first is shrunk. */
  readonly seeds: readonly string[];
}

export interface Totals {
  readonly trials: number;
  readonly verdicts: Readonly<Record<Verdict, number>>;
  /** Trials that show an anomaly, allowed ones included, by type. */
  readonly anomalies: Readonly<Record<string, number>>;
  /** Most trials first; then by requirement and words. */
  readonly causes: readonly CauseTotal[];
  /** Trials that reached a situation, by name. */
  readonly situations: Readonly<Record<string, number>>;
  readonly faults: Readonly<Record<string, FaultCount>>;
  /** Faults that began in no trial, with a reason: "p0 is down". */
  readonly neverBegun: Readonly<Record<string, string>>;
  readonly sent: number;
  readonly acknowledged: number;
  readonly refused: number;
  readonly unknown: number;
  /** Longest time without an acknowledged write: over the trials. */
  readonly outage: { readonly medianMicros: number; readonly worstMicros: number; readonly worstSeed: string };
  /** Trials of verdict bug or unsafe. */
  readonly failures: readonly TrialRow[];
  /** Reasons of undecided trials, with how many had them. */
  readonly reasons: Readonly<Record<string, number>>;
  readonly simulatedMicros: number;
  readonly cpuMicros: number;
  readonly events: number;
  /** Over the digests of the trials in the order of the seeds: how many workers there were changes nothing. */
  readonly digest: string;
}

/** How many seeds of a cause are remembered. */
const SEEDS_A_CAUSE = 200;

/** @param seeds all seeds of the campaign, in order */
export function totalsOf(rows: readonly TrialRow[], seeds: readonly string[]): Totals {
  const place = new Map(seeds.map((seed, index) => [seed, index]));
  const inOrder = [...rows].sort((a, b) => place.get(a.seed)! - place.get(b.seed)!);
  const verdicts = { bug: 0, unsafe: 0, undecided: 0, clean: 0 };
  for (const row of inOrder) verdicts[row.verdict]++;
  const sum = (of: (row: TrialRow) => number): number => inOrder.reduce((total, row) => total + of(row), 0);
  return {
    trials: inOrder.length,
    verdicts,
    anomalies: countNames(inOrder.map((row) => new Set([...row.anomalies, ...row.allowed]))),
    causes: causesOf(inOrder),
    situations: countNames(inOrder.map((row) => row.situations)),
    faults: faultsOf(inOrder),
    neverBegun: neverBegunOf(inOrder),
    sent: sum((row) => row.counts.sent),
    acknowledged: sum((row) => row.counts.acknowledged),
    refused: sum((row) => row.counts.refused),
    unknown: sum((row) => row.counts.unknown),
    outage: outageOf(inOrder),
    failures: inOrder.filter((row) => row.verdict === 'bug' || row.verdict === 'unsafe'),
    reasons: countNames(inOrder.map((row) => new Set(row.reasons))),
    simulatedMicros: sum((row) => row.simulatedMicros),
    cpuMicros: sum((row) => row.cpuMicros),
    events: sum((row) => row.events),
    digest: digestOfDigests(inOrder.map((row) => row.digest)),
  };
}

/** Trials that show this anomaly; a lost tail (`unseen`) counts as a lost write. */
export function showing(totals: Pick<Totals, 'anomalies'>, type: string): number {
  const names = Object.keys(totals.anomalies).filter((name) => sameAnomaly(name) === sameAnomaly(type));
  return Math.max(0, ...names.map((name) => totals.anomalies[name]!));
}

function causesOf(rows: readonly TrialRow[]): CauseTotal[] {
  const found = new Map<string, { cause: Cause; seeds: string[]; trials: number }>();
  for (const row of rows) {
    const ofThisRow = new Set<string>();
    for (const cause of row.causes) {
      const id = JSON.stringify([cause.requirement, cause.id]);
      if (ofThisRow.has(id)) continue;
      ofThisRow.add(id);
      const total = found.get(id) ?? { cause, seeds: [], trials: 0 };
      found.set(id, total);
      total.trials++;
      if (total.seeds.length < SEEDS_A_CAUSE) total.seeds.push(row.seed);
    }
  }
  return [...found.values()]
    .map(({ cause, seeds, trials }) => ({ ...cause, seeds, trials }))
    .sort((a, b) => b.trials - a.trials || compare(a.requirement, b.requirement) || compare(a.words, b.words));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

function countNames(lists: readonly Iterable<string>[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const list of lists) for (const name of list) counts[name] = (counts[name] ?? 0) + 1;
  return Object.fromEntries(Object.entries(counts).sort(([a], [b]) => compare(a, b)));
}

function faultsOf(rows: readonly TrialRow[]): Record<string, FaultCount> {
  const sums: Record<string, FaultCount> = {};
  for (const row of rows) {
    for (const [name, { effective, ineffective }] of Object.entries(row.counts.faults)) {
      const before = sums[name] ?? { effective: 0, ineffective: 0 };
      sums[name] = { effective: before.effective + effective, ineffective: before.ineffective + ineffective };
    }
  }
  return sums;
}

function neverBegunOf(rows: readonly TrialRow[]): Record<string, string> {
  const begun = faultsOf(rows);
  const reasons = rows.flatMap(({ counts }) => Object.entries(counts.notBegun ?? {}));
  return Object.fromEntries(reasons.filter(([name]) => begun[name] === undefined).sort(([a], [b]) => compare(a, b)));
}

function outageOf(rows: readonly TrialRow[]): Totals['outage'] {
  if (rows.length === 0) return { medianMicros: 0, worstMicros: 0, worstSeed: '' };
  const sorted = rows.map((row) => row.longestOutageMicros).sort((a, b) => a - b);
  const worst = rows.reduce((a, b) => (b.longestOutageMicros > a.longestOutageMicros ? b : a));
  return {
    medianMicros: sorted[Math.floor((sorted.length - 1) / 2)]!,
    worstMicros: worst.longestOutageMicros,
    worstSeed: worst.seed,
  };
}

/**
 * Trials in which a requirement did not hold. A bug is named by the guarantee that it breaks; what the requirement forbids it
 * forbids all the same.
 */
export function failuresOf({ failures }: Pick<Totals, 'failures'>, requirement: string): readonly TrialRow[] {
  const forbids = requirements.find(({ name }) => name === requirement)?.forbids ?? [];
  return failures.filter(
    ({ causes, anomalies }) =>
      causes.some((cause) => cause.requirement === requirement) || anomalies.some((type) => forbids.includes(type)),
  );
}
