/**
 * Records to be put into batches, in order: the sizes of key and value (-1: none) and milliseconds since the one before. A
 * record that finds no room begins another batch. `split`: the size at which each batch is then split.
 */
import { diceOf } from './rebalances.mjs';

const MAX_SEQUENCE = 2147483647;

export function fillings(seed, count) {
  const dice = diceOf(seed);
  return Array.from({ length: count }, () => {
    const batchSize = dice.pick([1, 100, 200, 500, 1000, 4000, 16384]);
    const large = dice.chance(20);
    const size = (most) => (dice.chance(20) ? -1 : dice.int(most));
    return {
      batchSize,
      producerId: dice.int(100_000),
      producerEpoch: dice.int(32768),
      baseSequence: dice.chance(30) ? MAX_SEQUENCE - dice.int(30) : dice.int(1000),
      isTransactional: dice.chance(50),
      split: dice.pick([80, 150, 300, 1000]),
      records: Array.from({ length: 1 + dice.int(batchSize > 1000 && dice.chance(50) ? 90 : 20) }, () => [
        size(40),
        size(large ? 9000 : 120),
        dice.chance(80) ? dice.int(3) : dice.int(200) - 50,
      ]),
    };
  });
}
