/** The marker of an orderly stop: CleanShutdownFileHandler (replication.md §2.5). */
import type { Disk } from '../../kernel/disk.js';
import { CLEAN_SHUTDOWN_FILE } from './paths.js';
import { mustSucceed } from './storage-error.js';

/** What it holds since 3.7 (KIP-966): the epoch of the broker that stopped. */
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
