/** The whole trial on one strip: acknowledged writes, faults, phases, the record in question. Drag or click to zoom. */
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { Story } from '../story.js';
import { duration, seconds } from '../words.js';
import { ticks, linearScale } from '../drawing/time-scale.js';
import { isField, useSize } from './parts.js';
import type { Position } from './position.js';
import type { Trial } from './trial.js';
import { windowShown } from './window.js';

interface Props {
  trial: Trial;
  story: Story;
  position: Position;
  move: (change: Partial<Position>) => void;
}

const HEIGHT = 52;
const BARS_TOP = 13;
const BARS_BOTTOM = 34;
const BUCKET = 4;
const phaseNames = ['', 'faults', 'heal', 'final read'];

export function Strip({ trial, story, position, move }: Props) {
  const { ref, width } = useSize({ width: 300, height: HEIGHT });
  const [drag, setDrag] = useState<readonly [number, number] | null>(null);
  const start = useRef(-1);
  const bands = trial.bands(story.focus.key);
  const scale = linearScale(0, bands.end, width);
  const bars = useMemo(
    () => acknowledgedPerBucket(trial, bands.end, Math.max(1, Math.floor(width / BUCKET))),
    [trial, width],
  );
  const tallest = Math.max(1, ...bars);
  const [from, to] = windowShown(trial, story, position);
  const at = (event: PointerEvent): number => event.clientX - (ref.current?.getBoundingClientRect().left ?? 0);
  const zoomBy = (factor: number): void => {
    const middle = (from + to) / 2;
    const half = ((to - from) / 2) * factor;
    move({ window: [Math.max(0, middle - half), Math.min(bands.end, middle + half)] });
  };
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || isField(event.target)) return;
      if (event.key === '+' || event.key === '=') zoomBy(0.5);
      else if (event.key === '-') zoomBy(2);
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  });
  const released = (event: PointerEvent): void => {
    if (start.current < 0) return;
    const [x0, x1] = [Math.min(start.current, at(event)), Math.max(start.current, at(event))];
    start.current = -1;
    setDrag(null);
    if (x1 - x0 >= 4) return move({ window: [scale.time(x0), scale.time(x1)] });
    // A click: as much time as is on show now, around the place clicked.
    const half = Math.min(to - from, bands.end / 4) / 2;
    const middle = Math.min(Math.max(scale.time(x0), half), bands.end - half);
    move({ window: [middle - half, middle + half] });
  };
  return (
    <section class="strip" aria-label="Whole trial">
      <div ref={ref} class="strip-picture">
        <svg
          width={width}
          height={HEIGHT}
          role="img"
          aria-label={`The whole trial, 0 to ${seconds(bands.end)} seconds; on show: ${seconds(from)} to ${seconds(to)}`}
          onPointerDown={(event) => {
            start.current = at(event);
            event.currentTarget.setPointerCapture(event.pointerId);
          }}
          onPointerMove={(event) => start.current >= 0 && setDrag([start.current, at(event)])}
          onPointerUp={released}
        >
          <Hatch id="strip-hatch" />
          {bands.phases.map(({ phase, from: begin, to: end }) => (
            <g>
              <line class="phase-line" x1={scale.x(begin)} x2={scale.x(begin)} y1={0} y2={BARS_BOTTOM} />
              {scale.x(end) - scale.x(begin) > 60 && (
                <text class="phase" x={scale.x(begin) + 4} y={9}>
                  {phaseNames[phase]}
                </text>
              )}
            </g>
          ))}
          {bands.faults.map((fault) => (
            <rect
              class="fault-band"
              fill="url(#strip-hatch)"
              style={{ stroke: trial.names.faultColour(fault.strike) }}
              x={scale.x(fault.from)}
              width={Math.max(2, scale.x(fault.to) - scale.x(fault.from))}
              y={BARS_TOP}
              height={BARS_BOTTOM - BARS_TOP}
            >
              <title>{`${trial.names.faultOn(fault.strike, fault.targets)}: ${seconds(fault.from)}–${seconds(fault.to)} s`}</title>
            </rect>
          ))}
          {bars.map(
            (count, i) =>
              count > 0 && (
                <rect
                  class="bar-ack"
                  x={(i * width) / bars.length}
                  width={Math.max(1, width / bars.length - 1)}
                  y={BARS_BOTTOM - 2 - (count / tallest) * 16}
                  height={2 + (count / tallest) * 16}
                />
              ),
          )}
          <line class="axis" x1={0} x2={width} y1={BARS_BOTTOM} y2={BARS_BOTTOM} />
          {story.lines
            .filter((line) => line.role !== 'baseline')
            .map((line, i, lines) => {
              const gone = i === lines.length - 1 && trial.bundle.anomalies.length > 0;
              if (line.role !== 'ack' && !gone) return null;
              return (
                <text
                  class={gone ? 'ended' : 'acked'}
                  x={scale.x(line.atMicros)}
                  y={BARS_BOTTOM + 4}
                  text-anchor="middle"
                >
                  {gone ? '✗' : '●'}
                </text>
              );
            })}
          {ticks(scale, Math.max(2, Math.floor(width / 110))).map((tick) => (
            <text class="tick" x={Math.min(Math.max(tick.x, 8), width - 14)} y={HEIGHT - 3} text-anchor="middle">
              {tick.label}
            </text>
          ))}
          <rect class="outside" x={0} width={scale.x(from)} y={BARS_TOP - 2} height={BARS_BOTTOM - BARS_TOP + 4} />
          <rect
            class="outside"
            x={scale.x(to)}
            width={Math.max(0, width - scale.x(to))}
            y={0}
            height={BARS_BOTTOM + 4}
          />
          <rect
            class="window"
            x={scale.x(from)}
            width={Math.max(3, scale.x(to) - scale.x(from))}
            y={0.5}
            height={BARS_BOTTOM + 3.5}
            rx={2}
          />
          {drag !== null && (
            <rect
              class="drag"
              x={Math.min(...drag)}
              width={Math.abs(drag[1] - drag[0])}
              y={0.5}
              height={BARS_BOTTOM + 3.5}
            />
          )}
        </svg>
      </div>
      <div class="strip-side">
        <div class="zoom" role="group" aria-label="Zoom">
          <button type="button" class="button" aria-label="Zoom in" onClick={() => zoomBy(0.5)}>
            +
          </button>
          <button type="button" class="button" aria-label="Zoom out" onClick={() => zoomBy(2)}>
            −
          </button>
          <button
            type="button"
            class="button"
            disabled={position.window === null}
            onClick={() => move({ window: null })}
          >
            story
          </button>
          <button type="button" class="button" onClick={() => move({ window: [0, bands.end] })}>
            all
          </button>
        </div>
        <span class="legend">
          <span class="chip">
            <i class="ack" /> acked writes
          </span>
          <span class="chip">
            <i class="hatch" /> fault
          </span>
          <span class="chip">on show: {duration(to - from)}</span>
        </span>
      </div>
    </section>
  );
}

export function Hatch({ id }: { id: string }) {
  return (
    <defs>
      <pattern id={id} width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
        <rect class="hatch-ground" width="6" height="6" />
        <line class="hatch-line" x1="0" y1="0" x2="0" y2="6" stroke-width="2.4" />
      </pattern>
    </defs>
  );
}

function acknowledgedPerBucket(trial: Trial, end: number, buckets: number): readonly number[] {
  const counts = Array.from({ length: buckets }, () => 0);
  for (const operation of trial.history.operations) {
    if (operation.f !== 'send' || operation.outcome !== 'ok' || operation.completedAt < 0) continue;
    const bucket = Math.min(buckets - 1, Math.floor((operation.completedAt / end) * buckets));
    counts[bucket] = counts[bucket]! + 1;
  }
  return counts;
}
