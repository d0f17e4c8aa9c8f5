/**
 * The local state of one task on the disk of its machine: the count of every key, and the file .checkpoint, which says up
 * to which changelog offset the store is good (OffsetCheckpoint, ProcessorStateManager).
 *
 * The store is not transactional: it has each count as soon as it was processed, committed or not. RocksDB without its
 * write-ahead log, as Streams opens it, keeps counts in a memtable that dies with the process, and flushes it whenever it
 * likes. Here it is flushed at once, so that a process that dies leaves as much behind that was never committed as it can.
 */
import type { Disk, File } from '../../../kernel/disk.js';

const ENTRY_BYTES = 32;
const CHECKPOINT_BYTES = 64;

interface Entry {
  readonly key: string;
  readonly count: number;
}

interface Checkpoint {
  readonly offset: number;
}

export class StateStore {
  readonly #disk: Disk;
  readonly #directory: string;
  #file: File;
  readonly #counts = new Map<string, number>();

  /** Opens what is there. @param name of the task */
  constructor(disk: Disk, name: string) {
    this.#disk = disk;
    this.#directory = `streams/${name}`;
    this.#file = disk.open(this.#storePath);
    const damaged = this.#file.firstDamaged(0);
    const good = damaged < 0 ? this.#file.length : damaged;
    for (let i = 0; i < good; i++) {
      const { key, count } = this.#file.read(i) as Entry;
      this.#counts.set(key, count);
    }
  }

  get isEmpty(): boolean {
    return this.#file.length === 0;
  }

  /** undefined: the key was never counted. */
  get(key: string): number | undefined {
    return this.#counts.get(key);
  }

  put(key: string, count: number): void {
    this.#counts.set(key, count);
    this.#file.append({ key, count } satisfies Entry, ENTRY_BYTES);
  }

  /** The changelog offset of the last record that the store is known to include; null: nobody knows. */
  get checkpoint(): number | null {
    if (!this.#disk.exists(this.#checkpointPath)) return null;
    const file = this.#disk.open(this.#checkpointPath);
    return file.length === 0 ? null : (file.read(0) as Checkpoint).offset;
  }

  /** The store is flushed first (ProcessorStateManager.flush, checkpoint): what the file says is in the store for good. */
  writeCheckpoint(offset: number): void {
    this.#file.fsyncNow();
    this.#disk.replace(this.#checkpointPath, { offset } satisfies Checkpoint, CHECKPOINT_BYTES);
  }

  deleteCheckpoint(): void {
    this.#disk.remove(this.#checkpointPath);
    this.#disk.syncDir(this.#directory);
  }

  /** The directory of the task is deleted (StateManagerUtil.closeStateManager, TaskManager.closeDirtyAndRevive). */
  wipe(): void {
    this.deleteCheckpoint();
    this.#disk.remove(this.#storePath);
    this.#disk.syncDir(this.#directory);
    this.#counts.clear();
    this.#file = this.#disk.open(this.#storePath);
  }

  get #storePath(): string {
    return `${this.#directory}/store`;
  }

  get #checkpointPath(): string {
    return `${this.#directory}/.checkpoint`;
  }
}
