/**
 * Where a follower cuts its log when the leader says that their histories part: KIP-279 in its on-fetch form
 * (AbstractFetcherThread.getOffsetTruncationState, replication.md §6.5).
 */
import type { PartitionLog } from '../log/partition-log.js';

/**
 * @param divergingEpoch the largest epoch of the leader that is not above the follower's last
 * @param divergingEndOffset where that epoch ends in the leader's log
 * @returns the new log end. If the two logs do not share that epoch, the next fetch finds the next divergence
 */
export function truncationOffset(log: PartitionLog, divergingEpoch: number, divergingEndOffset: number): number {
  const end = log.logEndOffset;
  const own = log.endOffsetForEpoch(divergingEpoch);
  if (own === undefined) return Math.min(divergingEndOffset, end);
  if (own.epoch !== divergingEpoch) return Math.min(own.endOffset, end);
  return Math.min(own.endOffset, divergingEndOffset, end);
}
