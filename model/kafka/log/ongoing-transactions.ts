/**
 * Transactions that hold back the last stable offset of a log: ProducerStateManager.ongoingTxns and unreplicatedTxns.
 * One counts while it is open, and after that until its marker lies below the high watermark.
 */

/** A transaction that a marker has ended in this log (CompletedTxn). */
export interface CompletedTransaction {
  readonly producerId: number;
  readonly firstOffset: number;
  /** That of the marker. */
  readonly lastOffset: number;
  readonly aborted: boolean;
}

const NONE = -1;

export class OngoingTransactions {
  /** First offsets of those that are open, by producer id. */
  readonly #open = new Map<number, number>();
  readonly #unreplicated: CompletedTransaction[] = [];

  begin(producerId: number, firstOffset: number): void {
    this.#open.set(producerId, firstOffset);
  }

  /** The first offset of the producer's open transaction; -1: none is open. */
  firstOffsetOf(producerId: number): number {
    return this.#open.get(producerId) ?? NONE;
  }

  complete(transaction: CompletedTransaction): void {
    this.#open.delete(transaction.producerId);
    // A log that is read again meets a marker again.
    this.#keep(({ firstOffset }) => firstOffset !== transaction.firstOffset);
    this.#unreplicated.push(transaction);
  }

  /** Of the transactions that are open; -1: none is. */
  get firstOpenOffset(): number {
    let first = NONE;
    for (const offset of this.#open.values()) if (first < 0 || offset < first) first = offset;
    return first;
  }

  /** -1: every record is decided. */
  get firstUnstableOffset(): number {
    if (this.#open.size === 0 && this.#unreplicated.length === 0) return NONE;
    let first = this.firstOpenOffset;
    for (const { firstOffset } of this.#unreplicated) if (first < 0 || firstOffset < first) first = firstOffset;
    return first;
  }

  /** Markers below it are as good as read (onHighWatermarkUpdated). */
  highWatermarkMoved(highWatermark: number): void {
    this.#keep((transaction) => transaction.lastOffset >= highWatermark);
  }

  /** What is open and what is ended follows from what is read anew (truncateAndReload, truncateFullyAndStartAt). */
  clear(): void {
    this.#open.clear();
    this.#unreplicated.length = 0;
  }

  #keep(isKept: (transaction: CompletedTransaction) => boolean): void {
    const unreplicated = this.#unreplicated;
    if (unreplicated.length === 0) return;
    let kept = 0;
    for (const transaction of unreplicated) if (isKept(transaction)) unreplicated[kept++] = transaction;
    unreplicated.length = kept;
  }
}
