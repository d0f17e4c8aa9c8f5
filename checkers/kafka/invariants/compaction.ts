/**
 * W23, compaction: a record goes only if it was committed, and if a later committed record of the same replica supersedes
 * it, or a tombstone's, marker's or aborted transaction's time has come.
 *
 *   b1  0=a1 1=b1 2=a2 | high watermark 3 | 0 removed, superseded at 2 → kept; with the high watermark at 2 → broken
 *
 * Whether both records have the same key only the history knows: the licence of a loss looks there.
 */
import type { Invariant } from './invariant.js';
import { brokerWords, placeWords } from './words.js';

export const compactionKeepsLatest: Invariant = {
  id: 'W23',
  sentence: 'Compaction removes only what is committed and superseded by a later record that is committed too.',
  on: ['compacted'],
  create({ cluster, facts, found }) {
    return {
      onProbe(_kind, machine, key, offset, leaderEpoch, value, supersededBy) {
        const { log, highWatermark } = cluster.replica(machine, key);
        // Of what was deleted by policy, anybody may hold anything.
        const isDeleted = offset < cluster.partition(key).deletedBelow;
        const isHeld = isDeleted || (log.epochAt(offset) === leaderEpoch && log.valueAt(offset) === value);
        const committed = Math.min(highWatermark, log.end);
        const isCommitted = offset < committed && supersededBy < committed;
        const isLater = supersededBy < 0 || (supersededBy > offset && log.valueAt(supersededBy) !== ABSENT);
        if (isHeld && isCommitted && isLater) return;
        const why = !isHeld
          ? 'which its log does not hold'
          : isLater
            ? `with its high watermark at ${highWatermark}`
            : `superseded at offset ${supersededBy}, where its log holds nothing`;
        const reason = supersededBy >= 0 && isLater ? `, superseded at offset ${supersededBy}` : '';
        const story = `${brokerWords(machine)} compacted ${placeWords(facts, key, offset)}, value ${value}, away${reason}, ${why}`;
        found({ key, offsets: [offset], values: [value], story });
      },
    };
  },
};

const ABSENT = -1;
