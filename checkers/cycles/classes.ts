/**
 * Classes of cycles, after Adya ("Weak Consistency", 1999) with the names and the refinements of Elle: what edges a cycle
 * may have, and which it must. Each class is read by a small automaton along the cycle.
 */
import { PROCESS, REALTIME, RW, WR, WW } from './graph.js';

type Data = 'G0' | 'G1c' | 'G-single-item' | 'G-nonadjacent-item' | 'G2-item';
type Order = '' | '-process' | '-realtime';
export type CycleName = `${Data}${Order}`;

export interface CycleClass {
  readonly name: CycleName;
  readonly data: Data;
  readonly order: Order;
  /** Kinds of edges that it may have. */
  readonly allowed: number;
  /** One kind that it must have: where a search begins. */
  readonly begins: number;
  /** Once one of these is found in a component (itself among them), this one tells nothing new. */
  readonly impliedBy: readonly CycleName[];
}

const dataEdges = {
  G0: WW,
  G1c: WW | WR,
  'G-single-item': WW | WR | RW,
  'G-nonadjacent-item': WW | WR | RW,
  'G2-item': WW | WR | RW,
} as const;
const beginsWith = { G0: WW, G1c: WR, 'G-single-item': RW, 'G-nonadjacent-item': RW, 'G2-item': RW } as const;
const orderEdges = { '': 0, '-process': PROCESS, '-realtime': PROCESS | REALTIME } as const;

/** Stronger ones of the same edges: a cycle of these is no news once one of those is found. */
const stronger: Readonly<Record<Data, readonly Data[]>> = {
  G0: ['G0'],
  G1c: ['G0', 'G1c'],
  'G-single-item': ['G-single-item'],
  'G-nonadjacent-item': ['G-single-item', 'G-nonadjacent-item'],
  'G2-item': ['G-single-item', 'G-nonadjacent-item', 'G2-item'],
};
const orders: readonly Order[] = ['', '-process', '-realtime'];

/** In order of severity. */
export const cycleClasses: readonly CycleClass[] = orders.flatMap((order, strength) =>
  (Object.keys(stronger) as Data[]).map((data): CycleClass => {
    const name: CycleName = `${data}${order}`;
    const impliedBy = stronger[data].flatMap((one) =>
      orders.slice(0, strength + 1).map((weaker): CycleName => `${one}${weaker}`),
    );
    return {
      name,
      data,
      order,
      allowed: dataEdges[data] | orderEdges[order],
      begins: beginsWith[data],
      impliedBy,
    };
  }),
);

/** States of the automaton: how many rw edges (0, 1, more), whether the last was one, and whether the order that it must have was seen. */
export const STATES = 16;
const RW_COUNT = 3;
const LAST_RW = 4;
const SAW_ORDER = 8;

/** @returns the state after an edge of this kind; -1: the class has no such edge there */
export function step({ data, order, allowed }: CycleClass, state: number, kind: number): number {
  if ((allowed & kind) === 0) return -1;
  if (kind === RW) {
    const count = state & RW_COUNT;
    if (data === 'G-single-item' && count > 0) return -1;
    if (data === 'G-nonadjacent-item' && (state & LAST_RW) !== 0) return -1;
    return (state & ~RW_COUNT) | LAST_RW | Math.min(2, count + 1);
  }
  const seen = state & ~LAST_RW;
  const wanted = order === '-process' ? PROCESS : REALTIME;
  return kind === wanted ? seen | SAW_ORDER : seen;
}

/** Whether a cycle may close in this state; it began with an edge of the kind `begins`. */
export function accepts({ data, order }: CycleClass, state: number): boolean {
  if (order !== '' && (state & SAW_ORDER) === 0) return false;
  switch (data) {
    case 'G0':
    case 'G1c':
    case 'G-single-item':
      return true;
    case 'G-nonadjacent-item':
      return (state & RW_COUNT) === 2 && (state & LAST_RW) === 0;
    case 'G2-item':
      return (state & RW_COUNT) === 2;
  }
}
