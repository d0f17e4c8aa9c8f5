/**
 * What a consumer may hand to its application of what it fetched: never a control record, and with read_committed nothing
 * of an aborted transaction (CompletedFetch.nextFetchedRecord; clients.md §4.5).
 */
import type { AbortedTransaction } from '../protocol/messages.js';
import { lastOffset, type RecordBatch } from '../protocol/records.js';

/**
 * @param aborted as fetched, in the order of their markers; null: read_uncommitted
 * @returns the same list if there is nothing to hide
 */
export function visibleBatches(
  batches: readonly RecordBatch[],
  aborted: readonly AbortedTransaction[] | null,
): readonly RecordBatch[] {
  if (!batches.some(({ isTransactional }) => isTransactional !== undefined)) return batches;
  const toCome = (aborted ?? []).toSorted((a, b) => a.firstOffset - b.firstOffset);
  const abortedProducers = new Set<number>();
  let next = 0;
  return batches.filter((batch) => {
    const { producerId, isTransactional, marker } = batch;
    const last = lastOffset(batch);
    while (next < toCome.length && toCome[next]!.firstOffset <= last) abortedProducers.add(toCome[next++]!.producerId);
    if (marker !== undefined) {
      if (!marker.committed) abortedProducers.delete(producerId);
      return false;
    }
    return isTransactional === undefined || !abortedProducers.has(producerId);
  });
}
