/** fast-check's own shrinkers, driven from a saved value: one that never saw the generator. */
import type { Arbitrary } from 'fast-check';

/** Candidates for one value: one that must be just so does not use up a search's attempts. */
const MOST_PER_VALUE = 12;

/**
 * From each value that is accepted on to its shrunk ones, with what the shrinker remembers of it.
 * @param accept whether the candidate will do; yields whatever its caller is to be asked
 */
export function* shrinkValue<T, Asked>(
  arbitrary: Arbitrary<T>,
  value: T,
  accept: (candidate: T) => Generator<Asked, boolean, boolean>,
): Generator<Asked, void, boolean> {
  if (!arbitrary.canShrinkWithoutContext(value)) return;
  let candidates = arbitrary.shrink(value, undefined)[Symbol.iterator]();
  for (let tried = 0; tried < MOST_PER_VALUE; tried++) {
    const next = candidates.next();
    if (next.done) return;
    const candidate = next.value;
    if (yield* accept(candidate.value)) {
      candidates = arbitrary.shrink(candidate.value, candidate.context)[Symbol.iterator]();
    }
  }
}
