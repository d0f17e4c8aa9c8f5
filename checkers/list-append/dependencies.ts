/**
 * Dependencies between operations on lists, after Elle: ww from the writer of an element to that of the next, wr from the
 * writer of the last element of a read to its reader, rw from a reader to the writer of what it did not see yet.
 */
import { FAIL, OK, READ } from '../../histories/history-columns.js';
import { DependencyGraph, EdgeList, PROCESS, RW, WR, WW } from '../cycles/graph.js';
import { processEdges } from '../cycles/process-edges.js';
import type { EdgeWords } from '../cycles/story.js';
import type { Lists } from './lists.js';

/** Of a key's unread elements, how many are linked to those who read before them: keeps the graph linear. */
const UNREAD_LINKED = 4;

export interface Dependencies {
  readonly graph: DependencyGraph;
  readonly words: EdgeWords;
  /** Edges that reads and writes show; 0: the history says nothing about isolation. */
  readonly shown: number;
}

/** The evidence of an edge is the element that was written (ww, rw) or read (wr). */
export function dependenciesOf(lists: Lists): Dependencies {
  const edges = new EdgeList();
  lists.order.forEach((order, key) => {
    for (let i = 1; i < order.length; i++) link(lists, edges, writerOf(lists, order[i - 1]!), WW, order[i]!);
    const last = order[order.length - 1];
    if (last === undefined) return;
    for (const element of lists.unread[key]!.slice(0, UNREAD_LINKED))
      link(lists, edges, writerOf(lists, last), WW, element);
  });
  addReads(lists, edges);
  const shown = edges.length;
  processEdges(lists.operations, edges);
  const { invokedAt, completedAt, outcome, length } = lists.operations;
  const precedes = completedAt.slice(0, length);
  for (let operation = 0; operation < length; operation++) if (outcome[operation] !== OK) precedes[operation] = -1;
  const graph = new DependencyGraph(edges, { invokedAt: invokedAt.slice(0, length), completedAt: precedes });
  return { graph, words: wordsOf(lists), shown };
}

function addReads(lists: Lists, edges: EdgeList): void {
  const { length, outcome, firstMicroOp, microOpCount, microOpKind, recordCount } = lists.operations;
  const elements: number[] = [];
  for (let operation = 0; operation < length; operation++) {
    if (outcome[operation] === FAIL) continue;
    const first = firstMicroOp[operation]!;
    for (let microOp = first; microOp < first + microOpCount[operation]!; microOp++) {
      if (microOpKind[microOp] !== READ) continue;
      // Nothing is known of what an operation of unknown outcome read.
      if (recordCount[microOp]! < 0 && outcome[operation] !== OK) continue;
      addRead(lists, edges, operation, microOp, elements);
    }
  }
}

function addRead(lists: Lists, edges: EdgeList, operation: number, read: number, into: number[]): void {
  const { elements } = lists;
  const key = lists.operations.key[read]!;
  let seen = lists.elementsOf(read, into) - 1;
  // What the operation appended itself stands at the end; the state that it met is what stands before.
  while (seen >= 0 && into[seen]! >= 0 && writerOf(lists, into[seen]!) === operation) seen--;
  const last = seen < 0 ? -1 : into[seen]!;
  if (seen >= 0 && last < 0) return; // an incompatible order; nothing can be said
  if (last >= 0) {
    const writer = writerOf(lists, last);
    if (lists.happened(writer)) edges.add(writer, operation, WR, last);
  }
  const position = last < 0 ? -1 : elements.position[last]!;
  if (last >= 0 && position < 0) return;
  const order = lists.order[key]!;
  if (position + 1 < order.length) {
    link(lists, edges, operation, RW, order[position + 1]!);
    return;
  }
  for (const element of lists.unread[key]!.slice(0, UNREAD_LINKED)) link(lists, edges, operation, RW, element);
}

/** To the writer of an element, if both happened. */
function link(lists: Lists, edges: EdgeList, from: number, kind: number, element: number): void {
  const writer = writerOf(lists, element);
  if (lists.happened(from) && lists.happened(writer)) edges.add(from, writer, kind, element);
}

function writerOf({ elements }: Lists, element: number): number {
  return elements.writer[element]!;
}

function wordsOf({ history, elements, order }: Lists): EdgeWords {
  const named = (element: number): string => history.valueName(elements.value[element]!);
  const record = (element: number) => ({ key: elements.key[element]!, value: elements.value[element]!, offset: -1 });
  return {
    record: ({ evidence, kind }) => (kind === PROCESS || evidence < 0 ? null : record(evidence)),
    dependency: ({ kind, evidence }, from, to) => {
      const list = history.keys[elements.key[evidence]!]!;
      if (kind === WR) return `${from} appended ${named(evidence)} to ${list}, and ${to} read it`;
      if (kind === RW) return `${from} read ${list} without ${named(evidence)}, which ${to} appended`;
      const of = order[elements.key[evidence]!]!;
      const position = elements.position[evidence]!;
      const before = of[(position < 0 ? of.length : position) - 1]!;
      return `${from} appended ${named(before)} to ${list} before ${to} appended ${named(evidence)}`;
    },
  };
}
