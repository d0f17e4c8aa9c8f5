/**
 * Dependencies between operations on Kafka's logs, inferred as Jepsen's Kafka workload does: wr from the sender of a
 * record to everybody who read it. Offsets order the records of a partition (gaps are control records and what was
 * compacted or aborted), and so ww and rw could be told too:
 *
 *   ww   Kafka never isolates writes: transactions interleave in every log by design. Off unless asked for.
 *   rw   a poll is a read of a range that ended somewhere: that it did not return a record does not mean that the record
 *        was not there. Off unless asked for, and then only where it is proven: the end of the log, asked for after the
 *        poll had ended (`end-offsets` of read_uncommitted, the high watermark), was not above the record yet.
 */
import { END_OFFSET, FAIL, OK, POLL, type HistoryColumns } from '../../../histories/history-columns.js';
import { DependencyGraph, EdgeList, PROCESS, RW, WR, WW } from '../../cycles/graph.js';
import { processEdges } from '../../cycles/process-edges.js';
import type { EdgeWords } from '../../cycles/story.js';
import type { HistoryIndex } from '../history/history-index.js';
import { recordWords } from '../history/words.js';

export interface Inference {
  /** The order of a log is an order of writes. */
  readonly writeOrder?: boolean;
  /** What a poll did not return because it was not there yet. */
  readonly readOrder?: boolean;
}

export interface LogDependencies {
  readonly graph: DependencyGraph;
  readonly words: EdgeWords;
}

/** The evidence of an edge is the record that was written (ww, rw) or read (wr). */
export function logDependencies(index: HistoryIndex, { writeOrder, readOrder }: Inference = {}): LogDependencies {
  const edges = new EdgeList();
  if (writeOrder === true) addWriteOrder(index, edges);
  addReads(index, edges, readOrder === true);
  processEdges(index.operations, edges);
  const { invokedAt, length } = index.operations;
  const graph = new DependencyGraph(edges, {
    invokedAt: invokedAt.slice(0, length),
    completedAt: knownEnds(index.operations),
  });
  return { graph, words: wordsOf(index) };
}

/** Only what succeeded is known to have ended: what is unknown may take effect at any time until the end. */
function knownEnds({ completedAt, outcome, length }: HistoryColumns): Float64Array {
  const ends = completedAt.slice(0, length);
  for (let operation = 0; operation < length; operation++) if (outcome[operation] !== OK) ends[operation] = -1;
  return ends;
}

/** -1: nobody sent it, its send failed, or it was sent several times and nobody knows which of them it is. */
function writerOf({ records }: HistoryIndex, record: number): number {
  const isOne = records.resent[record] === 0 && records.outcome[record] !== FAIL;
  return isOne ? records.writer[record]! : -1;
}

function addWriteOrder(index: HistoryIndex, edges: EdgeList): void {
  const { log, logStart, positions, history } = index;
  for (let key = 0; key < history.keys.length; key++) {
    let before = -1;
    for (let i = logStart[key]!; i < logStart[key + 1]!; i++) {
      const record = positions.record[log[i]!]!;
      // Two places in the log are no place in an order.
      const writer = index.hasCopies(record) ? -1 : writerOf(index, record);
      if (writer < 0) continue;
      if (before >= 0) edges.add(before, writer, WW, record);
      before = writer;
    }
  }
}

