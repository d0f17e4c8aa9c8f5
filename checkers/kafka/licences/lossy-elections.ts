/** Elections after which a partition may lack records that were committed: of what stood in them, the trace says nothing. */
import type { History } from '../../../histories/operation.js';
import type { Trace } from '../../../histories/trace.js';
import { ElectedBy } from '../probe-kinds.js';
import type { PartitionRules } from './loss.js';
import type { PartitionTimeline } from './partition-timeline.js';
import { licensed, type Licensed } from './rows.js';

const OFFSETS_TOPIC = '__consumer_offsets-';

/** Partitions in which coordinators keep the offsets of groups. */
export function offsetPartitions({ keys }: History): readonly number[] {
  return keys.flatMap((name, key) => (name.startsWith(OFFSETS_TOPIC) ? [key] : []));
}

/** @param until microseconds: later ones explain nothing */
export function lossyElection(
  { time }: Trace,
  { elections }: PartitionTimeline,
  rules: PartitionRules,
  until: number,
): Licensed | null {
  for (const { index, reason, leaderImpaired, inFinalRead } of elections) {
    if (inFinalRead || time[index]! > until) continue;
    if (reason === ElectedBy.unclean || reason === ElectedBy.lastKnownLeader)
      return licensed('unclean-election', index);
    if (leaderImpaired) return licensed(rules.eligibleLeaderReplicas ? 'too-many-impaired' : 'impaired-leader', index);
  }
  return null;
}
