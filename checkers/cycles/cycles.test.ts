import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { accepts, cycleClasses, step, type CycleName } from './classes.js';
import { components } from './components.js';
import { DependencyGraph, EdgeList, PROCESS, REALTIME, RW, WR, WW } from './graph.js';
import { findCycles } from './search.js';

type Edge = readonly [from: number, kind: number, to: number];
type Span = readonly [invokedAt: number, completedAt: number];

function graphOf(edges: readonly Edge[], spans: readonly Span[]): DependencyGraph {
  const list = new EdgeList();
  edges.forEach(([from, kind, to], i) => list.add(from, to, kind, i));
  return new DependencyGraph(list, {
    invokedAt: Float64Array.from(spans, ([invokedAt]) => invokedAt),
    completedAt: Float64Array.from(spans, ([, completedAt]) => completedAt),
  });
}

/** Operations that all overlap. */
const concurrent = (count: number): readonly Span[] => Array.from({ length: count }, (): Span => [0, 100]);

function namesIn(edges: readonly Edge[], spans: readonly Span[]): readonly CycleName[] {
  return findCycles(graphOf(edges, spans)).cycles.map(({ name }) => name);
}

describe('where nothing leads back', () => {
  it('nothing is found, and nothing is left undecided', () => {
    expect(findCycles(graphOf([[0, WW, 1]], concurrent(2)))).toEqual({ cycles: [], undecided: [] });
    expect(findCycles(graphOf([], []))).toEqual({ cycles: [], undecided: [] });
  });
});

describe('a cycle is named after its edges', () => {
  it.each<[string, readonly Edge[], readonly CycleName[]]>([
    ['none without a way back', [[0, WW, 1]], []],
    [
      'G0: writes alone',
      [
        [0, WW, 1],
        [1, WW, 0],
      ],
      ['G0'],
    ],
    [
      'G1c: a read among them',
      [
        [0, WW, 1],
        [1, WR, 0],
      ],
      ['G1c'],
    ],
    [
      'G1c: of reads alone',
      [
        [0, WR, 1],
        [1, WR, 0],
      ],
      ['G1c'],
    ],
    [
      'G-single: one anti-dependency',
      [
        [0, WR, 1],
        [1, RW, 0],
      ],
      ['G-single-item'],
    ],
    [
      'G2: two that are adjacent',
      [
        [0, RW, 1],
        [1, RW, 0],
      ],
      ['G2-item'],
    ],
    [
      'G-nonadjacent: two that are apart',
      [
        [0, WR, 1],
        [1, RW, 2],
        [2, WR, 3],
        [3, RW, 0],
      ],
      ['G-nonadjacent-item'],
    ],
    [
      'adjacent at the place where it closes',
      [
        [0, RW, 1],
        [1, WR, 2],
        [2, RW, 0],
      ],
      ['G2-item'],
    ],
    [
      '-process',
      [
        [0, WW, 1],
        [1, PROCESS, 0],
      ],
      ['G0-process'],
    ],
    [
      'G1c-process',
      [
        [0, WR, 1],
        [1, PROCESS, 0],
      ],
      ['G1c-process'],
    ],
  ])('%s', (_, edges, names) => {
    expect(namesIn(edges, concurrent(4))).toEqual(names);
  });

  it('-realtime: a read that ended before its write was invoked', () => {
    expect(
      namesIn(
        [[1, WR, 0]],
        [
          [0, 5],
          [6, 9],
        ],
      ),
    ).toEqual(['G1c-realtime']);
  });

  it('but nobody knows the order of what ended as the other was invoked', () => {
    expect(
      namesIn(
        [[1, WR, 0]],
        [
          [0, 6],
          [6, 9],
        ],
      ),
    ).toEqual([]);
  });

  it('nor does what never ended precede anything', () => {
    expect(
      namesIn(
        [[1, WR, 0]],
        [
          [0, -1],
          [6, 9],
        ],
      ),
    ).toEqual([]);
  });
});

