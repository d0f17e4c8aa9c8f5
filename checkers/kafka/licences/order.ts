/** Records of one session that stand the other way round: what lets a producer without idempotence do that. */
import type { Anomaly } from '../../../histories/anomaly.js';
import type { Operation } from '../../../histories/operation.js';
import { forgottenBatchesLicence } from './copies.js';
import type { LicenceFacts } from './facts.js';
import { consequenceOfLossLicence } from './lost-records.js';
import type { Stay } from './partition-timeline.js';
import { licensed, type Licensed } from './rows.js';

export function orderLicence(facts: LicenceFacts, anomaly: Anomaly): Licensed | null {
  return (
    ofLateCopy(facts, anomaly) ?? forgottenBatchesLicence(facts, anomaly) ?? consequenceOfLossLicence(facts, anomaly)
  );
}

/** The record that was sent first stands behind the other: how did this very copy of it come to be appended so late? */
function ofLateCopy(facts: LicenceFacts, anomaly: Anomaly): Licensed | null {
  const { key, values, offsets } = anomaly;
  const [overtaking, overtaken] = [values[0]!, values[1]!];
  const writer = facts.writerOf(key, overtaken);
  const producer = facts.promisesTo(writer);
  if (producer.idempotent) return null;
  const partition = facts.partition(key);
  const copies = partition.appendsOf(overtaken);
  const nth = copies.findLastIndex(({ offset }) => offset === offsets[1]);
  if (nth < 0) return null;
  const copy = copies[nth]!;
  const retries = facts.attempts.retriesBefore(key, overtaken, copy.from);
  if (nth > retries.length) return null;
  // A batch that was retried may stand twice (1, 2, 1, 2), whatever was in flight.
  if (nth > 0) return licensed('retries-without-idempotence', retries[0]!);
  const ahead = partition.appendsOf(overtaking).find(({ offset }) => offset === offsets[0]);
  if (producer.acks === 0) return ofNoAnswers(copy, ahead, retries);
  if (producer.maxInFlight > 1) {
    if (retries.length > 0) return licensed('in-flight-without-idempotence', retries[0]!);
    if (ahead !== undefined && ahead.machine !== copy.machine) return ofTwoLeaders(facts, anomaly);
  }
  return ofLateRequest(facts, writer, copy);
}

/**
 * acks=0 waits for no answer: whatever the setting, all that was written is in flight. On one connection the requests are
 * taken in their order all the same. So the batch was put back, or the two went to leaders of different epochs.
 */
function ofNoAnswers(copy: Stay, ahead: Stay | undefined, retries: readonly number[]): Licensed | null {
  if (retries.length > 0) return licensed('acks-0', retries[0]!);
  return ahead !== undefined && ahead.leaderEpoch !== copy.leaderEpoch ? licensed('acks-0', copy.from) : null;
}

/** Two batches were in flight at once, the first to a leader that took it only after it led again. */
function ofTwoLeaders({ attempts }: LicenceFacts, { key, values }: Anomaly): Licensed | null {
  const second = attempts.firstSent(key, values[0]!);
  const first = attempts.firstSent(key, values[1]!);
  return first >= 0 && first < second ? licensed('in-flight-to-two-leaders', second) : null;
}

/** It was appended when its client had stopped waiting for it: the bytes were under way all the time. */
function ofLateRequest({ trace }: LicenceFacts, writer: Operation | undefined, { from }: Stay): Licensed | null {
  if (writer === undefined || writer.outcome !== 'info' || writer.completedAt < 0) return null;
  return trace.time[from]! > writer.completedAt ? licensed('late-request', from) : null;
}
