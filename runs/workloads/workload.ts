/** A workload: what clients do in the safety phase, drawn as a few parameters and expanded into plain steps. */
import type { Arbitrary } from 'fast-check';
import type { Stream } from '../../model/kernel/random.js';
import type { ClientStep } from '../../model/system.js';

export interface WorkloadShape {
  readonly producers: number;
  readonly topics: number;
  readonly sends: number;
  /** How many different record keys. */
  readonly keys: number;
  readonly phaseMicros: number;
  /** Members of groups. */
  readonly members: readonly ShapeOfMember[];
}

export interface ShapeOfMember {
  /** As steps count clients. */
  readonly client: number;
  /** max.poll.interval.ms, in microseconds. */
  readonly maxPollMicros: number;
  /** max.poll.records. */
  readonly maxPollRecords: number;
}

/**
 * A plan saves the steps, not the parameters: thousands of steps drawn one by one would cost more than the trial, and
 * steps are what shrinks.
 */
export interface Workload<P = unknown> {
  readonly name: string;
  readonly sentence: string;
  arbitrary(shape: WorkloadShape): Arbitrary<P>;
  /** In order of time; every value once. A function of its arguments. */
  expand(parameters: P, shape: WorkloadShape, stream: Stream): readonly ClientStep[];
}
