/**
 * A log from disk, after an orderly stop or a crash: LogLoader, LogSegment.recover (replication.md §2.6).
 *
 * Without the clean-shutdown marker every segment with data at or above the checkpointed recovery point is scanned, from
 * its first batch. The first batch with a wrong CRC ends the log: what follows goes, be it whole, later segments
 * included. Below the recovery point nobody looks: damage there shows when it is read.
 */
import { ENTRY_OK, type Disk } from '../../kernel/disk.js';
import type { Host } from '../../kernel/process.js';
import type { TopicSettings } from '../cluster-spec.js';
import { LogStartReason, Probe, TruncateReason } from '../probes.js';
import { lastOffset, type RecordBatch } from '../protocol/records.js';
import type { Rules } from '../protocol/versions/rules.js';
import { recoverSwaps } from './cleaner/segment-swap.js';
import type { LogDirectory } from './log-directory.js';
import type { LogServices } from './log-services.js';
import { PartitionLog } from './partition-log.js';
import { isDeleted, isSegment, offsetOfPath } from './paths.js';
import { ProducerState } from './producer-state.js';
import { announceReload, rebuildProducerState, snapshot } from './rebuild-producers.js';
import type { LogSegment } from './segment.js';
import { mustSucceed } from './storage-error.js';

/** What the checkpoint files of the log directory say of one log; 0: nothing. */
export interface CheckpointedOffsets {
  readonly highWatermark: number;
  readonly recoveryPoint: number;
  readonly logStart: number;
}

/** Where a replica's log lies. */
export interface LogPlace {
  readonly partition: number;
  readonly directory: LogDirectory;
  /** orders-0, or log-dir-2/orders-0. */
  readonly path: string;
}

/** True if there is a directory of this partition on the disk, be it without a segment. */
export function logExists(disk: Disk, path: string): boolean {
  return disk.list(path).length > 0;
}

/** A log with nothing in it, for a replica that this broker is told to host and never held. */
export function createLog(host: Host, place: LogPlace, settings: TopicSettings, services: LogServices): PartitionLog {
  const log = new PartitionLog(host, place, settings, services);
  log.segments.open(0);
  // The checkpoint may have outlived the log.
  log.leaderEpochs.truncateFromEnd(log.logEndOffset);
  host.probes.emit(Probe.logLoaded, host.id, place.partition, 0, 0, 0, log.leaderEpochs.latestEpoch);
  return log;
}

/** @param clean the broker stopped in order, so that the files are trusted */
export function loadLog(
  host: Host,
  place: LogPlace,
  settings: TopicSettings,
  services: LogServices,
  checkpointed: CheckpointedOffsets,
  clean: boolean,
): PartitionLog {
  const log = new PartitionLog(host, place, settings, services);
  const bases = removeLeftovers(host.disk, place.path);
  const scanFrom = clean ? Infinity : scanStart(bases, checkpointed.recoveryPoint);
  const oldLogEnd = takeSegments(log, bases, scanFrom, lowestEpochRecovered(services.rules));
  if (bases.length === 0 || log.logEndOffset < checkpointed.logStart) emptyAt(log, checkpointed.logStart);
  if (log.logEndOffset < oldLogEnd) {
    host.probes.emit(Probe.truncate, host.id, place.partition, log.logEndOffset, oldLogEnd, TruncateReason.recovery);
  }
  log.leaderEpochs.truncateFromEnd(log.logEndOffset);
  const logStart = Math.max(checkpointed.logStart, log.segments.first.baseOffset);
  log.restoreBounds(logStart, log.logEndOffset);
  log.leaderEpochs.truncateFromStart(checkpointed.logStart);
  const isKept = !clean && services.rules.recoveryPointKept;
  log.recoveryPoint = isKept ? Math.min(checkpointed.recoveryPoint, log.logEndOffset) : log.logEndOffset;
  log.abortedTransactions.rebuild(log.batches);
  loadProducers(host, log, services, scanFrom, clean);
  log.restoreHighWatermark(checkpointed.highWatermark);
  announce(host, log, clean);
  return log;
}

/** Where the log that lies at a path ends, as its files say, whatever recovery would make of them; 0: there is none. */
export function endOfLog(disk: Disk, path: string): number {
  const last = disk.list(path).filter(isSegment).at(-1);
  if (last === undefined) return 0;
  const file = disk.open(last);
  return file.length === 0 ? offsetOfPath(last) : lastOffset(file.read(file.length - 1) as RecordBatch) + 1;
}

/**
 * Files of segments that were being deleted go, and what the cleaner had begun is finished or taken back
 * (removeTempFilesAndCollectSwapFiles).
 * @returns the base offsets of the segments, ascending
 */
function removeLeftovers(disk: Disk, path: string): readonly number[] {
  const paths = disk.list(path);
  for (const file of paths) if (isDeleted(file)) disk.remove(file);
  recoverSwaps(disk, path);
  return disk.list(path).filter(isSegment).map(offsetOfPath);
}

