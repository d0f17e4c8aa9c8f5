/** The version order: positions by key, then offset, then the order in which their records were sent. */
import type { HistoryIndex } from './history-index.js';

type Positions = Pick<HistoryIndex, 'records' | 'positions'>;

/**
 * Linear where offsets are dense (Kafka's are, but for gaps that control records and compaction leave); n log n where
 * they are sparse or huge: never a vector as long as the largest offset.
 */
export function sortPositions(index: Positions, keys: number): { log: Int32Array; logStart: Int32Array } {
  const { log, logStart } = groupByKey(index, keys);
  for (let key = 0; key < keys; key++) {
    const part = log.subarray(logStart[key]!, logStart[key + 1]!);
    if (isAscending(part, index.positions.offset)) continue;
    sortByOffset(part, index.positions.offset);
    orderTies(part, index);
  }
  return { log, logStart };
}

/** Counting sort. Records whose partition nobody knows have no position. */
function groupByKey({ records, positions }: Positions, keys: number): { log: Int32Array; logStart: Int32Array } {
  const logStart = new Int32Array(keys + 1);
  for (let p = 0; p < positions.length; p++) {
    const key = records.key[positions.record[p]!]!;
    if (key >= 0) logStart[key + 1]!++;
  }
  for (let key = 0; key < keys; key++) logStart[key + 1]! += logStart[key]!;
  const log = new Int32Array(logStart[keys]!);
  const next = logStart.slice();
  for (let p = 0; p < positions.length; p++) {
    const key = records.key[positions.record[p]!]!;
    if (key >= 0) log[next[key]!++] = p;
  }
  return { log, logStart };
}

/** Every offset is larger than the one before: most logs were learnt in their own order. */
function isAscending(part: Int32Array, offsets: Float64Array): boolean {
  for (let i = 1; i < part.length; i++) if (offsets[part[i]!]! <= offsets[part[i - 1]!]!) return false;
  return true;
}

function sortByOffset(part: Int32Array, offsets: Float64Array): void {
  let lowest = Infinity;
  let highest = -1;
  for (let i = 0; i < part.length; i++) {
    lowest = Math.min(lowest, offsets[part[i]!]!);
    highest = Math.max(highest, offsets[part[i]!]!);
  }
  const span = highest - lowest + 1;
  if (span > part.length * 4 + 1024) {
    part.sort((x, y) => offsets[x]! - offsets[y]! || x - y);
    return;
  }
  const start = new Int32Array(span + 1);
  for (let i = 0; i < part.length; i++) start[offsets[part[i]!]! - lowest + 1]!++;
  for (let i = 0; i < span; i++) start[i + 1]! += start[i]!;
  const unsorted = part.slice();
  for (let i = 0; i < unsorted.length; i++) part[start[offsets[unsorted[i]!]! - lowest]!++] = unsorted[i]!;
}

/** Insertion sort of the few positions that share an offset. */
function orderTies(part: Int32Array, { records, positions }: Positions): void {
  for (let i = 1; i < part.length; i++) {
    const position = part[i]!;
    const offset = positions.offset[position]!;
    let at = i;
    while (at > 0 && positions.offset[part[at - 1]!] === offset) {
      const before = part[at - 1]!;
      const order = records.orderOfSends(positions.record[before]!, positions.record[position]!);
      if (order < 0 || (order === 0 && before < position)) break;
      part[at] = before;
      at--;
    }
    if (at < i) part[at] = position;
  }
}
