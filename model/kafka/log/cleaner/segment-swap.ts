/**
 * One cleaned segment takes the place of several: LocalLog.replaceSegments. What a crash in the middle leaves is finished
 * or taken back when the log is loaded (LogLoader).
 *
 *   0.log 5.log            the old ones, and
 *   0.log.cleaned          what the cleaner writes; a crash: it goes
 *   0.log.swap             whole and fsynced, renamed; a crash: the old ones that it covers go, and it takes their place
 *   0.log.deleted ...      the old ones, unlinked later
 *   0.log                  renamed; the directory is synced
 */
import type { Disk } from '../../../kernel/disk.js';
import { lastOffset, type RecordBatch } from '../../protocol/records.js';
import {
  cleanedPath,
  isCleaned,
  isSegment,
  isSnapshot,
  isSwap,
  offsetOfPath,
  segmentPath,
  swapPath,
  withoutSwap,
} from '../paths.js';

/** The cleaned segment counts from here on. */
export function beginSwap(disk: Disk, name: string, baseOffset: number): void {
  disk.rename(cleanedPath(name, baseOffset), swapPath(name, baseOffset));
}

/** The old segments are out of the way. */
export function endSwap(disk: Disk, name: string, baseOffset: number): void {
  disk.rename(swapPath(name, baseOffset), segmentPath(name, baseOffset));
  disk.syncDir(name);
}

/** While a log is loaded, before its segments are looked at. */
export function recoverSwaps(disk: Disk, name: string): void {
  const paths = disk.list(name);
  const cleaned = paths.filter(isCleaned);
  const swaps = paths.filter(isSwap);
  // Of a split that was not finished (KAFKA-6264).
  const firstCleaned = cleaned.length === 0 ? Infinity : offsetOfPath(cleaned[0]);
  for (const path of swaps) if (offsetOfPath(path) >= firstCleaned) disk.remove(path);
  for (const path of cleaned) disk.remove(path);
  const valid = swaps.filter((path) => offsetOfPath(path) < firstCleaned);
  if (valid.length === 0) return;
  const from = offsetOfPath(valid[0]);
  const end = Math.max(...valid.map((path) => endOfFile(disk, path)));
  for (const path of paths) {
    const isCovered = (isSegment(path) || isSnapshot(path)) && offsetOfPath(path) >= from && offsetOfPath(path) < end;
    if (isCovered) disk.remove(path);
  }
  for (const path of valid) disk.rename(path, withoutSwap(path));
}

/** Behind its last batch; its base offset if it holds none. */
function endOfFile(disk: Disk, path: string): number {
  const file = disk.open(path);
  return file.length === 0 ? offsetOfPath(path) : lastOffset(file.read(file.length - 1) as RecordBatch) + 1;
}
