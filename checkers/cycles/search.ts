/**
 * The smallest cycle of each class in each component. Bounded by steps, not by time: the same history gets the same
 * answer on any machine, and "not found within so many steps" is said, never taken for "not there".
 */
import { accepts, cycleClasses, STATES, step, type CycleClass, type CycleName } from './classes.js';
import { components, type Components } from './components.js';
import { PROCESS, REALTIME, RW, WR, WW, type DependencyGraph } from './graph.js';

export interface CycleStep {
  readonly from: number;
  readonly kind: number;
  /** What shows the edge; -1 for real time. */
  readonly evidence: number;
}

/** Begins at its smallest node; the last step leads back there. */
export interface Cycle {
  readonly name: CycleName;
  readonly steps: readonly CycleStep[];
}

export interface CycleSearch {
  readonly cycles: readonly Cycle[];
  /** Why classes of cycles are not ruled out. */
  readonly undecided: readonly string[];
}

/** Edges looked at, for each class. */
const STEPS = 4_000_000;

const EVERYTHING = WW | WR | RW | PROCESS | REALTIME;

/**
 * @param always classes that are told beside a stronger one in the same component: they say something that it does not
 */
export function findCycles(graph: DependencyGraph, steps = STEPS, always: readonly CycleName[] = []): CycleSearch {
  const all = components(graph, EVERYTHING);
  if (all.count === 0) return { cycles: [], undecided: [] };
  const search = new Search(graph, all, always);
  for (const one of cycleClasses) search.look(one, steps);
  return search.result();
}

class Search {
  private readonly graph: DependencyGraph;
  private readonly all: Components;
  /** By component: what was found there. */
  private readonly found: Cycle[][];
  /** By component: classes whose search was given up. */
  private readonly exhausted: CycleName[][];
  private readonly byKinds = new Map<number, Components>();
  private readonly walk: Walk;
  private readonly always: readonly CycleName[];

  constructor(graph: DependencyGraph, all: Components, always: readonly CycleName[]) {
    this.graph = graph;
    this.all = all;
    this.always = always;
    this.found = Array.from({ length: all.count }, () => []);
    this.exhausted = Array.from({ length: all.count }, () => []);
    this.walk = new Walk(graph, all);
  }

  look(one: CycleClass, steps: number): void {
    const best: (readonly CycleStep[] | null)[] = this.found.map(() => null);
    const { firstEdge, kind, target, nodes } = this.graph;
    const within = this.componentsOf(one.allowed).componentOf;
    this.walk.left = steps;
    for (let node = 0; node < nodes; node++) {
      const component = this.all.componentOf[node]!;
      if (within[node]! < 0 || this.isNoNews(one, component)) continue;
      for (let edge = firstEdge[node]!; edge < firstEdge[node + 1]!; edge++) {
        // A cycle through this edge stays in one component of the edges that the class may have.
        if (kind[edge] !== one.begins || within[target[edge]!] !== within[node]) continue;
        const longest = best[component]?.length ?? nodes + 1;
        if (longest === 2) break;
        if (this.walk.left <= 0) {
          if (best[component] === null && !this.exhausted[component]!.includes(one.name)) {
            this.exhausted[component]!.push(one.name);
          }
          break;
        }
        best[component] = this.walk.back(one, node, edge, within, longest) ?? best[component]!;
      }
    }
    best.forEach((cycle, component) => {
      if (cycle !== null) this.found[component]!.push({ name: one.name, steps: fromSmallest(cycle) });
    });
  }

  result(): CycleSearch {
    const undecided = this.found.flatMap((cycles, component) => {
      const given = this.exhausted[component]!;
      if (given.length > 0) {
        return [
          `the search for cycles spent its steps before it could rule out ${given.join(', ')} (cycle-search-timeout)`,
        ];
      }
      return cycles.length === 0 ? ['operations depend on each other in a cycle of no known class'] : [];
    });
    return { cycles: this.found.flat(), undecided: [...new Set(undecided)] };
  }

  private isNoNews({ name: own, impliedBy }: CycleClass, component: number): boolean {
    if (this.always.includes(own)) return false;
    return this.found[component]!.some(({ name }) => impliedBy.includes(name));
  }

  private componentsOf(kinds: number): Components {
    let known = this.byKinds.get(kinds);
    if (known === undefined) this.byKinds.set(kinds, (known = components(this.graph, kinds)));
    return known;
  }
}

