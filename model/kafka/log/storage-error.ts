/**
 * The log directory failed under a write or an fsync: Kafka's IOException. A broker with one log directory halts on it
 * (LogDirFailureHandler), so no append can follow a failed one (KAFKA-10778).
 */
import type { IoResult } from '../../kernel/disk.js';

export class LogDirFailure extends Error {
  constructor(path: string, result: IoResult) {
    super(`${path}: ${result}`);
    this.name = 'LogDirFailure';
  }
}

export function mustSucceed(result: IoResult, path: string): void {
  if (result !== 'ok') throw new LogDirFailure(path, result);
}
