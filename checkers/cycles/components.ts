/** Strongly connected components: where cycles are, if there are any. */
import { REALTIME, type DependencyGraph } from './graph.js';

/** The component of each node, dense from 0 in order of their smallest nodes; -1: the node is on no cycle. */
export interface Components {
  readonly componentOf: Int32Array;
  readonly count: number;
}

/**
 * Tarjan's algorithm, without recursion (a chain of a million dependencies is no stack overflow), over the edges of some
 * kinds. Nodes from `graph.nodes` on are the suffixes of the order of invocation, through which real time runs.
 */
export function components(graph: DependencyGraph, kinds: number): Components {
  const root = new Tarjan(graph, kinds).run();
  const size = new Int32Array(root.length);
  for (let node = 0; node < graph.nodes; node++) size[root[node]!]!++;
  const numberOf = new Int32Array(root.length).fill(-1);
  const componentOf = new Int32Array(graph.nodes);
  let count = 0;
  for (let node = 0; node < graph.nodes; node++) {
    const one = root[node]!;
    if (size[one]! > 1 && numberOf[one]! < 0) numberOf[one] = count++;
    componentOf[node] = numberOf[one]!;
  }
  return { componentOf, count };
}

class Tarjan {
  private readonly graph: DependencyGraph;
  private readonly kinds: number;
  private readonly nodes: number;
  /** Order of discovery, from 1; 0: not yet. */
  private readonly found: Int32Array;
  private readonly low: Int32Array;
  /** By node: a number that all nodes of its component share; -1: not known yet. */
  private readonly root: Int32Array;
  /** By node: the next edge to follow. */
  private readonly next: Int32Array;
  private readonly stack: Int32Array;
  private readonly path: Int32Array;
  private stacked = 0;
  private discovered = 0;

  constructor(graph: DependencyGraph, kinds: number) {
    this.graph = graph;
    this.kinds = kinds;
    this.nodes = (kinds & REALTIME) === 0 ? graph.nodes : graph.nodes * 2;
    this.found = new Int32Array(this.nodes);
    this.low = new Int32Array(this.nodes);
    this.root = new Int32Array(this.nodes).fill(-1);
    this.next = new Int32Array(this.nodes);
    this.stack = new Int32Array(this.nodes);
    this.path = new Int32Array(this.nodes);
  }

  run(): Int32Array {
    for (let node = 0; node < this.nodes; node++) if (this.found[node] === 0) this.explore(node);
    return this.root;
  }

  private explore(first: number): void {
    const { found, low, root, path } = this;
    let depth = 0;
    path[0] = first;
    this.enter(first);
    while (depth >= 0) {
      const node = path[depth]!;
      const other = this.successor(node);
      if (other >= 0) {
        if (found[other] === 0) {
          this.enter(other);
          path[++depth] = other;
        } else if (root[other]! < 0) {
          low[node] = Math.min(low[node]!, found[other]!);
        }
        continue;
      }
      depth--;
      if (depth >= 0) low[path[depth]!] = Math.min(low[path[depth]!]!, low[node]!);
      if (low[node] === found[node]) this.close(node);
    }
  }

  private enter(node: number): void {
    this.found[node] = this.low[node] = ++this.discovered;
    this.stack[this.stacked++] = node;
    this.next[node] = node < this.graph.nodes ? this.graph.firstEdge[node]! : 0;
  }

  private close(node: number): void {
    let member: number;
    do {
      member = this.stack[--this.stacked]!;
      this.root[member] = node;
    } while (member !== node);
  }

  /** The next node that an edge leads to; -1: there is none left. */
  private successor(node: number): number {
    const { graph, next, kinds } = this;
    if (node >= graph.nodes) return this.successorOfSuffix(node);
    const end = graph.firstEdge[node + 1]!;
    while (next[node]! < end) {
      const edge = next[node]!++;
      if ((graph.kind[edge]! & kinds) !== 0) return graph.target[edge]!;
    }
    const suffix = graph.suffix[node]!;
    if (next[node]! > end || (kinds & REALTIME) === 0 || suffix === graph.nodes) return -1;
    next[node]!++;
    return graph.nodes + suffix;
  }

  private successorOfSuffix(node: number): number {
    const { graph, next } = this;
    const position = node - graph.nodes;
    const step = next[node]!++;
    if (step === 0) return graph.byInvocation[position]!;
    return step === 1 && node + 1 < this.nodes ? node + 1 : -1;
  }
}
