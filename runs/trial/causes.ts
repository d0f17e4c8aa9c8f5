/** How the anomalies of a trial came about. */
import type { JudgedAnomaly } from '../../histories/anomaly.js';
import type { History } from '../../histories/operation.js';
import { causeOf, type Cause } from '../../histories/report/story.js';
import type { Trace } from '../../histories/trace.js';
import { invariants } from '../../checkers/kafka/api.js';
import { anomalyWords } from '../anomaly-words.js';
import { brokenPromise } from '../expectation.js';

export interface CausedAnomaly {
  readonly judged: JudgedAnomaly;
  readonly cause: Cause;
}

/**
 * In order of time. One event may lose hundreds of records: anomalies of one type and partition that the same event
 * licenses came about in the same way, and the first of them stands for all. Whoever groups, shrinks or tells a trial's
 * anomalies asks here, so that each finds the one that another named.
 */
export function causedAnomalies(
  anomalies: readonly JudgedAnomaly[],
  history: History,
  trace: Trace,
): readonly CausedAnomaly[] {
  const first = new Map<string, JudgedAnomaly>();
  for (const judged of anomalies.toSorted((a, b) => a.anomaly.at - b.anomaly.at)) {
    const { anomaly, licence } = judged;
    const event = `${brokenPromise(judged)} ${anomaly.type} ${anomaly.key} ${licence?.row} ${licence?.event}`;
    if (!first.has(event)) first.set(event, judged);
  }
  return [...first.values()].map((judged) => ({ judged, cause: inWords(causeOf(judged, history, trace)) }));
}

/** Of an anomaly of which no story knows more than its type, people read what that type is. */
function inWords(cause: Cause): Cause {
  if (cause.sentence !== cause.id) return cause;
  const invariant = invariants.find(({ id }) => id === cause.id);
  if (invariant !== undefined) return { ...cause, sentence: `${cause.id} broken: ${invariant.sentence}` };
  return { ...cause, sentence: anomalyWords(cause.id).words };
}
