/**
 * Order of sends against order in the log: one pass over the version order of a partition, keeping for each group of
 * records (of a producer session, or of one record key of it) the one that stood last.
 *
 * Equal sends in a row (1, 1, 2) are a retry, no inversion; going back (2, 1) and (1, 2, 1) is one. Records that the
 * application sent more than once have no place in the order of sends and are left out.
 */
import type { HistoryIndex } from './history-index.js';
import { IntegerMap } from '../../integer-map.js';

/** @param earlier position of the record that was sent later but stands earlier @param later the one that it overtook */
export type InversionVisitor = (key: number, earlier: number, later: number) => void;

/** Records in groups, dense from 0; -1: in none. */
export interface Groups {
  readonly groupOf: Int32Array;
  readonly count: number;
}

export function forEachInversion(index: HistoryIndex, { groupOf, count }: Groups, visit: InversionVisitor): void {
  const { records, positions, log, logStart } = index;
  const lastOfGroup = new Int32Array(count);
  const keyOfLast = new Int32Array(count).fill(-1);
  for (let key = 0; key < index.history.keys.length; key++) {
    const end = logStart[key + 1]!;
    for (let i = logStart[key]!; i < end; i++) {
      const position = log[i]!;
      const record = positions.record[position]!;
      const group = groupOf[record]!;
      if (group < 0) continue;
      if (keyOfLast[group] === key) {
        const last = lastOfGroup[group]!;
        if (records.orderOfSends(positions.record[last]!, record) > 0) visit(key, last, position);
      }
      keyOfLast[group] = key;
      lastOfGroup[group] = position;
    }
  }
}

const sessionGroups = new WeakMap<HistoryIndex, Groups>();

/** Each producer session is a group; records that nobody sent, or that were sent more than once, are in none. */
export function bySession(index: HistoryIndex): Groups {
  let groups = sessionGroups.get(index);
  if (groups === undefined) sessionGroups.set(index, (groups = groupBySession(index)));
  return groups;
}

function groupBySession({ records, operations }: HistoryIndex): Groups {
  const { length, writer, resent } = records;
  const groupOf = new Int32Array(length);
  const groups = new IntegerMap(length);
  let count = 0;
  for (let record = 0; record < length; record++) {
    groupOf[record] = -1;
    if (writer[record]! < 0 || resent[record] === 1) continue;
    const session = operations.session[writer[record]!]!;
    let group = groups.get(session);
    if (group < 0) groups.set(session, (group = count++));
    groupOf[record] = group;
  }
  return { groupOf, count };
}

/** Each record key of a producer session is a group; records without a key are in none. */
export function byRecordKey(index: HistoryIndex): Groups {
  const { length, send } = index.records;
  const { recordKey } = index.operations;
  const sessions = bySession(index).groupOf;
  const groupOf = new Int32Array(length);
  const groups = new IntegerMap(length);
  let count = 0;
  for (let record = 0; record < length; record++) {
    const session = sessions[record]!;
    const key = session < 0 ? -1 : recordKey.number(send[record]!);
    const pair = session * recordKey.distinct + key;
    let group = key < 0 ? -1 : groups.get(pair);
    if (key >= 0 && group < 0) groups.set(pair, (group = count++));
    groupOf[record] = group;
  }
  return { groupOf, count };
}