/** Breadth-first walks over (node, state of the class), within one component at a time. */
class Walk {
  left = 0;
  private readonly graph: DependencyGraph;
  /** By component: its nodes in order of invocation. */
  private readonly members: readonly Int32Array[];
  private readonly componentOf: Int32Array;
  /** By node: its number within its component, and its position in the order of invocation. */
  private readonly local: Int32Array;
  private readonly position: Int32Array;
  /** By local number and state: the walk that came by last, whence, and over which edge (-1: real time). */
  private readonly stamp: Int32Array;
  private readonly cameFrom: Int32Array;
  private readonly over: Int32Array;
  private readonly distance: Int32Array;
  private readonly queue: Int32Array;
  private walks = 0;

  constructor(graph: DependencyGraph, { componentOf, count }: Components) {
    this.graph = graph;
    this.componentOf = componentOf;
    this.local = new Int32Array(graph.nodes);
    this.position = new Int32Array(graph.nodes);
    const members: number[][] = Array.from({ length: count }, () => []);
    for (let position = 0; position < graph.nodes; position++) {
      const node = graph.byInvocation[position]!;
      this.position[node] = position;
      const component = componentOf[node]!;
      if (component >= 0) this.local[node] = members[component]!.push(node) - 1;
    }
    this.members = members.map((nodes) => Int32Array.from(nodes));
    const places = Math.max(0, ...members.map((nodes) => nodes.length)) * STATES;
    this.stamp = new Int32Array(places);
    this.cameFrom = new Int32Array(places);
    this.over = new Int32Array(places);
    this.distance = new Int32Array(places);
    this.queue = new Int32Array(places);
  }

  /** The shortest way back to `origin` after its edge `first`, if the cycle is shorter than `limit`; null: there is none. */
  back(one: CycleClass, origin: number, first: number, within: Int32Array, limit: number): readonly CycleStep[] | null {
    const { graph, queue, local, stamp, cameFrom, over, distance } = this;
    const members = this.members[this.componentOf[origin]!]!;
    const walk = ++this.walks;
    let queued = 0;
    const visit = (node: number, state: number, from: number, edge: number, steps: number): void => {
      const place = local[node]! * STATES + state;
      if (state < 0 || stamp[place] === walk) return;
      stamp[place] = walk;
      cameFrom[place] = from;
      over[place] = edge;
      distance[place] = steps;
      queue[queued++] = place;
    };
    /** By state: from where on all members were visited through real time. */
    const floor = new Int32Array(STATES).fill(members.length);
    visit(graph.target[first]!, step(one, 0, graph.kind[first]!), -1, first, 1);
    for (let i = 0; i < queued && this.left > 0; i++) {
      const place = queue[i]!;
      const node = members[Math.floor(place / STATES)]!;
      const state = place % STATES;
      const steps = distance[place]! + 1;
      if (node === origin) {
        if (accepts(one, state)) return this.cycleTo(place, origin, members);
        continue;
      }
      if (steps === limit) continue;
      const end = graph.firstEdge[node + 1]!;
      this.left -= 1 + end - graph.firstEdge[node]!;
      for (let edge = graph.firstEdge[node]!; edge < end; edge++) {
        const target = graph.target[edge]!;
        if (within[target] === within[origin]) visit(target, step(one, state, graph.kind[edge]!), place, edge, steps);
      }
      const later = step(one, state, REALTIME);
      if (later < 0) continue;
      let at = floor[later]!;
      for (; at > 0 && this.precedes(node, members[at - 1]!); at--) {
        this.left--;
        if (within[members[at - 1]!] === within[origin]) visit(members[at - 1]!, later, place, -1, steps);
      }
      floor[later] = at;
    }
    return null;
  }

  private precedes(node: number, other: number): boolean {
    return this.position[other]! >= this.graph.suffix[node]!;
  }

  /** null: the walk came by a node twice, and is smaller cycles of other classes put together. */
  private cycleTo(end: number, origin: number, members: Int32Array): readonly CycleStep[] | null {
    const steps: CycleStep[] = [];
    for (let place = end; place >= 0; place = this.cameFrom[place]!) {
      const before = this.cameFrom[place]!;
      const from = before < 0 ? origin : members[Math.floor(before / STATES)]!;
      const edge = this.over[place]!;
      steps.push({
        from,
        kind: edge < 0 ? REALTIME : this.graph.kind[edge]!,
        evidence: edge < 0 ? -1 : this.graph.evidence[edge]!,
      });
    }
    return new Set(steps.map(({ from }) => from)).size === steps.length ? steps.reverse() : null;
  }
}

function fromSmallest(steps: readonly CycleStep[]): readonly CycleStep[] {
  const smallest = Math.min(...steps.map(({ from }) => from));
  const at = steps.findIndex(({ from }) => from === smallest);
  return [...steps.slice(at), ...steps.slice(0, at)];
}
