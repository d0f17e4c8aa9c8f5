/** The stories of a record that a group's members processed twice (reprocessed), or not at all (skipped). */
import type { JudgedAnomaly } from '../../anomaly.js';
import type { Operation } from '../../operation.js';
import { capital, duration, seconds } from '../words.js';
import { compose } from './compose.js';
import { generalStory } from './general.js';
import { reprocessedFinding, skippedFinding, type GroupFinding } from './group-cause.js';
import { busyLine, commitLine, groupLines, pollLine, processedLine, sessionSetting } from './group-lines.js';
import { groupSceneOf, offsetIn, type GroupScene } from './group-scene.js';
import type { Draft, Teller } from './teller.js';
import type { Cause, Story } from './types.js';

export function groupRecordStory(teller: Teller, judged: JudgedAnomaly): Story {
  const scene = groupSceneOf(teller, judged);
  if (scene === null) return generalStory(teller, judged);
  const finding = findingOf(teller, scene, judged);
  return finding.processed.length === 2
    ? reprocessedStory(teller, judged, scene, finding)
    : skippedStory(teller, judged, scene, finding);
}

/** null: the history does not tell of whom and what. */
export function groupRecordCause(teller: Teller, judged: JudgedAnomaly): Cause | null {
  const scene = groupSceneOf(teller, judged);
  return scene === null ? null : findingOf(teller, scene, judged).cause;
}

function findingOf(teller: Teller, scene: GroupScene, { anomaly }: JudgedAnomaly): GroupFinding {
  return anomaly.type === 'reprocessed'
    ? reprocessedFinding(teller, scene, anomaly.operations)
    : skippedFinding(teller, scene);
}

function reprocessedStory(teller: Teller, judged: JudgedAnomaly, scene: GroupScene, finding: GroupFinding): Story {
  const [first, second] = finding.processed as readonly [Operation, Operation];
  const from = finding.poll?.completedAt ?? first.invokedAt;
  const to = second.completedAt;
  const machines = [first, second].map((operation) => teller.clientOf(operation).machine);
  const drafts: Draft[] = [
    ...groupLines(teller, scene, machines, from, to),
    ...takenLines(teller, scene, finding),
    processedLine(teller, scene, first, null),
    processedLine(teller, scene, second, '← the second time'),
  ];
  if (finding.fate.kind === 'slow') drafts.push(...busyLines(teller, first.client, from, finding));
  const { lines, graph } = compose(teller, drafts, settingsOf(teller, finding), 'processed twice');
  const twice =
    first.client === second.client ? `both times by ${first.client}` : `by ${first.client} and ${second.client}`;
  return {
    headline: `Group ${scene.group} processed ${recordWords(teller, scene, judged)} twice, ${twice}.`,
    cause: `${capital(finding.cause.sentence)}: ${first.client} processed it at ${seconds(first.completedAt)} s, ${second.client === first.client ? 'and again' : second.client} at ${seconds(second.completedAt)} s.`,
    lines,
    why: whyReprocessed(teller, finding),
    graph,
    focus: { key: scene.key, offsets: [scene.offset], values: judged.anomaly.values },
  };
}

function skippedStory(teller: Teller, judged: JudgedAnomaly, scene: GroupScene, finding: GroupFinding): Story {
  const { poll, commit } = finding;
  const from = poll?.completedAt ?? commit?.invokedAt ?? judged.anomaly.at;
  const next = nextBeginning(scene, commit);
  const to = Math.max(next?.completedAt ?? 0, finding.fate.moved?.time ?? 0, commit?.completedAt ?? from);
  const clients = [poll, commit, next].filter((operation) => operation !== null);
  const machines = clients.map((operation) => teller.clientOf(operation).machine);
  const drafts: Draft[] = [...groupLines(teller, scene, machines, from, to), ...takenLines(teller, scene, finding)];
  if (poll !== null && commit !== null) {
    const busy = busyLine(teller, poll.client, poll.completedAt, finding.fate.left?.time ?? to);
    if (busy !== null) drafts.push(busy);
  }
  const { lines, graph } = compose(teller, drafts, settingsOf(teller, finding), 'processed by nobody');
  const [committer] = commit === null ? [] : [commit.client];
  const committed = committer === undefined ? '' : `; ${committer} committed offset ${offsetIn(scene, commit!)}`;
  return {
    headline: `No member of group ${scene.group} has processed ${recordWords(teller, scene, judged)}${committed}.`,
    cause: `${capital(finding.cause.sentence)}.`,
    lines,
    why: whySkipped(teller, finding),
    graph,
    focus: { key: scene.key, offsets: [scene.offset], values: judged.anomaly.values },
  };
}

