/** The marker of an orderly stop: CleanShutdownFileHandler (replication.md §2.5). */
import type { Disk } from '../../kernel/disk.js';
import { CLEAN_SHUTDOWN_FILE } from './paths.js';
import { mustSucceed } from './storage-error.js';

/** What it holds since 3.7 (KIP-966): the epoch of the broker that stopped. */
interface CleanShutdown {
  readonly brokerEpoch: number;
}

const CLEAN_SHUTDOWN_BYTES = 32;

/** The last step of an orderly stop: every log in the directory was flushed before. */
export function writeCleanShutdown(disk: Disk, directory: string, brokerEpoch: number): void {
  const marker: CleanShutdown = { brokerEpoch };
  const path = markerPath(directory);
  mustSucceed(disk.replace(path, marker, CLEAN_SHUTDOWN_BYTES), path);
}

/** The broker epoch in the marker; -1 if the last process did not stop in order. */
export function readCleanShutdown(disk: Disk, directory: string): number {
  const path = markerPath(directory);
  if (!disk.exists(path)) return -1;
  return (disk.open(path).read(0) as CleanShutdown).brokerEpoch;
}

/** Deleted before loading, so that a crash while loading counts as unclean (KAFKA-10471). */
export function removeCleanShutdown(disk: Disk, directory: string): void {
  const path = markerPath(directory);
  if (!disk.exists(path)) return;
  disk.remove(path);
  disk.syncDir(directory);
}

function markerPath(directory: string): string {
  return directory === '' ? CLEAN_SHUTDOWN_FILE : `${directory}/${CLEAN_SHUTDOWN_FILE}`;
}
