/**
 * One of the directories of log.dirs: a disk of its own, with its own checkpoints, its own marker of an orderly stop, and
 * since KIP-858 an id. What lies in it is lost to the broker when it fails, and nothing else (KIP-112).
 */
import type { Disk, IoResult } from '../../kernel/disk.js';
import type { Host } from '../../kernel/process.js';
import { DirectoryId } from '../protocol/directory-ids.js';
import { readCleanShutdown, removeCleanShutdown, writeCleanShutdown } from './clean-shutdown.js';
import type { CheckpointedOffsets } from './log-loader.js';
import { readOffsets, writeOffsets, type Offsets } from './offset-checkpoint.js';
import {
  HIGH_WATERMARK_CHECKPOINT,
  isDeletedLog,
  LOCK_FILE,
  LOG_START_CHECKPOINT,
  META_PROPERTIES,
  RECOVERY_POINT_CHECKPOINT,
} from './paths.js';
import { mustSucceed } from './storage-error.js';

/** The file that a voter knows its own directory by, too (raft/directory-id.ts). */
interface MetaProperties {
  /** Of the process that formatted it: ids of one broker's directories of one place differ. */
  readonly directoryId: number;
}

const SMALL_FILE_BYTES = 100;

export class LogDirectory {
  /** Its place in log.dirs. */
  readonly index: number;
  /** Where it lies on the machine; '' is the first, on the root's disk. */
  readonly path: string;
  /** directory.id of meta.properties; `migrating` of a broker that has one directory alone, which nothing ever takes away. */
  id: number = DirectoryId.migrating;
  /** An I/O error was met in it: until the process ends nothing is written to it any more (LogDirFailureChannel). */
  hasFailed = false;
  hadCleanShutdown = false;
  readonly #disk: Disk;
  readonly #prefix: string;
  #highWatermarks: Offsets = [];
  #recoveryPoints: Offsets = [];
  #logStarts: Offsets = [];

  constructor(disk: Disk, index: number, path: string) {
    this.#disk = disk;
    this.index = index;
    this.path = path;
    this.#prefix = path === '' ? '' : `${path}/`;
  }

  /** The path of what is called so in it. */
  pathOf(name: string): string {
    return this.#prefix + name;
  }

  holds(path: string): boolean {
    return this.#prefix !== '' && path.startsWith(this.#prefix);
  }

  /**
   * Takes the lock, and gives an id to a directory that is new (LogManager.lockLogDirs, MetaPropertiesEnsemble): where that
   * cannot be written, it is offline from the start.
   */
  open(host: Host): IoResult {
    const locked = this.#disk.replace(this.pathOf(LOCK_FILE), {}, SMALL_FILE_BYTES);
    if (locked !== 'ok') return locked;
    const path = this.pathOf(META_PROPERTIES);
    if (!this.#disk.exists(path)) {
      const properties: MetaProperties = { directoryId: host.incarnation };
      const written = this.#disk.replace(path, properties, SMALL_FILE_BYTES);
      if (written !== 'ok') return written;
    }
    this.id = directoryId(host.id, this.index, (this.#disk.open(path).read(0) as MetaProperties).directoryId);
    return 'ok';
  }

  // ---------------------------------------------------------------------- start-up and stop

  /** Reads what its files say, and takes away what was being deleted. */
  beginLoading(): void {
    const disk = this.#disk;
    this.hadCleanShutdown = this.readCleanShutdown() >= 0;
    this.#highWatermarks = readOffsets(disk, this.pathOf(HIGH_WATERMARK_CHECKPOINT));
    this.#recoveryPoints = readOffsets(disk, this.pathOf(RECOVERY_POINT_CHECKPOINT));
    this.#logStarts = readOffsets(disk, this.pathOf(LOG_START_CHECKPOINT));
    for (const path of disk.list(this.path)) if (isDeletedLog(path)) disk.remove(path);
  }

  checkpointed(partition: number): CheckpointedOffsets {
    return {
      highWatermark: this.#highWatermarks[partition] ?? 0,
      recoveryPoint: this.#recoveryPoints[partition] ?? 0,
      logStart: this.#logStarts[partition] ?? 0,
    };
  }

  /** The broker epoch in the marker of an orderly stop; -1: there is none. */
  readCleanShutdown(): number {
    return readCleanShutdown(this.#disk, this.path);
  }

  writeCleanShutdown(brokerEpoch: number): void {
    writeCleanShutdown(this.#disk, this.path, brokerEpoch);
  }

  removeCleanShutdown(): void {
    removeCleanShutdown(this.#disk, this.path);
  }

  // ---------------------------------------------------------------------- while it serves

  /** @param file of the directory itself: a checkpoint */
  write(file: string, offsets: Offsets): void {
    writeOffsets(this.#disk, this.pathOf(file), offsets);
  }

  read(file: string): Offsets {
    return readOffsets(this.#disk, this.pathOf(file));
  }

  rename(from: string, to: string): void {
    this.#disk.rename(from, to);
    this.#disk.syncDir(this.path);
  }

  /** After an I/O error nobody writes, though the disk may have come to itself (KAFKA-10778). */
  mustBeOnline(): void {
    if (this.hasFailed) mustSucceed('io-error', this.path);
  }
}

/** Random in Kafka. Here no two directories have the same, nor has one that took the place of another. */
function directoryId(machine: number, index: number, formattedIn: number): number {
  return DirectoryId.firstOfDirectories + (formattedIn * MOST_MACHINES + machine) * MOST_DIRECTORIES + index;
}

const MOST_MACHINES = 1024;
const MOST_DIRECTORIES = 64;
