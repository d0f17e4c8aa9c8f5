/** The story of a record that a group processed only after a later one of its key (processed-out-of-order). */
import type { JudgedAnomaly } from '../../anomaly.js';
import type { Operation } from '../../operation.js';
import { capital, seconds } from '../words.js';
import { compose } from './compose.js';
import { generalStory, preventionOf } from './general.js';
import { commitLine, groupLines, pollLine, processedLine } from './group-lines.js';
import { recordWords } from './group-record.js';
import { endOf, groupSceneOf, sceneOfRecord, type GroupScene } from './group-scene.js';
import { memberFate, type MemberFate } from './member-fate.js';
import type { Draft, Teller } from './teller.js';
import type { Cause, Story } from './types.js';

interface Overtaking {
  /** Of the record that was processed late, and of the one that overtook it. */
  readonly scene: GroupScene;
  readonly ahead: GroupScene;
  readonly late: Operation;
  readonly early: Operation;
  /** The poll by which who processed it late had taken it; null: none is known. */
  readonly poll: Operation | null;
  /** The commit that went past it before it was processed; null: none did. */
  readonly commit: Operation | null;
  readonly fate: MemberFate;
}

export function processOrderStory(teller: Teller, judged: JudgedAnomaly): Story {
  const found = overtakingOf(teller, judged);
  if (found === null) return generalStory(teller, judged);
  const { scene, ahead, late, early, poll, commit } = found;
  const machines = [early, late].map((operation) => teller.clientOf(operation).machine);
  const drafts: Draft[] = groupLines(teller, scene, machines, fromOf(found), late.completedAt).slice();
  if (poll !== null) drafts.push(pollLine(teller, scene, poll));
  if (commit !== null) drafts.push(commitLine(teller, scene, commit, `offset ${scene.offset} is not processed`));
  drafts.push(processedLine(teller, ahead, early, null), processedLine(teller, scene, late, '← only now'));
  const policy = teller.setting('commit');
  const settings = policy === null ? [] : [`commit: ${policy}`];
  const { lines, graph } = compose(teller, drafts, settings, 'processed out of order');
  const overtaker = teller.names.record(ahead.key, ahead.offset);
  return {
    headline: `Group ${scene.group} processed ${recordWords(teller, scene, judged)} only after ${overtaker}, which stands behind it.`,
    cause: `${capital(CAUSES[found.fate.kind].sentence)}: ${early.client} had processed ${overtaker} at ${seconds(early.completedAt)} s, ${late.client} began with the other at ${seconds(late.invokedAt)} s.`,
    lines,
    why: preventionOf(judged),
    graph,
    focus: { key: scene.key, offsets: judged.anomaly.offsets, values: judged.anomaly.values },
  };
}

/** null: the history does not tell of whom and what. */
export function processOrderCause(teller: Teller, judged: JudgedAnomaly): Cause | null {
  const found = overtakingOf(teller, judged);
  return found === null ? null : CAUSES[found.fate.kind];
}

function overtakingOf(teller: Teller, judged: JudgedAnomaly): Overtaking | null {
  const { offsets, operations, key } = judged.anomaly;
  const scene = groupSceneOf(teller, judged);
  if (scene === null || offsets.length < 2) return null;
  const ahead = sceneOfRecord(teller, scene.group, key, offsets[1]!);
  const late = scene.processed.findLast(({ index }) => operations.includes(index));
  const early = ahead.processed.find(({ index }) => operations.includes(index));
  if (late === undefined || early === undefined) return null;
  const poll = scene.polls.findLast((one) => one.client === late.client && endOf(one) <= late.invokedAt) ?? null;
  const from = poll?.completedAt ?? early.invokedAt;
  const span = { key: scene.key, machine: teller.clientOf(late).machine, from, to: late.invokedAt };
  const passed = ({ outcome, completedAt }: Operation): boolean => outcome === 'ok' && completedAt <= late.invokedAt;
  const commit = scene.commits.find(passed) ?? null;
  return { scene, ahead, late, early, poll, commit, fate: memberFate(teller.reader, span) };
}

function fromOf({ poll, early, commit }: Overtaking): number {
  return Math.min(poll?.completedAt ?? Infinity, early.invokedAt, commit?.invokedAt ?? Infinity);
}

const BEHIND = 'and its successor began behind its records';

const CAUSES: Readonly<Record<MemberFate['kind'], Cause>> = {
  died: { id: 'overtaken-died', sentence: `a member died with records that it had polled, ${BEHIND}` },
  paused: { id: 'overtaken-paused', sentence: `a member was evicted while it was paused, ${BEHIND}` },
  unheard: { id: 'overtaken-unheard', sentence: `a member was evicted because it was not heard in time, ${BEHIND}` },
  slow: { id: 'overtaken-slow', sentence: `a member took longer than max.poll.interval.ms, ${BEHIND}` },
  moved: { id: 'overtaken-moved', sentence: `a rebalance moved partitions from a member that was busy, ${BEHIND}` },
  none: { id: 'overtaken', sentence: 'a record was processed before one of its key that stands below it' },
};
