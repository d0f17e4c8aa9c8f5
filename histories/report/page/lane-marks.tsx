/** What happens at a moment: messages, appends, the steps of the story, and the moment on show. */
import type { Message } from '../drawing/messages.js';
import { kafkaError, seconds } from '../words.js';
import { AXIS, MARK, TOP, type Frame, type Place } from './lane-frame.js';
import type { Position } from './position.js';
import type { Trial } from './trial.js';

/** A tick for each moment at which a broker appended as leader: two lanes of ticks at once are two leaders taking writes. */
export function Appends({ trial, storyKey, frame }: { trial: Trial; storyKey: number; frame: Frame }) {
  const { scale } = frame;
  const { replay, reader } = trial;
  const paths = new Map<number, Set<number>>();
  const range = [replay.lastIndexAt(scale.from - 1) + 1, replay.lastIndexAt(scale.to) + 1] as const;
  for (const append of reader.scan(['append'], storyKey, ...range)) {
    if (append.asLeader !== 1 || frame.y(append.machine) < 0) continue;
    const pixels = paths.get(append.machine) ?? new Set();
    pixels.add(Math.round(scale.x(append.time)));
    paths.set(append.machine, pixels);
  }
  return (
    <g class="appends">
      {[...paths].map(([machine, pixels]) => (
        <path d={[...pixels].map((x) => `M${x} ${frame.y(machine) + frame.band / 2} v4`).join('')}>
          <title>appends of the leader</title>
        </path>
      ))}
    </g>
  );
}

const messageWords: Readonly<Record<Message['kind'], string>> = {
  produce: 'produce request',
  ack: 'answer',
  replicate: 'copied by the follower',
  fetch: 'fetch: the replication ack',
};

export function Arrow({ message, frame, trial }: { message: Message; frame: Frame; trial: Trial }) {
  const { kind, from, to, sentAt, receivedAt, value, focus, error } = message;
  const y0 = frame.y(from);
  const y1 = frame.y(to);
  if (y0 < 0 || y1 < 0) return null;
  const lost = receivedAt < 0;
  const down = y1 > y0 ? 1 : -1;
  const broker = (machine: number): number => (trial.names.hasRole(machine, 'broker') ? frame.band / 2 + 1 : 2);
  const x0 = frame.scale.x(sentAt);
  const start = y0 + down * broker(from);
  const end = lost ? y0 + (y1 - y0) * 0.55 : y1 - down * broker(to);
  const x1 = lost ? x0 + 22 : frame.scale.x(receivedAt);
  const head = lost || error !== 0 ? 'lost' : focus ? 'focus' : 'other';
  return (
    <g class={`message ${kind} ${focus ? 'focus' : 'other'} ${lost || error !== 0 ? 'lost' : ''}`}>
      <title>{`${messageWords[kind]}: ${trial.names.machine(from)} → ${trial.names.machine(to)}, value ${trial.history.valueName(value)}${error === 0 ? '' : `, ${kafkaError(error)}`}, ${seconds(sentAt)}${lost ? ' s, never arrived' : `–${seconds(receivedAt)} s`}`}</title>
      <line x1={x0} y1={start} x2={x1} y2={end} marker-end={lost ? undefined : `url(#head-${head})`} />
      {(lost || (error !== 0 && kind === 'produce')) && (
        <text class="lost-mark" x={x1} y={end + 4} text-anchor="middle">
          {lost ? '✗' : '⊘'}
        </text>
      )}
    </g>
  );
}

export function Cursor({ x, outside, frame, label }: { x: number; outside: boolean; frame: Frame; label: string }) {
  if (outside) return null;
  return (
    <g class="cursor">
      <line x1={x} x2={x} y1={TOP - 2} y2={frame.height - AXIS + 2} />
      <rect x={x - 26} width={52} y={frame.height - AXIS + 5} height={16} rx={3} />
      <text x={x} y={frame.height - AXIS + 17} text-anchor="middle">
        {label}
      </text>
    </g>
  );
}

export function StepMark({
  x,
  y,
  line,
  step,
  current,
  move,
}: Place & { current: boolean; move: (change: Partial<Position>) => void }) {
  return (
    <g
      class={`step ${current ? 'current' : ''}`}
      onClick={(event) => {
        event.stopPropagation();
        move({ step, event: -1 });
      }}
    >
      <title>{`${seconds(line.atMicros)}  ${line.text}${line.note === null ? '' : `: ${line.note}`}`}</title>
      <circle cx={x} cy={y} r={current ? MARK + 1.5 : MARK} />
      <text x={x} y={y + 3.6} text-anchor="middle">
        {step + 1}
      </text>
    </g>
  );
}
