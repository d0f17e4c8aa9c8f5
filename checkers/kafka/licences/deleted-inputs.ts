/**
 * What retention, or DeleteRecords, takes from a group before it comes to it: nobody processes it, or only who had polled it
 * before. Kafka asks no group before it deletes (LogManager.cleanupLogs, Partition.deleteRecordsOnLeader).
 */
import type { Anomaly } from '../../../histories/anomaly.js';
import { COMMIT, INFO, type HistoryColumns } from '../../../histories/history-columns.js';
import { lineageOf } from '../groups/lineage.js';
import { endOf } from '../history/findings.js';
import { historyIndex, type HistoryIndex } from '../history/history-index.js';
import { deletionLicence } from './deletion.js';
import type { LicenceFacts } from './facts.js';
import type { Licensed } from './rows.js';

/** The record that was passed over, or overtaken: it was deleted by then. */
export function deletedInputLicence(facts: LicenceFacts, anomaly: Anomaly): Licensed | null {
  const { key, values, offsets } = anomaly;
  return deletedBy(facts, key, values[0] ?? -1, offsets[0] ?? -1, momentOf(historyIndex(facts.history), anomaly));
}

/** Or the output that was made of it, in an operation of which nobody knows how it ended, before anybody read that. */
export function deletedOutputLicence(facts: LicenceFacts, { key, offsets }: Anomaly): Licensed | null {
  const { index, derivations } = lineageOf(facts.history);
  const { records, operations } = index;
  for (const { operation, inputKey, inputOffset, output } of derivations) {
    const isOfThis = inputKey === key && inputOffset === offsets[0];
    if (!isOfThis || output < 0 || records.key[output]! < 0 || operations.outcome[operation] !== INFO) continue;
    const licence = deletedBy(facts, records.key[output]!, records.value[output]!, -1, Infinity);
    if (licence !== null) return licence;
  }
  return null;
}

/** A record of the same key that should have been counted before: it was deleted by then. */
export function deletedCountLicence(facts: LicenceFacts, anomaly: Anomaly): Licensed | null {
  const index = historyIndex(facts.history);
  const { records, positions, log, logStart, operations } = index;
  const { key, values, offsets } = anomaly;
  const recordKeyOf = (record: number): number =>
    record < 0 || records.send[record]! < 0 ? -1 : operations.recordKey.number(records.send[record]!);
  const recordKey = recordKeyOf(index.recordOf(key, values[0] ?? -1));
  const moment = momentOf(index, anomaly);
  for (let i = logStart[key]!; i < logStart[key + 1]!; i++) {
    const record = positions.record[log[i]!]!;
    const offset = positions.offset[log[i]!]!;
    if (offset >= offsets[0]!) break;
    if (recordKeyOf(record) !== recordKey) continue;
    const licence = deletedBy(facts, key, records.value[record]!, offset, moment);
    if (licence !== null) return licence;
  }
  return null;
}

/** @param offset -1: wherever it stood @param moment microseconds: what is deleted later explains nothing */
function deletedBy(facts: LicenceFacts, key: number, value: number, offset: number, moment: number): Licensed | null {
  const partition = facts.partition(key);
  for (const copy of partition.appendsOf(value)) {
    if (offset >= 0 && copy.offset !== offset) continue;
    const licence = deletionLicence(partition, copy);
    if (licence !== null && facts.trace.time[licence.licence.event]! <= moment) return licence;
  }
  return null;
}

/** When the group went past it: it had committed a higher offset, or had done what was involved first. */
function momentOf(index: HistoryIndex, { operations }: Anomaly): number {
  const commits = operations.filter((operation) => commitsOffsets(index.operations, operation));
  if (commits.length > 0) return Math.max(...commits.map((operation) => endOf(index, operation)));
  return Math.min(...operations.map((operation) => endOf(index, operation)));
}

function commitsOffsets({ firstMicroOp, microOpCount, microOpKind }: HistoryColumns, operation: number): boolean {
  const first = firstMicroOp[operation]!;
  return microOpKind.subarray(first, first + microOpCount[operation]!).includes(COMMIT);
}