function addReads(index: HistoryIndex, edges: EdgeList, readOrder: boolean): void {
  const { length, outcome, firstMicroOp, microOpCount, microOpKind, key, firstRecord, recordCount, value } =
    index.operations;
  const following = readOrder ? recordsThatFollow(index) : null;
  const ends = readOrder ? laterEnds(index) : [];
  for (let operation = 0; operation < length; operation++) {
    if (outcome[operation] === FAIL) continue;
    const first = firstMicroOp[operation]!;
    for (let microOp = first; microOp < first + microOpCount[operation]!; microOp++) {
      if (microOpKind[microOp] !== POLL) continue;
      const begin = firstRecord[microOp]!;
      const end = begin + recordCount[microOp]!;
      let record = -1;
      for (let row = begin; row < end; row++) {
        record = index.recordOf(key[microOp]!, value[row]!);
        const writer = record < 0 ? -1 : writerOf(index, record);
        if (writer >= 0) edges.add(writer, operation, WR, record);
      }
      const next = following === null || record < 0 ? -1 : following[record]!;
      const isProven = next >= 0 && wasNotThere(ends[key[microOp]!], index, operation, next);
      const overwriter = isProven ? writerOf(index, next) : -1;
      if (overwriter >= 0) edges.add(operation, overwriter, RW, next);
    }
  }
}

/** The end of a log, as an operation learnt it. */
interface End {
  /** When the operation that asked was invoked. */
  readonly askedAt: number;
  /** The lowest that anybody was answered who asked then or later. */
  readonly offset: number;
}

/** By key: the ends of its log that somebody learnt, in order of time. */
function laterEnds({ operations, history }: HistoryIndex): readonly (readonly End[])[] {
  const ends: End[][] = history.keys.map(() => []);
  const { length, outcome, invokedAt, firstMicroOp, microOpCount, microOpKind, key, firstRecord, names } = operations;
  for (let operation = 0; operation < length; operation++) {
    if (outcome[operation] !== OK) continue;
    const first = firstMicroOp[operation]!;
    for (let microOp = first; microOp < first + microOpCount[operation]!; microOp++) {
      if (microOpKind[microOp] !== END_OFFSET) continue;
      const row = firstRecord[microOp]!;
      const offset = operations.offset[row]!;
      if (offset < 0 || names.at(operations.value[row]!) !== 'read_uncommitted') continue;
      ends[key[microOp]!]!.push({ askedAt: invokedAt[operation]!, offset });
    }
  }
  return ends.map(lowestFromThenOn);
}

function lowestFromThenOn(ends: readonly End[]): readonly End[] {
  let lowest = Infinity;
  const backwards = [...ends].sort((x, y) => y.askedAt - x.askedAt);
  return backwards.map(({ askedAt, offset }) => ({ askedAt, offset: (lowest = Math.min(lowest, offset)) })).reverse();
}

/** Somebody asked for the end of the log after the poll had ended, and it did not reach beyond the record. */
function wasNotThere(ends: readonly End[] | undefined, index: HistoryIndex, poll: number, record: number): boolean {
  const ended = index.operations.completedAt[poll]!;
  if (ended < 0 || ends === undefined) return false;
  let low = 0;
  let high = ends.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ends[middle]!.askedAt < ended) low = middle + 1;
    else high = middle;
  }
  return low < ends.length && ends[low]!.offset <= index.firstOffset(record);
}

/** By record: the next in the log. */
function recordsThatFollow({ log, logStart, positions, records, history }: HistoryIndex): Int32Array {
  const following = new Int32Array(records.length).fill(-1);
  for (let key = 0; key < history.keys.length; key++) {
    for (let i = logStart[key]! + 1; i < logStart[key + 1]!; i++) {
      following[positions.record[log[i - 1]!]!] = positions.record[log[i]!]!;
    }
  }
  return following;
}

function wordsOf(index: HistoryIndex): EdgeWords {
  return {
    record: ({ kind, evidence }) => {
      if (kind === PROCESS || evidence < 0) return null;
      const { key, value } = index.records;
      return { key: key[evidence]!, value: value[evidence]!, offset: index.firstOffset(evidence) };
    },
    dependency: ({ kind, evidence }, from, to) => {
      const record = recordWords(index, evidence, index.firstOffset(evidence));
      if (kind === WR) return `${from} sent ${record}, and ${to} read it`;
      if (kind === RW) return `${from} did not read ${record} yet, which ${to} sent`;
      return `${to} sent ${record} after what ${from} had sent there`;
    },
  };
}
