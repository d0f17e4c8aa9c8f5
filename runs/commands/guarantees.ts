/** harrow guarantees: what a spec's settings guarantee and what they do not, in sentences, before anything runs. */
import { gaps, guarantees, invariants, isWorthSaying } from '../../checkers/kafka/api.js';
import type { Gap, Guarantee } from '../../checkers/checker.js';
import type { HistoryHeader } from '../../histories/operation.js';
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
    sayRows(
      context,
      { guarantees, gaps: gaps.map((gap) => ({ gap, topics: [] })), inside: new Set() },
      options.json === true,
    );
    return Exit.expected;
  }
  const { spec, warnings } = loadSpec(requestOf(input, options));
  const rows = rowsFor(headerOf(spec));
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
function headerOf(spec: Spec): HistoryHeader {
  const cluster = resolveCluster(spec);
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

function sayRows(context: Context, rows: Rows, json: boolean): void {
  if (json) {
    sayJson(context, {
      guarantees: rows.guarantees.map(({ id, sentence, source, assumptions }) => ({
        id,
        sentence,
        source,
        assumptions,
      })),
      gaps: rows.gaps.map(({ gap: { id, sentence, source, closedBy }, topics }) => ({
        id,
        sentence,
        source,
        closedBy,
        topics,
      })),
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
