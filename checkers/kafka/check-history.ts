/** All black-box checkers over one history, Harrow's or another tool's. */
import type { History } from '../../histories/operation.js';
import { runCheckers, type AllFindings } from '../verdict.js';
import { checkers } from './checkers.js';
import { stuckAnomaly, type StuckNote } from './stuck.js';

export type { StuckNote } from './stuck.js';

/** What whoever ran the trial knows, and no history shows. */
export interface CheckNotes {
  /** The liveness phase failed; null or absent: it did not, or there was none. */
  readonly stuck?: StuckNote | null;
}

export type CheckResult = AllFindings;

export function checkHistory(history: History, notes: CheckNotes = {}): CheckResult {
  const { anomalies, undecided } = runCheckers(checkers, history);
  return { anomalies: notes.stuck ? [...anomalies, stuckAnomaly(notes.stuck)] : anomalies, undecided };
}
