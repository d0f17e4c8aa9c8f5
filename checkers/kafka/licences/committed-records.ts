/** Invariants of what was committed: they hold for what consumers could read, whatever producers asked for. */
import type { Anomaly } from '../../../histories/anomaly.js';
import { probeKinds } from '../probe-kinds.js';
import type { LicenceFacts } from './facts.js';
import { damageLicence } from './loss.js';
import { lossLicenceOf } from './lost-records.js';
import type { PartitionTimeline } from './partition-timeline.js';
import type { Licensed } from './rows.js';

/** A leader began without some of the committed prefix: each record of it that is named must be licensed. */
export function committedPrefixLicence(facts: LicenceFacts, anomaly: Anomaly): Licensed | null {
  const { key, machine = -1, offsets, values, events } = anomaly;
  const partition = facts.partition(key);
  const at = events[0] ?? -1;
  const last = electionOf(facts, at, partition);
  const licences = offsets.map((offset, i) => {
    const copies = partition.appendsOf(values[i]!).filter((copy) => copy.offset === offset);
    const ofCopies = copies.map(
      (copy) => lossLicenceOf(facts, key, copy, 'all', last) ?? damageLicence(partition, copy, machine, at),
    );
    return ofCopies.find((one) => one !== null);
  });
  return licences.includes(undefined) ? null : (licences[0] ?? null);
}

/** The election by which a broker began to lead there; the last one, if it is no such event. */
function electionOf({ trace }: LicenceFacts, event: number, { elections }: PartitionTimeline): number {
  if (event < 0 || trace.kind[event] !== probeKinds(trace.header.probes).becomeLeader) return elections.length - 1;
  const returned = elections.findIndex(({ index, isReturn }) => isReturn && index === event);
  if (returned >= 0) return returned;
  return elections.findIndex(({ leaderEpoch }) => leaderEpoch === trace.a[event]);
}

/** A record that was gone at that moment may have come back since, with the next unclean election. */
export function committedRecordsLicence(facts: LicenceFacts, anomaly: Anomaly): Licensed | null {
  const { key, machine = -1, offsets, values, events } = anomaly;
  const partition = facts.partition(key);
  const then = facts.endOfMoment(events[0] ?? Infinity);
  const last = partition.elections.findLastIndex(({ index }) => index <= then);
  const records = values
    .flatMap((value) => partition.appendsOf(value))
    .filter((record) => offsets.includes(record.offset));
  for (const record of records) {
    const licence =
      lossLicenceOf(facts, key, record, 'all', last, then) ?? damageLicence(partition, record, machine, then);
    if (licence !== null) return licence;
  }
  return null;
}
