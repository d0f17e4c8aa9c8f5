/** The page of a trial. One position (anomaly, step, window) moves everything on it together. */
import { useCallback, useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { TrialPageData } from '../page-data.js';
import { Aside } from './aside.js';
import { Events } from './events.js';
import { Lanes } from './lanes.js';
import { Logs } from './logs.js';
import { Operations } from './operations.js';
import { isField } from './parts.js';
import { readPosition, writePosition, type Position } from './position.js';
import { StoryPanel } from './story-panel.js';
import { Strip } from './strip.js';
import { Guarantees, Settings } from './tables.js';
import { openTrial, storyShown, type Trial } from './trial.js';
import { Verdict } from './verdict.js';
import { Why } from './why.js';

export function TrialPage({ data }: { data: TrialPageData }) {
  const first = useMemo(() => firstPosition(data), [data]);
  const [position, setPosition] = useState(() => within(data, readPosition(location.hash, first)));
  const bundle = data.bundles.find(({ label }) => label === position.trial) ?? data.bundles[0];
  const [trial, setTrial] = useState<Trial | null>(null);
  const [failure, setFailure] = useState('');
  const move = useCallback(
    (change: Partial<Position>) => setPosition((now) => within(data, { ...now, ...change })),
    [data],
  );

  useEffect(() => {
    if (bundle === undefined) return;
    let wanted = true;
    openTrial(bundle).then(
      (opened) => wanted && setTrial(opened),
      (error: unknown) => wanted && setFailure(String(error)),
    );
    return () => void (wanted = false);
  }, [bundle]);
  useEffect(() => history.replaceState(null, '', writePosition(position, first)), [position, first]);
  useEffect(() => {
    const onHash = (): void => setPosition(within(data, readPosition(location.hash, first)));
    addEventListener('hashchange', onHash);
    return () => removeEventListener('hashchange', onHash);
  }, [data, first]);
  const story = bundle === undefined ? null : storyShown(bundle, position.anomaly);
  useStepKeys(position, story?.lines.length ?? 0, move);

  const ready = trial !== null && trial.bundle === bundle;
  return (
    <>
      <a
        class="skip"
        href="#story"
        onClick={(event) => (event.preventDefault(), document.getElementById('story')?.focus())}
      >
        Skip to the story
      </a>
      <main class="first">
        <Verdict data={data} position={position} story={story} move={move} />
        {failure !== '' && <p class="failure">This page cannot be read: {failure}</p>}
        {ready && story !== null && (
          <>
            <Strip trial={trial} story={story} position={position} move={move} />
            <Lanes trial={trial} story={story} position={position} move={move} />
            <StoryPanel trial={trial} story={story} position={position} move={move} />
            <Logs trial={trial} story={story} position={position} />
            <Aside data={data} />
          </>
        )}
      </main>
      {ready && story !== null && (
        <div class="below">
          <Why anomaly={bundle!.anomalies[position.anomaly]} story={story} position={position} move={move} />
          <Operations trial={trial} story={story} />
          <Guarantees rows={data.guarantees} move={move} />
          <Settings rows={data.settings} />
          <Events trial={trial} position={position} move={move} />
          <Footer data={data} />
        </div>
      )}
    </>
  );
}

function Footer({ data }: { data: TrialPageData }) {
  return (
    <footer>
      {data.notes.length > 0 && <p>{data.notes.join(' · ')}</p>}
      <p>
        {data.leftOut.length === 0
          ? 'Nothing was left out of this page.'
          : `Left out to keep this page small: ${data.leftOut.join('; ')}. The whole of it comes back with the replay command.`}
      </p>
      <p class="mono">
        digest {data.digest} · <kbd>←</kbd> <kbd>→</kbd> or <kbd>p</kbd> <kbd>n</kbd> step · <kbd>a</kbd> next anomaly ·{' '}
        <kbd>+</kbd> <kbd>−</kbd> <kbd>0</kbd> zoom
      </p>
    </footer>
  );
}

function firstPosition(data: TrialPageData): Position {
  const bundle = data.bundles[0];
  const lines = bundle === undefined ? 0 : (storyShown(bundle, 0)?.lines.length ?? 0);
  return {
    trial: bundle?.label ?? 'original',
    anomaly: 0,
    // The end of the story is what the verdict speaks of.
    step: Math.max(0, lines - 1),
    event: -1,
    window: null,
    toScale: false,
  };
}

/** What the hash says may lie outside of this page. */
function within(data: TrialPageData, position: Position): Position {
  const bundle = data.bundles.find(({ label }) => label === position.trial) ?? data.bundles[0];
  if (bundle === undefined) return position;
  const anomaly = Math.min(position.anomaly, Math.max(0, bundle.anomalies.length - 1));
  const lines = storyShown(bundle, anomaly)?.lines.length ?? 0;
  const step = Math.min(Math.max(0, position.step), Math.max(0, lines - 1));
  return { ...position, trial: bundle.label, anomaly, step };
}

function useStepKeys(position: Position, lines: number, move: (change: Partial<Position>) => void): void {
  // Keys may come faster than the page is drawn: each counts from where the last one led.
  const latest = useRef(position);
  latest.current = position;
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey || isField(event.target)) return;
      const to = (wanted: number): void => {
        const step = Math.min(Math.max(wanted, 0), lines - 1);
        latest.current = { ...latest.current, step };
        move({ step, event: -1 });
      };
      if (event.key === 'ArrowRight' || event.key === 'n') to(latest.current.step + 1);
      else if (event.key === 'ArrowLeft' || event.key === 'p') to(latest.current.step - 1);
      else if (event.key === 'Home') to(0);
      else if (event.key === 'End') to(lines - 1);
      else if (event.key === 'a') move({ anomaly: latest.current.anomaly + 1, step: 0, event: -1, window: null });
      else if (event.key === '0') move({ window: null });
      else return;
      event.preventDefault();
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, [lines, move]);
}
