/**
 * W1, committed prefix: every leader that the controller stands by holds what was ever committed, unchanged.
 *
 *   b1 leads, high watermark 5 | b2 is elected and begins to lead with log end 3 → offsets 3 and 4 are lost
 *
 * Broken by an unclean election, by an impaired leader, by truncation to a stale high watermark (before KIP-101).
 */
import type { ProbeListener } from '../probe-kinds.js';
import type { Loss } from './committed-logs.js';
import type { Breach, Invariant, InvariantContext } from './invariant.js';
import { brokerWords, placeWords } from './words.js';

export const committedPrefix: Invariant = {
  id: 'W1',
  sentence: 'Every leader holds all that was ever committed, unchanged.',
  // The committed logs compare when a leader begins, cuts its log or moves its high watermark, and tell of a loss.
  on: [],
  create(context) {
    context.committed.onLoss((loss) => context.found(lost(context, loss)));
    return silent;
  },
};

const silent: ProbeListener = { onProbe() {} };

/** So many of the records that are gone are named. */
const MOST_NAMED = 6;

function lost({ facts }: InvariantContext, { partition, machine, offsets: all, committed }: Loss): Breach {
  const offsets = all.slice(0, MOST_NAMED);
  const values = offsets.map((offset) => committed.valueAt(offset));
  const what = `${placeWords(facts, partition.key, offsets[0]!)}, value ${values[0]}`;
  const others = all.length - 1;
  const rest =
    others > 0
      ? ` (and ${others} more committed ${others > 1 ? 'records' : 'record'} up to offset ${all[others]})`
      : '';
  const story = `${what}, was committed, and ${brokerWords(machine)} leads in epoch ${partition.leaderEpoch} without it${rest}`;
  return { key: partition.key, machine, offsets, values, story };
}
