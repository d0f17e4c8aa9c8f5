/** Names of files in a log directory, as Kafka lays them out (replication.md §2.1, LogFileUtils). */

/** The high watermarks of all replicas of a broker. */
export const HIGH_WATERMARK_CHECKPOINT = 'replication-offset-checkpoint';
/** Below its recovery point a log is on the platter, and is not scanned after a crash. */
export const RECOVERY_POINT_CHECKPOINT = 'recovery-point-offset-checkpoint';
/** Only of logs whose start lies above their first segment's base offset. */
export const LOG_START_CHECKPOINT = 'log-start-offset-checkpoint';
/** Of each compacted log: the first offset that the cleaner has not cleaned. */
export const CLEANER_CHECKPOINT = 'cleaner-offset-checkpoint';
/** Written last in an orderly stop; read, then deleted, before the logs are loaded (KAFKA-10471). */
export const CLEAN_SHUTDOWN_FILE = '.kafka_cleanshutdown';

/** Of a broker with several log directories: taken by the process that uses the directory. */
export const LOCK_FILE = '.lock';
/** The same: which directory it is. */
export const META_PROPERTIES = 'meta.properties';

/** Of a segment that was deleted: renamed at once, unlinked after file.delete.delay.ms. */
const DELETED_SUFFIX = '.deleted';
/** Of the directory of a log that was deleted: the same. */
const DELETED_LOG_SUFFIX = '-delete';
/** Of a segment that the cleaner writes; and of one that is whole, and takes its place among the others. */
const CLEANED_SUFFIX = '.cleaned';
const SWAP_SUFFIX = '.swap';
const SEGMENT_SUFFIX = '.log';
const SNAPSHOT_SUFFIX = '.snapshot';
const OFFSET_DIGITS = 20;

/**
 * Where the directories of log.dirs lie on a machine, each on a disk of its own: the first on the root's, with the metadata
 * log, the others where they are mounted.
 */
export function logDirPaths(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => (index === 0 ? '' : `log-dir-${index + 1}`));
}

/** A segment is named by its base offset. */
export function segmentPath(partitionName: string, baseOffset: number): string {
  return `${partitionName}/${offsetDigits(baseOffset)}${SEGMENT_SUFFIX}`;
}

/** The state of the producers at an offset. */
export function snapshotPath(partitionName: string, offset: number): string {
  return `${partitionName}/${offsetDigits(offset)}${SNAPSHOT_SUFFIX}`;
}

export function leaderEpochCheckpointPath(partitionName: string): string {
  return `${partitionName}/leader-epoch-checkpoint`;
}

export function deletedPath(path: string): string {
  return `${path}${DELETED_SUFFIX}`;
}

/** LocalLog.logDeleteDirName: what a deleted log's directory is renamed to. */
export function deletedLogPath(partitionName: string, unique: number): string {
  return `${partitionName}.${unique}${DELETED_LOG_SUFFIX}`;
}

export function isDeletedLog(path: string): boolean {
  return path.endsWith(DELETED_LOG_SUFFIX);
}

export function cleanedPath(partitionName: string, baseOffset: number): string {
  return `${segmentPath(partitionName, baseOffset)}${CLEANED_SUFFIX}`;
}

export function swapPath(partitionName: string, baseOffset: number): string {
  return `${segmentPath(partitionName, baseOffset)}${SWAP_SUFFIX}`;
}

export function withoutSwap(path: string): string {
  return path.slice(0, -SWAP_SUFFIX.length);
}

export function isCleaned(path: string): boolean {
  return path.endsWith(CLEANED_SUFFIX);
}

export function isSwap(path: string): boolean {
  return path.endsWith(SWAP_SUFFIX);
}

export function isSegment(path: string): boolean {
  return path.endsWith(SEGMENT_SUFFIX);
}

export function isSnapshot(path: string): boolean {
  return path.endsWith(SNAPSHOT_SUFFIX);
}

export function isDeleted(path: string): boolean {
  return path.endsWith(DELETED_SUFFIX);
}

/** The offset that a segment or a snapshot is named by. */
export function offsetOfPath(path: string): number {
  const name = path.slice(path.lastIndexOf('/') + 1);
  return Number(name.slice(0, OFFSET_DIGITS));
}

/** The directory that a partition's file lies in; '' for files of the first log directory itself. */
export function directoryOfPath(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

/** The partition that its directory is named by, whichever log directory it lies in. */
export function partitionOfPath(path: string): string {
  const directory = directoryOfPath(path);
  return directory.slice(directory.lastIndexOf('/') + 1);
}

function offsetDigits(offset: number): string {
  return String(offset).padStart(OFFSET_DIGITS, '0');
}
