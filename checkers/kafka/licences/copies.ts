/** Records that stand in a log more than once: sent again, retried, or left over from a copy that was lost. */
import type { Anomaly } from '../../../histories/anomaly.js';
import { copiesWithoutSend } from './copies-without-send.js';
import type { LicenceFacts } from './facts.js';
import { lostCopyLicence } from './lost-records.js';
import type { Stay } from './partition-timeline.js';
import { producerWindowLicence } from './producer-window.js';
import { licensed, type Licensed } from './rows.js';

export function copiesLicence(facts: LicenceFacts, anomaly: Anomaly): Licensed | null {
  const { key, values, offsets } = anomaly;
  const copies = facts.partition(key).appendsOf(values[0]!);
  // An offset at which nobody appended it no attempt explains.
  const areAppended = offsets.every((offset) => copies.some((copy) => copy.offset === offset));
  return (areAppended ? ofAttempts(facts, anomaly) : null) ?? ofLostCopies(facts, anomaly);
}

function ofAttempts(facts: LicenceFacts, anomaly: Anomaly): Licensed | null {
  const { idempotent } = facts.promisesTo(facts.writerOf(anomaly.key, anomaly.values[0]!));
  return idempotent ? ofSends(facts, anomaly) : ofRetries(facts, anomaly);
}

/** Each copy must have an attempt of its own: the application sent the record again, or its batch had been put back. */
function ofRetries(facts: LicenceFacts, { key, values }: Anomaly): Licensed | null {
  const value = values[0]!;
  const copies = facts.partition(key).appendsOf(value);
  let retry = -1;
  for (let i = 1; i < copies.length; i++) {
    const { from } = copies[i]!;
    const sends = facts.history.header.resend ? facts.attempts.sendsBefore(key, value, from).length : 1;
    const retries = facts.attempts.retriesBefore(key, value, from);
    if (i >= sends + retries.length) return null;
    if (retries.length > 0) retry = retries[0]!;
  }
  return retry < 0 ? licensed('resend', -1) : licensed('retries-without-idempotence', retry);
}

/**
 * Each place must have a send of its own; for what is left a leader must have known too little of the producer. What
 * deposed leaders appended and nobody saw is no place (copiesWithoutSend): the producer tried it elsewhere, by right.
 */
function ofSends(facts: LicenceFacts, { key, values, offsets }: Anomaly): Licensed | null {
  const value = values[0]!;
  const again = copiesWithoutSend(facts, key, value, offsets);
  return again.length === 0 ? licensed('resend', -1) : ofForgottenBatches(facts, key, value, again);
}

/** One of the records involved was appended again, since a leader knew too little of its idempotent producer. */
export function forgottenBatchesLicence(facts: LicenceFacts, { key, values }: Anomaly): Licensed | null {
  for (const value of values) {
    const licence = ofForgottenBatches(facts, key, value, facts.partition(key).appendsOf(value).slice(1));
    if (licence !== null) return licence;
  }
  return null;
}

function ofForgottenBatches(facts: LicenceFacts, key: number, value: number, again: readonly Stay[]): Licensed | null {
  const writer = facts.writerOf(key, value);
  if (!facts.promisesTo(writer).idempotent) return null;
  const machine = facts.trace.header.machines.findIndex(({ name }) => name === (writer?.client ?? ''));
  return producerWindowLicence(facts.trace, key, again, machine);
}

/** Of several copies all but one must have been lost. */
function ofLostCopies(facts: LicenceFacts, { key, values, offsets }: Anomaly): Licensed | null {
  const copies = facts.partition(key).appendsOf(values[0]!);
  const licences = offsets.map((offset) =>
    copies.filter((copy) => copy.offset === offset).map((copy) => lostCopyLicence(facts, key, copy)),
  );
  // An offset at which nobody appended it was not lost there.
  const lost = licences.filter((each) => each.length > 0 && !each.includes(null)).map((each) => each[0]!);
  return lost.length > 0 && offsets.length - lost.length <= 1 ? lost[0]! : null;
}
