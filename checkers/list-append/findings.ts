/** Anomalies of lists. */
import type { Anomaly } from '../../histories/anomaly.js';
import type { Lists } from './lists.js';

export function listAnomaly(
  { operations: columns }: Lists,
  type: string,
  key: number,
  values: readonly number[],
  operations: readonly number[],
  story: string,
): Anomaly {
  const ends = operations.map((one) => Math.max(columns.completedAt[one]!, columns.invokedAt[one]!));
  const named = [...new Set(operations)].sort((x, y) => x - y);
  return {
    type,
    key,
    offsets: [],
    operations: named,
    values,
    events: [],
    at: Math.max(...ends),
    story,
    preventedBy: null,
  };
}

export function listWords({ history }: Lists, key: number): string {
  return history.keys[key] ?? 'a list';
}
