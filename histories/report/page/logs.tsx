/** The replicas' logs at this step: a row a replica, a column an offset, the colour its leader epoch. */
import { useMemo } from 'preact/hooks';
import type { ClusterState, ReplicaState } from '../../replay-state.js';
import {
  gridColumns,
  logGrid,
  type FoldCell,
  type GridCell,
  type GridColumn,
  type GridRow,
} from '../drawing/log-grid.js';
import type { Story } from '../story.js';
import { brokerSet, seconds } from '../words.js';
import { epochColour } from './parts.js';
import type { Position } from './position.js';
import type { Trial } from './trial.js';

interface Props {
  trial: Trial;
  story: Story;
  position: Position;
}

/** The trace record after which everything on the page stands. */
export function indexShown(story: Story, position: Position): number {
  return position.event >= 0 ? position.event : (story.lines[position.step]?.traceIndex ?? -1);
}

/** When that was: a line may tell of a moment shortly after its record, when a client heard of it. */
export function timeShown(trial: Trial, story: Story, position: Position): number {
  const line = position.event >= 0 ? undefined : story.lines[position.step];
  return line?.atMicros ?? trial.reader.trace.time[indexShown(story, position)] ?? 0;
}

export function Logs({ trial, story, position }: Props) {
  const { replay, names } = trial;
  const { key, values } = story.focus;
  const index = indexShown(story, position);
  const hosts = replay.hosts(key);
  const columns = useMemo(() => columnsOf(trial, story), [trial, story]);
  const state = replay.at(index);
  const before = position.event >= 0 ? index - 1 : (story.lines[position.step - 1]?.traceIndex ?? -2);
  const grid = logGrid(state, before < -1 ? null : replay.at(before), key, hosts, columns);
  const epochs = epochsOf(grid.rows);
  const decision = state.decision(key);
  return (
    <section class="panel logs" aria-label="Logs of the replicas">
      <div class="bar">
        <h2>
          Logs of <span class="name">{names.key(key)}</span>{' '}
          <span class="quiet">at {seconds(timeShown(trial, story, position))} s</span>
        </h2>
        <span class="decision">
          controller:{' '}
          {decision.leader < 0
            ? 'nobody leads'
            : `${names.machine(decision.leader)} leads in epoch ${decision.leaderEpoch}`}
          , ISR <b>{brokerSet(decision.isr)}</b>
        </span>
        <span class="grow" />
        <span class="legend">
          {epochs.map((epoch) => (
            <span class="chip">
              <i style={{ background: epochColour(epoch) }} /> epoch {epoch}
            </span>
          ))}
          <span class="chip">
            <i class="hw" /> high watermark
          </span>
          <span class="chip">
            <b class="unequal">≠</b> not as on the leader
          </span>
        </span>
      </div>
      <div class="scroll">
        <table class="grid">
          <thead>
            <tr>
              <th scope="col">replica</th>
              {columns.map((column) => (
                <Head column={column} />
              ))}
              <th scope="col" class="figures">
                HW
              </th>
              <th scope="col" class="figures">
                log end
              </th>
            </tr>
          </thead>
          <tbody>
            {grid.rows.map((row) => (
              <Row trial={trial} row={row} columns={columns} state={state} storyKey={key} values={values} />
            ))}
          </tbody>
        </table>
        {columns.length === 0 && <p class="quiet">The logs are empty at every step.</p>}
      </div>
    </section>
  );
}

/** The longest that any log gets in the story decides the columns, so that they stay where they are from step to step. */
function columnsOf(trial: Trial, story: Story): readonly GridColumn[] {
  const { key, offsets } = story.focus;
  let end = 0;
  for (const line of story.lines) {
    const state = trial.replay.at(line.traceIndex);
    for (const host of trial.replay.hosts(key)) end = Math.max(end, state.replica(host, key)?.log.end ?? 0);
  }
  return gridColumns(offsets, end);
}

function epochsOf(rows: readonly GridRow[]): readonly number[] {
  const epochs = new Set<number>();
  for (const { cells } of rows) {
    for (const cell of cells) {
      if ('count' in cell) cell.epochs.forEach((epoch) => epochs.add(epoch));
      else if (cell.entry !== undefined) epochs.add(cell.entry.leaderEpoch);
    }
  }
  return [...epochs].sort((a, b) => a - b);
}

function Head({ column }: { column: GridColumn }) {
  if (column.kind === 'offset') {
    return (
      <th scope="col" class={column.focus ? 'focus' : ''}>
        {column.offset}
      </th>
    );
  }
  return (
    <th scope="col" class="fold">
      {column.from}–{column.to}
    </th>
  );
}

interface RowProps {
  trial: Trial;
  row: GridRow;
  columns: readonly GridColumn[];
  state: ClusterState;
  storyKey: number;
  values: readonly number[];
}

