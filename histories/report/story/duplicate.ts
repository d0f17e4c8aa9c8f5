/** The story of one record at two offsets: two attempts, and why the second was made. */
import type { JudgedAnomaly } from '../../anomaly.js';
import { capital, kafkaError, listed, seconds } from '../words.js';
import { attemptLines, attemptsOf, type Attempts } from './attempts.js';
import { baselineLine, clusterLines } from './cluster-lines.js';
import { compose } from './compose.js';
import { reasonLines } from './reasons.js';
import type { Draft, Teller } from './teller.js';
import type { Cause, Story } from './types.js';

const REQUEST_TIMED_OUT = 7;
const NETWORK_EXCEPTION = 13;

export function duplicateStory(teller: Teller, judged: JudgedAnomaly): Story {
  const { anomaly } = judged;
  const key = teller.key(anomaly.key);
  const value = anomaly.values[0] ?? -1;
  const operation = teller.sendOf(judged, value);
  const attempts = attemptsOf(teller.reader, key, value, operation, teller.clientOf(operation).machine);
  const { appends, sent } = attempts;
  const name = `value ${teller.history.valueName(value)}`;
  const from = Math.max(
    0,
    Math.min(sent[0]?.index ?? Infinity, appends[0]?.appended ?? Infinity, teller.reader.length),
  );
  const to = appends.at(-1)?.appended ?? from;
  const heroes = appends.map((copy) => copy.machine);
  const drafts: Draft[] = [
    ...attemptLines(teller, attempts, name, anomaly.offsets),
    ...clusterLines(teller, { key, from, to, heroes }),
    ...reasonLines(teller, { key, from, to, heroes }),
  ];
  const baseline = baselineLine(teller, key, from);
  if (baseline !== null) drafts.push(baseline);
  const why = whyOf(teller, judged);
  const { lines, graph } = compose(teller, drafts, why.settings, `${name} is in ${teller.names.key(key)} twice`);
  const offsets = anomaly.offsets.length > 0 ? anomaly.offsets : appends.map((copy) => copy.offset);
  return {
    headline: `The record ${teller.valueWords(value, operation)} is in ${teller.names.key(key)} ${offsets.length > 2 ? `${offsets.length} times` : 'twice'}: at offsets ${listed(offsets.map(String))}.`,
    cause: causeSentence(teller, attempts),
    lines,
    why: why.sentence,
    graph,
    focus: { key, offsets, values: [value] },
  };
}

export function duplicateCause(attempts: Attempts): Cause {
  const first = attempts.appends[0];
  const retry = attempts.retried.find((record) => first !== undefined && record.index > first.appended);
  if (retry === undefined) {
    return attempts.retried.length > 0
      ? {
          id: 'late-request',
          sentence: 'the producer stopped waiting and sent the batch again; the first request arrived after all',
        }
      : { id: 'appended-twice', sentence: 'the record was appended twice' };
  }
  if (retry.error === REQUEST_TIMED_OUT || retry.error === NETWORK_EXCEPTION) {
    return {
      id: 'lost-response',
      sentence: 'the answer was lost or came too late; the producer sent a batch again that had been appended',
    };
  }
  return {
    id: `refused-after-append-${kafkaError(retry.error)}`,
    sentence: `answered ${kafkaError(retry.error)} after it had been appended, and sent again`,
  };
}

function causeSentence(teller: Teller, attempts: Attempts): string {
  const { names } = teller;
  const [first, second] = attempts.appends;
  const client = teller.clientOf(attempts.operation).name;
  if (first === undefined || second === undefined) return `${capital(duplicateCause(attempts).sentence)}.`;
  const retry = attempts.retried.find((record) => record.index > first.appended);
  if (retry === undefined && attempts.retried.length > 0) {
    return `${client} saw ${kafkaError(attempts.retried[0]!.error)} and sent it again; the first request arrived late at ${names.machine(first.machine)}, which appended it at ${seconds(teller.reader.trace.time[first.appended] ?? 0)} s, and ${names.machine(second.machine)} appended the second as well.`;
  }
  const because =
    retry === undefined ? `${client} sent it again` : `${client} saw ${kafkaError(retry.error)} and sent it again`;
  return `${names.machine(first.machine)} appended it at ${seconds(teller.reader.trace.time[first.appended] ?? 0)} s and the answer did not reach ${client} in time; ${because}, and ${names.machine(second.machine)} appended it once more.`;
}

function whyOf(teller: Teller, { licence }: JudgedAnomaly): { sentence: string; settings: readonly string[] } {
  if (licence?.row === 'resend') {
    return {
      sentence:
        'The application, which had not heard what became of the record, sent it again. To its producer that is a new record: idempotence recognises what the producer itself tries again.',
      settings: ['the application sends again'],
    };
  }
  if (teller.setting('enable.idempotence') === true) {
    return {
      sentence:
        'Idempotence recognises only batches of one producer session (id and epoch) among its last five; this one lay outside.',
      settings: ['enable.idempotence=true'],
    };
  }
  return {
    sentence:
      'Without enable.idempotence a batch carries no producer id and no sequence: the leader cannot tell a second attempt from a new record.',
    settings: ['enable.idempotence=false'],
  };
}
