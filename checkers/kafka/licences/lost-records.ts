/** Records that are gone: by the loss of them, by policy, or hidden behind a transaction that hangs. */
import type { Anomaly } from '../../../histories/anomaly.js';
import type { FinalRead } from '../history/final-reads.js';
import { historyIndex } from '../history/history-index.js';
import { RemovedAs } from '../probe-kinds.js';
import { deletionLicence, deletionLicenceOf } from './deletion.js';
import type { LicenceFacts } from './facts.js';
import { damageLicence, lossLicence } from './loss.js';
import type { RecordIdentity, Stay } from './partition-timeline.js';
import { licensed, type Licensed } from './rows.js';

/** Of an acknowledged record that no read returned. */
export function lostRecordLicence(facts: LicenceFacts, { key, values, offsets }: Anomaly): Licensed | null {
  return unreadRecordLicence(facts, key, values[0]!, offsets[0] ?? -1);
}

/** The copy that was acknowledged is the one that must not get lost. @param offset -1: wherever it was acknowledged */
export function unreadRecordLicence(facts: LicenceFacts, key: number, value: number, offset: number): Licensed | null {
  const writer = facts.writerOf(key, value);
  const { acks } = facts.promisesTo(writer);
  if (acks === 0) return licensed('acks-0', -1);
  const partition = facts.partition(key);
  const copies = partition
    .appendsOf(value)
    .filter((copy) => (offset < 0 || copy.offset === offset) && partition.commitmentsOf(copy).length > 0);
  // What was never acknowledged was read: it had been below the high watermark, which promises as much as acks=all.
  const promise = writer?.outcome === 'ok' ? acks : 'all';
  const licences = copies.map((copy) => ofCopy(facts, key, copy, promise));
  return licences.includes(null) ? null : (licences[licences.length - 1] ?? null);
}

function ofCopy(facts: LicenceFacts, key: number, copy: Stay, promise: 'all' | 1): Licensed | null {
  return (
    ofCompacted(facts, key, copy) ??
    ofReadersWithout(facts, key, copy) ??
    lossLicence(facts.partition(key), facts.rules(key), copy, promise) ??
    ofHiddenRecord(facts, key, copy)
  );
}

/**
 * lossLicence; of a record that compaction had removed, also that of the record that superseded it: a log that loses that
 * one may end below the place where the other had stood.
 */
export function lossLicenceOf(
  facts: LicenceFacts,
  key: number,
  copy: RecordIdentity,
  promise: 'all' | 1,
  last?: number,
  at?: number,
): Licensed | null {
  const licence = lossLicence(facts.partition(key), facts.rules(key), copy, promise, last, at);
  if (licence !== null) return licence;
  for (const newer of superseding(facts, key, copy)) {
    const ofNewer = lossLicenceOf(facts, key, newer, 'all', last, at);
    if (ofNewer !== null) return ofNewer;
  }
  return null;
}

/** The later records of its key because of which compaction removed this one, here or there. */
function superseding(facts: LicenceFacts, key: number, copy: RecordIdentity): readonly Stay[] {
  const partition = facts.partition(key);
  return partition.removalsOf(copy).flatMap((removal) => {
    const newer = removal.supersededBy > copy.offset ? partition.superseding(removal) : null;
    const recordKey = facts.sendOf(key, copy.value)?.recordKey ?? null;
    const isOfSameKey = recordKey !== null && facts.sendOf(key, newer?.value ?? -1)?.recordKey === recordKey;
    return newer !== null && isOfSameKey ? [newer] : [];
  });
}

/**
 * Compaction removed it, and by right: a tombstone, or a record that a later one of its key superseded. Then that one is
 * missing too, and what licenses its loss licenses this.
 */
function ofCompacted(facts: LicenceFacts, key: number, copy: Stay): Licensed | null {
  const removals = facts.partition(key).removalsOf(copy);
  const dropped = removals.find(({ supersededBy }) => supersededBy === RemovedAs.tombstone);
  if (dropped !== undefined && facts.sendOf(key, copy.value)?.tombstone === true) {
    return licensed('tombstone-removed', dropped.index);
  }
  for (const newer of superseding(facts, key, copy)) {
    const licence = ofCopy(facts, key, newer, 'all');
    if (licence !== null) return licence;
  }
  return null;
}

/**
 * Each replica that was read in full without the record lacks it by right: policy deleted it, or the disk took it and
 * nobody noticed. Where none was, some replica must have deleted it.
 */
function ofReadersWithout(facts: LicenceFacts, key: number, copy: RecordIdentity): Licensed | null {
  const index = historyIndex(facts.history);
  const partition = facts.partition(key);
  const without = completeReadsWithout(facts, key, copy.value);
  if (without.length === 0) return deletionLicence(partition, copy);
  const licences = without.map(({ machine, operations }) => {
    const at = facts.lastEventBy(index.operations.completedAt[operations.at(-1)!]!);
    return deletionLicenceOf(partition, copy, machine, at) ?? damageLicence(partition, copy, machine, at);
  });
  return licences.includes(null) ? null : licences[0]!;
}

/** It stands in the logs, and nobody who reads committed records sees it: a transaction hangs, or it counts as aborted. */
function ofHiddenRecord(facts: LicenceFacts, key: number, copy: Stay): Licensed | null {
  const partition = facts.partition(key);
  if (!partition.isHeldInTheEnd(copy)) return null;
  const lacking = completeReadsWithout(facts, key, copy.value);
  if (!lacking.every(({ machine }) => partition.isHeldInTheEnd(copy, machine))) return null;
  return facts.transactionLosses.ofTransaction(key, copy) ?? facts.transactionLosses.ofHanging(key, copy.offset);
}

/** The final reads of a partition that reached its end and did not return a record. */
function completeReadsWithout(facts: LicenceFacts, key: number, value: number): readonly FinalRead[] {
  const index = historyIndex(facts.history);
  const record = index.recordOf(key, value);
  return index.finalReads.filter((read) => read.key === key && read.complete && !returned(read, record));
}

function returned({ records }: FinalRead, record: number): boolean {
  for (let i = 0; i < records.length; i++) if (records.at(i) === record) return true;
  return false;
}

/** An offset given out again, a record back at another offset: one of the records involved, or a copy of it, was lost. */
export function consequenceOfLossLicence(facts: LicenceFacts, { key, values }: Anomaly): Licensed | null {
  for (const value of values) {
    for (const copy of facts.partition(key).appendsOf(value)) {
      const licence = lostCopyLicence(facts, key, copy);
      if (licence !== null) return licence;
    }
  }
  return null;
}

/** What its producer was promised, or whoever read it. */
export function lostCopyLicence(facts: LicenceFacts, key: number, copy: Stay): Licensed | null {
  const { acks } = facts.promisesTo(facts.writerOf(key, copy.value));
  const licence = lossLicenceOf(facts, key, copy, acks === 'all' ? 'all' : 1) ?? lossLicenceOf(facts, key, copy, 'all');
  return licence !== null && acks === 0 ? licensed('acks-0', licence.licence.event) : licence;
}
