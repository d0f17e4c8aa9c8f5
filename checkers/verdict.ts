/**
 * Putting findings and judgements together, for any system: bug, then unsafe, then undecided, then clean. A checker that
 * throws leaves its question undecided and does not keep the others from answering theirs.
 */
import { mergeVerdicts, type Anomaly, type JudgedAnomaly, type TrialVerdict } from '../histories/anomaly.js';
import type { History } from '../histories/operation.js';
import type { Checker } from './checker.js';

export interface AllFindings {
  readonly anomalies: readonly Anomaly[];
  /** Why something is undecided, each reason once: "lost-write: nothing was read". */
  readonly undecided: readonly string[];
}

/** Every checker over one history. */
export function runCheckers(checkers: readonly Checker[], history: History): AllFindings {
  const anomalies: Anomaly[] = [];
  const checkersOf = new Map<string, string[]>();
  const undecide = (reason: string, checker: Checker): void => {
    const names = checkersOf.get(reason);
    if (names === undefined) checkersOf.set(reason, [checker.name]);
    else names.push(checker.name);
  };
  for (const checker of checkers) {
    try {
      const findings = checker.check(history);
      anomalies.push(...findings.anomalies);
      if (findings.undecided !== undefined) undecide(findings.undecided, checker);
    } catch (error) {
      undecide(`the checker failed: ${errorWords(error)}`, checker);
    }
  }
  const all = checkers.length;
  const undecided = [...checkersOf].map(([reason, names]) =>
    names.length === all ? reason : `${names.join(', ')}: ${reason}`,
  );
  return { anomalies, undecided };
}

/** The verdict of a trial: its worst anomalies first, those of one judgement in order of time. */
export function verdictOf(judged: readonly JudgedAnomaly[], undecided: readonly string[]): TrialVerdict {
  const order = { bug: 0, unsafe: 1, allowed: 2 } as const;
  const anomalies = judged
    .map((one, i) => ({ one, i }))
    .sort((x, y) => order[x.one.judgement] - order[y.one.judgement] || x.one.anomaly.at - y.one.anomaly.at || x.i - y.i)
    .map(({ one }) => one);
  const verdict = mergeVerdicts([
    ...anomalies.map(({ judgement }) => (judgement === 'allowed' ? 'clean' : judgement)),
    undecided.length > 0 ? 'undecided' : 'clean',
  ]);
  return { verdict, reasons: undecided, anomalies };
}

export function errorWords(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
