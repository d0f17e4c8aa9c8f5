/** Elections after which a partition may lack records that were committed: of what stood in them, the trace says nothing. */
import type { Trace } from '../../../histories/trace.js';
import { ElectedBy } from '../probe-kinds.js';
import type { PartitionRules } from './loss.js';
import type { PartitionTimeline } from './partition-timeline.js';
import { licensed, type Licensed } from './rows.js';

/** @param until microseconds: later ones explain nothing */
export function lossyElection(
  { time }: Trace,
  { elections }: PartitionTimeline,
  rules: PartitionRules,
  until: number,
): Licensed | null {
  for (const { index, reason, leaderImpaired, inFinalRead } of elections) {
    if (inFinalRead || time[index]! > until) continue;
    if (reason === ElectedBy.unclean) return licensed('unclean-election', index);
    if (reason === ElectedBy.lastKnownLeader) return licensed('last-known-leader', index);
    if (leaderImpaired) return licensed(rules.eligibleLeaderReplicas ? 'too-many-impaired' : 'impaired-leader', index);
  }
  return null;
}
