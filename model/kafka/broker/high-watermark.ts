/** How far a leader may move its high watermark: Partition.maybeIncrementLeaderHW (replication.md §3.3). */
import type { MetadataImageView } from './components.js';
import { isEligible } from './isr.js';
import { contains } from './isr-state.js';
import type { Partition } from './partition.js';
import type { ReplicationRules } from './replication-rules.js';

/**
 * The smallest log end of the leader, of every member of the maximal ISR (an unknown one blocks), and of every follower
 * outside that is caught up and may join: waiting for it lets it reach the high watermark at all (since 0.9).
 *
 * Called after the leader's append, a follower's fetch, an ISR change and a become-leader.
 * @returns true if the high watermark moved
 */
export function maybeIncrementHighWatermark(
  partition: Partition,
  image: MetadataImageView,
  rules: ReplicationRules,
  now: number,
  lagMicros: number,
): boolean {
  // KAFKA-15583: below min.insync.replicas nothing more is committed.
  if (rules.highWatermarkGate && partition.isr.committedSize < partition.effectiveMinIsr) return false;
  // While the leader writes the ISR into ZooKeeper it holds the partition's lock.
  if (rules.isrWrites === 'zookeeper' && partition.isr.kind !== 'committed') return false;
  const { log, remotes } = partition;
  const counted = rules.maximalIsr ? partition.isr.maximal : partition.isr.committed;
  const end = log.logEndOffset;
  let candidate = end;
  for (let i = 0; i < remotes.length; i++) {
    const replica = remotes[i];
    if (replica.logEndOffset >= candidate) continue;
    const counts =
      contains(counted, replica.brokerId) ||
      (rules.highWatermarkWaitsForCaughtUp &&
        replica.isCaughtUp(end, now, lagMicros) &&
        isEligible(replica, image, rules));
    if (counts) candidate = replica.logEndOffset;
  }
  if (candidate <= log.highWatermark) return false;
  return log.updateHighWatermark(candidate, partition.leaderEpoch, true);
}
