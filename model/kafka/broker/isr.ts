/** When a leader proposes another ISR (replication.md §4). The proposals themselves are in isr-state.ts. */
import type { Rules } from '../protocol/versions/rules.js';
import type { MetadataImageView } from './components.js';
import { contains } from './isr-state.js';
import type { Partition } from './partition.js';
import { UNKNOWN_BROKER_EPOCH, type RemoteReplica } from './remote-replica.js';

/**
 * May the replica enter an ISR at all? Not fenced and not shutting down (KIP-841), and the broker that fetched is the one
 * that is registered now, as this leader's metadata has it (KIP-903). Partition.isReplicaIsrEligible
 */
export function isEligible(replica: RemoteReplica, image: MetadataImageView, rules: Rules): boolean {
  const broker = image.broker(replica.brokerId);
  if (broker === undefined) return false;
  if (rules.fencedNotInIsr && (broker.fenced || broker.inControlledShutdown)) return false;
  if (!rules.brokerEpochInIsr) return true;
  if (replica.brokerEpoch === UNKNOWN_BROKER_EPOCH) return false;
  return replica.brokerEpoch === -1 || replica.brokerEpoch === broker.brokerEpoch;
}

/** Worth a look by mayJoin: outside the ISR, and no proposal is under way. */
export function isCandidate(partition: Partition, replica: RemoteReplica): boolean {
  return partition.isr.kind === 'committed' && !contains(partition.isr.committed, replica.brokerId);
}

/**
 * Does a follower that has just fetched belong into the ISR? It has reached the high watermark, and the start of this
 * leader's epoch (KAFKA-7128): until the high watermark has caught up with that, committed records may lie above it.
 * Partition.needsExpandIsr
 */
export function mayJoin(partition: Partition, replica: RemoteReplica, image: MetadataImageView, rules: Rules): boolean {
  if (!partition.isLeader || !isCandidate(partition, replica)) return false;
  if (replica.logEndOffset < partition.log.highWatermark) return false;
  if (rules.leaderEpochStartOffset && replica.logEndOffset < partition.leaderEpochStartOffset) return false;
  return isEligible(replica, image, rules);
}

/**
 * Members of the committed ISR that are neither at the leader's end nor were caught up within the lag time, as a bit mask.
 * 0 while a proposal is under way. Partition.getOutOfSyncReplicas
 */
export function outOfSync(partition: Partition, now: number, lagMicros: number): number {
  if (!partition.isLeader || partition.isr.kind !== 'committed') return 0;
  const end = partition.log.logEndOffset;
  let out = 0;
  for (const replica of partition.remotes) {
    if (!contains(partition.isr.committed, replica.brokerId)) continue;
    if (!replica.isCaughtUp(end, now, lagMicros)) out |= 1 << replica.brokerId;
  }
  return out;
}
