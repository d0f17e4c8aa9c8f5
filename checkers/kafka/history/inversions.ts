/**
 * Order of sends against order in the log: one pass over the version order of a partition, keeping for each group of
 * sends (a producer session, or one record key of it) the send that stood last.
 *
 * Equal sends in a row (1, 1, 2) are a retry, no inversion; going back (2, 1) and (1, 2, 1) is one. Records that the
 * application sent more than once have no place in the order of sends and are left out.
 */
import { IntColumn, IntegerMap } from './columns.js';
import type { HistoryIndex } from './history-index.js';

/** @param earlier position of the record that was sent later but stands earlier @param later the one that it overtook */
export type InversionVisitor = (key: number, earlier: number, later: number) => void;

/** Sends in groups, dense from 0; -1: in none. */
export interface Groups {
  readonly groupOf: IntColumn;
  readonly count: number;
}

export function forEachInversion(index: HistoryIndex, { groupOf, count }: Groups, visit: InversionVisitor): void {
  const lastOfGroup = new Int32Array(count);
  const keyOfLast = new Int32Array(count).fill(-1);
  for (let key = 0; key < index.history.keys.length; key++) {
    for (let i = index.logStart[key]!; i < index.logStart[key + 1]!; i++) {
      const position = index.log[i]!;
      const record = index.positionRecord.at(position);
      const send = index.recordSend.at(record);
      if (send < 0 || index.recordSends.at(record) > 1) continue;
      const group = groupOf.at(send);
      if (group < 0) continue;
      if (keyOfLast[group] === key) {
        const last = lastOfGroup[group]!;
        if (index.recordSend.at(index.positionRecord.at(last)) > send) visit(key, last, position);
      }
      keyOfLast[group] = key;
      lastOfGroup[group] = position;
    }
  }
}

/** Each producer session is a group. */
export function bySession(index: HistoryIndex): Groups {
  return { groupOf: index.sendSession, count: index.sessions };
}

/** Each record key of a producer session is a group; records without a key are in none. */
export function byRecordKey(index: HistoryIndex): Groups {
  const groupOf = new IntColumn(index.sends);
  const numbers = new IntegerMap(index.sends);
  let count = 0;
  for (let send = 0; send < index.sends; send++) {
    const recordKey = index.sendRecordKey.at(send);
    const pair = index.sendSession.at(send) * index.recordKeys.size + recordKey;
    let group = recordKey < 0 ? -1 : numbers.get(pair);
    if (recordKey >= 0 && group < 0) numbers.set(pair, (group = count++));
    groupOf.push(group);
  }
  return { groupOf, count };
}