/** The base offset of the first segment that is scanned: the one in which the recovery point lies. */
function scanStart(bases: readonly number[], recoveryPoint: number): number {
  return bases.findLast((base) => base <= recoveryPoint) ?? 0;
}

/**
 * Takes the segments in, up to the end of what is sound.
 * @returns where the log ended on the disk, before anything was cut off
 */
function takeSegments(log: PartitionLog, bases: readonly number[], scanFrom: number, lowestEpoch: number): number {
  let end = 0;
  for (let i = 0; i < bases.length; i++) {
    const segment = log.segments.open(bases[i]);
    end = Math.max(end, lastOffsetOf(segment) + 1);
    log.restoreBounds(0, Math.max(log.logEndOffset, segment.baseOffset));
    if (takeSegment(log, segment, bases[i] >= scanFrom, bases[i + 1] ?? Infinity, lowestEpoch)) continue;
    // We had an invalid message: all that remains of the log is deleted (LogLoader.recoverLog).
    for (const later of bases.slice(i + 1)) {
      const dropped = log.segments.open(later);
      end = Math.max(end, lastOffsetOf(dropped) + 1);
      log.segments.dropActive();
    }
    break;
  }
  return end;
}

/**
 * @param next where the next segment begins. A truncation that was undone may have brought batches back above it: only with
 *   KAFKA-9892, since else an fsync follows each. A departure: they are cut off here; Kafka leaves them, for a read that
 *   begins below
 * @returns false if the scan met a damaged batch and cut the segment there
 */
function takeSegment(
  log: PartitionLog,
  segment: LogSegment,
  scans: boolean,
  next: number,
  lowestEpoch: number,
): boolean {
  const { file } = segment;
  const written = file.length;
  let count = 0;
  let isSound = true;
  for (; count < written; count++) {
    const batch = file.read(count) as RecordBatch;
    isSound = !scans || file.state(count) === ENTRY_OK;
    if (!isSound || batch.baseOffset >= next) break;
    if (scans) log.leaderEpochs.recover(batch.partitionLeaderEpoch, batch.baseOffset, lowestEpoch);
    log.take(segment, batch);
  }
  if (count < written) mustSucceed(file.truncate(count), file.path);
  return isSound;
}

/** With KAFKA-10432 epoch 0 is left out: it was taken for "none". */
function lowestEpochRecovered(rules: Rules): number {
  return rules.defects['KAFKA-10432'] ? 1 : 0;
}

/** deleteSegmentsIfLogStartGreaterThanLogEnd: the log begins anew where readers were told that it begins. */
function emptyAt(log: PartitionLog, logStart: number): void {
  log.segments.restartAt(logStart);
  log.leaderEpochs.clear();
  log.producers.restartAt(logStart);
  log.restoreBounds(logStart, logStart);
}

/**
 * After a crash each segment was scanned with a producer state that began at its base, where snapshots above it were thrown
 * away (LogLoader.recoverSegment): what a lost tail of the segment before had told of a producer is forgotten. The log's own
 * state is loaded from the snapshot at the end, the newest batch of each producer. After an orderly stop without any
 * snapshot nobody is known: that is taken for an upgrade from before idempotence.
 */
function loadProducers(host: Host, log: PartitionLog, services: LogServices, scanFrom: number, clean: boolean): void {
  const { producers, segments, logEndOffset } = log;
  const nowMs = Math.trunc(host.wallMicros() / 1000);
  if (!clean) {
    const scanning = new ProducerState(producers.snapshots, services.rules, services.producerExpirationMs);
    for (const { baseOffset } of segments.all) {
      if (baseOffset >= scanFrom) rebuildProducerState(log, scanning, baseOffset, nowMs, services.rules);
    }
    rebuildProducerState(log, scanning, logEndOffset, nowMs, services.rules);
  }
  producers.snapshots.removeStrays(segments.all.map(({ baseOffset }) => baseOffset));
  if (clean && producers.snapshots.offsets.length === 0) {
    producers.moveEndTo(logEndOffset);
    snapshot(producers, services.rules);
  } else {
    rebuildProducerState(log, producers, logEndOffset, nowMs, services.rules);
  }
  announceReload(log, host);
}

function announce(host: Host, log: PartitionLog, clean: boolean): void {
  const { id, probes } = host;
  const { partition, logStartOffset, logEndOffset, highWatermark, leaderEpochs } = log;
  probes.emit(Probe.logLoaded, id, partition, logEndOffset, highWatermark, clean ? 0 : 1, leaderEpochs.latestEpoch);
  if (logStartOffset > 0) probes.emit(Probe.logStart, id, partition, logStartOffset, 0, LogStartReason.loaded);
}

/** Of the last batch in the file, sound or not; the base offset - 1 if it holds none. */
function lastOffsetOf({ baseOffset, file }: LogSegment): number {
  return file.length === 0 ? baseOffset - 1 : lastOffset(file.read(file.length - 1) as RecordBatch);
}
