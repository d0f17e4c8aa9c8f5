/** The result of a campaign in words. */
import type { Verdict } from '../../histories/anomaly.js';
import type { KnownBug } from '../../model/kafka/protocol/versions/known-bugs.js';
import { faults as allFaults } from '../catalogue.js';
import type { Story, StoryLine } from '../../histories/report/story.js';
import { FEW_TRIALS, type Outcome } from '../outcome.js';
import type { Spec } from '../spec/spec.js';
import type { CauseTotal, Totals } from '../totals.js';
import { noPaint, type Paint, verdictMark } from './paint.js';
import { requirementWords } from './requirement-words.js';
import { shrunkWords } from './shrunk-words.js';
import {
  counted,
  dotted,
  grouped,
  labelled,
  ruleOfThree,
  seconds,
  shortDigest,
  shortSeconds,
  simulated,
  wallTime,
} from './words.js';

/** A cause whose first trial was looked at closely. */
export interface ToldCause {
  readonly cause: CauseTotal;
  readonly seed: string;
  /** null: not shrunk (--no-shrink). */
  readonly shrunk: {
    readonly faultsBefore: number;
    readonly faults: number;
    readonly sendsBefore: number;
    readonly sends: number;
    readonly attempts: number;
  } | null;
  readonly story: Story;
  /** Only when it was run again; each a paragraph. */
  readonly fix: readonly string[];
  /** "acks=1": the setting that does not cover it; null: none alone. */
  readonly blames: string | null;
  /** The bug of its version that it is, found out by running it again without; null: none that is known. */
  readonly knownBug: KnownBug | null;
  readonly report: string | null;
  /** Runs the smallest trial again. */
  readonly replay: string;
  /** Runs the trial again that the campaign saw, with the digest of its row. */
  readonly replayUnshrunk: string;
}

export interface CampaignResult {
  readonly spec: Spec;
  readonly totals: Totals;
  readonly outcome: Outcome;
  readonly told: readonly ToldCause[];
  readonly wallMillis: number;
  /** Path of the campaign's page, or its folder where no page was written. */
  readonly report: string;
}

export function campaignText(result: CampaignResult, paint: Paint): string {
  const { outcome } = result;
  const lines = [...headline(result, paint), ...missing(result), ''];
  if (outcome.verdict === 'clean' || outcome.verdict === 'undecided') lines.push(...evidence(result), '');
  else lines.push(...causes(result, paint));
  lines.push(...answer(result), ...ending(result));
  return lines.join('\n');
}

function missing({ outcome, totals }: CampaignResult): string[] {
  if (outcome.missing.length === 0) return [];
  const few = ` ${counted(totals.trials, 'trial')} may be too few: --seeds ${FEW_TRIALS} tries more.`;
  return [`  Not as expected: ${outcome.missing.join('; ')}.${totals.trials < FEW_TRIALS ? few : ''}`];
}

/** The mark stands outside of the paragraph: colours have no width. */
function headline(result: CampaignResult, paint: Paint): string[] {
  const { verdict } = result.outcome;
  const width = verdictMark(verdict, noPaint).length + 3;
  const [first, ...rest] = labelled(0, '', width, campaignHeadline(result));
  return [`${verdictMark(verdict, paint)}${first!.slice(width - 3)}`, ...rest];
}

/** The verdict's sentence. */
export function campaignHeadline(result: Pick<CampaignResult, 'spec' | 'totals' | 'outcome' | 'told'>): string {
  const { spec, totals, outcome, told } = result;
  switch (outcome.verdict) {
    case 'clean': {
      const kept = spec.require.map(({ name }) => requirementWords(name).kept);
      const what = kept.length === 0 ? 'nothing that Kafka excludes' : kept.join(', ');
      return `${totals.verdicts.clean} of ${totals.trials} trials: ${what}`;
    }
    case 'undecided':
      return `${outcome.reason}`;
    case 'unsafe':
      return `${failedWords(totals, 'unsafe')}.   Kafka kept its guarantees; ${blame(told)} not cover this.`;
    case 'bug':
      return (
        `${failedWords(totals, 'bug')}, which Kafka's guarantees exclude here: ` +
        "its rules, or Harrow's model of them, are wrong."
      );
  }
}

function blame(told: readonly ToldCause[]): string {
  const settings = [...new Set(told.map(({ blames }) => blames))];
  const [only] = settings;
  return settings.length === 1 && only !== null && only !== undefined ? `${only} does` : 'these settings do';
}

