/** The story of records out of order: which batch overtook which, and why the first had to be sent again. */
import type { JudgedAnomaly } from '../../anomaly.js';
import { kafkaError } from '../words.js';
import { attemptLines, attemptsOf, type Attempts } from './attempts.js';
import { baselineLine, clusterLines } from './cluster-lines.js';
import { compose } from './compose.js';
import { reasonLines } from './reasons.js';
import type { Draft, Teller } from './teller.js';
import type { Cause, Story } from './types.js';

export function orderStory(teller: Teller, judged: JudgedAnomaly): Story {
  const { anomaly } = judged;
  const key = teller.key(anomaly.key);
  const [first, second] = inSendOrder(teller, judged).map((value) => {
    const operation = teller.sendOf(judged, value);
    return attemptsOf(teller.reader, key, value, operation, teller.clientOf(operation).machine);
  });
  const pair = [first, second].filter((attempts) => attempts !== undefined);
  const indexes = pair.flatMap((attempts) => [
    ...attempts.sent.map((record) => record.index),
    ...attempts.appends.map((copy) => copy.appended),
  ]);
  const from = Math.max(0, Math.min(teller.reader.length, ...indexes));
  const to = Math.max(from, ...indexes);
  const heroes = pair.flatMap((attempts) => attempts.appends.map((copy) => copy.machine));
  const drafts: Draft[] = [
    ...pair.flatMap((attempts) => attemptLines(teller, attempts, nameOf(teller, attempts), anomaly.offsets)),
    ...clusterLines(teller, { key, from, to, heroes }),
    ...reasonLines(teller, { key, from, to, heroes }),
  ];
  const baseline = baselineLine(teller, key, from);
  if (baseline !== null) drafts.push(baseline);
  const settings = [
    `max.in.flight.requests.per.connection=${teller.setting('max.in.flight.requests.per.connection') ?? 5}`,
  ];
  if (teller.setting('enable.idempotence') !== true) settings.push('enable.idempotence=false');
  const { lines, graph } = compose(teller, drafts, settings, 'the log has them in the wrong order');
  return {
    headline: headlineOf(teller, key, first, second, judged),
    cause: causeSentence(teller, first, second),
    lines,
    why: whyOf(teller),
    graph,
    focus: { key, offsets: anomaly.offsets, values: anomaly.values },
  };
}

/** The values that the anomaly names, in the order in which they were sent. */
function inSendOrder(teller: Teller, judged: JudgedAnomaly): readonly number[] {
  const sentAt = (value: number): number => teller.sendOf(judged, value)?.index ?? Infinity;
  return [...new Set(judged.anomaly.values)].sort((a, b) => sentAt(a) - sentAt(b) || a - b).slice(0, 2);
}

function nameOf(teller: Teller, attempts: Attempts): string {
  return `value ${teller.history.valueName(attempts.fate.value)}`;
}

function headlineOf(
  teller: Teller,
  key: number,
  first: Attempts | undefined,
  second: Attempts | undefined,
  judged: JudgedAnomaly,
): string {
  if (first === undefined || second === undefined) return judged.anomaly.story;
  const [one, two] = [first, second].map((attempts) => teller.recordKey(attempts.operation, attempts.fate.value));
  const of = one !== null && one === two ? `key ${one}` : teller.clientOf(first.operation).name;
  const stands = (attempts: Attempts): string => `at ${offsetNamed(judged, attempts) ?? 'no offset'}`;
  return `Records of ${of} are out of order in ${teller.names.key(key)}: ${nameOf(teller, second)}, sent second, is ${stands(second)}; ${nameOf(teller, first)}, sent first, ${stands(first)}.`;
}

/** Where the anomaly says that the record stands; else its last surviving append, else the last. */
function offsetNamed({ anomaly }: JudgedAnomaly, attempts: Attempts): number | undefined {
  const place = anomaly.values.indexOf(attempts.fate.value);
  if (anomaly.offsets.length === anomaly.values.length && place >= 0) return anomaly.offsets[place];
  const surviving = attempts.appends.filter((copy) => copy.removed === null);
  return (surviving.at(-1) ?? attempts.appends.at(-1))?.offset;
}

export function orderCause(first: Attempts | undefined): Cause {
  const retry = first?.retried[0];
  if (retry === undefined) return { id: 'reordered', sentence: 'two batches were appended in the other order' };
  const appendedBefore = first!.appends.some((copy) => copy.appended < retry.index);
  return appendedBefore
    ? {
        id: 'second-copy-behind',
        sentence: 'a batch that had been appended was sent again and landed behind the batches after it',
      }
    : {
        id: 'overtaken',
        sentence: 'a batch failed and was sent again after one that was in flight behind it had been appended',
      };
}

function causeSentence(teller: Teller, first: Attempts | undefined, second: Attempts | undefined): string {
  if (first === undefined || second === undefined) return 'Two batches were appended in the other order.';
  const retry = first.retried[0];
  const client = teller.clientOf(first.operation).name;
  const [one, two] = [nameOf(teller, first), nameOf(teller, second)];
  if (retry === undefined) return `${two} was appended before ${one}.`;
  return `Both were in flight at once; ${client} saw ${kafkaError(retry.error)} for ${one} and sent it again, after ${two} had been appended.`;
}

function whyOf(teller: Teller): string {
  if (teller.setting('enable.idempotence') === true) {
    return 'With enable.idempotence sequences keep the order within one producer session; this should not have happened within one.';
  }
  return `max.in.flight.requests.per.connection=${teller.setting('max.in.flight.requests.per.connection') ?? 5} lets a later batch overtake one that is being retried; enable.idempotence (or one in flight) keeps the order.`;
}
