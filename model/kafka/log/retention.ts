/** Segments that go by policy: UnifiedLog.deleteOldSegments (replication.md §2.7). Only what the high watermark has passed. */
import { LogStartReason } from '../probes.js';
import { isDeleted } from './cleanup-policy.js';
import type { PartitionLog } from './partition-log.js';
import type { LogSegment } from './segment.js';

/** `next` is undefined for the active segment. */
type Condition = (segment: LogSegment, next: LogSegment | undefined) => boolean;

/** One round of the task `kafka-log-retention`. Time and size count where cleanup.policy has `delete`, the log's start always. */
export function deleteOldSegments(log: PartitionLog, nowMs: number): void {
  const { settings } = log;
  deleteWhile(log, (_, next) => next !== undefined && next.baseOffset <= log.logStartOffset);
  if (!isDeleted(settings)) return;
  const retentionBytes = settings['retention.bytes'];
  if (retentionBytes >= 0) {
    let excess = log.segments.all.reduce((sum, { bytes }) => sum + bytes, 0) - retentionBytes;
    deleteWhile(log, (segment) => (excess -= segment.bytes) >= 0);
  }
  const retentionMs = settings['retention.ms'];
  if (retentionMs >= 0) deleteWhile(log, (segment) => nowMs - segment.largestTimestampMs > retentionMs);
}

/** Whole segments from the oldest on, as long as the condition holds. An empty active segment stays. */
function deleteWhile(log: PartitionLog, condition: Condition): void {
  const { all } = log.segments;
  let count = 0;
  while (count < all.length) {
    const segment = all[count];
    const next = all.at(count + 1);
    const isEmptyActive = next === undefined && segment.bytes === 0;
    const end = next?.baseOffset ?? log.logEndOffset;
    if (isEmptyActive || log.highWatermark < end || !condition(segment, next)) break;
    count++;
  }
  if (count === 0) return;
  // A log is never without a segment.
  if (count === all.length) log.roll();
  const deleted = all.slice(0, count).map(({ baseOffset }) => baseOffset);
  log.incrementLogStart(all[count].baseOffset, LogStartReason.segmentDeletion);
  log.segments.deleteOldest(count);
  log.producers.snapshots.remove((offset) => deleted.includes(offset));
}
