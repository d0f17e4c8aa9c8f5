/**
 * unseen: an acknowledged record that is in no read by the end, with none above it either. A lost tail shows only so.
 *
 *   p0       |-- send orders-0 value 7 --| ok, offset 4
 *   final                                  |-- full read of orders-0 --|  ends at offset 4 → unseen
 *
 * Only a final read that reached the end of the partition can tell it from a record that nobody has read yet: without
 * one, undecided.
 */
import type { Anomaly } from '../../histories/anomaly.js';
import { OK } from '../../histories/history-columns.js';
import type { Checker } from '../checker.js';
import { endOf, findings, operationsOf } from './history/findings.js';
import type { FinalRead } from './history/final-reads.js';
import { columnOf, Compaction } from './history/compaction.js';
import { historyIndex, type HistoryIndex } from './history/history-index.js';
import { keyWords, machineWords, recordWords, secondsWords } from './history/words.js';
import { incompleteFinalRead } from './lost-write.js';

export const unseen: Checker = {
  name: 'unseen',
  check(history) {
    const index = historyIndex(history);
    const readInFull = lastCompleteReads(index);
    const bounds = index.readBounds();
    const compaction = new Compaction(index);
    const anomalies: Anomaly[] = [];
    let undecided = incompleteFinalRead(index);
    for (let record = 0; record < index.records.length; record++) {
      if (index.records.outcome[record]! !== OK || index.records.reader[record]! >= 0) continue;
      const key = index.records.key[record]!;
      const offset = index.lastOffset(record);
      const bound = key < 0 ? -1 : bounds[key]!;
      if (bound >= 0 && offset >= 0 && offset <= index.firstOffset(bound)) continue; // lost-write has it
      const read = readInFull[key];
      if (read !== undefined && compaction.isCompacted(key)) {
        if (compaction.isSuperseded(record, compaction.shown(columnOf(read.records)))) continue;
      }
      const acknowledgedAt = index.operations.completedAt[index.records.writer[record]!]!;
      if (read !== undefined && acknowledgedAt <= read.invokedAt) {
        anomalies.push(unseenRecord(index, record, offset, read));
      } else {
        undecided ??= `${keyWords(history, key)} was never read to its end, and not all that was acknowledged was read`;
      }
    }
    return findings(index, anomalies, undecided);
  },
};

function unseenRecord(index: HistoryIndex, record: number, offset: number, read: FinalRead): Anomaly {
  const writer = index.writer(record)!;
  const last = read.operations[read.operations.length - 1]!;
  const leader = machineWords(index.history, read.machine);
  const acknowledged = `acknowledged at ${secondsWords(writer.completedAt)}`;
  return {
    type: 'unseen',
    key: index.records.key[record]!,
    offsets: offset < 0 ? [] : [offset],
    operations: operationsOf(writer.index, last),
    values: [index.records.value[record]!],
    events: [],
    at: endOf(index, last),
    story: `${recordWords(index, record, offset)}: ${acknowledged}, in no read to the end, full read with ${leader} as leader included`,
    preventedBy: null,
  };
}

/** By key: the last final read that is complete. */
function lastCompleteReads(index: HistoryIndex): readonly (FinalRead | undefined)[] {
  const reads: (FinalRead | undefined)[] = index.history.keys.map(() => undefined);
  for (const read of index.finalReads) if (read.complete && read.key >= 0) reads[read.key] = read;
  return reads;
}
