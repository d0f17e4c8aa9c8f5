/**
 * Dependencies between operations on Kafka's logs, inferred as Jepsen's Kafka workload does: wr from the sender of a
 * record to everybody who read it. Offsets order the records of a partition (gaps are control records and what was
 * compacted or aborted), and so ww and rw could be told too:
 *
 *   ww   Kafka never isolates writes: transactions interleave in every log by design. Off unless asked for.
 *   rw   a poll is a read of a range that ended somewhere: that it did not return a record does not mean that the record
 *        was not there. Off unless asked for: it holds for polls that are known to have reached the end.
 */
import { FAIL, OK, POLL, type HistoryColumns } from '../../../histories/history-columns.js';
import { DependencyGraph, EdgeList, PROCESS, RW, WR, WW } from '../../cycles/graph.js';
import { processEdges } from '../../cycles/process-edges.js';
import type { EdgeWords } from '../../cycles/story.js';
import type { HistoryIndex } from '../history/history-index.js';
import { recordWords } from '../history/words.js';

export interface Inference {
  /** The order of a log is an order of writes. */
  readonly writeOrder?: boolean;
  /** What a poll did not return of a log it had not seen yet. */
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
      const overwriter = next < 0 ? -1 : writerOf(index, next);
      if (overwriter >= 0) edges.add(operation, overwriter, RW, next);
    }
  }
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
