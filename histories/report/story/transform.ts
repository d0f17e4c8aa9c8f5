/**
 * The stories of an application that consumes, transforms and produces: of a record that went into two outputs
 * (ctp-duplicate), and of a count that is wrong because of one (count-too-high, count-too-low).
 */
import type { JudgedAnomaly } from '../../anomaly.js';
import type { MicroOp, Operation } from '../../operation.js';
import { capital, listed, seconds } from '../words.js';
import { compose } from './compose.js';
import { preventionOf, sentence } from './general.js';
import { reprocessedFinding, type GroupFinding } from './group-cause.js';
import { clientLine, groupLines, pollLine } from './group-lines.js';
import { recordWords, takenLines } from './group-record.js';
import { endOf, groupOf, sceneOfRecord, type GroupScene } from './group-scene.js';
import type { Draft, Teller } from './teller.js';
import type { Cause, Story } from './types.js';

interface TransformScene {
  readonly scene: GroupScene;
  readonly finding: GroupFinding;
  /** The two that made an output of the record; first, who had polled it first. */
  readonly pair: readonly [Operation, Operation];
  /** Of a wrong count: the operation whose output says it, where it is none of the two. */
  readonly wrong: Operation | null;
}

/** null: the history does not tell of whom and what. */
export function transformStory(teller: Teller, judged: JudgedAnomaly): Story | null {
  const found = transformSceneOf(teller, judged);
  if (found === null) return null;
  const { scene, finding, pair, wrong } = found;
  const from = finding.poll?.completedAt ?? pair[0].invokedAt;
  const last = [...pair, ...(wrong === null ? [] : [wrong])];
  const to = Math.max(...last.map(momentOf));
  const machines = pair.map((operation) => teller.clientOf(operation).machine);
  const drafts: Draft[] = [
    ...groupLines(teller, scene, machines, from, to),
    ...takenLines(teller, scene, finding),
    ...busyLines(teller, found),
    ...outputLines(teller, found),
  ];
  const guarantee = teller.setting('processing.guarantee');
  const settings = guarantee === null ? [] : [`processing.guarantee=${guarantee}`];
  const isCount = judged.anomaly.type !== 'ctp-duplicate';
  const { lines, graph } = compose(teller, drafts, settings, isCount ? 'a wrong count' : 'two outputs');
  const clients = listed([...new Set(pair.map(({ client }) => client))]);
  return {
    headline: isCount
      ? sentence(judged.anomaly.story)
      : `Group ${scene.group} made two outputs of ${recordWords(teller, scene, judged)}, by ${clients}.`,
    cause: `${capital(causeOf(found).sentence)}: ${causeTimes(pair)}.`,
    lines,
    why: whyOf(teller, judged),
    graph,
    focus: { key: scene.key, offsets: [scene.offset], values: scene.value < 0 ? [] : [scene.value] },
  };
}

/** null: the history does not tell of whom and what. */
export function transformCause(teller: Teller, judged: JudgedAnomaly): Cause | null {
  const found = transformSceneOf(teller, judged);
  return found === null ? null : causeOf(found);
}

function transformSceneOf(teller: Teller, judged: JudgedAnomaly): TransformScene | null {
  const { anomaly } = judged;
  const { operations } = teller.history;
  const named = anomaly.operations.flatMap((index) => operations[index] ?? []);
  const group = groupOf(teller, anomaly.operations);
  const last = named.at(-1);
  if (group === null || last === undefined) return null;
  const twice =
    anomaly.type === 'ctp-duplicate'
      ? { offset: anomaly.offsets[0] ?? -1, makers: named }
      : countedTwice(teller, judged, last);
  if (twice === null || twice.offset < 0 || twice.makers.length < 2) return null;
  const scene = sceneOfRecord(teller, group, anomaly.key, twice.offset);
  const polledAt = (operation: Operation): number => pollBefore(scene, operation)?.completedAt ?? operation.invokedAt;
  const [first, second] = twice.makers.slice(-2).toSorted((a, b) => polledAt(a) - polledAt(b)) as [
    Operation,
    Operation,
  ];
  const finding = reprocessedFinding(teller, scene, [first.index, second.index]);
  return { scene, finding, pair: [first, second], wrong: last === first || last === second ? null : last };
}

/**
 * The latest record of the count's key that had been counted twice when the wrong count was made; null: none.
 *
 * A store goes on from what its changelog says, so that the wrong count may be of a later record.
 */
function countedTwice(
  teller: Teller,
  { anomaly }: JudgedAnomaly,
  wrong: Operation,
): { readonly offset: number; readonly makers: readonly Operation[] } | null {
  const recordKey = outputOf(wrong, anomaly.key, anomaly.offsets[0] ?? -1)?.recordKey ?? null;
  const makers = new Map<number, Operation[]>();
  for (const operation of teller.history.operations) {
    if (operation.invokedAt > wrong.invokedAt) break;
    for (const microOp of operation.value) {
      if (microOp.kind !== 'derive' || microOp.key !== anomaly.key) continue;
      if (outputOf(operation, microOp.key, microOp.offset)?.recordKey !== recordKey) continue;
      const others = makers.get(microOp.offset);
      if (others === undefined) makers.set(microOp.offset, [operation]);
      else others.push(operation);
    }
  }
  const twice = [...makers].filter(([, operations]) => operations.length > 1).sort(([a], [b]) => b - a)[0];
  return twice === undefined ? null : { offset: twice[0], makers: twice[1] };
}