function Row({ trial, row, columns, state, storyKey, values }: RowProps) {
  const { names, history } = trial;
  const { machine, state: replica } = row;
  const inIsr = state.decision(storyKey).isr.includes(machine);
  return (
    <tr>
      <th scope="row">
        <b>{names.machine(machine)}</b>
        <span class={`tag ${inIsr ? 'in' : 'out'}`}>{inIsr ? 'in ISR' : 'not in ISR'}</span>
        <span class="believes">{beliefWords(trial, state, machine, replica)}</span>
      </th>
      {row.cells.map((cell, i) => {
        const column = columns[i]!;
        const watermark = replica !== undefined && replica.highWatermark > 0 && endsAt(column, replica.highWatermark);
        return 'count' in cell ? (
          <Fold cell={cell} watermark={watermark} />
        ) : (
          <Cell
            cell={cell}
            watermark={watermark}
            focus={column.kind === 'offset' && column.focus}
            values={values}
            name={(value) => (value <= NEWEST_MARKER ? markerName(value) : history.valueName(value))}
          />
        );
      })}
      <td class="figures mono">{replica?.highWatermark ?? '–'}</td>
      <td class="figures mono">{replica?.log.end ?? '–'}</td>
    </tr>
  );
}

/** Markers have the values from here down: an even one aborts, an odd one commits (markerBatch of the model). */
const NEWEST_MARKER = -2;

function markerName(value: number): string {
  return value % 2 === 0 ? 'abort' : 'commit';
}

/** Does the high watermark stand at the right edge of this column? In a fold it may stand within: shown at its edge. */
function endsAt(column: GridColumn, highWatermark: number): boolean {
  if (column.kind === 'offset') return column.offset === highWatermark - 1;
  return column.from <= highWatermark - 1 && highWatermark - 1 <= column.to;
}

function Cell({
  cell,
  watermark,
  focus,
  values,
  name,
}: {
  cell: GridCell;
  watermark: boolean;
  focus: boolean;
  values: readonly number[];
  name: (value: number) => string;
}) {
  const { entry, was, change, differs } = cell;
  const classes = ['cell', watermark && 'hw', focus && 'focus', change, differs && 'differs'].filter(Boolean).join(' ');
  if (entry === undefined) {
    return (
      <td
        class={`${classes} empty`}
        title={was === undefined ? 'no record' : `gone: value ${name(was.value)} of epoch ${was.leaderEpoch}`}
      >
        {was === undefined ? '' : <s>{name(was.value)}</s>}
      </td>
    );
  }
  const title = `value ${name(entry.value)}, leader epoch ${entry.leaderEpoch}${differs ? ', not as on the leader' : ''}${change === 'new' ? ', new at this step' : ''}`;
  return (
    <td class={classes} style={{ background: epochColour(entry.leaderEpoch) }} title={title}>
      <small>e{entry.leaderEpoch}</small>
      <span class={values.includes(entry.value) ? 'wanted' : ''}>{name(entry.value)}</span>
      {differs && <b class="unequal">≠</b>}
    </td>
  );
}

function Fold({ cell, watermark }: { cell: FoldCell; watermark: boolean }) {
  const stripes =
    cell.epochs.length === 0
      ? 'none'
      : `linear-gradient(90deg, ${cell.epochs.map(epochColour).join(', ')}${cell.epochs.length === 1 ? `, ${epochColour(cell.epochs[0]!)}` : ''})`;
  return (
    <td
      class={`cell fold ${watermark ? 'hw' : ''} ${cell.count === 0 ? 'empty' : ''}`}
      style={{ background: stripes }}
      title={`${cell.count} records${cell.differs ? ', some not as on the leader' : ''}`}
    >
      {cell.count === 0 ? '' : `${cell.count} rec.`}
      {cell.differs && <b class="unequal">≠</b>}
    </td>
  );
}

function beliefWords(trial: Trial, state: ClusterState, machine: number, replica: ReplicaState | undefined): string {
  const { names } = trial;
  const { running, paused, powered, fenced } = state.machine(machine);
  if (!running) return powered ? 'down' : 'without power';
  const words: string[] = [];
  if (paused) words.push('paused');
  if (replica === undefined || replica.role === 'none') words.push('starting');
  else if (replica.role === 'leader') {
    words.push(`leads in epoch ${replica.leaderEpoch}, ISR ${brokerSet(replica.isr)}`);
    if (replica.pendingIsr !== null) words.push(`proposes ${brokerSet(replica.pendingIsr)}`);
  } else if (replica.leader < 0) words.push('follows nobody');
  else words.push(`follows ${names.machine(replica.leader)} in epoch ${replica.leaderEpoch}`);
  if (fenced === true) words.push('fenced');
  return words.join(' · ');
}
