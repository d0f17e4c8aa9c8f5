/**
 * The aborted transactions of a log, in the order of their markers: TransactionIndex (clients.md §4.5).
 *
 * A departure: Kafka keeps a file of them beside each segment. Here the index is read off the log when that is loaded. The
 * two differ where the index alone was damaged or lost: Kafka then recovers that segment, be it below the recovery point,
 * and cuts a torn tail off it without dropping the segments behind (LogLoader.loadSegmentFiles).
 */
import type { AbortedTransaction } from '../protocol/messages.js';
import type { RecordBatch } from '../protocol/records.js';
import type { CompletedTransaction } from './ongoing-transactions.js';

/** AbortedTxn */
export interface AbortedEntry extends AbortedTransaction {
  /** That of the marker. */
  readonly lastOffset: number;
  /** Of the log, once this marker was in it. */
  readonly lastStableOffset: number;
}

const NONE: readonly AbortedEntry[] = [];

export class TransactionIndex {
  #entries: AbortedEntry[] = [];

  get entries(): readonly AbortedEntry[] {
    return this.#entries;
  }

  /** @param firstUnstableOffset of what else is undecided when the marker is appended; -1: nothing */
  add({ producerId, firstOffset, lastOffset }: CompletedTransaction, firstUnstableOffset: number): void {
    const lastStableOffset = firstUnstableOffset < 0 ? lastOffset + 1 : firstUnstableOffset;
    this.#entries.push({ producerId, firstOffset, lastOffset, lastStableOffset });
  }

  /** Those with records in [from, to), in the order of their markers (collectAbortedTxns). */
  between(from: number, to: number): readonly AbortedEntry[] {
    if (this.#entries.length === 0) return NONE;
    const found: AbortedEntry[] = [];
    for (const entry of this.#entries) {
      if (entry.lastOffset >= from && entry.firstOffset < to) found.push(entry);
      if (entry.lastStableOffset >= to) break;
    }
    return found;
  }

  truncate(logEndOffset: number): void {
    if (this.#entries.length > 0) this.#entries = this.#entries.filter(({ lastOffset }) => lastOffset < logEndOffset);
  }

  /** Of the transactions that were aborted in [from, to), the cleaner has left these some data (TransactionIndex of a cleaned segment). */
  cleaned(from: number, to: number, left: readonly AbortedEntry[]): void {
    if (this.#entries.length === 0) return;
    this.#entries = this.#entries.filter(
      (entry) => entry.lastOffset < from || entry.lastOffset >= to || left.includes(entry),
    );
  }

  /** What a log holds, from its first batch on (LogSegment.recover). */
  rebuild(batches: readonly RecordBatch[]): void {
    this.#entries = [];
    const open = new Map<number, number>();
    for (const batch of batches) {
      const { producerId, baseOffset, marker, records } = batch;
      if (batch.isTransactional === undefined || (marker !== undefined && records.length === 0)) continue;
      const firstOffset = open.get(producerId);
      if (marker === undefined) {
        if (firstOffset === undefined) open.set(producerId, baseOffset);
        continue;
      }
      open.delete(producerId);
      if (firstOffset === undefined || marker.committed) continue;
      const unstable = open.size === 0 ? -1 : Math.min(...open.values());
      this.add({ producerId, firstOffset, lastOffset: baseOffset, aborted: true }, unstable);
    }
  }
}
