/** The verdict: nothing to scroll for it. */
import type { ComponentChildren } from 'preact';
import type { TrialPageData } from '../page-data.js';
import type { Story } from '../story.js';
import { Badge, CopyButton, ThemeButton } from './parts.js';
import type { Position } from './position.js';

/** Names with hyphens ("orders-0@12") stay on one row. */
function unbroken(sentence: string): ComponentChildren {
  const words = sentence.split(' ');
  return words.map((word, i) => {
    const space = i < words.length - 1 ? ' ' : '';
    return word.includes('-') ? [<span class="nowrap">{word}</span>, space] : word + space;
  });
}

interface Props {
  data: TrialPageData;
  position: Position;
  story: Story | null;
  move: (change: Partial<Position>) => void;
}

export function Verdict({ data, position, story, move }: Props) {
  const bundle = data.bundles.find(({ label }) => label === position.trial);
  return (
    <header class="verdict">
      <div class="headline">
        <Badge verdict={data.verdict} />
        <h1>{unbroken(story?.headline ?? 'This trial is too large for a page.')}</h1>
        <ThemeButton />
      </div>
      {story !== null && <p class="cause">{story.cause}</p>}
      {data.reasons.map((reason) => (
        <p class="cause">{reason}</p>
      ))}
      {data.fix !== null && (
        <p class="fix">
          <strong>Fix, re-run on this same trial:</strong> {data.fix}
        </p>
      )}
      <div class="meta">
        <span>
          seed <b>{data.seed}</b> · {data.cluster}
        </span>
        <CopyButton text={() => data.replay} label={data.replay}>
          copy: <code>{data.replay.replace(/\S*\/(\S+)$/, '…/$1')}</code>
        </CopyButton>
        {data.bundles.length > 1 && (
          <div class="toggle" role="group" aria-label="Which trial">
            {data.bundles.map(({ label, words }) => (
              <button
                type="button"
                aria-pressed={label === position.trial}
                title={words}
                onClick={() => move({ trial: label, anomaly: 0, step: Infinity, event: -1, window: null })}
              >
                {label}
              </button>
            ))}
          </div>
        )}
        <span class="quiet">{bundle?.words}</span>
        {bundle !== undefined && bundle.anomalies.length > 1 && (
          <label class="pick">
            anomaly{' '}
            <select
              value={position.anomaly}
              onChange={(event) =>
                move({ anomaly: Number(event.currentTarget.value), step: Infinity, event: -1, window: null })
              }
            >
              {bundle.anomalies.map(({ judged }, i) => (
                <option value={i}>
                  {i + 1} of {bundle.anomalies.length}: {judged.anomaly.type}
                  {judged.judgement === 'allowed' ? ' (allowed)' : ''}
                </option>
              ))}
            </select>
          </label>
        )}
      </div>
    </header>
  );
}
