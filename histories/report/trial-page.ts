/** The page of one trial: everything that it shows is rebuilt from the history and the trace that it carries. */
import type { JudgedAnomaly, TrialVerdict } from '../anomaly.js';
import type { History } from '../operation.js';
import type { Trace } from '../trace.js';
import { embed, packed } from './embed.js';
import { layOut } from './graph.js';
import { narrowed } from './narrow.js';
import type { GuaranteeRow, PageAnomaly, PageBundle, SettingRow, TrialPageData } from './page-data.js';
import { causeOf, overviewOf, storyOf } from './story.js';
import { counted } from './words.js';

export interface TrialExecution {
  readonly history: History;
  readonly trace: Trace;
  readonly verdict: TrialVerdict;
  /** Faults and sends of its plan. */
  readonly size: { readonly faults: number; readonly sends: number };
}

export interface TrialPageInput extends TrialExecution {
  /** "Kafka 3.9 KRaft · 3 brokers · RF 3 · min.insync.replicas 2 · acks 1 · Java client" */
  readonly cluster: string;
  /** The command that runs this trial again. */
  readonly replay: string;
  readonly digest: string;
  /** A change that was re-run on this same trial and came out clean; null: none was. */
  readonly fix: string | null;
  readonly settings: readonly SettingRow[];
  readonly guarantees: readonly GuaranteeRow[];
  /** Said in the header: assumptions, what this build does otherwise. */
  readonly notes: readonly string[];
  /** The smallest trial with the same anomaly. The page opens with it. */
  readonly shrunk?: TrialExecution;
}

/** Stories are told for so many anomalies; of each cause one comes first. */
const MOST_STORIES = 12;
const MOST_ANOMALIES = 200;
const MOST_BYTES = 3_000_000;
/** What code, style, settings and stories may take of it. */
const OTHER_BYTES = 500_000;

/** @param template the built page; by default the one that the build left beside this module */
export async function renderTrialPage(input: TrialPageInput, template?: string): Promise<string> {
  const { header } = input.history;
  const leftOut: string[] = [];
  const bundles: PageBundle[] = [];
  let room = MOST_BYTES - OTHER_BYTES;
  const executions = [
    ...(input.shrunk === undefined ? [] : [{ label: 'shrunk' as const, ...input.shrunk }]),
    {
      label: 'original' as const,
      history: input.history,
      trace: input.trace,
      verdict: input.verdict,
      size: input.size,
    },
  ];
  for (const { label, ...execution } of executions) {
    const bundle = await bundleOf(label, execution, room, leftOut);
    if (bundle === null) continue;
    bundles.push(bundle);
    room -= bundle.history.length + bundle.trace.length;
  }
  const data: TrialPageData = {
    kind: 'trial',
    name: header.name,
    seed: header.seed,
    verdict: input.verdict.verdict,
    reasons: input.verdict.reasons,
    cluster: input.cluster,
    replay: input.replay,
    digest: input.digest,
    fix: input.fix,
    bundles,
    settings: input.settings,
    guarantees: input.guarantees,
    notes: input.notes,
    leftOut,
  };
  const story = bundles[0]?.anomalies[0]?.story ?? bundles[0]?.overview ?? null;
  const summary = [`${input.verdict.verdict.toUpperCase()} ${story?.headline ?? ''}`, story?.cause ?? '', input.replay];
  return embed(data, `${header.name}, seed ${header.seed}: ${input.verdict.verdict}`, summary, template);
}

/** null: there was no room for it, and `leftOut` says so. */
async function bundleOf(
  label: PageBundle['label'],
  execution: TrialExecution,
  room: number,
  leftOut: string[],
): Promise<PageBundle | null> {
  const { history, trace } = execution;
  const sorted = worstFirst(execution.verdict.anomalies, history, trace);
  const judged = sorted.slice(0, MOST_ANOMALIES);
  if (sorted.length > judged.length)
    leftOut.push(
      `${counted(sorted.length - judged.length, 'anomaly').replace('anomalys', 'anomalies')} of the ${label} trial`,
    );
  if (judged.length > MOST_STORIES) leftOut.push(`stories of all but ${MOST_STORIES} anomalies of the ${label} trial`);
  const fitting = narrowed(history, trace, judged, room, `${label} trial`);
  leftOut.push(...fitting.leftOut);
  if (fitting.files === null) return null;
  const anomalies: PageAnomaly[] = [];
  for (const [i, original] of judged.entries()) {
    const anomaly = fitting.renumbered(original);
    const story = i < MOST_STORIES ? storyOf(history, fitting.trace, anomaly) : null;
    anomalies.push({ judged: anomaly, story, graph: story === null ? null : await layOut(story.graph) });
  }
  return {
    label,
    words: `${counted(execution.size.faults, 'fault')}, ${counted(execution.size.sends, 'send')}`,
    anomalies,
    overview: anomalies.length > 0 ? null : overviewOf(history, fitting.trace, 0),
    history: packed(fitting.files.history),
    trace: packed(fitting.files.trace),
  };
}

/** What people ask about first; what follows from it after. Types that are not named stand between. */
const firstTypes = ['lost-write', 'unseen', 'duplicate', 'key-order', 'nonmonotonic-send', 'stuck'];
const lastTypes = ['int-nonmonotonic-send', 'ack-offset-mismatch', 'inconsistent-offsets'];

/** Bugs, then what a requirement forbids, then what is allowed; of each cause the first, then the rest. */
function worstFirst(anomalies: readonly JudgedAnomaly[], history: History, trace: Trace): readonly JudgedAnomaly[] {
  const severity = { bug: 0, unsafe: 1, allowed: 2 } as const;
  const ranked = anomalies.map((judged, position) => ({ judged, position, type: typeRank(judged.anomaly.type) }));
  ranked.sort(
    (a, b) => severity[a.judged.judgement] - severity[b.judged.judgement] || a.type - b.type || a.position - b.position,
  );
  const seen = new Set<string>();
  const first: JudgedAnomaly[] = [];
  const rest: JudgedAnomaly[] = [];
  for (const [i, { judged }] of ranked.entries()) {
    // Causes cost a look through the trace: only those that could come first are asked for.
    const cause = i < MOST_ANOMALIES ? causeOf(judged, history, trace).id : '';
    const way = `${judged.judgement}:${judged.requirement}:${cause}`;
    (seen.has(way) ? rest : first).push(judged);
    seen.add(way);
  }
  return [...first, ...rest];
}

function typeRank(type: string): number {
  const first = firstTypes.indexOf(type);
  if (first >= 0) return first;
  return firstTypes.length + 1 + lastTypes.indexOf(type);
}
