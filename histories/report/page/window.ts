/** Which part of the trial the lanes show when nobody has zoomed: the story, with a little before and after. */
import type { Story } from '../story.js';
import type { Position } from './position.js';
import type { Trial } from './trial.js';

export function windowShown(trial: Trial, story: Story, position: Position): readonly [number, number] {
  if (position.window !== null) return position.window;
  const { end } = trial.bands(story.focus.key);
  const times = story.lines.filter((line) => line.role !== 'baseline').map((line) => line.atMicros);
  if (times.length === 0) return [0, Math.max(end, 1)];
  const from = Math.min(...times);
  const to = Math.max(...times);
  const edge = Math.max((to - from) * 0.03, 2000);
  return [Math.max(0, from - edge), Math.min(Math.max(end, to + 1), to + edge)];
}
