/** harrow guarantees: what a spec's settings guarantee and what they do not, in sentences, before anything runs. */
import { eligibleForgotten, gaps, guarantees, invariants, isWorthSaying } from '../../checkers/kafka/api.js';
import type { Gap, Guarantee } from '../../checkers/checker.js';
import type { HistoryHeader } from '../../histories/operation.js';
import type { KafkaClusterSpec } from '../../model/kafka/cluster-spec.js';
import { withAltered, type TopicConfiguration } from '../../model/kafka/topic-configuration.js';
import { Exit, type ExitCode } from '../outcome.js';
import { clusterWords, noteLines, titleLines } from '../reporters/header.js';
import type { Paint } from '../reporters/paint.js';
import { labelled } from '../reporters/words.js';
import { loadSpec } from '../spec/load.js';
import { resolveCluster } from '../spec/resolve.js';
import type { Spec } from '../spec/spec.js';
import { historyHeader, partitionsOf } from '../trial/history-header.js';
import { type Context, paintOf, say, sayJson } from './context.js';
import { requestOf, type SpecOptions } from './spec-options.js';

export type GuaranteesOptions = SpecOptions & { readonly json?: boolean };

/** Without a spec: all that there are. */
export function guaranteesOf(context: Context, input: string | undefined, options: GuaranteesOptions): ExitCode {
  const named = input !== undefined || options.server !== undefined || options.producer !== undefined;
  if (!named) {
    const open = [...gaps, eligibleForgotten].map((gap) => ({ gap, topics: [] }));
    sayRows(context, { guarantees, gaps: open, inside: new Set(), altered: [] }, options.json === true);
    return Exit.expected;
  }
  const { spec, warnings } = loadSpec(requestOf(input, options));
  const cluster = resolveCluster(spec);
  const rows = { ...rowsFor(headerOf(spec, cluster)), altered: alteredRows(spec, cluster) };
  if (options.json !== true) {
    for (const line of titleLines(spec.name, clusterWords(spec))) say(context, line);
    for (const line of noteLines([...warnings, ...spec.notes])) say(context, line);
    say(context, '');
  }
  sayRows(context, rows, options.json === true);
  return Exit.expected;
}

interface Rows {
  readonly guarantees: readonly Guarantee[];
  /** Those of them that speak of the replicas' own state, which no client sees. */
  readonly inside: ReadonlySet<Guarantee>;
  readonly gaps: readonly OpenGap[];
}

interface OpenGap {
  readonly gap: Gap;
  /** The topics whose settings leave it open; empty: all of them, or it is no matter of topics. */
  readonly topics: readonly string[];
}

/** What an administrator alters while the topic is in use, and what is left open from then on that was not before. */
interface AlteredRows {
  readonly topic: string;
  readonly settings: TopicConfiguration;
  readonly gaps: readonly OpenGap[];
  /** What is not guaranteed any more. */
  readonly lost: readonly Guarantee[];
}

type AllRows = Rows & { readonly altered: readonly AlteredRows[] };

/** Each alteration by itself, of the topic as it was created. */
function alteredRows(spec: Spec, cluster: KafkaClusterSpec): readonly AlteredRows[] {
  const before = rowsFor(headerOf(spec, cluster));
  return cluster.topics.flatMap((topic, index) =>
    (topic.alterations ?? []).map((settings) => {
      const altered = { ...topic, settings: withAltered(topic.settings, settings) };
      const header = headerOf(spec, { ...cluster, topics: cluster.topics.with(index, altered) });
      const after = rowsFor(header);
      const forgets = settings['min.insync.replicas'] !== undefined && eligibleForgotten.applies(header);
      const opened = after.gaps.filter(
        ({ gap }) => !before.gaps.some((one) => one.gap === gap && isOpenFor(one, topic.name)),
      );
      const own = [...(forgets ? [eligibleForgotten] : []), ...opened.map(({ gap }) => gap)];
      return {
        topic: topic.name,
        settings,
        gaps: own.map((gap) => ({ gap, topics: [] })),
        lost: before.guarantees.filter((guarantee) => !after.guarantees.includes(guarantee)),
      };
    }),
  );
}

function isOpenFor({ topics }: OpenGap, topic: string): boolean {
  return topics.length === 0 || topics.includes(topic);
}

function rowsFor(header: HistoryHeader): Rows {
  const given = guarantees.filter(
    (guarantee) => guarantee.covers(header).length > 0 && isWorthSaying(guarantee, header),
  );
  const isInvariant = (type: string): boolean => invariants.some(({ id }) => id === type);
  return {
    guarantees: given,
    inside: new Set(given.filter((guarantee) => guarantee.covers(header).every(isInvariant))),
    gaps: gaps.filter((gap) => gap.applies(header)).map((gap) => ({ gap, topics: topicsWith(gap, header) })),
  };
}