/** The first member that began from the commit, or from a later one. */
function nextBeginning(scene: GroupScene, commit: Operation | null): Operation | null {
  if (commit === null) return null;
  const began = scene.fetched.find(
    (one) => one.outcome === 'ok' && one.invokedAt > commit.invokedAt && offsetIn(scene, one) > scene.offset,
  );
  return began ?? null;
}

/** The poll by which the first member took the record, and the commit that went past it. */
export function takenLines(
  teller: Teller,
  scene: GroupScene,
  { poll, commit, processed }: GroupFinding,
): readonly Draft[] {
  const lines: Draft[] = [];
  if (poll !== null) lines.push(pollLine(teller, scene, poll));
  if (commit !== null) {
    const isAhead = processed.length === 0;
    const note = isAhead ? `offset ${scene.offset} is not processed` : null;
    lines.push(commitLine(teller, scene, commit, note));
  }
  return lines;
}

/** What it was busy with until it was out of the group; with many records that each took little, all of them. */
function busyLines(teller: Teller, client: string, from: number, { fate }: GroupFinding): readonly Draft[] {
  const until = fate.left?.time ?? from;
  const line = busyLine(teller, client, from, until);
  if (line === null) return [];
  if (line.note !== null) return [line];
  const text = `${client} is busy with the records of one poll for ${duration(until - from)}`;
  return [{ ...line, text, note: limitWords(teller), weight: 9 }];
}

function limitWords(teller: Teller): string | null {
  const limit = teller.setting('max.poll.interval.ms');
  const records = teller.setting('max.poll.records');
  if (limit === null) return null;
  return `max.poll.interval.ms ${limit}${records === null ? '' : `, max.poll.records ${records}`}`;
}

export function recordWords(teller: Teller, scene: GroupScene, judged: JudgedAnomaly): string {
  if (scene.value < 0) return teller.names.record(scene.key, scene.offset);
  return teller.recordWords(scene.key, scene.offset, scene.value, teller.sendOf(judged, scene.value));
}

const BEAR_REPETITION =
  'A group processes at least once: processing must bear repetition, or commit its offsets with its results (commit: in-transaction).';

function whyReprocessed(teller: Teller, { fate, cause }: GroupFinding): string {
  if (cause.id === 'committed-offset-went-back') {
    return `What is committed should not go back: the log of __consumer_offsets lost it, or an older member wrote over it. ${BEAR_REPETITION}`;
  }
  if (fate.kind === 'slow') {
    const limit = teller.setting('max.poll.interval.ms');
    return `A consumer that does not poll for max.poll.interval.ms${limit === null ? '' : ` (${limit})`} leaves its group, heartbeats or not. Fewer records a poll (max.poll.records), a longer max.poll.interval.ms, or processing that bears repetition.`;
  }
  return `The next owner begins at the committed offset; what was processed behind it is processed again. ${BEAR_REPETITION}`;
}

function whySkipped(teller: Teller, { cause }: GroupFinding): string {
  if (cause.id === 'reset-to-latest') {
    return 'auto.offset.reset=latest begins at the end of a partition for which nothing is committed; earliest begins at its first record.';
  }
  if (teller.setting('commit') === 'before-processing') {
    return 'commit: before-processing gives a record up before it is worked on: the next owner begins behind it. commit: after-processing processes it at least once.';
  }
  if (teller.setting('enable.auto.commit') === true) {
    return 'enable.auto.commit commits what poll has returned, processed or not, unless all of it is processed before the next poll; commit: after-processing does not.';
  }
  return 'The next owner begins at the committed offset: what was not processed before it is left to nobody.';
}

/** Settings that the graph shows as roots. */
function settingsOf(teller: Teller, { fate, cause }: GroupFinding): readonly string[] {
  const names = ['commit'];
  if (fate.kind === 'slow') names.push('max.poll.interval.ms');
  else if (fate.left !== null) names.push(sessionSetting(teller));
  if (cause.id === 'reset-to-latest') names.push('auto.offset.reset');
  return names.flatMap((name) => {
    const value = teller.setting(name);
    return value === null ? [] : [name === 'commit' ? `commit: ${value}` : `${name}=${value}`];
  });
}
