/**
 * What the cleaner knows of transactions on its way through a log: CleanedTransactionMetadata. Data of an aborted
 * transaction goes at once; a marker only after everything of its transaction.
 */
import type { RecordBatch } from '../../protocol/records.js';
import { lastOffset } from '../../protocol/records.js';
import type { AbortedEntry } from '../transaction-index.js';

interface OngoingAborted {
  readonly entry: AbortedEntry;
  /** Some batch of it was met. */
  observed: boolean;
}

export class CleanedTransactions {
  /** Aborted transactions that were met together with some of their data: what the index has to keep. */
  readonly retained: AbortedEntry[] = [];
  /** By first offset, those ahead. */
  #ahead: AbortedEntry[] = [];
  readonly #aborted = new Map<number, OngoingAborted>();
  /** Producer ids of transactions of which some data was met, and which are not aborted. */
  readonly #committed = new Set<number>();

  /** What the index says of the part that comes next. */
  expect(aborted: readonly AbortedEntry[]): void {
    if (aborted.length === 0) return;
    this.#ahead = [...this.#ahead, ...aborted].sort((x, y) => x.firstOffset - y.firstOffset);
  }

  /** A batch of data. @returns true: its transaction was aborted */
  onData(batch: RecordBatch): boolean {
    this.#enter(lastOffset(batch));
    if (batch.isTransactional === undefined) return false;
    const ongoing = this.#aborted.get(batch.producerId);
    if (ongoing === undefined) {
      this.#committed.add(batch.producerId);
      return false;
    }
    ongoing.observed = true;
    return true;
  }

  /** A marker. @returns true: nothing of its transaction is left in the log */
  onMarker(batch: RecordBatch): boolean {
    this.#enter(lastOffset(batch));
    const { marker, producerId } = batch;
    // Empty: it went before, its batch alone was kept.
    if (batch.records.length === 0) return true;
    if (marker!.committed) return !this.#committed.delete(producerId);
    const ongoing = this.#aborted.get(producerId);
    this.#aborted.delete(producerId);
    if (ongoing === undefined || !ongoing.observed) return true;
    this.retained.push(ongoing.entry);
    return false;
  }

  #enter(offset: number): void {
    while (this.#ahead.length > 0 && this.#ahead[0].firstOffset <= offset) {
      const entry = this.#ahead.shift()!;
      if (!this.#aborted.has(entry.producerId)) this.#aborted.set(entry.producerId, { entry, observed: false });
    }
  }
}
