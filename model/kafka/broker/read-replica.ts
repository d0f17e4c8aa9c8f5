/**
 * From whom a consumer had better read: ReplicaManager.findPreferredReadReplica with the RackAwareReplicaSelector (KIP-392).
 * Without replica.selector.class, the default, everyone reads from the leader.
 */
import type { MetadataImageView } from './components.js';
import { contains } from './isr-state.js';
import type { Partition } from './partition.js';
import type { RemoteReplica } from './remote-replica.js';

const LEADER = -1;

export const RACK_AWARE_SELECTOR = 'org.apache.kafka.common.replica.RackAwareReplicaSelector';

/**
 * Only a follower in the ISR comes into question, and only if it holds the offset: one that lags would lead the consumer
 * around in circles (KAFKA-14372). The leader itself if it is in the consumer's rack; else the one that is furthest.
 * @returns -1: the leader, who was asked
 */
export function rackAwareReadReplica(
  partition: Partition,
  image: MetadataImageView,
  rackId: string,
  fetchOffset: number,
): number {
  if (!partition.isLeader || rackId === '' || rackOf(partition.leader, image) === rackId) return LEADER;
  let best: RemoteReplica | null = null;
  for (const replica of partition.remotes) {
    if (rackOf(replica.brokerId, image) !== rackId || !mayServe(partition, replica, fetchOffset)) continue;
    if (best === null || isAhead(replica, best)) best = replica;
  }
  return best === null ? LEADER : best.brokerId;
}

function mayServe(partition: Partition, replica: RemoteReplica, fetchOffset: number): boolean {
  if (!contains(partition.isr.committed, replica.brokerId)) return false;
  return replica.logEndOffset >= fetchOffset && replica.logStartOffset <= fetchOffset;
}

/** By log end, then by when it was caught up last, then by name (ReplicaView.comparator). */
function isAhead(replica: RemoteReplica, other: RemoteReplica): boolean {
  if (replica.logEndOffset !== other.logEndOffset) return replica.logEndOffset > other.logEndOffset;
  if (replica.lastCaughtUpTime !== other.lastCaughtUpTime) return replica.lastCaughtUpTime > other.lastCaughtUpTime;
  return replica.brokerId > other.brokerId;
}

/** Of a broker that is alive, as this leader's metadata has it. */
function rackOf(broker: number, image: MetadataImageView): string | null {
  return image.isAlive(broker) ? image.broker(broker)!.rack : null;
}
