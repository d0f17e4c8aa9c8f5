/** The version order: positions by key, then offset, then the order in which their records were sent. */
import type { HistoryIndex } from './history-index.js';

type Positions = Pick<HistoryIndex, 'positionRecord' | 'positionOffset' | 'recordKey' | 'recordSend'>;

/**
 * Linear where offsets are dense (Kafka's are, but for gaps that control records and compaction leave); n log n where
 * they are sparse or huge: never a vector as long as the largest offset.
 */
export function sortPositions(positions: Positions, keys: number): { log: Int32Array; logStart: Int32Array } {
  const { log, logStart } = groupByKey(positions, keys);
  for (let key = 0; key < keys; key++) {
    const part = log.subarray(logStart[key]!, logStart[key + 1]!);
    sortByOffset(part, positions);
    orderTies(part, positions);
  }
  return { log, logStart };
}

/** Counting sort. Records whose partition nobody knows have no position. */
function groupByKey({ positionRecord, recordKey }: Positions, keys: number): { log: Int32Array; logStart: Int32Array } {
  const logStart = new Int32Array(keys + 1);
  for (let p = 0; p < positionRecord.length; p++) {
    const key = recordKey.at(positionRecord.at(p));
    if (key >= 0) logStart[key + 1]!++;
  }
  for (let key = 0; key < keys; key++) logStart[key + 1]! += logStart[key]!;
  const log = new Int32Array(logStart[keys]!);
  const next = logStart.slice();
  for (let p = 0; p < positionRecord.length; p++) {
    const key = recordKey.at(positionRecord.at(p));
    if (key >= 0) log[next[key]!++] = p;
  }
  return { log, logStart };
}

function sortByOffset(part: Int32Array, { positionOffset }: Positions): void {
  let lowest = Infinity;
  let highest = -1;
  for (const p of part) {
    const offset = positionOffset.at(p);
    lowest = Math.min(lowest, offset);
    highest = Math.max(highest, offset);
  }
  const span = highest - lowest + 1;
  if (span > part.length * 4 + 1024) {
    part.sort((x, y) => positionOffset.at(x) - positionOffset.at(y) || x - y);
    return;
  }
  if (part.length === 0) return;
  const start = new Int32Array(span + 1);
  for (const p of part) start[positionOffset.at(p) - lowest + 1]!++;
  for (let i = 0; i < span; i++) start[i + 1]! += start[i]!;
  const unsorted = part.slice();
  for (const p of unsorted) part[start[positionOffset.at(p) - lowest]!++] = p;
}

/** Insertion sort of the few positions that share an offset. */
function orderTies(part: Int32Array, { positionOffset, positionRecord, recordSend }: Positions): void {
  for (let i = 1; i < part.length; i++) {
    const position = part[i]!;
    const offset = positionOffset.at(position);
    const send = recordSend.at(positionRecord.at(position));
    let at = i;
    while (at > 0 && positionOffset.at(part[at - 1]!) === offset) {
      const before = part[at - 1]!;
      const sendBefore = recordSend.at(positionRecord.at(before));
      if (sendBefore < send || (sendBefore === send && before < position)) break;
      part[at] = before;
      at--;
    }
    part[at] = position;
  }
}
