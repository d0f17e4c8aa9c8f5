/**
 * Which part of a compacted log the cleaner may work on, and how dirty that is: LogCleanerManager.cleanableOffsets,
 * calculateCleanableBytes, maxCompactionDelay, LogToClean.
 *
 *   clean, up to the checkpoint | dirty: cleanable ...                        | not yet: above the last stable offset,
 *   |<- firstDirtyOffset        | whole segments up to firstUncleanableOffset ->| the active segment, or too young
 */
import type { Rules } from '../../protocol/versions/rules.js';
import type { PartitionLog } from '../partition-log.js';
import type { LogSegment } from '../segment.js';

export interface LogToClean {
  readonly log: PartitionLog;
  readonly firstDirtyOffset: number;
  /** Base of the first segment that is left alone. */
  readonly firstUncleanableOffset: number;
  readonly cleanableBytes: number;
  /** Dirty bytes to all that is clean or may be cleaned; 0 of a log in which there is neither. */
  readonly dirtyRatio: number;
  /** max.compaction.lag.ms has passed for some record of the dirty part (KIP-354). */
  readonly isOverdue: boolean;
  /** The checkpoint does not fit the log: it is written anew. */
  readonly checkpointIsInvalid: boolean;
}

/** @param checkpoint the first offset that was not cleaned, as the checkpoint file has it; undefined: never was */
export function toClean(log: PartitionLog, checkpoint: number | undefined, nowMs: number, rules: Rules): LogToClean {
  const { segments, logStartOffset, logEndOffset } = log;
  const checkpointed = checkpoint ?? logStartOffset;
  const checkpointIsInvalid = checkpointed < logStartOffset || checkpointed > logEndOffset;
  const firstDirtyOffset = checkpointIsInvalid ? logStartOffset : checkpointed;
  const uncleanable = Math.max(firstDirtyOffset, firstUncleanable(log, firstDirtyOffset, nowMs, rules));
  const firstUncleanableOffset = (segments.inactiveFrom(uncleanable)[0] ?? segments.active).baseOffset;
  const dirtyFrom = Math.min(firstDirtyOffset, firstUncleanableOffset);
  const cleanableBytes = bytesOf(segments.within(dirtyFrom, firstUncleanableOffset));
  const totalBytes = cleanableBytes + bytesOf(segments.within(0, firstDirtyOffset));
  return {
    log,
    firstDirtyOffset,
    firstUncleanableOffset,
    cleanableBytes,
    dirtyRatio: totalBytes === 0 ? 0 : cleanableBytes / totalBytes,
    isOverdue: isOverdue(log, firstDirtyOffset, nowMs),
    checkpointIsInvalid,
  };
}

/** It is worth its while, or it must be (grabFilthiestCompactedLog). */
export function isCleanable({ log, cleanableBytes, dirtyRatio, isOverdue }: LogToClean): boolean {
  return (isOverdue && cleanableBytes > 0) || dirtyRatio > log.settings['min.cleanable.dirty.ratio'];
}

/**
 * Never what is undecided or not committed, nor the active segment, nor from the first segment on that holds a record
 * younger than min.compaction.lag.ms (KIP-58). With KAFKA-13194 the high watermark did not count.
 */
function firstUncleanable(log: PartitionLog, firstDirtyOffset: number, nowMs: number, rules: Rules): number {
  const { segments, settings } = log;
  const unstable = log.producers.transactions.firstUnstableOffset;
  const stable = rules.defects['KAFKA-13194'] ? (unstable < 0 ? Infinity : unstable) : log.lastStableOffset;
  const lagMs = Math.max(settings['min.compaction.lag.ms'], 0);
  const young =
    lagMs === 0
      ? undefined
      : segments.inactiveFrom(firstDirtyOffset).find(({ largestTimestampMs }) => largestTimestampMs > nowMs - lagMs);
  return Math.min(stable, segments.active.baseOffset, young?.baseOffset ?? Infinity);
}

function isOverdue({ segments, settings }: PartitionLog, firstDirtyOffset: number, nowMs: number): boolean {
  const cleanUntilMs = nowMs - Math.max(settings['max.compaction.lag.ms'], 0);
  return segments
    .inactiveFrom(firstDirtyOffset)
    .some(({ firstTimestampMs }) => firstTimestampMs > 0 && firstTimestampMs < cleanUntilMs);
}

function bytesOf(segments: readonly LogSegment[]): number {
  return segments.reduce((sum, { bytes }) => sum + bytes, 0);
}
