/**
 * What the records that applications make of others are called. Their values are numbers that nobody chose; what they were
 * made of says more.
 */
import type { HistoryColumns } from './history-columns.js';
import { DERIVE, SEND } from './micro-op-codes.js';

/** From here on values are numbers that simulated applications have given; below, somebody chose them. */
export const FIRST_DERIVED_VALUE = 0x40000000;

/**
 * By value: "output(orders-0@5)"; of several outputs of one input the second is "output(orders-0@5)#2". What such an
 * application sends besides (Kafka Streams: its changelog) is an "update(acct-8)" of its key, then "update(acct-8)#2".
 */
export function derivedNames(columns: HistoryColumns, keys: readonly string[]): ReadonlyMap<number, string> {
  const names = new Map<number, string>();
  if (!columns.has(DERIVE)) return names;
  const counts = new Map<string, number>();
  const name = (value: number, words: string): void => {
    const count = (counts.get(words) ?? 0) + 1;
    counts.set(words, count);
    names.set(value, count === 1 ? words : `${words}#${count}`);
  };
  const applications = new Set<string | null>();
  for (const { operation, row } of rowsOf(columns, DERIVE)) {
    applications.add(columns.client.at(operation));
    const record = columns.firstRecord[row]!;
    const input = `${keys[columns.key[row]!] ?? 'an unknown partition'}@${columns.offset[record]!}`;
    const value = columns.value[record]!;
    if (value >= FIRST_DERIVED_VALUE && !names.has(value)) name(value, `output(${input})`);
  }
  for (const { operation, row } of rowsOf(columns, SEND)) {
    const value = columns.value[columns.firstRecord[row]!]!;
    const recordKey = columns.recordKey.at(row);
    if (value < FIRST_DERIVED_VALUE || recordKey === null || names.has(value)) continue;
    if (!applications.has(columns.client.at(operation))) continue;
    name(value, `update(${recordKey})`);
  }
  return names;
}

/** In order of invocation. */
function* rowsOf(
  columns: HistoryColumns,
  kind: number,
): Generator<{ readonly operation: number; readonly row: number }> {
  for (let operation = 0; operation < columns.length; operation++) {
    const first = columns.firstMicroOp[operation]!;
    for (let row = first; row < first + columns.microOpCount[operation]!; row++) {
      if (columns.microOpKind[row] === kind) yield { operation, row };
    }
  }
}
