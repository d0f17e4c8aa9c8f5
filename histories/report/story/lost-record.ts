/** The story of an acknowledged record that is gone: lost-write, unseen, and an offset that holds another record now. */
import type { JudgedAnomaly } from '../../anomaly.js';
import { membersOf } from '../../replay-state.js';
import type { Operation } from '../../operation.js';
import { firstIndexFrom } from '../../trace-record.js';
import { listed } from '../words.js';
import { antecedentLines, baselineLine, clusterLines } from './cluster-lines.js';
import { compose } from './compose.js';
import { lossOf, offsetMeant, type Loss } from './loss.js';
import { holdersAt } from './record-fate.js';
import {
  damageLines,
  dataLostLines,
  metAt,
  missedReads,
  removalLines,
  rivalLines,
  sendLines,
} from './lost-record-lines.js';
import { causeSentence, endWords, headlineOf, settingsOf, whyOf } from './lost-record-words.js';
import type { Draft, Teller } from './teller.js';
import type { Story, StoryLine } from './types.js';

export function lostRecordStory(teller: Teller, judged: JudgedAnomaly): Story {
  const { anomaly } = judged;
  const key = teller.key(anomaly.key);
  const subject = lostOne(teller, judged, key);
  const { loss, operation, value } = subject;
  const { from, to } = sceneOf(teller, loss, operation);
  const heroes = heroesOf(loss);
  const drafts: Draft[] = [
    ...sendLines(teller, loss, operation, value),
    ...clusterLines(teller, { key, from, to, heroes }),
    ...antecedentLines(teller, { key, from, to, heroes }),
    ...dataLostLines(teller, loss),
    ...damageLines(teller, loss),
    ...removalLines(teller, loss),
    ...rivalLines(teller, loss),
    ...missedReads(teller, judged, key, loss),
  ];
  const baseline = baselineLine(teller, key, Math.min(from, ...drafts.map((line) => line.index)));
  if (baseline !== null) drafts.push(baseline);
  const offset = loss.copy?.offset ?? anomaly.offsets[0] ?? -1;
  const { lines, graph } = compose(teller, drafts, settingsOf(teller, loss), endWords(teller, loss));
  return {
    headline: headlineOf(teller, judged, loss, operation, value, offset),
    cause: causeSentence(teller, loss, operation),
    lines: lines.map((line) => withHolders(teller, loss, line)),
    why: whyOf(teller, loss),
    graph,
    focus: { key, offsets: offset >= 0 ? [offset] : [], values: anomaly.values.length > 0 ? anomaly.values : [value] },
  };
}

interface Subject {
  readonly loss: Loss;
  readonly operation: Operation | null;
  readonly value: number;
}

/** Of the values that an anomaly names, the one that was acknowledged and is gone (of two at one offset: the loser). */
function lostOne(teller: Teller, judged: JudgedAnomaly, key: number): Subject {
  const last = teller.reader.length - 1;
  let chosen: Subject | null = null;
  for (const value of judged.anomaly.values) {
    const operation = teller.sendOf(judged, value);
    const completedAt = operation !== null && operation.completedAt >= 0 ? operation.completedAt : Infinity;
    const loss = lossOf(teller.reader, key, value, completedAt, offsetMeant(judged.anomaly));
    const gone = holdersAt(loss.fate, last).length === 0;
    if (chosen === null || (gone && operation?.outcome === 'ok')) chosen = { loss, operation, value };
    if (gone && operation?.outcome === 'ok') break;
  }
  return chosen ?? { loss: lossOf(teller.reader, key, -1), operation: null, value: -1 };
}

/** From the last thing that mattered before the record was sent, to its last copy's end. */
function sceneOf(teller: Teller, loss: Loss, operation: Operation | null): { from: number; to: number } {
  const { reader } = teller;
  const sentAt = loss.copy?.appended ?? firstIndexFrom(teller.reader, operation?.invokedAt ?? 0);
  const before = Math.min(...[sentAt, loss.departureIndex, loss.rival?.index ?? -1].filter((index) => index >= 0));
  const end = Math.max(loss.goneIndex, loss.takeover?.index ?? -1, metAt(teller, loss)?.index ?? -1, sentAt);
  return { from: Math.max(0, before), to: Math.min(end, reader.length - 1) };
}

function heroesOf(loss: Loss): readonly number[] {
  const heroes = [loss.acknowledgement?.machine ?? loss.copy?.machine, loss.takeover?.leader, loss.rival?.machine];
  return heroes.filter((machine) => machine !== undefined);
}

/** Elections and frozen ISRs are worth a line only with what they mean to the record: who led without, who could have helped. */
function withHolders(teller: Teller, loss: Loss, line: StoryLine): StoryLine {
  const { copy } = loss;
  if (copy === null) return line;
  if (line.role === 'elect' && line.note === null && loss.takeover !== null) {
    const takes = line.traceIndex >= loss.takeover.index && line.atMicros - loss.takeover.time < 100_000;
    return takes ? { ...line, note: 'without the record' } : line;
  }
  if (line.role !== 'frozen') return line;
  const decision = teller.reader.lastBefore(['partition-changed'], loss.fate.key, line.traceIndex + 1);
  const isr = decision === null ? [] : membersOf(decision.isr);
  const outside = holdersAt(loss.fate, line.traceIndex, copy).filter((machine) => !isr.includes(machine));
  if (outside.length === 0) return line;
  const names = listed(outside.map((machine) => teller.names.machine(machine)));
  return { ...line, note: `${names} ${outside.length === 1 ? 'has' : 'have'} the record and may not lead` };
}
