/** A cycle in words, step by step: "T1 sent x@7=5, and T2 read it; T2 ended before T1 was invoked". */
import type { Anomaly } from '../../histories/anomaly.js';
import { columnsOf } from '../../histories/history-columns.js';
import type { History } from '../../histories/operation.js';
import { PROCESS, REALTIME } from './graph.js';
import type { Cycle, CycleStep } from './search.js';

/** What only those know who built the graph. Nodes are operations of the history. */
export interface EdgeWords {
  /** A dependency in words, with these names for the operations at its ends. */
  dependency(step: CycleStep, from: string, to: string): string;
  /** The record that it is about; null: none. */
  record(step: CycleStep): { readonly key: number; readonly value: number; readonly offset: number } | null;
}

/** Operations that an anomaly names. */
const NAMED = 6;

export function cycleAnomaly(history: History, { name, steps }: Cycle, words: EdgeWords): Anomaly {
  const columns = columnsOf(history);
  const nodes = steps.map(({ from }) => from);
  const records = steps.flatMap((one) => words.record(one) ?? []);
  const ends = nodes.map((node) => Math.max(columns.completedAt[node]!, columns.invokedAt[node]!));
  return {
    type: name,
    key: records[0]?.key ?? -1,
    offsets: records.map(({ offset }) => offset).filter((offset) => offset >= 0),
    operations: nodes.slice(0, NAMED),
    values: records.map(({ value }) => value),
    events: [],
    at: Math.max(...ends),
    story: storyOf(history, steps, words),
    preventedBy: null,
  };
}

function storyOf(history: History, steps: readonly CycleStep[], words: EdgeWords): string {
  const columns = columnsOf(history);
  const names = steps.map((_, i) => `T${i + 1}`);
  const who = steps.map(({ from }, i) => `${names[i]} is operation ${from} of ${columns.client.at(from)}`).join(', ');
  const told = steps.map((step, i) => {
    const from = names[i]!;
    const to = names[(i + 1) % names.length]!;
    if (step.kind === REALTIME) return `${from} ended before ${to} was invoked`;
    if (step.kind === PROCESS) return `${to} came after ${from} in the same process`;
    return words.dependency(step, from, to);
  });
  return `${told.join('; ')}: a cycle (${who})`;
}