/** "283 of 1000 trials lost acknowledged writes" */
function failedWords(totals: Totals, verdict: Verdict): string {
  const rows = totals.failures.filter((row) => row.verdict === verdict);
  const requirements = [...new Set(totals.causes.map((cause) => cause.requirement))].filter((requirement) =>
    rows.some((row) => row.causes.some((cause) => cause.requirement === requirement)),
  );
  const parts = requirements.map((requirement, index) => {
    const count = rows.filter((row) => row.causes.some((cause) => cause.requirement === requirement)).length;
    const words = requirementWords(requirement).broke(count);
    return `${count}${index === 0 ? ` of ${totals.trials} trials` : ''} ${words}`;
  });
  return parts.length === 0 ? `${rows.length} of ${totals.trials} trials failed` : parts.join(', ');
}

/** What makes a clean campaign worth something. */
function evidence({ spec, totals }: CampaignResult): string[] {
  const faults = Object.entries(totals.faults).sort(([, a], [, b]) => b.effective - a.effective);
  const effective = faults.reduce((sum, [, count]) => sum + count.effective, 0);
  const ineffective = faults.reduce((sum, [, count]) => sum + count.ineffective, 0);
  const changedNothing = ineffective === 0 ? '' : ` (${grouped(ineffective)} more changed nothing)`;
  const named = faults
    .filter(([, count]) => count.effective > 0)
    .map(([name, count]) => `${name} ${grouped(count.effective)}`);
  const reached = Object.entries(totals.situations)
    .sort(([, a], [, b]) => b - a)
    .map(([name, count]) => `${name} ${grouped(count)}`);
  const untried = notTried(totals);
  const profile = spec.profile === 'storm' ? '' : '   --profile storm';
  return [
    ...row('tried', `${counted(effective, 'fault')} that had an effect${changedNothing}`),
    ...(named.length === 0 ? [] : row('', dotted(named))),
    ...neverBegun(spec, totals).flatMap((words) => row('not begun', words)),
    ...row('reached', reached.length === 0 ? 'no situation that has a name' : dotted(reached)),
    ...(untried === '' ? [] : row('not tried', `${untried}${profile}`)),
    ...row(
      'writes',
      `${grouped(totals.sent)} sent: ${grouped(totals.acknowledged)} acknowledged · ${grouped(totals.refused)} refused · ` +
        `${grouped(totals.unknown)} outcome unknown to the client`,
    ),
    ...row('', outageWords(totals)),
    ...(totals.verdicts.clean === totals.trials && totals.trials > 0
      ? row('read this', boundWords(totals.trials))
      : []),
  ];
}

/** Faults that the spec asks for: a name in it may be wrong, or what they need may be missing. */
function neverBegun({ faults }: Spec, totals: Totals): string[] {
  const listed = new Set(faults?.map(({ fault }) => fault) ?? []);
  return Object.entries(totals.neverBegun)
    .filter(([name]) => listed.has(name))
    .map(([name, reason]) => `${name}: ${reason}`);
}

/** The gravest first; of a long list only its beginning. */
const gravity = ['power', 'disk', 'clock', 'process', 'network'];
const NOT_TRIED_SHOWN = 4;

function notTried(totals: Totals): string {
  const names = allFaults
    .filter(({ name }) => (totals.faults[name]?.effective ?? 0) === 0)
    .toSorted((a, b) => gravity.indexOf(a.family) - gravity.indexOf(b.family))
    .map(({ name }) => name);
  const more = names.length - NOT_TRIED_SHOWN;
  return dotted([...names.slice(0, NOT_TRIED_SHOWN), ...(more > 0 ? [`${more} more`] : [])]);
}

function row(label: string, text: string): string[] {
  return labelled(2, label, 11, text);
}

function outageWords({ outage }: Totals): string {
  return (
    `longest time no write was acknowledged: median ${shortSeconds(outage.medianMicros)}, ` +
    `worst ${shortSeconds(outage.worstMicros)} (seed ${outage.worstSeed})`
  );
}

function boundWords(trials: number): string {
  return `0 of ${trials} means, at 95 % confidence, under ${ruleOfThree(trials)} of trials drawn like these. It is no proof.`;
}

