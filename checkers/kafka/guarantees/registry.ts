/** All guarantees, a line each. Of several that exclude an anomaly, the first is named. */
import type { HistoryHeader } from '../../../histories/operation.js';
import type { Guarantee } from '../../checker.js';
import * as durability from './durability.js';
import * as groups from './groups.js';
import * as producers from './producers.js';
import * as replication from './replication.js';
import * as transactions from './transactions.js';

export const guarantees: readonly Guarantee[] = [
  durability.acksAll,
  durability.acksOne,
  durability.minInsyncReplicas,
  durability.committedPrefix,
  durability.cleanElections,
  durability.impairment,
  producers.idempotenceNoDuplicates,
  producers.idempotenceOrder,
  producers.oneInFlightOrder,
  producers.inFlightOrder,
  producers.noRetriesNoDuplicates,
  producers.oneCopyAnAttempt,
  producers.failedMeansAbsent,
  transactions.atomicTransactions,
  transactions.exactlyOnceProcessing,
  groups.committedOffsets,
  groups.oneOwner,
  groups.fencedCommits,
  groups.atLeastOnce,
  replication.realReads,
  replication.oneLeaderPerEpoch,
  replication.metadataKept,
  replication.epochsMonotonic,
  replication.logMatching,
  replication.highWatermark,
  replication.compaction,
  replication.writableAgain,
];

/** What nothing licenses and nobody can allow: no trace is needed to call it a bug. */
const neverLicensed: readonly Guarantee[] = [
  replication.realReads,
  replication.oneLeaderPerEpoch,
  replication.metadataKept,
  replication.epochsMonotonic,
  replication.compaction,
];

export function isNeverLicensed(type: string, header: HistoryHeader): boolean {
  return neverLicensed.some((guarantee) => guarantee.covers(header).includes(type));
}

/**
 * These rest on more than that nothing was lost: no retry, no request that outlives its client's wait, a leader that knows
 * the producer. A history alone tells of none of it, so that it never proves a breach of them.
 */
const onlyByTrace: readonly Guarantee[] = [
  producers.idempotenceNoDuplicates,
  producers.idempotenceOrder,
  producers.oneInFlightOrder,
  producers.inFlightOrder,
  producers.oneCopyAnAttempt,
];

/** Whether what the guarantee excludes is proven to be a bug once it is known that no event licenses a loss. */
export function isProvenWithoutLoss(guarantee: Guarantee): boolean {
  return !onlyByTrace.includes(guarantee);
}
