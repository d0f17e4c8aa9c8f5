/** What checkers find and how it is judged. */

export interface Anomaly {
  /** Canonical name: 'lost-write', 'duplicate', 'W6', ... */
  readonly type: string;
  /** Index into History.keys; -1: none. */
  readonly key: number;
  /** The machine whose replica is broken, where an invariant names one. */
  readonly machine?: number;
  readonly offsets: readonly number[];
  /** Indexes of the operations involved: two to six. */
  readonly operations: readonly number[];
  /** Values of the records involved. */
  readonly values: readonly number[];
  /** Indexes of trace records involved. Black-box checkers know none: the judge names them, where there is a trace. */
  readonly events: readonly number[];
  /** When it became true, virtual microseconds. */
  readonly at: number;
  /** One sentence. */
  readonly story: string;
  readonly preventedBy: { readonly setting: string; readonly value: string } | null;
}

/** The event or setting that takes an anomaly out of the guarantee. */
export interface Licence {
  /** Which row licensed it: 'acks-1-leader-change', 'unclean-election', ... */
  readonly row: string;
  /** In words, for people: "acks=1 and a change of leader". */
  readonly words: string;
  /** Index of the licensing trace record; -1: a setting alone. */
  readonly event: number;
}

export type Verdict = 'bug' | 'unsafe' | 'undecided' | 'clean';

/** An anomaly with its judgement. */
export interface JudgedAnomaly {
  readonly anomaly: Anomaly;
  readonly judgement: 'bug' | 'unsafe' | 'allowed';
  readonly licence: Licence | null;
  /** The requirement that forbids it; null: none does. */
  readonly requirement: string | null;
  /** The guarantee that excludes it (for a bug). */
  readonly guarantee: string | null;
}

export interface TrialVerdict {
  readonly verdict: Verdict;
  /** Why undecided, else empty. */
  readonly reasons: readonly string[];
  readonly anomalies: readonly JudgedAnomaly[];
}

/** bug, then unsafe, then undecided, then clean. */
export function mergeVerdicts(verdicts: Iterable<Verdict>): Verdict {
  const order: readonly Verdict[] = ['bug', 'unsafe', 'undecided', 'clean'];
  let worst = order.length - 1;
  for (const verdict of verdicts) worst = Math.min(worst, order.indexOf(verdict));
  return order[worst]!;
}