describe('the search', () => {
  it('returns the smallest cycle, from its smallest operation on, with the evidence of each step', () => {
    const edges: readonly Edge[] = [
      [3, WR, 2],
      [2, WR, 1],
      [1, WR, 3],
      [2, WR, 3],
    ];
    expect(findCycles(graphOf(edges, concurrent(4))).cycles).toEqual([
      {
        name: 'G1c',
        steps: [
          { from: 2, kind: WR, evidence: 3 },
          { from: 3, kind: WR, evidence: 0 },
        ],
      },
    ]);
  });

  it('finds one of a kind in each component', () => {
    const edges: readonly Edge[] = [
      [0, WW, 1],
      [1, WW, 0],
      [1, WR, 2],
      [2, WW, 3],
      [3, WW, 2],
    ];
    expect(namesIn(edges, concurrent(4))).toEqual(['G0', 'G0']);
  });

  it('says what it could not rule out when its steps are spent', () => {
    const { cycles, undecided } = findCycles(
      graphOf(
        [
          [0, WW, 1],
          [1, WW, 0],
        ],
        concurrent(2),
      ),
      0,
    );
    expect(cycles).toEqual([]);
    expect(undecided).toEqual([
      'the search for cycles spent its steps before it could rule out G0, G0-process, G0-realtime (cycle-search-timeout)',
    ]);
  });

  it('is no matter of the stack, however long the chain', () => {
    const length = 200_000;
    const edges = Array.from({ length }, (_, i): Edge => [i, WW, (i + 1) % length]);
    expect(components(graphOf(edges, concurrent(length)), WW).count).toBe(1);
  });

  it('finds exactly what trying out every cycle finds', () => {
    const kind = fc.constantFrom(WW, WR, RW, PROCESS);
    const node = fc.nat(4);
    const graph = fc.record({
      edges: fc.array(fc.tuple(node, kind, node), { maxLength: 9 }),
      spans: fc.array(
        fc
          .tuple(fc.nat(9), fc.integer({ min: -1, max: 5 }))
          .map(([from, lasts]): Span => [from, lasts < 0 ? -1 : from + lasts]),
        { minLength: 5, maxLength: 5 },
      ),
    });
    fc.assert(
      fc.property(graph, ({ edges, spans }) => {
        const every = lengthsOfEvery(edges, spans);
        const found = findCycles(graphOf(edges, spans)).cycles;
        const names = new Set(found.map(({ name }) => name));
        for (const { name, steps } of found) expect(every.get(name)).toBeLessThanOrEqual(steps.length);
        for (const { name, impliedBy } of cycleClasses) {
          const told = names.has(name) || impliedBy.some((one) => names.has(one));
          if (every.has(name)) expect(told, name).toBe(true);
        }
        const always = findCycles(graphOf(edges, spans), undefined, ['G1c-realtime']).cycles;
        expect(always.some(({ name }) => name === 'G1c-realtime')).toBe(every.has('G1c-realtime'));
      }),
      { numRuns: 500 },
    );
  });
});

/** By class: the length of its smallest simple cycle. */
function lengthsOfEvery(edges: readonly Edge[], spans: readonly Span[]): ReadonlyMap<CycleName, number> {
  const realtime = spans.flatMap(([, end], from) =>
    spans.flatMap(([begin], to): Edge[] => (end >= 0 && end < begin ? [[from, REALTIME, to]] : [])),
  );
  const all = [...edges, ...realtime].filter(([from, , to]) => from !== to);
  const lengths = new Map<CycleName, number>();
  for (const one of cycleClasses) {
    const extend = (path: readonly number[], state: number): void => {
      for (const [from, kind, to] of all) {
        if (from !== path[path.length - 1]) continue;
        const next = step(one, state, kind);
        if (next < 0) continue;
        if (to === path[0]) {
          if (accepts(one, next)) lengths.set(one.name, Math.min(lengths.get(one.name) ?? Infinity, path.length));
        } else if (!path.includes(to)) {
          extend([...path, to], next);
        }
      }
    };
    for (const [from, kind, to] of all) if (kind === one.begins) extend([from, to], step(one, 0, kind));
  }
  return lengths;
}
