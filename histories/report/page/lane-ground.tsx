/** What lies under the lanes: their names and states, and the axis of time. */
import type { ClusterState } from '../../replay-state.js';
import { ticks } from '../drawing/time-scale.js';
import { duration } from '../words.js';
import { AXIS, LABELS, RIGHT, TOP, type Frame } from './lane-frame.js';
import type { Trial } from './trial.js';

export function LaneLabel({
  trial,
  machine,
  frame,
  words,
  odd,
  width,
}: {
  trial: Trial;
  machine: number;
  frame: Frame;
  words: readonly string[];
  odd: boolean;
  width: number;
}) {
  const y = frame.y(machine);
  return (
    <g>
      <rect
        class={odd ? 'lane odd' : 'lane'}
        x={0}
        y={y - frame.laneHeight / 2}
        width={width}
        height={frame.laneHeight}
      />
      <line class="lane-line" x1={LABELS} x2={width - RIGHT} y1={y} y2={y} />
      <text class="lane-name" x={10} y={words.length > 0 ? y - 2 : y + 4}>
        {trial.names.machine(machine)}
      </text>
      {words.slice(0, 1).map((word) => (
        <text class="lane-state" x={10} y={y + 12}>
          {word}
        </text>
      ))}
    </g>
  );
}

export function stateWords(trial: Trial, state: ClusterState, machine: number, key: number): readonly string[] {
  const { names } = trial;
  if (names.hasRole(machine, 'controller') && !names.hasRole(machine, 'broker')) return ['decides'];
  if (!names.hasRole(machine, 'broker')) return [];
  const { running, paused, powered } = state.machine(machine);
  if (!running) return [powered ? 'down' : 'no power'];
  if (paused) return ['paused'];
  const replica = state.replica(machine, key);
  if (replica === undefined || replica.role === 'none') return ['starting'];
  if (replica.role === 'leader') return [`leads, epoch ${replica.leaderEpoch}`];
  return [replica.leader < 0 ? 'follows nobody' : `follows ${names.machine(replica.leader)}`];
}

/** @param cursor where a label of its own stands; -1: nowhere */
export function Axis({ frame, cursor }: { frame: Frame; cursor: number }) {
  const { scale } = frame;
  const y = frame.height - AXIS + 2;
  let free = -Infinity;
  let before = '';
  const marks = scale.pieces.length > 1 ? ticks(scale, 8) : ticks(scale, Math.max(2, Math.floor(scale.width / 90)));
  const shown = marks.filter((tick) => {
    const half = tick.label.length * 3.2;
    if (tick.x - half < free || tick.x > scale.width - 10 || tick.label === before) return false;
    if (cursor >= 0 && Math.abs(tick.x - cursor) < half + 30) return false;
    free = tick.x + half + 8;
    before = tick.label;
    return true;
  });
  return (
    <g class="time-axis">
      <line class="axis" x1={0} x2={scale.width} y1={y} y2={y} />
      {marks.map((tick) => (
        <line class="tick-line" x1={tick.x} x2={tick.x} y1={TOP} y2={y + 3} />
      ))}
      {shown.map((tick) => (
        <text class="tick" x={tick.x} y={y + 15} text-anchor="middle">
          {tick.label}
        </text>
      ))}
      {scale.pieces
        .filter((piece) => piece.compressed && piece.x1 - piece.x0 > 34)
        .map((piece) => {
          const x = (piece.x0 + piece.x1) / 2;
          return (
            <g class="break">
              <path d={`M${x - 5} ${y + 4} l3 -8 M${x + 1} ${y + 4} l3 -8`} />
              <text x={x} y={TOP - 8} text-anchor="middle">
                {duration(piece.to - piece.from)}
              </text>
              <path class="span" d={`M${piece.x0 + 3} ${TOP - 4} H${piece.x1 - 3}`} />
            </g>
          );
        })}
    </g>
  );
}
