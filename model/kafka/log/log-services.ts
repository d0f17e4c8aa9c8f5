/** What a log asks of the broker it belongs to: steps of their own, and files that it shares with other logs. */
import type { File } from '../../kernel/disk.js';
import type { Rules } from '../protocol/versions/rules.js';
import type { PartitionLog } from './partition-log.js';

export interface LogServices {
  readonly rules: Rules;
  readonly producerExpirationMs: number;
  /** Everything below `offset`, and the snapshot of the producers there, is fsynced in steps of their own. */
  flushLater(log: PartitionLog, offset: number, snapshot: File | undefined): void;
  /** The epochs that were trimmed are written to their file in a step of its own. */
  flushEpochsLater(log: PartitionLog): void;
  /** A log is about to be cut below its active segment: whoever works on its segments stops (LogManager.truncateTo). */
  truncating(log: PartitionLog): void;
  /** A log was cut back, and its recovery point perhaps with it (LogManager.truncateTo). */
  truncated(log: PartitionLog): void;
  /** The file of a segment that was deleted is unlinked after this time. */
  unlinkLater(path: string, afterMs: number): void;
}
