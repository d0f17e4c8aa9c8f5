import { describe, expect, it } from 'vitest';
import { TraceReplay } from '../../replay-state.js';
import { cutOffLeader } from '../testing/scenarios.js';
import { gridColumns, logGrid, type GridCell } from './log-grid.js';

describe('the columns of the log grid', () => {
  it('show a small log whole', () => {
    expect(gridColumns([1], 3).map((column) => (column.kind === 'offset' ? column.offset : column))).toEqual([0, 1, 2]);
  });

  it('fold what is far from the offsets in question', () => {
    const columns = gridColumns([60], 135);
    expect(columns[0]).toEqual({ kind: 'fold', from: 0, to: 56 });
    expect(columns.at(-1)).toEqual({ kind: 'fold', from: 67, to: 134 });
    expect(columns.find((column) => column.kind === 'offset' && column.focus)).toMatchObject({ offset: 60 });
  });

  it('fold what lies between two offsets that are far apart', () => {
    const folds = gridColumns([3, 700], 705).filter((column) => column.kind === 'fold');
    expect(folds).toEqual([{ kind: 'fold', from: 10, to: 696 }]);
  });

  it('cover every offset once', () => {
    const covered = gridColumns([60, 90], 135).flatMap((column) =>
      column.kind === 'offset'
        ? [column.offset]
        : Array.from({ length: column.to - column.from + 1 }, (_, i) => column.from + i),
    );
    expect(covered).toEqual(Array.from({ length: 135 }, (_, i) => i));
  });
});

describe('the log grid', () => {
  const { trace, judged } = cutOffLeader(60);
  const replay = new TraceReplay(trace);
  const offset = judged.anomaly.offsets[0]!;
  const columns = gridColumns([offset], offset + 2);
  const place = columns.findIndex((column) => column.kind === 'offset' && column.offset === offset);
  const cells = (micros: number, before: number): readonly GridCell[] => {
    const grid = logGrid(replay.atTime(micros), replay.atTime(before), 0, replay.hosts(0), columns);
    return grid.rows.map((row) => row.cells[place] as GridCell);
  };

  it('shows a record that only one replica holds as new, and as unlike the leader once another leads', () => {
    const [b1, b2, b3] = cells(4_300_000, 4_100_000);
    expect(b1).toMatchObject({ entry: { value: 5000 }, change: 'new', differs: false });
    expect([b2?.entry, b3?.entry]).toEqual([undefined, undefined]);
    expect(cells(12_950_000, 4_300_000)[0]).toMatchObject({ entry: { value: 5000 }, change: null, differs: true });
  });

  it('shows what a truncation took, with what was there', () => {
    const [b1] = cells(19_612_500, 19_500_000);
    expect(b1).toMatchObject({ entry: undefined, was: { value: 5000 }, change: 'gone' });
  });
});
