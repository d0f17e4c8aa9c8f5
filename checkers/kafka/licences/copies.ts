/** Records that stand in a log more than once: sent again, retried, or left over from a copy that was lost. */
import type { Anomaly } from '../../../histories/anomaly.js';
import type { LicenceFacts } from './facts.js';
import { lostCopyLicence } from './lost-records.js';
import { producerWindowLicence } from './producer-window.js';
import { licensed, type Licensed } from './rows.js';

export function copiesLicence(facts: LicenceFacts, anomaly: Anomaly): Licensed | null {
  return ofAttempts(facts, anomaly) ?? forgottenBatchesLicence(facts, anomaly) ?? ofLostCopies(facts, anomaly);
}

/**
 * Each copy must have an attempt of its own: the application sent the record again, or its producer, without
 * idempotence, had put the record's batch back before the copy was appended.
 */
function ofAttempts(facts: LicenceFacts, { key, values, offsets }: Anomaly): Licensed | null {
  const value = values[0]!;
  const copies = facts.partition(key).appendsOf(value);
  if (!offsets.every((offset) => copies.some((copy) => copy.offset === offset))) return null;
  const { idempotent } = facts.promisesTo(facts.writerOf(key, value));
  let retry = -1;
  for (let i = 1; i < copies.length; i++) {
    const { from } = copies[i]!;
    const sends = facts.history.header.resend ? facts.attempts.sendsBefore(key, value, from) : 1;
    const retries = idempotent ? [] : facts.attempts.retriesBefore(key, value, from);
    if (i >= sends + retries.length) return null;
    if (retries.length > 0) retry = retries[0]!;
  }
  return retry < 0 ? licensed('resend', -1) : licensed('retries-without-idempotence', retry);
}

/** One of the records involved was appended again, since a leader knew too little of its idempotent producer. */
export function forgottenBatchesLicence(facts: LicenceFacts, { key, values }: Anomaly): Licensed | null {
  for (const value of values) {
    const writer = facts.writerOf(key, value);
    if (!facts.promisesTo(writer).idempotent) continue;
    const machine = facts.trace.header.machines.findIndex(({ name }) => name === (writer?.client ?? ''));
    const licence = producerWindowLicence(facts.trace, key, facts.partition(key).appendsOf(value), machine);
    if (licence !== null) return licence;
  }
  return null;
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