/** What one topic leaves open, __consumer_offsets say, the others may not. */
function topicsWith(gap: Gap, header: HistoryHeader): readonly string[] {
  const { topology } = header;
  if (topology === null) return [];
  const topics = [...new Set(topology.partitions.map(({ topic }) => topic))];
  const open = topics.filter((name) => {
    const partitions = topology.partitions.filter(({ topic }) => topic === name);
    return gap.applies({ ...header, topology: { ...topology, partitions } });
  });
  return open.length === topics.length ? [] : open;
}

/** What a trial of the spec would write above its history, but for where the replicas are. */
function headerOf(spec: Spec, cluster: KafkaClusterSpec): HistoryHeader {
  const factors = cluster.topics.flatMap(({ partitions, replicationFactor }) =>
    Array.from({ length: partitions }, () => replicationFactor),
  );
  return historyHeader({
    name: spec.name,
    seed: '',
    kafka: spec.kafka,
    control: spec.control.mode,
    cluster,
    workload: spec.workload.type,
    resend: spec.workload.resend,
    partitions: partitionsOf(cluster, (key) => Array.from({ length: factors[key]! }, (_, i) => i + 1)),
  });
}

function sayRows(context: Context, rows: AllRows, json: boolean): void {
  if (json) {
    sayJson(context, {
      guarantees: rows.guarantees.map(({ id, sentence, source, assumptions }) => ({
        id,
        sentence,
        source,
        assumptions,
      })),
      gaps: rows.gaps.map(gapJson),
      ...(rows.altered.length > 0 && {
        altered: rows.altered.map(({ topic, settings, gaps: opened, lost }) => ({
          topic,
          settings,
          gaps: opened.map(gapJson),
          lost: lost.map(({ id }) => id),
        })),
      }),
    });
    return;
  }
  const paint = paintOf(context);
  const inside = rows.guarantees.filter((guarantee) => rows.inside.has(guarantee));
  say(context, paint.bold('Guaranteed'));
  for (const guarantee of rows.guarantees) if (!rows.inside.has(guarantee)) sayGuarantee(context, guarantee, paint);
  if (inside.length > 0) say(context, `\n${paint.bold('Guaranteed within the cluster, where no client sees it')}`);
  for (const guarantee of inside) sayGuarantee(context, guarantee, paint);
  say(context, `\n${paint.bold('Not guaranteed')}`);
  for (const gap of rows.gaps) sayGap(context, gap, paint);
  for (const altered of rows.altered) sayAltered(context, altered, paint);
}

/** What was acknowledged before is judged by what was in force for the leader that acknowledged it. */
function sayAltered(context: Context, { topic, settings, gaps: opened, lost }: AlteredRows, paint: Paint): void {
  const words = Object.entries(settings).map(([name, value]) => `${name}=${value}`);
  say(context, `\n${paint.bold(`Once ${topic} is altered to ${words.join(' and ')}`)}`);
  for (const gap of opened) sayGap(context, gap, paint);
  for (const { sentence } of lost) sayMarked(context, paint.yellow('!'), `Not guaranteed any more: ${sentence}`);
  if (opened.length + lost.length === 0) say(context, '  nothing else is left open');
}

function gapJson({ gap: { id, sentence, source, closedBy }, topics }: OpenGap): object {
  return { id, sentence, source, closedBy, topics };
}

function sayGuarantee(context: Context, { sentence, source, assumptions }: Guarantee, paint: Paint): void {
  sayMarked(context, paint.green('✓'), sentence);
  assumptions.forEach((assumption, i) => sayBeside(context, i === 0 ? 'if' : 'and', assumption));
  sayBeside(context, 'source', source);
}

function sayGap(context: Context, { gap: { sentence, source, closedBy }, topics }: OpenGap, paint: Paint): void {
  sayMarked(context, paint.yellow('!'), sentence);
  if (topics.length > 0) sayBeside(context, 'here', topics.join(', '));
  sayBeside(context, 'closed by', closedBy ?? 'no setting');
  sayBeside(context, 'source', source);
}

/** The mark stands outside of the paragraph: colours have no width. */
function sayMarked(context: Context, mark: string, sentence: string): void {
  labelled(4, '', 0, sentence).forEach((line, i) => say(context, i === 0 ? `  ${mark} ${line.slice(4)}` : line));
}

function sayBeside(context: Context, label: string, text: string): void {
  for (const line of labelled(4, label, 11, text)) say(context, line);
}
