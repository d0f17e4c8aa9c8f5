/**
 * A file of one offset for each partition of a log directory: OffsetCheckpointFile. Written aside, fsynced and renamed,
 * so that after a crash it is the old one or the new one, never torn.
 */
import type { Disk } from '../../kernel/disk.js';
import { mustSucceed } from './storage-error.js';

/** By partition number; a hole where the file names none. */
export type Offsets = readonly (number | undefined)[];

interface Checkpoint {
  readonly offsets: Offsets;
}

const ENTRY_BYTES = 24;

export function writeOffsets(disk: Disk, path: string, offsets: Offsets): void {
  const checkpoint: Checkpoint = { offsets };
  mustSucceed(disk.replace(path, checkpoint, ENTRY_BYTES * (1 + offsets.length)), path);
}

/** A partition that the file does not name counts from 0. */
export function readOffsets(disk: Disk, path: string): Offsets {
  if (!disk.exists(path)) return [];
  const file = disk.open(path);
  return file.length === 0 ? [] : (file.read(0) as Checkpoint).offsets;
}
