/** Where a record was at any moment: every copy of it, who acknowledged it, and how each copy went. */
import type { RecordOf, TraceReader } from '../../trace-record.js';

export interface Copy {
  readonly machine: number;
  readonly offset: number;
  readonly leaderEpoch: number;
  readonly asLeader: boolean;
  /** Trace index of the append. */
  readonly appended: number;
  removed: Removal | null;
}
export interface Removal {
  readonly index: number;
  readonly how: 'truncated' | 'data-lost' | 'overwritten' | 'deleted';
}

export interface RecordFate {
  readonly key: number;
  readonly value: number;
  /** In order of appending. */
  readonly copies: readonly Copy[];
  /** Answers of success that covered a copy which the answering broker held. */
  readonly acknowledgements: readonly RecordOf<'acknowledged'>[];
}

/** As in the trace: LossReason.corrupt. Recovery decides about corrupt records, and announces it. */
const CORRUPT = 2;

export function fateOf(reader: TraceReader, key: number, value: number): RecordFate {
  const copies: Copy[] = [];
  const acknowledgements: RecordOf<'acknowledged'>[] = [];
  const remove = (machine: number, from: number, removal: Removal): void => {
    for (const copy of copies) {
      if (copy.machine === machine && copy.offset >= from && copy.removed === null) copy.removed = removal;
    }
  };
  for (const record of reader.scan(
    ['append', 'truncate', 'data-lost', 'log-loaded', 'log-start', 'replica-deleted', 'acknowledged'],
    key,
  )) {
    const { machine, index } = record;
    switch (record.event) {
      case 'append': {
        const { offset, leaderEpoch } = record;
        if (copies.length > 0) remove(machine, offset, { index, how: 'overwritten' });
        if (record.value !== value) break;
        copies.push({
          machine,
          offset,
          leaderEpoch,
          asLeader: record.asLeader === 1,
          appended: index,
          removed: null,
        });
        break;
      }
      case 'truncate':
        remove(machine, record.logEnd, { index, how: 'truncated' });
        break;
      case 'log-loaded':
        remove(machine, record.logEnd, { index, how: 'truncated' });
        break;
      case 'replica-deleted':
        remove(machine, 0, { index, how: 'deleted' });
        break;
      case 'data-lost':
        if (record.reason !== CORRUPT) remove(machine, record.firstOffset, { index, how: 'data-lost' });
        break;
      case 'log-start':
        for (const copy of copies) {
          const isDeleted = copy.machine === machine && copy.offset < record.logStart && copy.removed === null;
          if (isDeleted) copy.removed = { index, how: 'deleted' };
        }
        break;
      case 'acknowledged': {
        const covered = copies.some(
          (copy) =>
            copy.machine === machine &&
            copy.removed === null &&
            record.baseOffset <= copy.offset &&
            copy.offset <= record.lastOffset,
        );
        if (covered) acknowledgements.push(record);
        break;
      }
    }
  }
  return { key, value, copies, acknowledgements };
}

/** Is this copy on its broker's log right after the record at `index`? */
export function heldAt(copy: Copy, index: number): boolean {
  return copy.appended <= index && (copy.removed === null || copy.removed.index > index);
}

/** Brokers that hold the record, ascending, right after the record at `index`; of one identity if one is given. */
export function holdersAt(
  fate: RecordFate,
  index: number,
  identity?: { readonly offset: number; readonly leaderEpoch: number },
): readonly number[] {
  const holders = new Set<number>();
  for (const copy of fate.copies) {
    if (!heldAt(copy, index)) continue;
    if (identity !== undefined && (copy.offset !== identity.offset || copy.leaderEpoch !== identity.leaderEpoch)) {
      continue;
    }
    holders.add(copy.machine);
  }
  return [...holders].sort((a, b) => a - b);
}
