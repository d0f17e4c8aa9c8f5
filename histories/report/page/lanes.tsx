/** Lanes over virtual time: who led in which epoch, what the controller had decided, faults, and messages. */
import { useMemo, useRef, useState } from 'preact/hooks';
import { messagesOf } from '../drawing/messages.js';
import type { Story } from '../story.js';
import { counted, seconds } from '../words.js';
import { BandsDrawn, Stripes } from './lane-bands.js';
import { lanesFor } from './lane-choice.js';
import { frameOf, LABELS, momentsOf, numberPlaces } from './lane-frame.js';
import { Axis, LaneLabel, stateWords } from './lane-ground.js';
import { Appends, Arrow, Cursor, StepMark } from './lane-marks.js';
import { indexShown, timeShown } from './logs.js';
import { CopyButton, useSize } from './parts.js';
import type { Position } from './position.js';
import { Hatch } from './strip.js';
import { svgText } from './svg-text.js';
import type { Trial } from './trial.js';
import { windowShown } from './window.js';

interface Props {
  trial: Trial;
  story: Story;
  position: Position;
  move: (change: Partial<Position>) => void;
}

/** More than this beside those of the anomaly would be a tangle. */
const MOST_MESSAGES = 160;

export function Lanes({ trial, story, position, move }: Props) {
  const { ref, width, height: room } = useSize({ width: 420, height: 180 });
  const [all, setAll] = useState(false);
  const svg = useRef<SVGSVGElement>(null);
  const { reader, history, names } = trial;
  const { key, values } = story.focus;
  const choice = useMemo(() => lanesFor(trial, story, all), [trial, story, all]);
  const [from, to] = windowShown(trial, story, position);
  const bands = trial.bands(key);
  const every = useMemo(() => messagesOf(reader, history, key, { values }), [reader, history, key, values]);
  const messages = every.filter(({ sentAt, receivedAt }) => sentAt <= to && Math.max(sentAt, receivedAt) >= from);
  const focused = messages.filter((message) => message.focus);
  const others = messages.length - focused.length;
  const drawn = others <= MOST_MESSAGES ? messages : focused;
  const frame = frameOf(
    choice.shown,
    { from, to, toScale: position.toScale },
    { width, height: room },
    momentsOf(story, focused),
  );
  const index = indexShown(story, position);
  const now = timeShown(trial, story, position);
  const state = trial.replay.at(index);
  const pick = (event: MouseEvent): void => {
    const x = event.clientX - svg.current!.getBoundingClientRect().left - LABELS;
    if (x < 0) return;
    move({ event: trial.replay.lastIndexAt(frame.scale.time(x)) });
  };
  return (
    <section class="panel lanes" aria-label="Lanes over virtual time">
      <div class="bar">
        <h2>
          <span class="name">{names.key(key)}</span>{' '}
          <span class="quiet">
            {seconds(from)}–{seconds(to)} s
          </span>
        </h2>
        <div class="toggle" role="group" aria-label="How time runs">
          <button
            type="button"
            aria-pressed={!position.toScale}
            title="Quiet stretches are compressed, and marked"
            onClick={() => move({ toScale: false })}
          >
            story time
          </button>
          <button type="button" aria-pressed={position.toScale} onClick={() => move({ toScale: true })}>
            to scale
          </button>
        </div>
        <span class="grow" />
        {drawn.length < messages.length && <span class="quiet">{others} other messages not drawn: zoom in</span>}
        {(choice.hidden > 0 || all) && (
          <button type="button" class="button" onClick={() => setAll(!all)}>
            {all ? 'only those concerned' : counted(choice.hidden, 'other machine')}
          </button>
        )}
        <CopyButton label="The lanes as SVG" text={() => svgText(svg.current!)}>
          SVG
        </CopyButton>
      </div>
      <div ref={ref} class="scroll picture">
        <svg
          ref={svg}
          width={width}
          height={frame.height}
          role="img"
          aria-label={description(trial, story)}
          onClick={pick}
        >
          <Hatch id="fault-hatch" />
          <Stripes />
          <defs>
            <clipPath id="plot">
              <rect x={0} y={0} width={frame.scale.width} height={frame.height} />
            </clipPath>
            {['focus', 'other', 'lost'].map((kind) => (
              <marker
                id={`head-${kind}`}
                class={`head ${kind}`}
                viewBox="0 0 8 8"
                refX="7"
                refY="4"
                markerWidth="7"
                markerHeight="7"
                orient="auto-start-reverse"
              >
                <path d="M0 0.8 L7.4 4 L0 7.2 z" />
              </marker>
            ))}
          </defs>
          {frame.lanes.map((machine, i) => (
            <LaneLabel
              trial={trial}
              machine={machine}
              frame={frame}
              words={stateWords(trial, state, machine, key)}
              odd={i % 2 === 1}
              width={width}
            />
          ))}
          <g transform={`translate(${LABELS},0)`}>
            <Axis frame={frame} cursor={now < from || now > to ? -1 : frame.scale.x(now)} />
            <g clip-path="url(#plot)">
              <BandsDrawn bands={bands} frame={frame} trial={trial} />
              <Appends trial={trial} storyKey={key} frame={frame} />
              {drawn.map((message) => (
                <Arrow message={message} frame={frame} trial={trial} />
              ))}
            </g>
            <Cursor x={frame.scale.x(now)} outside={now < from || now > to} frame={frame} label={seconds(now)} />
            {numberPlaces(story, frame).map(({ x, y, line, step }) => (
              <StepMark
                x={x}
                y={y}
                line={line}
                step={step}
                current={position.event < 0 && step === position.step}
                move={move}
              />
            ))}
          </g>
        </svg>
      </div>
    </section>
  );
}

function description(trial: Trial, story: Story): string {
  const steps = story.lines.map((line) => `${seconds(line.atMicros)} s: ${line.text}`);
  return `Lanes of ${trial.names.key(story.focus.key)}. ${steps.join('. ')}`;
}
