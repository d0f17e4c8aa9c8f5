import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cycleClasses, type CycleClass, type CycleName } from './classes.js';
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

  it('leaves nothing undecided where it finds one', () => {
    const edges: readonly Edge[] = [
      [0, WW, 1],
      [1, WW, 0],
    ];
    const steps = [
      { from: 0, kind: WW, evidence: 0 },
      { from: 1, kind: WW, evidence: 1 },
    ];
    expect(findCycles(graphOf(edges, concurrent(2)))).toEqual({ cycles: [{ name: 'G0', steps }], undecided: [] });
  });

  it('has no evidence for real time', () => {
    const [cycle] = findCycles(
      graphOf(
        [[1, WR, 0]],
        [
          [0, 5],
          [6, 9],
        ],
      ),
    ).cycles;
    expect(cycle!.steps).toEqual([
      { from: 0, kind: REALTIME, evidence: -1 },
      { from: 1, kind: WR, evidence: 0 },
    ]);
  });

  it('says so where operations precede each other and no class of cycle is there', () => {
    const { cycles, undecided } = findCycles(
      graphOf(
        [[1, PROCESS, 0]],
        [
          [0, 5],
          [6, 9],
        ],
      ),
    );
    expect(cycles).toEqual([]);
    expect(undecided).toEqual(['operations depend on each other in a cycle of no known class']);
  });

  it('tells a class beside a stronger one only where it is there', () => {
    const edges: readonly Edge[] = [
      [0, WR, 1],
      [1, RW, 0],
      [0, PROCESS, 1],
    ];
    const always = cycleClasses.map(({ name }) => name);
    const { cycles } = findCycles(graphOf(edges, concurrent(2)), undefined, always);
    expect([...new Set(cycles.map(({ name }) => name))]).toEqual(['G-single-item', 'G-single-item-process']);
  });

  /** All operations on one cycle, of writes alone. */
  const ring = (length: number) =>
    graphOf(
      Array.from({ length }, (_, i): Edge => [i, WW, (i + 1) % length]),
      concurrent(length),
    );
  const notRuledOut = (names: string) =>
    `the search for cycles spent its steps before it could rule out ${names} (cycle-search-timeout)`;

  it('says what it could not rule out when its steps are spent', () => {
    for (const steps of [0, 5]) {
      expect(findCycles(ring(10), steps)).toEqual({
        cycles: [],
        undecided: [notRuledOut('G0, G0-process, G0-realtime')],
      });
    }
  });

  it('spends a step on each operation that it comes by, and on each edge that leaves it', () => {
    // From the second of ten on, to the first.
    const needed = 9 * 2;
    expect(findCycles(ring(10), needed).cycles).toEqual([]);
    expect(findCycles(ring(10), needed + 1)).toMatchObject({ cycles: [{ name: 'G0' }], undecided: [] });
  });

  it('spends one on each operation that was invoked later, too', () => {
    const inTurn = Array.from({ length: 10 }, (_, i): Span => [i * 10, i * 10 + 5]);
    const back = graphOf([[9, WR, 0]], inTurn);
    // From the first operation, which has no edge, to all others.
    expect(findCycles(back, 10).cycles).toEqual([]);
    expect(findCycles(back, 11)).toMatchObject({ cycles: [{ name: 'G1c-realtime', steps: { length: 2 } }] });
  });

  it('gives up no class that it has found', () => {
    const two: readonly Edge[] = [
      [0, WW, 1],
      [1, WW, 2],
      [2, WW, 0],
      [1, WW, 3],
      [3, WW, 4],
      [4, WW, 0],
    ];
    for (let steps = 0; steps < 30; steps++) {
      const { cycles, undecided } = findCycles(graphOf(two, concurrent(5)), steps);
      expect(undecided).toHaveLength(cycles.length > 0 ? 0 : 1);
    }
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
        const every = cyclesOf(edges, spans);
        const dependencies = graphOf(edges, spans);
        const { componentOf } = components(dependencies, WW | WR | RW | PROCESS | REALTIME);
        const smallest = (name: CycleName, component: number): number =>
          Math.min(
            ...every
              .filter((one) => one.name === name && componentOf[one.first] === component)
              .map(({ length }) => length),
          );
        const found = findCycles(dependencies).cycles;
        const told = new Set(found.map(({ name, steps }) => `${name} ${componentOf[steps[0]!.from]}`));
        for (const { name, steps } of found) expect(steps.length).toBe(smallest(name, componentOf[steps[0]!.from]!));
        for (const { name, first } of every) {
          const { impliedBy } = cycleClasses.find((one) => one.name === name)!;
          expect(impliedBy.some((one) => told.has(`${one} ${componentOf[first]}`))).toBe(true);
        }
        const always = findCycles(dependencies, undefined, ['G1c-realtime']).cycles;
        expect(always.some(({ name }) => name === 'G1c-realtime')).toBe(
          every.some(({ name }) => name === 'G1c-realtime'),
        );
      }),
      { numRuns: 500 },
    );
  });
});

interface FoundCycle {
  readonly name: CycleName;
  readonly length: number;
  readonly first: number;
}

/** Every cycle that comes by no operation twice, under every name that its edges give it. */
function cyclesOf(edges: readonly Edge[], spans: readonly Span[]): readonly FoundCycle[] {
  const realtime = spans.flatMap(([, end], from) =>
    spans.flatMap(([begin], to): Edge[] => (end >= 0 && end < begin ? [[from, REALTIME, to]] : [])),
  );
  const all = [...edges, ...realtime].filter(([from, , to]) => from !== to);
  const found: FoundCycle[] = [];
  const extend = (path: readonly number[], kinds: readonly number[]): void => {
    for (const [from, kind, to] of all) {
      if (from !== path[path.length - 1]) continue;
      const extended = [...kinds, kind];
      if (to === path[0]) {
        const names = cycleClasses.filter((one) => isOf(one, extended)).map(({ name }) => name);
        found.push(...names.map((name) => ({ name, length: path.length, first: path[0]! })));
      } else if (to > path[0]! && !path.includes(to)) {
        extend([...path, to], extended);
      }
    }
  };
  spans.forEach((_, first) => extend([first], []));
  return found;
}

/** Whether a cycle of these edges is of the class, by the words of the definition. */
function isOf({ data, order }: CycleClass, kinds: readonly number[]): boolean {
  const count = (kind: number): number => kinds.filter((one) => one === kind).length;
  if (order === '' && count(PROCESS) + count(REALTIME) > 0) return false;
  if (order === '-process' && (count(PROCESS) === 0 || count(REALTIME) > 0)) return false;
  if (order === '-realtime' && count(REALTIME) === 0) return false;
  switch (data) {
    case 'G0':
      return count(WW) > 0 && count(WR) + count(RW) === 0;
    case 'G1c':
      return count(WR) > 0 && count(RW) === 0;
    case 'G-single-item':
      return count(RW) === 1;
    case 'G-nonadjacent-item':
      return count(RW) > 1 && !kinds.some((kind, i) => kind === RW && kinds[(i + 1) % kinds.length] === RW);
    case 'G2-item':
      return count(RW) > 1;
  }
}
