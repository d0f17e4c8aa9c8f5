/** Whether a trial shows only what its spec expects (`expect:`). The campaign judges besides that all of it was seen. */
import { requirements } from '../checkers/kafka/api.js';
import type { JudgedAnomaly, TrialVerdict } from '../histories/anomaly.js';
import type { Spec } from './spec/spec.js';

/** A lost tail shows only as `unseen`: the two are one for whoever expects or shrinks. */
export function sameAnomaly(type: string): string {
  return type === 'unseen' ? 'lost-write' : type;
}

/** What a failing anomaly breaks: for a bug the guarantee, else the requirement; its type where neither is named. */
export function brokenPromise({ judgement, requirement, guarantee, anomaly }: JudgedAnomaly): string {
  const named = judgement === 'bug' ? (guarantee ?? requirement) : (requirement ?? guarantee);
  return named ?? anomaly.type;
}

export function isExpected(spec: Pick<Spec, 'expect'>, verdict: TrialVerdict): boolean {
  const failing = verdict.anomalies.filter(({ judgement }) => judgement !== 'allowed');
  if (failing.length === 0) return true;
  if (failing.some(({ judgement }) => judgement === 'bug') && !spec.expect.includes('bug')) return false;
  const expected = spec.expect.map(sameAnomaly);
  return failing.every(({ anomaly, judgement, requirement }) => {
    if (judgement === 'bug' || expected.includes(sameAnomaly(anomaly.type))) return true;
    // Others that the same requirement forbids may appear beside an expected one.
    const forbidden = requirements.find(({ name }) => name === requirement)?.forbids ?? [];
    return forbidden.some((type) => expected.includes(sameAnomaly(type)));
  });
}

/** A lost record says more than the offset that was used again after it: in the order of what a requirement forbids. */
export function clearestFirst(anomalies: readonly JudgedAnomaly[]): readonly JudgedAnomaly[] {
  const place = ({ anomaly, requirement }: JudgedAnomaly): number => {
    const forbidden = requirements.find(({ name }) => name === requirement)?.forbids ?? [];
    return forbidden.indexOf(anomaly.type);
  };
  return anomalies.toSorted((a, b) => place(a) - place(b));
}
