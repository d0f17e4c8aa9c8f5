/** The story, line by line: each line is a step of everything on the page. */
import { useEffect, useRef } from 'preact/hooks';
import { describe } from '../describe.js';
import { mermaidOf } from '../drawing/mermaid.js';
import type { LineRole, Story } from '../story.js';
import { seconds } from '../words.js';
import { indexShown } from './logs.js';
import { CopyButton } from './parts.js';
import type { Position } from './position.js';
import type { Trial } from './trial.js';
import { lanesFor } from './lane-choice.js';

interface Props {
  trial: Trial;
  story: Story;
  position: Position;
  move: (change: Partial<Position>) => void;
}

/** A shape for each role, so that nothing hangs on colour alone. */
export const roleMarks: Readonly<Record<LineRole, string>> = {
  baseline: '●',
  fault: '⚡',
  heal: '✚',
  down: '■',
  start: '▲',
  'data-lost': '✕',
  fence: '⊘',
  isr: '◌',
  frozen: '❄',
  elect: '◆',
  send: '→',
  append: '▪',
  retry: '↻',
  refuse: '⊘',
  ack: '←',
  truncate: '✂',
  read: '◎',
  member: '◇',
  process: '⚙',
  commit: '✓',
  'transaction-begin': '▷',
  'transaction-decision': '◈',
  'late-request': '↳',
  marker: '⚑',
  'transaction-end': '◁',
  other: '·',
};

export function StoryPanel({ trial, story, position, move }: Props) {
  const current = useRef<HTMLButtonElement>(null);
  useEffect(() => current.current?.scrollIntoView({ block: 'nearest' }), [position.step]);
  const last = story.lines.length - 1;
  const to = (step: number): void => move({ step: Math.min(Math.max(step, 0), last), event: -1 });
  const line = story.lines[position.step];
  return (
    <section class="panel story" id="story" tabIndex={-1} aria-label="Story">
      <div class="bar">
        <h2>Story</h2>
        <div class="stepper">
          <button
            type="button"
            class="button"
            aria-label="Previous step"
            disabled={position.step <= 0}
            onClick={() => to(position.step - 1)}
          >
            ◀
          </button>
          <span class="mono">
            {story.lines.length === 0 ? 0 : position.step + 1} / {story.lines.length}
          </span>
          <button
            type="button"
            class="button"
            aria-label="Next step"
            disabled={position.step >= last}
            onClick={() => to(position.step + 1)}
          >
            ▶
          </button>
        </div>
        <span class="grow" />
        <CopyButton label="The story as a Mermaid sequence diagram" text={() => mermaidText(trial, story)}>
          Mermaid
        </CopyButton>
        <CopyButton label="The trace records of the story as JSON lines" text={() => jsonLines(trial, story)}>
          JSON lines
        </CopyButton>
      </div>
      <ol>
        {story.lines.map((each, i) => (
          <li>
            <button
              type="button"
              ref={i === position.step ? current : null}
              class={`line ${each.role}`}
              aria-current={i === position.step ? 'step' : undefined}
              onClick={() => to(i)}
            >
              <span class="number">{i + 1}</span>
              <time>{seconds(each.atMicros)}</time>
              <span class="mark" aria-hidden="true">
                {roleMarks[each.role]}
              </span>
              <span class="text">
                {each.text.replace(/ {2,}/g, '  ')}
                {each.note !== null && <em>{each.note}</em>}
              </span>
            </button>
          </li>
        ))}
      </ol>
      {story.why !== '' && (
        <p class="why">
          <strong>why</strong> {story.why}
        </p>
      )}
      <Source trial={trial} index={indexShown(story, position)} picked={position.event >= 0} />
      <p class="only-read" aria-live="polite">
        {line === undefined
          ? ''
          : `Step ${position.step + 1}: ${seconds(line.atMicros)} seconds: ${line.text}. ${line.note ?? ''}`}
      </p>
    </section>
  );
}

/** Whose rule the event on show follows: the KIP or the class. */
function Source({ trial, index, picked }: { trial: Trial; index: number; picked: boolean }) {
  const source = index < 0 ? '' : trial.reader.sourceOf(index);
  if (source === '') return null;
  return (
    <p class="source">
      {picked && (
        <b>
          event {index}: {describe(trial.reader.at(index), trial.names)}.{' '}
        </b>
      )}
      {source}
    </p>
  );
}

function mermaidText(trial: Trial, story: Story): string {
  return mermaidOf(story, trial.names, lanesFor(trial, story, false).shown);
}

function jsonLines(trial: Trial, story: Story): string {
  const { names } = trial;
  const lines = story.lines.map((line) => {
    const { machine, key, ...record } = trial.reader.at(line.traceIndex);
    const place = { machine: names.machine(machine), key: key < 0 ? null : names.key(key) };
    return JSON.stringify({ ...record, ...place, story: line.text, note: line.note });
  });
  return lines.join('\n') + '\n';
}
