/** What the cleaner leaves of one batch: Cleaner.cleanInto, Cleaner.shouldRetainRecord, MemoryRecords.filterTo. */
import { Removal } from '../../probes.js';
import {
  BATCH_OVERHEAD_BYTES,
  lastOffset,
  maxTimestamp,
  offsetAt,
  offsetCount,
  type CompactedBatch,
  type RecordBatch,
} from '../../protocol/records.js';
import type { ProducerState } from '../producer-state.js';
import type { CleanedTransactions } from './cleaned-transactions.js';
import type { OffsetMap } from './offset-map.js';

/** A record that goes. */
export interface RemovedRecord {
  readonly offset: number;
  readonly leaderEpoch: number;
  readonly value: number;
  /** Offset of the later record of its key; or another reason (Removal). */
  readonly why: number;
}

/** What decides over the batches of one round of cleaning. */
export interface BatchFilter {
  readonly map: OffsetMap;
  readonly transactions: CleanedTransactions;
  readonly producers: ProducerState;
  readonly nowMs: number;
  /** delete.retention.ms */
  readonly deleteRetentionMs: number;
  /**
   * Rule tombstoneRetention is 'segment-time' (before KIP-534): whether tombstones and markers of this segment stay; null:
   * each batch has its own delete horizon.
   */
  retainsDeletes: boolean | null;
  /** The round goes up to here, exclusive; -1: its last batch goes like any other (KAFKA-17076). */
  readonly keepsBatchBefore: number;
}

const NOT_SET = -1;

/**
 * @param removed gets the records that go
 * @returns the batch itself, what is left of it, or null
 */
export function filterBatch(batch: RecordBatch, filter: BatchFilter, removed: RemovedRecord[]): RecordBatch | null {
  const isControl = batch.marker !== undefined;
  const { transactions } = filter;
  const isDiscardable = isControl ? transactions.onMarker(batch) : transactions.onData(batch);
  const discards = isDiscardable && (!isControl || mayGo(batch, filter));
  const kept = keptRecords(batch, filter, discards, removed);
  if (kept.length === 0) {
    const staysEmpty = isLastOfProducer(batch, filter.producers) || lastOffset(batch) + 1 === filter.keepsBatchBefore;
    return staysEmpty ? rewritten(batch, kept, maxTimestamp(batch), NOT_SET) : null;
  }
  const awaitsHorizon =
    filter.retainsDeletes === null &&
    deleteHorizon(batch) < 0 &&
    ((isControl && isDiscardable) || kept.some((index) => batch.records[index].isTombstone === true));
  if (kept.length === batch.records.length && !awaitsHorizon) return batch;
  const horizon = awaitsHorizon ? filter.nowMs + filter.deleteRetentionMs : deleteHorizon(batch);
  const youngest = kept.reduce((max, index) => Math.max(max, batch.records[index].timestamp), -1);
  return rewritten(batch, kept, youngest, horizon);
}

/** Indexes of the records that stay. */
function keptRecords(batch: RecordBatch, filter: BatchFilter, discards: boolean, removed: RemovedRecord[]): number[] {
  const kept: number[] = [];
  const isControl = batch.marker !== undefined;
  const { records, partitionLeaderEpoch } = batch;
  for (let i = 0; i < records.length; i++) {
    const why = discards ? (isControl ? Removal.marker : Removal.aborted) : isControl ? null : whyNot(batch, i, filter);
    if (why === null) kept.push(i);
    else removed.push({ offset: offsetAt(batch, i), leaderEpoch: partitionLeaderEpoch, value: records[i].value, why });
  }
  return kept;
}

/** Why a record of data goes; null: it stays. */
function whyNot(batch: RecordBatch, index: number, filter: BatchFilter): number | null {
  const { key, isTombstone } = batch.records[index];
  const offset = offsetAt(batch, index);
  if (offset > filter.map.latestOffset) return null;
  if (key === null) return Removal.withoutKey;
  const newest = filter.map.get(key);
  if (newest > offset) return newest;
  return isTombstone === true && mayGo(batch, filter) ? Removal.tombstone : null;
}

/** A tombstone or marker of this batch has been kept for delete.retention.ms since the cleaner first met it. */
function mayGo(batch: RecordBatch, { retainsDeletes, nowMs }: BatchFilter): boolean {
  if (retainsDeletes !== null) return !retainsDeletes;
  const horizon = deleteHorizon(batch);
  return horizon >= 0 && horizon <= nowMs;
}

/**
 * An active producer's last batch stays, for its sequence; of one that wrote nothing since, the marker, for its epoch
 * (KAFKA-5490, KAFKA-8335).
 */
function isLastOfProducer(batch: RecordBatch, producers: ProducerState): boolean {
  const entry = producers.entryOf(batch.producerId);
  if (entry === undefined) return false;
  const last = entry.batches.at(-1);
  if (last !== undefined) return lastOffset(last) === lastOffset(batch);
  return batch.marker !== undefined && batch.producerEpoch === entry.producerEpoch;
}

function deleteHorizon({ compacted }: RecordBatch): number {
  return compacted === undefined ? NOT_SET : compacted.deleteHorizonMs;
}

function rewritten(batch: RecordBatch, kept: readonly number[], timestamp: number, horizon: number): RecordBatch {
  const compacted: CompactedBatch = {
    offsetDeltas: kept.map((index) => offsetAt(batch, index) - batch.baseOffset),
    lastOffsetDelta: offsetCount(batch) - 1,
    maxTimestamp: timestamp,
    deleteHorizonMs: horizon,
  };
  const records = kept.map((index) => batch.records[index]);
  const bytes = records.reduce((sum, record) => sum + record.bytes, BATCH_OVERHEAD_BYTES);
  return { ...batch, records, bytes, compacted };
}
