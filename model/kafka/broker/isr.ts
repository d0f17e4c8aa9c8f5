/** When a leader proposes another ISR (replication.md §4). The proposals themselves are in isr-state.ts. */
import { inForce } from '../protocol/versions/features.js';
import type { MetadataImageView } from './components.js';
import { contains } from './isr-state.js';
import type { Partition } from './partition.js';
import { UNKNOWN_BROKER_EPOCH, type RemoteReplica } from './remote-replica.js';
import type { ReplicationRules } from './replication-rules.js';

/**
 * May the replica enter an ISR at all? Not fenced and not shutting down (KIP-841), and the broker that fetched is the one
 * that is registered now, as this leader's metadata has it (KIP-903). Partition.isReplicaIsrEligible
 */
export function isEligible(replica: RemoteReplica, image: MetadataImageView, rules: ReplicationRules): boolean {
  const broker = image.broker(replica.brokerId);
  // Under ZooKeeper nobody looked whether it is alive, before KAFKA-14140.
  if (broker === undefined) return !rules.fencedNotInIsr;
  if (rules.fencedNotInIsr && (broker.fenced || broker.inControlledShutdown)) return false;
  if (!inForce('brokerEpochInIsr', image, rules)) return true;
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
export function mayJoin(
  partition: Partition,
  replica: RemoteReplica,
  image: MetadataImageView,
  rules: ReplicationRules,
): boolean {
  if (!isCandidate(partition, replica)) return false;
  return isInSync(partition, replica, rules) && isEligible(replica, image, rules);
}

/** Partition.isFollowerInSync */
export function isInSync(partition: Partition, replica: RemoteReplica, rules: ReplicationRules): boolean {
  if (!partition.isLeader || replica.logEndOffset < partition.log.highWatermark) return false;
  return !rules.leaderEpochStartOffset || replica.logEndOffset >= partition.leaderEpochStartOffset;
}

/** What a member of the ISR may lag behind before it is taken out. */
export interface LagLimits {
  readonly rule: ReplicationRules['replicaLag'];
  /** replica.lag.time.max.ms */
  readonly micros: number;
  /** replica.lag.max.messages, up to 0.8.2. */
  readonly messages: number;
}

/**
 * Members of the committed ISR that lag too far, as a bit mask. 0 while a proposal is under way. One that is no replica any
 * more lags for good (KAFKA-9672). Partition.getOutOfSyncReplicas
 */
export function outOfSync(partition: Partition, now: number, limits: LagLimits): number {
  if (!partition.isLeader || partition.isr.kind !== 'committed') return 0;
  const end = partition.log.logEndOffset;
  let out = partition.isr.committed & ~partition.replicaSet;
  for (const replica of partition.remotes) {
    if (!contains(partition.isr.committed, replica.brokerId)) continue;
    if (lags(replica, end, now, limits)) out |= 1 << replica.brokerId;
  }
  return out;
}

/**
 * Neither at the leader's end nor caught up with it within the lag time. Up to 0.8.2: silent for the lag time, or behind by
 * more than so many messages, which one burst of writes does to every healthy follower at once (KAFKA-1546).
 */
function lags(replica: RemoteReplica, leaderLogEndOffset: number, now: number, limits: LagLimits): boolean {
  if (limits.rule === 'time') return !replica.isCaughtUp(leaderLogEndOffset, now, limits.micros);
  if (now - replica.logEndOffsetUpdateTime > limits.micros) return true;
  return replica.logEndOffset >= 0 && leaderLogEndOffset - replica.logEndOffset > limits.messages;
}
