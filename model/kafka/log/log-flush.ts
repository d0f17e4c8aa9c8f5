/**
 * One flush that takes its time: on a roll, and by flush.ms. Each fsync is an event of its own; when the last is through,
 * the names of new segments are made durable, and only then the recovery point moves (UnifiedLog.flush, LocalLog.flush).
 */
import type { File } from '../../kernel/disk.js';
import type { Host } from '../../kernel/process.js';
import type { PartitionLog } from './partition-log.js';

export class LogFlush {
  readonly log: PartitionLog;
  /** Everything below is on the platter when it is done. */
  readonly #end: number;
  readonly #snapshot: File | undefined;
  #files: readonly File[] = [];
  #syncsDirectory = false;
  #next = 0;

  constructor(log: PartitionLog, end: number, snapshot: File | undefined) {
    this.log = log;
    this.#end = end;
    this.#snapshot = snapshot;
  }

  /** What is to be fsynced is decided now: another flush may have come first. */
  begin(): void {
    const { log } = this;
    const { files, syncsDirectory } =
      this.#end > log.recoveryPoint
        ? log.segments.unflushed(log.recoveryPoint, this.#end)
        : { files: [], syncsDirectory: false };
    this.#files = this.#snapshot === undefined ? files : [this.#snapshot, ...files];
    this.#syncsDirectory = syncsDirectory;
  }

  /** Asks for the next fsync, which comes back as a timer of this kind and argument. False: all is done. */
  proceed(host: Host, kind: number, arg: number): boolean {
    if (this.#next < this.#files.length) {
      this.#files[this.#next++].fsync(kind, arg);
      return true;
    }
    if (this.#syncsDirectory) host.disk.syncDir(this.log.path);
    this.log.markFlushed(this.#end);
    return false;
  }
}
