import { describe, expect, it } from 'vitest';
import type { System } from '../system.js';
import { Probe } from './probes.js';
import { reassignmentSituations } from './reassignment-situations.js';

type Assignment = readonly [replicas: readonly number[], adding?: readonly number[], removing?: readonly number[]];

/** Names of the situations that a partition reaches that is assigned so, one after the other. */
function reached(...assignments: readonly Assignment[]): string[] {
  return reassignmentSituations.flatMap((situation) => {
    const recognise = situation.create({} as System);
    const isReached = assignments
      .map(([replicas, adding = [], removing = []]) =>
        recognise(Probe.assignmentChanged, 4, 0, mask(replicas), mask(adding), mask(removing), 0),
      )
      .includes(true);
    return isReached ? [situation.name] : [];
  });
}

function mask(brokers: readonly number[]): number {
  return brokers.reduce((set, broker) => set | (1 << broker), 0);
}

describe('a reassignment', () => {
  it('is completed when those that it removes are gone and those that it adds are there', () => {
    expect(reached([[4, 2, 3, 1], [4], [1]])).toEqual([]);
    expect(reached([[4, 2, 3, 1], [4], [1]], [[4, 2, 3]])).toEqual(['reassignment-completed']);
  });

  it('is completed at once when it only removes', () => {
    expect(reached([[1, 2]])).toEqual(['reassignment-completed']);
  });

  it('is cancelled when those that it adds are gone', () => {
    expect(reached([[4, 2, 3, 1], [4], [1]], [[2, 3, 1]])).toEqual(['reassignment-cancelled']);
  });
});
