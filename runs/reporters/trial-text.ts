/** One trial's anomalies in words and as JSON. */
import type { JudgedAnomaly } from '../../histories/anomaly.js';
import type { History } from '../../histories/operation.js';
import type { Story } from '../../histories/report/story.js';
import { anomalyWords } from '../anomaly-words.js';
import type { Engine, Trial } from '../engine.js';
import { brokenPromise } from '../expectation.js';
import { storyLines } from './campaign-text.js';
import type { Paint } from './paint.js';
import { labelled } from './words.js';

/** Told in full are the first anomalies of each requirement; the rest are counted. */
export function trialText(engine: Pick<Engine, 'story'>, trial: Trial, paint: Paint): string {
  return anomaliesText(trial.verdict.anomalies, trial.verdict.reasons, (judged) => engine.story(trial, judged), paint);
}

export function anomaliesText(
  anomalies: readonly JudgedAnomaly[],
  reasons: readonly string[],
  tell: (judged: JudgedAnomaly) => Story,
  paint: Paint,
): string {
  const lines = reasons.map((reason) => `  undecided: ${reason}`);
  const told = new Set<string>();
  const untold = new Map<string, number>();
  for (const judged of anomalies) {
    const kind = `${judged.judgement} ${brokenPromise(judged)}`;
    const name = `${judged.judgement} ${anomalyWords(judged.anomaly.type).words} (${judged.anomaly.type})`;
    if (told.has(kind)) untold.set(name, (untold.get(name) ?? 0) + 1);
    else {
      told.add(kind);
      lines.push('', ...anomalyLines(judged, tell(judged), paint));
    }
  }
  for (const [name, count] of untold) lines.push('', `  and ${count} more: ${name}`);
  if (anomalies.length === 0) lines.push('', '  no anomaly');
  return lines.join('\n');
}

function anomalyLines(judged: JudgedAnomaly, story: Story, paint: Paint): string[] {
  return [
    `  ${judgementWords(judged)}`,
    `  ${story.headline}`,
    '',
    ...storyLines(story.lines, paint),
    ...labelled(5, 'why', 8, story.why),
  ];
}

function judgementWords({ anomaly, judgement, requirement, licence, guarantee }: JudgedAnomaly): string {
  const words = `${anomalyWords(anomaly.type).words} (${anomaly.type})`;
  switch (judgement) {
    case 'bug':
      return `${words}: a guarantee excludes it${guarantee === null ? '' : ` (${guarantee})`}`;
    case 'unsafe':
      return `${words}: ${requirement} forbids it; Kafka permits it: ${licence?.words ?? 'no guarantee covers it'}`;
    case 'allowed':
      return `${words}: permitted (${licence?.words ?? 'no guarantee covers it'}), and no requirement forbids it`;
  }
}

export function anomalyJson(history: History, judged: JudgedAnomaly): Record<string, unknown> {
  const { anomaly, judgement, requirement, licence, guarantee } = judged;
  return {
    type: anomaly.type,
    judgement,
    requirement,
    licence: licence?.row ?? null,
    guarantee,
    key: history.keys[anomaly.key] ?? null,
    offsets: anomaly.offsets,
    operations: anomaly.operations,
    events: anomaly.events,
    preventedBy: anomaly.preventedBy,
    story: anomaly.story,
  };
}
