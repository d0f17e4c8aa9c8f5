/** How black-box checkers write records, times and machines in their stories. */
import type { History } from '../../../histories/operation.js';
import type { HistoryIndex } from './history-index.js';

/** "orders-0@7, value 9 (key acct-8)"; without the offset if it is below 0. */
export function recordWords(index: HistoryIndex, record: number, offset: number): string {
  const { history } = index;
  const key = keyWords(history, index.records.key[record]!);
  const place = offset < 0 ? key : `${key}@${offset}`;
  const recordKey = recordKeyOf(index, record);
  return `${place}, value ${valueWords(index, record)}${recordKey === null ? '' : ` (key ${recordKey})`}`;
}

export function valueWords(index: HistoryIndex, record: number): string {
  return index.history.valueName(index.records.value[record]!);
}

export function keyWords(history: History, key: number): string {
  return history.keys[key] ?? 'an unknown partition';
}

export function machineWords({ header }: History, machine: number): string {
  const broker = header.topology?.brokers.indexOf(machine) ?? -1;
  return header.nodes[broker] ?? `b${machine}`;
}

/** Virtual microseconds as seconds with three decimals: "4.213 s". */
export function secondsWords(micros: number): string {
  return `${(micros / 1_000_000).toFixed(3)} s`;
}

/** What the producer gave as the record's key; null: none, or nobody sent it. */
function recordKeyOf(index: HistoryIndex, record: number): string | null {
  const writer = index.writer(record);
  if (writer === undefined) return null;
  for (const microOp of writer.value) {
    if (microOp.kind === 'send' && microOp.value === index.records.value[record]!) return microOp.recordKey;
  }
  return null;
}
