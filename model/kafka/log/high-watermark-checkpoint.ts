/**
 * `replication-offset-checkpoint`: the high watermarks of a broker's replicas, written every
 * replica.high.watermark.checkpoint.interval.ms and in an orderly stop (OffsetCheckpointFile). Old or new after a crash.
 */
import type { Disk } from '../../kernel/disk.js';
import { HIGH_WATERMARK_CHECKPOINT } from './paths.js';
import type { PartitionLog } from './partition-log.js';
import { mustSucceed } from './storage-error.js';

interface Checkpoint {
  /** By partition number; a hole where the broker hosts no replica. */
  readonly offsets: readonly (number | undefined)[];
}

const ENTRY_BYTES = 24;

export function writeHighWatermarks(disk: Disk, logs: readonly PartitionLog[]): void {
  const offsets: (number | undefined)[] = [];
  for (const log of logs) offsets[log.partition] = log.highWatermark;
  const checkpoint: Checkpoint = { offsets };
  const result = disk.replace(HIGH_WATERMARK_CHECKPOINT, checkpoint, ENTRY_BYTES * (1 + logs.length));
  mustSucceed(result, HIGH_WATERMARK_CHECKPOINT);
}

/** By partition number; a partition that it does not name counts from 0. */
export function readHighWatermarks(disk: Disk): readonly (number | undefined)[] {
  if (!disk.exists(HIGH_WATERMARK_CHECKPOINT)) return [];
  const file = disk.open(HIGH_WATERMARK_CHECKPOINT);
  return file.length === 0 ? [] : (file.read(0) as Checkpoint).offsets;
}
