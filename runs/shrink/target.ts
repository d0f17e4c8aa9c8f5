/** What a trial must still show when it is made smaller. */
import type { Anomaly, JudgedAnomaly } from '../../histories/anomaly.js';
import { causeOf } from '../../histories/report/story.js';
import { recordsOf } from '../../model/system.js';
import type { Plan } from '../../nemesis/plan.js';
import type { ShrinkTarget, Trial } from '../engine.js';
import { sameAnomaly } from '../expectation.js';
import { causedAnomalies } from '../trial/causes.js';

/** `judged` is one of the trial's `causedAnomalies`: only those are looked for. */
export function shrinkTarget(trial: Trial, judged: JudgedAnomaly): ShrinkTarget {
  const { anomaly, judgement, requirement } = judged;
  return {
    type: anomaly.type,
    judgement,
    requirement,
    key: trial.history.keys[anomaly.key] ?? null,
    cause: causeOf(judged, trial.history, trial.trace).id,
    ofWorkload: isOfWorkload(trial.plan, anomaly),
  };
}

/** The first anomaly of a trial that is what `target` says. */
export function findAnomaly(trial: Trial, target: ShrinkTarget): JudgedAnomaly | undefined {
  const alike = trial.verdict.anomalies.filter(
    ({ anomaly, requirement, judgement }) =>
      judgement === target.judgement &&
      sameAnomaly(anomaly.type) === sameAnomaly(target.type) &&
      requirement === target.requirement &&
      (target.key === null || trial.history.keys[anomaly.key] === target.key) &&
      (!target.ofWorkload || isOfWorkload(trial.plan, anomaly)),
  );
  if (target.cause === null) return alike[0];
  return causedAnomalies(alike, trial.history, trial.trace).find(({ cause }) => cause.id === target.cause)?.judged;
}

/** Whether one of the records involved is one that the plan's workload sends. */
export function isOfWorkload({ workload }: Plan, { values }: Anomaly): boolean {
  return workload.some((step) => recordsOf(step).some(({ value }) => values.includes(value)));
}