interface Output {
  readonly recordKey: string | null;
  /** undefined: the application does not count. */
  readonly count: number | undefined;
}

/** What an operation made of the record of an offset. */
function outputOf({ value }: Operation, historyKey: number, offset: number): Output | null {
  const made = value.find(
    (one): one is Extract<MicroOp, { kind: 'derive' }> =>
      one.kind === 'derive' && one.key === historyKey && one.offset === offset,
  );
  if (made === undefined) return null;
  const sent = value.find((one) => one.kind === 'send' && one.value === made.outputValue);
  return { recordKey: sent?.kind === 'send' ? sent.recordKey : null, count: made.count };
}

function pollBefore(scene: GroupScene, { client, invokedAt }: Operation): Operation | undefined {
  return scene.polls.findLast((poll) => poll.client === client && endOf(poll) <= invokedAt);
}

/** A send is made when it is invoked; a transaction counts when it is committed. */
function momentOf({ f, invokedAt, completedAt }: Operation): number {
  return f === 'send' || completedAt < 0 ? invokedAt : completedAt;
}

function outputLines(teller: Teller, { scene, pair, wrong }: TransformScene): readonly Draft[] {
  const [first, second] = pair;
  const isLate = momentOf(first) > momentOf(second);
  const line = (operation: Operation, offset: number, note: string | null): Draft => {
    const text = `${operation.client} ${outputWords(teller, scene, operation, offset)}`;
    return clientLine(teller, operation, momentOf(operation), { text, note, role: 'process', weight: 10 });
  };
  const lines = [
    line(first, scene.offset, isLate ? `← late: ${second.client} has the partition` : null),
    line(second, scene.offset, isLate ? null : '← the second time'),
  ];
  const made = wrong?.value.find((one) => one.kind === 'derive' && one.key === scene.historyKey);
  if (wrong !== null && made?.kind === 'derive') lines.push(line(wrong, made.offset, '← from a count that was wrong'));
  return lines;
}

function outputWords(teller: Teller, scene: GroupScene, operation: Operation, offset: number): string {
  const record = teller.names.record(scene.key, offset);
  const output = outputOf(operation, scene.historyKey, offset);
  if (output?.count !== undefined) return `counts ${record}: ${output.count} of key ${output.recordKey ?? '(none)'}`;
  if (operation.f !== 'txn') return `makes an output of ${record}`;
  return operation.outcome === 'ok'
    ? `commits a transaction with an output of ${record}`
    : `makes an output of ${record} in a transaction of which it hears no end`;
}

/** A member that did not poll for longer than it may; in place of its poll. */
function busyLines(teller: Teller, { scene, finding: { fate, poll } }: TransformScene): readonly Draft[] {
  const limit = Number(teller.setting('max.poll.interval.ms') ?? Infinity);
  if (fate.kind !== 'slow' || fate.left === null || poll === null) return [];
  const silent = fate.left.time - poll.completedAt;
  // Of a longer time this was not its last poll.
  if (silent < limit * 1000 || silent >= 2 * limit * 1000) return [];
  const { text } = pollLine(teller, scene, poll);
  const line = { text: `${text}, and does not poll again`, note: `max.poll.interval.ms ${limit}` };
  return [clientLine(teller, poll, poll.completedAt, { ...line, role: 'process', weight: 9 })];
}

const LATE: Cause = { id: 'late-output', sentence: 'a member that had been replaced wrote late, after its successor' };

function causeOf({ finding: { cause }, pair: [first, second] }: TransformScene): Cause {
  return momentOf(first) <= momentOf(second) ? cause : LATE;
}

function causeTimes(pair: readonly [Operation, Operation]): string {
  const [earlier, later] = pair.toSorted((a, b) => momentOf(a) - momentOf(b)) as [Operation, Operation];
  const again = later.client === earlier.client ? 'and again' : later.client;
  return `${earlier.client} had its output at ${seconds(momentOf(earlier))} s, ${again} at ${seconds(momentOf(later))} s`;
}

/** Kafka Streams, processing.guarantee; KIP-129. */
function whyOf(teller: Teller, judged: JudgedAnomaly): string {
  const prevention = preventionOf(judged);
  if (teller.setting('processing.guarantee') !== 'at_least_once') return prevention;
  const again =
    judged.anomaly.type === 'ctp-duplicate'
      ? 'whoever goes on from there makes them again'
      : 'whoever goes on from there counts again, or writes over what others have counted';
  return `Under at_least_once outputs and counts are written at once, and the offset of their input later (commit.interval.ms): ${again}. ${prevention}`;
}
