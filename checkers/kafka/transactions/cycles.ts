/**
 * G1c: operations that read of each other in a circle. T1 read what T2 sent, and T2 what T1 sent: one of them read what
 * was not committed.
 * G1c-realtime: somebody read a record before its send was invoked.
 *
 *   T1  |-- send x=1, poll y: 7 --|  committed
 *   T2  |-- send y=7, poll x: 1 --|  committed → G1c
 */
import { OK, POLL, SEND, type HistoryColumns } from '../../../histories/history-columns.js';
import type { History } from '../../../histories/operation.js';
import type { Checker, Findings } from '../../checker.js';
import { findCycles, type Cycle } from '../../cycles/search.js';
import { cycleAnomaly } from '../../cycles/story.js';
import { IntegerMap } from '../../integer-map.js';
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
 * Give each send the time at which it was invoked, and each poll the time at which it was over. Where no operation both
 * sends and polls, and no process polls while it does something else, no edge leads back in these times, and each from a
 * send to a poll that was not over yet leads forward: only a read before its send closes a circle, and without one there
 * is no need of a graph.
 */
function mayHaveCycles(index: HistoryIndex): boolean {
  return index.isReadBeforeSent || sendsAndPollsAtOnce(index.operations) || pollsBeside(index.operations);
}

function sendsAndPollsAtOnce(operations: HistoryColumns): boolean {
  for (let operation = 0; operation < operations.length; operation++) {
    if (operations.microOpCount[operation]! < 2) continue;
    if (does(operations, operation, SEND) && does(operations, operation, POLL)) return true;
  }
  return false;
}

/** Some process invoked an operation before a poll of its own was over. */
function pollsBeside(operations: HistoryColumns): boolean {
  const { length, process, outcome, invokedAt, completedAt } = operations;
  const lastPoll = new IntegerMap(length, 64);
  for (let operation = 0; operation < length; operation++) {
    if (outcome[operation] !== OK) continue;
    const poll = lastPoll.get(process[operation]!);
    if (poll >= 0 && invokedAt[operation]! < completedAt[poll]!) return true;
    if (does(operations, operation, POLL)) lastPoll.set(process[operation]!, operation);
  }
  return false;
}

function does({ firstMicroOp, microOpCount, microOpKind }: HistoryColumns, operation: number, kind: number): boolean {
  const first = firstMicroOp[operation]!;
  for (let microOp = first; microOp < first + microOpCount[operation]!; microOp++) {
    if (microOpKind[microOp] === kind) return true;
  }
  return false;
}
