/** Traces by hand and the histories beside them, as judged. */
import type { OperationBuilder } from '../../../histories/builders.js';
import { historyOf } from '../../../histories/builders.js';
import { checkHistory } from '../check-history.js';
import { judge } from '../judge.js';
import type { StuckNote } from '../stuck.js';
import type { TraceScript } from './script.js';

/** Anomalies of one type, as judged: 'bug', or the row that licenses them; each once. */
export function judged(
  script: TraceScript,
  operations: readonly OperationBuilder[],
  type: string,
  stuck: readonly StuckNote[] = [],
): readonly string[] {
  const history = historyOf(operations, script.header);
  const { anomalies, undecided } = checkHistory(history, { stuck });
  const all = [...script.breaches(), ...anomalies];
  const verdict = judge({ history, trace: script.trace, anomalies: all, undecided, requirements: [] });
  const found = verdict.anomalies.filter(({ anomaly }) => anomaly.type === type);
  return [...new Set(found.map((one) => one.licence?.row ?? one.judgement))];
}
