/** The assignors that a consumer can be configured with, by name. */
import type { Assignor } from './assignor.js';
import { RangeAssignor } from './range.js';
import { RoundRobinAssignor } from './round-robin.js';
import { CooperativeStickyAssignor } from './sticky/cooperative-sticky.js';
import { StickyAssignor } from './sticky/sticky.js';

/** By the name under which JoinGroup offers them. */
const assignors = {
  range: () => new RangeAssignor(),
  roundrobin: () => new RoundRobinAssignor(),
  sticky: () => new StickyAssignor(),
  'cooperative-sticky': () => new CooperativeStickyAssignor(),
} satisfies Record<string, () => Assignor>;

export type AssignorName = keyof typeof assignors;

export const assignorNames = Object.keys(assignors) as readonly AssignorName[];

/** A new instance, which remembers nothing. */
export function createAssignor(name: AssignorName): Assignor {
  return assignors[name]();
}
