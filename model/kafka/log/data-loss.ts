/** What a loss below a log file means for its replica: for the disk's loss listener, which knows only files and entries. */
import { lastOffset, type RecordBatch } from '../protocol/records.js';
import { segmentPath } from './paths.js';

export interface LostRecords {
  readonly partition: number;
  /** The first offset that is gone or damaged. */
  readonly firstOffset: number;
  /** The log's end before the loss: the offset behind the last entry that was lost. */
  readonly oldLogEnd: number;
}

/**
 * @param partitionNames by partition number: orders-0, ...
 * @param lost the entries that are gone, in the order of the file
 * @returns undefined if the file is not a partition's log, or nothing of it was lost
 */
export function lostRecords(
  partitionNames: readonly string[],
  path: string,
  lost: readonly object[],
): LostRecords | undefined {
  if (lost.length === 0) return undefined;
  const partition = partitionNames.findIndex((name) => segmentPath(name) === path);
  if (partition < 0) return undefined;
  const first = lost[0] as RecordBatch;
  const last = lost[lost.length - 1] as RecordBatch;
  return { partition, firstOffset: first.baseOffset, oldLogEnd: lastOffset(last) + 1 };
}
