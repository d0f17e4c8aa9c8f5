/**
 * G1c: operations that read of each other in a circle. T1 read what T2 sent, and T2 what T1 sent: one of them read what
 * was not committed.
 * G1c-realtime: somebody read a record before its send was invoked.
 *
 *   T1  |-- send x=1, poll y: 7 --|  committed
 *   T2  |-- send y=7, poll x: 1 --|  committed → G1c
 */
import { POLL, SEND } from '../../../histories/history-columns.js';
import type { History } from '../../../histories/operation.js';
import type { Checker, Findings } from '../../checker.js';
import { findCycles, type Cycle } from '../../cycles/search.js';
import { cycleAnomaly } from '../../cycles/story.js';
import { findings } from '../history/findings.js';
import { historyIndex, type HistoryIndex } from '../history/history-index.js';
import { logDependencies, type Inference } from './dependencies.js';

export const cycles: Checker = {
  name: 'cycles',
  check: (history) =>
    mayHaveCycles(historyIndex(history)) ? findLogCycles(history) : findings(historyIndex(history), []),
};

/** Every cycle that these inferences show: ww (G0 among them) and rw are for those who ask. */
export function findLogCycles(history: History, inference: Inference = {}): Findings {
  return cyclesOf(history, inference, () => true);
}

/** Of those the cycles that have a step of this kind, WW or RW: none of them is seen without the inference. */
export function findInferredCycles(history: History, inference: Inference, kind: number): Findings {
  return cyclesOf(history, inference, ({ steps }) => steps.some((step) => step.kind === kind));
}

function cyclesOf(history: History, inference: Inference, isTold: (cycle: Cycle) => boolean): Findings {
  const index = historyIndex(history);
  const { graph, words } = logDependencies(index, inference);
  // Circular reads of transactions may be what isolation allows: what was read before it was sent, nothing allows.
  const found = findCycles(graph, undefined, ['G1c-realtime']);
  const anomalies = found.cycles.filter(isTold).map((cycle) => cycleAnomaly(history, cycle, words));
  return findings(index, anomalies, found.undecided.length === 0 ? undefined : found.undecided.join('; '));
}

/**
 * Where no operation both sends and polls, a cycle runs over sends and polls in turn: s1 read by p1, which ended before
 * s2 began, read by p2, ... Then one of the polls ended before the send of what it read began. (Were all of them later
 * than the sends that they read of, each send would be later than the one before, all the way round.) That poll was
 * invoked before the send as well; without such a record there is no need of a graph.
 */
function mayHaveCycles({ operations, records }: HistoryIndex): boolean {
  for (let record = 0; record < records.length; record++) {
    const reader = records.reader[record]!;
    if (reader >= 0 && reader < records.writer[record]!) return true;
  }
  const { length, firstMicroOp, microOpCount, microOpKind } = operations;
  for (let operation = 0; operation < length; operation++) {
    if (microOpCount[operation]! < 2) continue;
    const microOps = microOpKind.subarray(
      firstMicroOp[operation]!,
      firstMicroOp[operation]! + microOpCount[operation]!,
    );
    if (microOps.includes(SEND) && microOps.includes(POLL)) return true;
  }
  return false;
}
