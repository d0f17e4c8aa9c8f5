/** What every black-box checker returns, and when it says nothing at all. */
import type { Anomaly } from '../../../histories/anomaly.js';
import type { Findings } from '../../checker.js';
import type { HistoryIndex } from './history-index.js';

/** The findings of a checker. A history in which nothing was acknowledged or read holds every promise, and shows none. */
export function findings(index: HistoryIndex, anomalies: readonly Anomaly[], undecided?: string): Findings {
  const reason = undecided ?? (anomalies.length === 0 ? emptiness(index) : undefined);
  return reason === undefined ? { anomalies } : { anomalies, undecided: reason };
}

function emptiness(index: HistoryIndex): string | undefined {
  if (index.acknowledgedSends === 0) return 'no send was acknowledged';
  if (index.recordsRead === 0 && !index.finalReads.some((read) => read.complete)) return 'nothing was read';
  return undefined;
}

/** When an operation ended; its invocation if it never did. */
export function endOf(index: HistoryIndex, operation: number): number {
  const completedAt = index.operations.completedAt[operation]!;
  return completedAt >= 0 ? completedAt : index.operations.invokedAt[operation]!;
}

/** The operation that showed a position: the poll that returned it, else the send that was acknowledged there. */
export function evidenceOf(index: HistoryIndex, position: number): number {
  const reader = index.positions.reader[position]!;
  return reader >= 0 ? reader : index.positions.ack[position]!;
}

/** Operations without repeats, in order of invocation, at most six. */
export function operationsOf(...operations: readonly number[]): readonly number[] {
  return [...new Set(operations.filter((operation) => operation >= 0))].sort((x, y) => x - y).slice(0, 6);
}
