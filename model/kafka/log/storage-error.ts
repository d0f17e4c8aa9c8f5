/**
 * A log directory failed under a write or an fsync: Kafka's IOException, KafkaStorageException. A broker with one log
 * directory halts on it, and so did every broker before KIP-112; with several it goes on without what lay there
 * (LogDirFailureHandler).
 */
import type { IoResult } from '../../kernel/disk.js';

export class LogDirFailure extends Error {
  /** Of a file or a directory in it. */
  readonly path: string;

  constructor(path: string, result: IoResult) {
    super(`${path}: ${result}`);
    this.path = path;
    this.name = 'LogDirFailure';
  }
}

export function mustSucceed(result: IoResult, path: string): void {
  if (result !== 'ok') throw new LogDirFailure(path, result);
}
