/** How a situation is written down. */
import type { Situation, System } from '../system.js';

export type Recogniser = ReturnType<Situation['create']>;

/** @param on the kinds of probes that its recognisers are fed */
export function situation(
  name: string,
  sentence: string,
  on: readonly number[],
  create: (system: System) => Recogniser,
): Situation {
  return { name, sentence, on, create };
}

export function always(): Recogniser {
  return () => true;
}

/** The same situations, which a spec reaches only if it has this besides faults. */
export function needing(needs: string, ...situations: readonly Situation[]): readonly Situation[] {
  return situations.map((one) => ({ ...one, needs }));
}
