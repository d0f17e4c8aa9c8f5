/** All black-box checkers over one history, Harrow's or another tool's. */
import type { History } from '../../histories/operation.js';
import type { Checker } from '../checker.js';
import { listCheckers } from '../list-append/checkers.js';
import { hasLists } from '../list-append/lists.js';
import { runCheckers, type AllFindings } from '../verdict.js';
import { checkers } from './checkers.js';
import { stuckAnomaly, type StuckNote } from './stuck.js';

export type { StuckNote } from './stuck.js';

/** What whoever ran the trial knows, and no history shows. */
export interface CheckNotes {
  /** What was stuck, a note for each partition. Absent: nothing, or there was no liveness phase. */
  readonly stuck?: readonly StuckNote[];
}

export type CheckResult = AllFindings;

export function checkHistory(history: History, notes: CheckNotes = {}): CheckResult {
  const { anomalies, undecided } = runCheckers(suitedTo(history), history);
  return { anomalies: [...anomalies, ...(notes.stuck ?? []).map(stuckAnomaly)], undecided };
}

/** Histories of lists have no logs to judge, and those of logs no lists. */
function suitedTo(history: History): readonly Checker[] {
  try {
    return hasLists(history) ? listCheckers : checkers;
  } catch {
    return checkers; // each of them will say why it cannot be judged
  }
}
