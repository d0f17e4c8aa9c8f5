/**
 * Questions to partitioners. A case is a topic of `count` partitions, `draw` random numbers from a seed, and steps; `available` are those with a
 * leader, as before where it is left out. `partition`: which one for a record without a key. `begin`: a record is about to
 * begin a batch in this one. `append`: so many bytes went to the sticky partition, whose last batch is `full` or not.
 * `load`: the queues of these partitions are so long.
 */
import { diceOf } from './rebalances.mjs';

/** For the partitioners of KIP-480 and before. @param draw how many numbers are drawn at most */
export function sequences(seed, count, draw) {
  const dice = diceOf(seed);
  return Array.from({ length: count }, () => {
    const partitions = 1 + dice.int(6);
    const steps = Array.from({ length: 20 }, () =>
      withAvailable(
        dice,
        partitions,
        dice.chance(30) ? { do: 'begin', partition: dice.int(partitions) } : { do: 'partition' },
      ),
    );
    return { seed: dice.int(1_000_000), draw, count: partitions, steps };
  });
}

/** For the built-in one of KIP-794. */
export function adaptiveSequences(seed, count) {
  const dice = diceOf(seed);
  return Array.from({ length: count }, () => {
    const partitions = 1 + dice.int(6);
    const steps = Array.from({ length: 20 }, () => withAvailable(dice, partitions, adaptiveStep(dice, partitions)));
    return { seed: dice.int(1_000_000), draw: 20, count: partitions, batchSize: 1000, steps };
  });
}

function adaptiveStep(dice, partitions) {
  if (dice.chance(75)) return { do: 'append', bytes: dice.pick([0, 100, 400, 900, 1100]), full: dice.chance(50) };
  if (dice.chance(15)) return { do: 'load' };
  const chosen = Array.from({ length: partitions }, (_, partition) => partition).filter(() => dice.chance(80));
  return { do: 'load', partitions: chosen, lengths: chosen.map(() => dice.pick([0, 0, 1, 3, 8])) };
}

function withAvailable(dice, partitions, step) {
  if (!dice.chance(15)) return step;
  const available = Array.from({ length: partitions }, (_, partition) => partition).filter(() => dice.chance(60));
  return { ...step, available };
}

const LETTERS = ['a', 'B', '7', '-', '_', ' ', 'é', 'ß', '€', '漢', '😀', '\ud800', '\u0000'];

/** Keys with the partition count of their topic. */
export function keys(seed, count) {
  const dice = diceOf(seed);
  return Array.from({ length: count }, () => ({
    key: Array.from({ length: dice.int(14) }, () => dice.pick(LETTERS)).join(''),
    partitions: 1 + dice.int(50),
  }));
}

/** Ids of groups and transactions. */
export function ids(seed, count) {
  const dice = diceOf(seed);
  const drawn = keys(`${seed} of any letters`, count).map(({ key }) => key);
  const named = Array.from(
    { length: count },
    () => `${dice.pick(['group', 'app', 'txn', 'billing'])}-${dice.int(100_000)}`,
  );
  // Of the hash -2147483648, whose absolute value is none.
  const least = ['polygenelubricants', 'GydZG_', 'DESIGNING WORKHOUSES'];
  return [...drawn, ...named, ...least].map((id) => ({ id, partitions: dice.pick([1, 3, 5, 50, 64]) }));
}
