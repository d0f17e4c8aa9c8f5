/**
 * The replicas' logs side by side at one moment: a row a replica, a column an offset. Offsets far from those in
 * question fold into one column, which says whether the replicas agree there.
 */
import type { ClusterState, ReplicaState } from '../../replay-state.js';
import type { LogEntry } from '../../replica-log.js';

export type GridColumn =
  | { readonly kind: 'offset'; readonly offset: number; readonly focus: boolean }
  | { readonly kind: 'fold'; readonly from: number; readonly to: number };

export interface GridCell {
  /** The entry; undefined: none at this offset. */
  readonly entry: LogEntry | undefined;
  /** Held at the step before and no longer, or not held then and held now. */
  readonly change: 'gone' | 'new' | null;
  /** What the replica held here at the step before, for those that are gone. */
  readonly was: LogEntry | undefined;
  /** Another record than the leader's at this offset (or one that the leader does not have). */
  readonly differs: boolean;
}
export interface FoldCell {
  /** How many records the replica holds in the fold. */
  readonly count: number;
  readonly epochs: readonly number[];
  readonly differs: boolean;
}

export interface GridRow {
  readonly machine: number;
  readonly state: ReplicaState | undefined;
  readonly cells: readonly (GridCell | FoldCell)[];
}

export interface LogGrid {
  readonly columns: readonly GridColumn[];
  readonly rows: readonly GridRow[];
  /** Whose log the others are compared with; -1: nobody leads. */
  readonly leader: number;
}

const BEFORE = 3;
const AFTER = 6;
/** Logs up to this end are shown whole. */
const SMALL = 14;

/** The same columns for every step of a story: offsets around those in question, the rest folded. */
export function gridColumns(focus: readonly number[], end: number): readonly GridColumn[] {
  const shown = new Set<number>();
  const around = focus.length > 0 ? focus : [Math.max(0, end - AFTER)];
  const first = Math.min(...around);
  const last = Math.max(...around);
  const near = last - first <= SMALL ? Array.from({ length: last - first + 1 }, (_, i) => first + i) : around;
  for (const offset of near)
    for (let i = offset - BEFORE; i <= offset + AFTER; i++) if (i >= 0 && i < end) shown.add(i);
  if (end <= SMALL) for (let i = 0; i < end; i++) shown.add(i);
  const columns: GridColumn[] = [];
  for (let offset = 0; offset < end; offset++) {
    if (shown.has(offset)) {
      columns.push({ kind: 'offset', offset, focus: focus.includes(offset) });
      continue;
    }
    const from = offset;
    while (offset + 1 < end && !shown.has(offset + 1)) offset++;
    columns.push(from === offset ? { kind: 'offset', offset, focus: false } : { kind: 'fold', from, to: offset });
  }
  return columns;
}

/** @param before the state at the step before, to tell what changed; null: nothing is marked */
export function logGrid(
  state: ClusterState,
  before: ClusterState | null,
  key: number,
  hosts: readonly number[],
  columns: readonly GridColumn[],
): LogGrid {
  const decided = state.decision(key).leader;
  const leading = hosts.find((machine) => state.replica(machine, key)?.role === 'leader') ?? -1;
  const leader = decided >= 0 ? decided : leading;
  const reference = leader < 0 ? undefined : state.replica(leader, key);
  const rows = hosts.map((machine): GridRow => {
    const replica = state.replica(machine, key);
    const old = before?.replica(machine, key);
    return {
      machine,
      state: replica,
      cells: columns.map((column) =>
        column.kind === 'offset'
          ? gridCell(column.offset, replica, before === null ? replica : old, reference)
          : foldCell(column.from, column.to, replica, reference),
      ),
    };
  });
  return { columns, rows, leader };
}

function gridCell(
  offset: number,
  replica: ReplicaState | undefined,
  old: ReplicaState | undefined,
  reference: ReplicaState | undefined,
): GridCell {
  const entry = replica?.log.at(offset);
  const was = old?.log.at(offset);
  const differs = entry !== undefined && reference !== undefined && !same(entry, reference.log.at(offset));
  if (entry === undefined) return { entry, was, change: was === undefined ? null : 'gone', differs };
  return { entry, was, change: same(entry, was) ? null : 'new', differs };
}

function foldCell(
  from: number,
  to: number,
  replica: ReplicaState | undefined,
  reference: ReplicaState | undefined,
): FoldCell {
  const epochs = new Set<number>();
  let count = 0;
  let differs = false;
  for (let offset = from; offset <= to; offset++) {
    const entry = replica?.log.at(offset);
    if (entry === undefined) continue;
    count++;
    epochs.add(entry.leaderEpoch);
    if (reference !== undefined && !same(entry, reference.log.at(offset))) differs = true;
  }
  return { count, epochs: [...epochs], differs };
}

function same(a: LogEntry, b: LogEntry | undefined): boolean {
  return b !== undefined && a.leaderEpoch === b.leaderEpoch && a.value === b.value;
}
