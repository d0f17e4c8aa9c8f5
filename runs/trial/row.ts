/** The line that a campaign keeps of every trial. */
import type { JudgedAnomaly, TrialVerdict } from '../../histories/anomaly.js';
import type { History } from '../../histories/operation.js';
import type { Cause, FaultCount, TrialCounts, TrialRow } from '../engine.js';
import { brokenPromise, isExpected } from '../expectation.js';
import type { TrialInput } from '../trial.js';
import { causedAnomalies } from './causes.js';
import type { Stage } from './stage.js';
import { tally } from './tally.js';

export interface RowInput {
  readonly input: TrialInput;
  readonly stage: Stage;
  readonly history: History;
  readonly verdict: TrialVerdict;
  readonly digest: string;
  /** Bounds of the safety phase in virtual time. */
  readonly safety: { readonly from: number; readonly to: number };
  /** How long the trial ran: it never waits, so that is its thread's CPU time on a machine that is not overloaded. */
  readonly millis: number;
}

export function trialRow({ input, stage, history, verdict, digest, safety, millis }: RowInput): TrialRow {
  const failing = verdict.anomalies.filter(({ judgement }) => judgement !== 'allowed');
  const { longestOutageMicros, ...sends } = tally(history, safety.from, safety.to);
  return {
    variant: input.variant,
    seed: input.seed,
    verdict: verdict.verdict,
    anomalies: typesOf(failing),
    allowed: typesOf(verdict.anomalies.filter(({ judgement }) => judgement === 'allowed')),
    causes: causesOf(failing, history, stage),
    expected: isExpected(input.spec, verdict),
    digest,
    counts: { ...sends, ...faultCounts(stage) },
    situations: stage.situations.reached(),
    longestOutageMicros,
    simulatedMicros: stage.world.now,
    cpuMicros: Math.round(millis * 1_000),
    events: stage.world.events,
    reasons: verdict.reasons,
  };
}

function typesOf(anomalies: readonly JudgedAnomaly[]): readonly string[] {
  return [...new Set(anomalies.map(({ anomaly }) => anomaly.type))].sort();
}

/** In the order in which their first anomalies happened; each once. */
function causesOf(failing: readonly JudgedAnomaly[], history: History, stage: Stage): readonly Cause[] {
  const causes = new Map<string, Cause>();
  for (const { judged, cause } of causedAnomalies(failing, history, stage.recorder.trace)) {
    const requirement = brokenPromise(judged);
    const key = `${requirement} ${cause.id}`;
    const licence = judged.licence?.row ?? 'none';
    if (!causes.has(key)) causes.set(key, { id: cause.id, requirement, licence, words: cause.sentence });
  }
  return [...causes.values()];
}

function faultCounts({ nemesis, input }: Stage): Pick<TrialCounts, 'faults' | 'skipped' | 'notBegun'> {
  const faults: Record<string, FaultCount> = {};
  const notBegun: Record<string, string> = {};
  let skipped = 0;
  for (const { strike, status, effect, reason } of nemesis.outcomes()) {
    const name = input.plan.strikes[strike]!.fault;
    if (status === 'skipped') {
      skipped++;
      if (reason !== null) notBegun[name] = reason;
      continue;
    }
    const { effective, ineffective } = faults[name] ?? { effective: 0, ineffective: 0 };
    faults[name] = effect > 0 ? { effective: effective + 1, ineffective } : { effective, ineffective: ineffective + 1 };
  }
  return skipped === 0 ? { faults, skipped } : { faults, skipped, notBegun };
}
