/** All guarantees, a line each. Of several that exclude an anomaly, the first is named. */
import type { Anomaly } from '../../../histories/anomaly.js';
import type { History, HistoryHeader } from '../../../histories/operation.js';
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
  producers.producerState,
  transactions.atomicTransactions,
  transactions.transactionsInTurn,
  transactions.transactionalProcessing,
  transactions.lastStableOffset,
  transactions.coordinatedTransactions,
  transactions.exactlyOnceProcessing,
  transactions.exactlyOnceState,
  groups.committedOffsets,
  groups.oneOwner,
  groups.fencedCommits,
  groups.atLeastOnce,
  groups.processedInOrder,
  groups.atLeastOnceOutput,
  replication.realReads,
  replication.readsInOrder,
  replication.oneLeaderPerEpoch,
  replication.metadataKept,
  replication.partitionState,
  replication.epochsMonotonic,
  replication.logMatching,
  replication.diskKept,
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

export function isNeverLicensed(anomaly: Anomaly, history: History): boolean {
  return neverLicensed.some((guarantee) => excludes(guarantee, anomaly, history));
}

/** There is what the guarantee speaks of: transactions, a compacted topic, ... */
export function isWorthSaying(guarantee: Guarantee, header: HistoryHeader): boolean {
  return guarantee.bearsOn?.(header) ?? true;
}

/** A guarantee that excludes the anomaly, given to those whose operations it shows. */
export function excludes(guarantee: Guarantee, anomaly: Anomaly, history: History): boolean {
  if (!guarantee.covers(history.header).includes(anomaly.type)) return false;
  return guarantee.holdsFor?.(anomaly, history) ?? true;
}

/**
 * These rest on more than that nothing was lost: no retry, no request that outlives its client's wait, a leader that knows
 * the producer, a consumer that stays where it is. A history alone tells of none of it, so that it never proves a breach of them.
 */
const onlyByTrace: readonly Guarantee[] = [
  producers.idempotenceNoDuplicates,
  producers.idempotenceOrder,
  producers.oneInFlightOrder,
  producers.inFlightOrder,
  producers.oneCopyAnAttempt,
  replication.readsInOrder,
];

/** Whether what the guarantee excludes is proven to be a bug once it is known that no event licenses a loss. */
export function isProvenWithoutLoss(guarantee: Guarantee): boolean {
  return !onlyByTrace.includes(guarantee);
}
