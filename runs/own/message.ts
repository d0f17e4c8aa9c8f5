/** What a failing campaign says: fast-check's order: what broke, the smallest example, how to run it again, where the report is. */
import { sendsOf } from '../../model/system.js';
import { anomalyWords } from '../anomaly-words.js';
import { storyLines } from '../reporters/campaign-text.js';
import { noPaint } from '../reporters/paint.js';
import { shrunkWords, type PlanSize } from '../reporters/shrunk-words.js';
import { labelled, seconds } from '../reporters/words.js';
import type { Spec } from '../spec/spec.js';
import type { ExaminedOwn, Finding } from './examine-own.js';
import { WorkloadError } from './errors.js';
import { userFrame } from './watch.js';

export interface MessageInput {
  readonly name: string;
  readonly seed: string;
  /** "3 of 100"; of a known failure its file. */
  readonly count: string;
  /** Empty where nothing varies. */
  readonly variant: string;
  readonly spec: Spec;
  readonly examined: ExaminedOwn;
  /** Runs the smallest trial again, without the code; null: it does not come out the same without it. */
  readonly replay: string | null;
  /** Runs the seed again, with the code. */
  readonly again: string;
  readonly report: string;
  /** Makes the smallest trial one of the known failures; null: it is one. */
  readonly keep: string | null;
}

export function failureMessage(input: MessageInput): string {
  const { name, seed, count, variant, examined, replay, again, report, keep } = input;
  const { finding } = examined;
  const isThrown = finding.kind === 'thrown';
  const links = [
    ...(replay === null || isThrown ? [] : [`  replay  ${replay}`]),
    `  again   ${again}`,
    `  report  ${report}`,
    ...(keep === null ? [] : [`  keep    ${keep}`]),
  ];
  const where = variant === '' ? `seed ${seed}, ${count}` : `seed ${seed}, ${count}, ${variant}`;
  const shrunk = smallerWords(examined);
  return [
    `✗ ${name}  (${where})`,
    '',
    ...findingLines(finding),
    ...(shrunk === null ? [] : ['', `  ${shrunk}`]),
    '',
    ...(finding.kind === 'thrown' && finding.thrown.error instanceof WorkloadError ? [] : links),
  ]
    .join('\n')
    .trimEnd();
}

function findingLines(finding: Finding): string[] {
  if (finding.kind === 'thrown') return thrownLines(finding);
  const { judged, story, fix } = finding;
  const words = anomalyWords(judged.anomaly.type).words;
  const verdict =
    judged.judgement === 'bug'
      ? `${words}: a guarantee of Kafka's excludes it (its rules, or Harrow's model of them, are wrong)`
      : `${words}: ${judged.requirement} forbids it; Kafka permits it: ${judged.licence?.words ?? 'no guarantee covers it'}`;
  return [
    `  ${verdict}`,
    `  ${story.headline}`,
    '',
    ...storyLines(story.lines, noPaint),
    ...labelled(5, 'why', 8, story.why),
    ...(fix === null ? [] : labelled(5, 'fix', 8, fix)),
  ];
}

function thrownLines({ thrown }: Extract<Finding, { kind: 'thrown' }>): string[] {
  const { error, by, at } = thrown;
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  const frame = error instanceof Error ? userFrame(error.stack ?? '') : null;
  const call = by < 0 ? '' : `, call ${by} of the workload`;
  return [
    `  the workload threw at ${seconds(at)} s${call}:`,
    ...text.split('\n').map((line) => `    ${line}`),
    ...(frame === null || text.includes(frame) ? [] : [`      ${frame}`]),
  ];
}

function smallerWords({ original, smallest, attempts }: ExaminedOwn): string | null {
  if (attempts === null) return null;
  const size = ({ trial: { plan } }: ExaminedOwn['original']): PlanSize => ({
    faults: plan.strikes.length,
    sends: sendsOf(plan.workload),
  });
  return shrunkWords(size(original), size(smallest), attempts);
}
