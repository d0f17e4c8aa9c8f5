/**
 * What must have come before what, between operations: a graph on typed arrays. Adya's dependencies (ww, wr, rw) and the
 * order of a process are stored edge by edge. Real time is not: T1 precedes all operations that were invoked after it
 * had completed, which are a suffix of the operations in order of invocation. A chain of suffixes, each holding its first
 * operation and the next suffix, says so in linear space, whatever the concurrency.
 */
import { IntColumn } from '../../histories/columns.js';

/** Kinds of edges, bits of a mask. */
export const WW = 1;
export const WR = 2;
export const RW = 4;
export const PROCESS = 8;
export const REALTIME = 16;

export interface Times {
  /** By node. */
  readonly invokedAt: Float64Array;
  /** By node; -1: it precedes nothing (it never ended, or nobody knows how). */
  readonly completedAt: Float64Array;
}

export class DependencyGraph {
  /** Operations; each has its number. */
  readonly nodes: number;
  /** Nodes in order of invocation. */
  readonly byInvocation: Int32Array;
  /** By node: where in `byInvocation` those begin that were invoked after it had completed. */
  readonly suffix: Int32Array;
  /** Edges by the node that they leave: those of a node begin at firstEdge[node]. */
  readonly firstEdge: Int32Array;
  readonly target: Int32Array;
  readonly kind: Uint8Array;
  /** What shows the edge; its meaning is that of whoever added it. */
  readonly evidence: Int32Array;

  constructor(edges: EdgeList, times: Times) {
    const nodes = times.invokedAt.length;
    this.nodes = nodes;
    this.byInvocation = orderOfInvocation(times.invokedAt);
    this.suffix = suffixes(times, this.byInvocation);
    const count = edges.from.length;
    this.firstEdge = new Int32Array(nodes + 1);
    for (let edge = 0; edge < count; edge++) this.firstEdge[edges.from.at(edge) + 1]!++;
    for (let node = 0; node < nodes; node++) this.firstEdge[node + 1]! += this.firstEdge[node]!;
    this.target = new Int32Array(count);
    this.kind = new Uint8Array(count);
    this.evidence = new Int32Array(count);
    const next = this.firstEdge.slice();
    for (let edge = 0; edge < count; edge++) {
      const at = next[edges.from.at(edge)]!++;
      this.target[at] = edges.to.at(edge);
      this.kind[at] = edges.kind.at(edge);
      this.evidence[at] = edges.evidence.at(edge);
    }
  }
}

/** Edges in the order in which they are found. */
export class EdgeList {
  readonly from = new IntColumn();
  readonly to = new IntColumn();
  readonly kind = new IntColumn();
  readonly evidence = new IntColumn();

  get length(): number {
    return this.from.length;
  }

  /** An operation that depends on itself says nothing. @param evidence what shows it */
  add(from: number, to: number, kind: number, evidence: number): void {
    if (from === to) return;
    this.from.push(from);
    this.to.push(to);
    this.kind.push(kind);
    this.evidence.push(evidence);
  }
}

function orderOfInvocation(invokedAt: Float64Array): Int32Array {
  const order = new Int32Array(invokedAt.length);
  let ascending = true;
  for (let node = 0; node < order.length; node++) {
    order[node] = node;
    if (node > 0 && invokedAt[node]! < invokedAt[node - 1]!) ascending = false;
  }
  return ascending ? order : order.sort((x, y) => invokedAt[x]! - invokedAt[y]! || x - y);
}

/** An operation that was invoked when another completed is concurrent with it: nobody knows which was first. */
function suffixes({ invokedAt, completedAt }: Times, byInvocation: Int32Array): Int32Array {
  const nodes = byInvocation.length;
  const suffix = new Int32Array(nodes);
  for (let node = 0; node < nodes; node++) {
    let low = 0;
    let high = nodes;
    const end = completedAt[node]!;
    if (end < 0) low = nodes;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (invokedAt[byInvocation[middle]!]! > end) high = middle;
      else low = middle + 1;
    }
    suffix[node] = low;
  }
  return suffix;
}
