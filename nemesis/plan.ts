/** The plan of a trial: everything that was drawn, as plain data. Saved in full; a trial replays and shrinks from it. */
import type { ClientStep, OwnStep, RoleName } from '../model/system.js';
import type { ProfileName } from './profile.js';

/** When a strike begins and how long it lasts: `at` is a fraction of the safety phase (0..1), `for` in microseconds. */
export interface When {
  readonly at: number;
  readonly for: number;
}

/** Resolved by the runner when the strike begins. `pick` (0..1) chooses among several that play the role. */
export type Target =
  | { readonly kind: 'role'; readonly role: RoleName; readonly key: number; readonly pick: number }
  | { readonly kind: 'machine'; readonly machine: string };

/** One planned fault. */
export interface Strike {
  readonly fault: string;
  readonly target: Target;
  readonly when: When;
  readonly with: Readonly<Record<string, number | string>>;
}

export interface Plan {
  readonly format: 'harrow/plan';
  readonly version: 1;
  readonly profile: ProfileName;
  readonly strikes: readonly Strike[];
  readonly workload: readonly ClientStep[];
  /** Calls of the user's function; then `workload` is what it did when it was run: the steps that it made. */
  readonly own?: readonly OwnStep[];
  /** Settings that the spec left open and that were drawn, by scoped name ('broker:replica.lag.time.max.ms'). */
  readonly settings: Readonly<Record<string, number | string | boolean>>;
  /** Heal everything at the end of the safety phase (true), or a sufficient set first. */
  readonly healAll: boolean;
  /** Which sufficient set, as a fraction of their number. */
  readonly healPick: number;
}
