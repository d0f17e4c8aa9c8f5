/** What a partition's assignment says of a reassignment under way: ReplicaAssignment (KIP-455). */
import type { Assignment } from '../znodes.js';

const NOBODY: readonly number[] = [];

export function isBeingReassigned({ adding, removing }: Assignment): boolean {
  return adding.length > 0 || removing.length > 0;
}

/** Who had replicas before the reassignment. */
export function originReplicas({ replicas, adding }: Assignment): readonly number[] {
  return without(replicas, adding);
}

export function targetReplicas({ replicas, removing }: Assignment): readonly number[] {
  return without(replicas, removing);
}

/** The target's replicas come first, in its order; to the origin itself: nothing is under way any more. */
export function reassignTo(assignment: Assignment, target: readonly number[]): Assignment {
  const origin = originReplicas(assignment);
  const removing = without(origin, target);
  return { replicas: [...target, ...removing], adding: without(target, origin), removing };
}

/** Nothing is under way. */
export function settledAssignment(replicas: readonly number[]): Assignment {
  return { replicas, adding: NOBODY, removing: NOBODY };
}

export function isSameAssignment(a: Assignment, b: Assignment): boolean {
  return isSame(a.replicas, b.replicas) && isSame(a.adding, b.adding) && isSame(a.removing, b.removing);
}

export function without(brokers: readonly number[], others: readonly number[]): readonly number[] {
  return brokers.filter((broker) => !others.includes(broker));
}

function isSame(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((broker, index) => broker === b[index]);
}
