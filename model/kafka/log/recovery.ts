/**
 * A log from disk, after an orderly stop or a crash: LogLoader, LogSegment.recover (replication.md §2.6).
 *
 * Without the clean-shutdown marker every batch is checked, from the first: the recovery point is not checkpointed here,
 * so it counts as 0. The first torn or corrupt batch, or one that does not follow in offset order, ends the log; all
 * behind it is dropped, be it valid.
 */
import { ENTRY_OK, type Disk } from '../../kernel/disk.js';
import type { Host } from '../../kernel/process.js';
import type { TopicSettings } from '../cluster-spec.js';
import { Probe, TruncateReason } from '../probes.js';
import { lastOffset, type RecordBatch } from '../protocol/records.js';
import { PartitionLog } from './partition-log.js';
import { CLEAN_SHUTDOWN_FILE, segmentPath } from './paths.js';
import { mustSucceed } from './storage-error.js';

/** True if a log of this partition is on the disk. */
export function logExists(disk: Disk, name: string): boolean {
  return disk.exists(segmentPath(name));
}

/** A log with nothing in it, for a replica that this broker is told to host and never held. */
export function createLog(host: Host, partition: number, name: string, settings: TopicSettings): PartitionLog {
  const log = new PartitionLog(host, partition, name, settings);
  // The checkpoint may have outlived the log.
  log.leaderEpochs.truncateFromEnd(log.logEndOffset);
  host.probes.emit(Probe.logLoaded, host.id, partition, 0, 0, 0, log.leaderEpochs.latestEpoch);
  return log;
}

/**
 * @param checkpointedHighWatermark what the checkpoint says of this partition, 0 if nothing
 * @param clean the broker stopped in order, so that the file is trusted
 */
export function loadLog(
  host: Host,
  partition: number,
  name: string,
  settings: TopicSettings,
  checkpointedHighWatermark: number,
  clean: boolean,
): PartitionLog {
  const path = segmentPath(name);
  const file = host.disk.open(path);
  const log = new PartitionLog(host, partition, name, settings);
  const written = file.length;
  const oldLogEnd = written === 0 ? 0 : lastOffset(file.read(written - 1) as RecordBatch) + 1;
  let valid = 0;
  while (valid < written && (clean || file.state(valid) === ENTRY_OK)) {
    const batch = file.read(valid) as RecordBatch;
    if (!follows(log, batch)) break;
    log.replay(batch);
    valid++;
  }
  if (valid < written) {
    mustSucceed(file.truncate(valid), path);
    host.probes.emit(Probe.truncate, host.id, partition, log.logEndOffset, oldLogEnd, TruncateReason.recovery);
  }
  if (!clean) log.leaderEpochs.rebuild(log.batches);
  log.leaderEpochs.truncateFromEnd(log.logEndOffset);
  log.recoveryPoint = clean ? log.logEndOffset : 0;
  const epoch = log.leaderEpochs.latestEpoch;
  log.restoreHighWatermark(checkpointedHighWatermark);
  host.probes.emit(Probe.logLoaded, host.id, partition, log.logEndOffset, log.highWatermark, clean ? 0 : 1, epoch);
  return log;
}

/** Offsets and leader epochs ascend: neither is covered by a batch's CRC (replication.md §2.3). */
function follows(log: PartitionLog, batch: RecordBatch): boolean {
  if (batch.baseOffset < log.logEndOffset) return false;
  const count = log.batches.length;
  return count === 0 || batch.partitionLeaderEpoch >= log.batches[count - 1].partitionLeaderEpoch;
}

/** What the marker of an orderly stop holds (KIP-966): the epoch of the broker that stopped. */
interface CleanShutdown {
  readonly brokerEpoch: number;
}

const CLEAN_SHUTDOWN_BYTES = 32;

/** The last step of an orderly stop: every log was flushed before. */
export function writeCleanShutdown(disk: Disk, brokerEpoch: number): void {
  const marker: CleanShutdown = { brokerEpoch };
  mustSucceed(disk.replace(CLEAN_SHUTDOWN_FILE, marker, CLEAN_SHUTDOWN_BYTES), CLEAN_SHUTDOWN_FILE);
}

/** The broker epoch in the marker; -1 if the last process did not stop in order. */
export function readCleanShutdown(disk: Disk): number {
  if (!disk.exists(CLEAN_SHUTDOWN_FILE)) return -1;
  return (disk.open(CLEAN_SHUTDOWN_FILE).read(0) as CleanShutdown).brokerEpoch;
}

/** Deleted before loading, so that a crash while loading counts as unclean (KAFKA-10471). */
export function removeCleanShutdown(disk: Disk): void {
  if (!disk.exists(CLEAN_SHUTDOWN_FILE)) return;
  disk.remove(CLEAN_SHUTDOWN_FILE);
  disk.syncDir('');
}