function causes({ totals, told }: CampaignResult, paint: Paint): string[] {
  const lines: string[] = [];
  const numbered = totals.causes.map((cause, index) => ({ cause, number: index + 1 }));
  const requirements = [...new Set(totals.causes.map((cause) => cause.requirement))];
  // Wide enough for most, and for the longest within reason.
  const width = Math.min(112, Math.max(82, ...numbered.map(({ cause }) => cause.words.length + 6)));
  for (const requirement of requirements) {
    const own = numbered.filter(({ cause }) => cause.requirement === requirement);
    const ways = `  ${requirement}   ${requirementWords(requirement).ways(own.length)}`;
    lines.push(ways.padEnd(width + 1) + (lines.length === 0 ? 'trials' : ''));
    for (const { cause, number } of own) {
      lines.push(`${`  ${number}  ${cause.words}`.padEnd(width)} ${String(cause.trials).padStart(6)}`);
    }
    lines.push('');
  }
  for (const one of told) {
    const number = numbered.find(({ cause }) => cause === one.cause)?.number ?? 0;
    lines.push(...toldCause(number, one, paint), '');
  }
  return lines;
}

export function toldCause(number: number, told: ToldCause, paint: Paint): string[] {
  const prefix = `  ${number}  `;
  const indent = ' '.repeat(prefix.length);
  const links = [
    ...(told.report === null ? [] : [`${indent}see     ${told.report}`]),
    `${indent}again   ${told.replay}`,
  ];
  return [
    `${prefix}seed ${told.seed}${smallerWords(told.shrunk)}`,
    ...labelled(prefix.length, '', 0, told.story.headline),
    '',
    ...storyLines(told.story.lines, paint),
    ...labelled(prefix.length, 'why', 8, told.story.why),
    ...knownBugLines(prefix.length, told.knownBug),
    ...told.fix.flatMap((paragraph, index) => labelled(prefix.length, index === 0 ? 'fix' : '', 8, paragraph)),
    '',
    ...links,
  ];
}

/** What a bug is known as, if it is. */
export function knownBugLines(indent: number, bug: KnownBug | null): readonly string[] {
  if (bug === null) return [];
  const entry = bug.words.includes(bug.entry) ? '' : `${bug.entry}, `;
  return labelled(indent, 'known', 8, `${entry}${bug.words}. Run again without it: the anomaly is gone.`);
}

function smallerWords(shrunk: ToldCause['shrunk']): string {
  if (shrunk === null) return '';
  const { faultsBefore, sendsBefore, faults, sends, attempts } = shrunk;
  return `, ${shrunkWords({ faults: faultsBefore, sends: sendsBefore }, { faults, sends }, attempts)}`;
}

/** Times right-aligned, notes in a column of their own. */
export function storyLines(lines: readonly StoryLine[], paint: Paint): string[] {
  const lengths = lines.filter(({ note }) => note !== null).map(({ text }) => text.length);
  const width = Math.min(72, Math.max(42, ...lengths));
  return lines.map(({ atMicros, text, note }) => {
    const time = seconds(atMicros).padStart(12);
    return note === null ? `${time}   ${text}` : `${time}   ${text.padEnd(width)}  ${paint.dim(note)}`.trimEnd();
  });
}

/** A preset's own answer, where it came out as it says. */
function answer({ spec, outcome }: CampaignResult): string[] {
  if (!outcome.asExpected || spec.question === null || spec.answer.length === 0) return [];
  const lines = spec.answer.flatMap((line) => labelled(2, '', 0, line));
  return [`  ${spec.question}`, ...lines, ''];
}

function ending({ totals, outcome, wallMillis, report }: CampaignResult): string[] {
  const times = `${simulated(totals.simulatedMicros)} in ${wallTime(wallMillis)}`;
  const where = `digest ${shortDigest(totals.digest)} · ${report}`;
  if (outcome.verdict === 'clean' && outcome.exit === 0) return [`${times} · ${where}`];
  const { clean, unsafe, bug, undecided } = totals.verdicts;
  const why = outcome.exit === 0 ? ', as expected' : outcome.reason === '' ? '' : `: ${outcome.reason}`;
  return [
    `${times} · ${grouped(clean)} clean · ${grouped(unsafe)} unsafe · ${counted(bug, 'Kafka bug')} · ` +
      `${grouped(undecided)} undecided · exit ${outcome.exit}${why}`,
    where,
  ];
}
