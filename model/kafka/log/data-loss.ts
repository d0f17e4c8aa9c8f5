/** What a loss below its files means for a replica's log: the disk's loss listener knows only files and entries. */
import { ENTRY_OK, type Disk, type FileLoss } from '../../kernel/disk.js';
import { lastOffset, type RecordBatch } from '../protocol/records.js';
import { directoryOfPath, isSegment, offsetOfPath, partitionOfPath } from './paths.js';

export interface LostRecords {
  readonly partition: number;
  /** The first offset that is gone or damaged; equal to `oldLogEnd`: nothing is, something came back. */
  readonly firstOffset: number;
  /** The offset behind the last record that was lost. */
  readonly oldLogEnd: number;
  /** Where the log lies. */
  readonly directory: string;
  /** From this offset on the files may hold something else than before. */
  readonly changedFrom: number;
}

/**
 * The losses of one event, as the partitions on the machine see them.
 * @param partitionNames by partition number: orders-0, ...
 */
export function lostRecords(partitionNames: readonly string[], losses: readonly FileLoss[], disk: Disk): LostRecords[] {
  const found = new Map<number, LostRecords>();
  for (const loss of losses) {
    const partition = isSegment(loss.path) ? partitionNames.indexOf(partitionOfPath(loss.path)) : -1;
    if (partition < 0) continue;
    const one = lostFrom(partition, loss, disk);
    const known = found.get(partition);
    found.set(partition, known === undefined ? one : together(known, one));
  }
  return [...found.values()];
}

/**
 * The sound batches that the files of a log hold from an offset on, whatever recovery will make of them: what an undone
 * truncation brought back, and what stands behind a hole.
 */
export function survivingBatches(disk: Disk, directory: string, from: number): RecordBatch[] {
  const paths = disk.list(directory).filter(isSegment);
  return paths.flatMap((path, position) => {
    const next = position + 1 < paths.length ? offsetOfPath(paths[position + 1]) : Infinity;
    const file = disk.open(path);
    const batches: RecordBatch[] = [];
    for (let index = 0; index < file.length; index++) {
      const batch = file.read(index) as RecordBatch;
      const isMeant = lastOffset(batch) >= from && batch.baseOffset < next;
      if (isMeant && file.state(index) === ENTRY_OK) batches.push(batch);
    }
    return batches;
  });
}

function lostFrom(partition: number, { path, from, lost }: FileLoss, disk: Disk): LostRecords {
  const file = disk.exists(path) ? disk.open(path) : undefined;
  const back = file !== undefined && from < file.length ? (file.read(from) as RecordBatch).baseOffset : Infinity;
  const directory = directoryOfPath(path);
  if (lost.length === 0) {
    return { partition, directory, firstOffset: back, oldLogEnd: back, changedFrom: back };
  }
  const firstOffset = (lost[0] as RecordBatch).baseOffset;
  const oldLogEnd = lastOffset(lost[lost.length - 1] as RecordBatch) + 1;
  return { partition, directory, firstOffset, oldLogEnd, changedFrom: Math.min(firstOffset, back) };
}

function together(x: LostRecords, y: LostRecords): LostRecords {
  const changedFrom = Math.min(x.changedFrom, y.changedFrom);
  if (x.firstOffset === x.oldLogEnd) return { ...y, changedFrom };
  if (y.firstOffset === y.oldLogEnd) return { ...x, changedFrom };
  const first = x.firstOffset <= y.firstOffset ? x : y;
  return { ...first, oldLogEnd: Math.max(x.oldLogEnd, y.oldLogEnd), changedFrom };
}
