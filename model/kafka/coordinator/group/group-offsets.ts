/**
 * The offsets of one group: what is committed, what is on its way into the log, and what waits for a transaction to end
 * (GroupMetadata). An offset that the log has later wins over one that it has earlier, whichever is applied first.
 */
import type { CommittedOffset } from './group-log.js';

/** CommitRecordMetadataAndOffset */
interface LoggedOffset {
  readonly committed: CommittedOffset;
  /** Where its batch begins in the log. */
  readonly logOffset: number;
}

/** What waits for the end of a producer's transaction, of one partition. */
interface TransactionalOffset {
  /** The last that is in the log; null: none yet. */
  logged: LoggedOffset | null;
  /** On their way into the log: each may yet be refused. */
  readonly inFlight: CommittedOffset[];
}

export class GroupOffsets {
  /** By partition. */
  readonly #committed = new Map<number, LoggedOffset>();
  /** By partition: the latest of those that are being replicated. */
  readonly #pending = new Map<number, CommittedOffset>();
  /** By producer id, then partition. */
  readonly #transactional = new Map<number, Map<number, TransactionalOffset>>();

  get isEmpty(): boolean {
    return this.#committed.size + this.#pending.size + this.#transactional.size === 0;
  }

  /** undefined: nothing is. */
  committed(partition: number): CommittedOffset | undefined {
    return this.#committed.get(partition)?.committed;
  }

  /** Partitions that something is committed for. */
  partitions(): readonly number[] {
    return [...this.#committed.keys()];
  }

  /** An offset of it is on its way, be it into the log or to the end of its transaction (hasPendingOffsetCommitsForTopicPartition). */
  isUnstable(partition: number): boolean {
    if (this.#pending.has(partition)) return true;
    for (const offsets of this.#transactional.values()) if (offsets.has(partition)) return true;
    return false;
  }

  // ---------------------------------------------------------------------- outside of transactions

  prepare(partition: number, committed: CommittedOffset): void {
    this.#pending.set(partition, committed);
  }

  /** @returns false: a later one is known already */
  apply(partition: number, committed: CommittedOffset, logOffset: number): boolean {
    const isWanted = this.#pending.has(partition);
    this.giveUp(partition, committed);
    return isWanted && this.#take(partition, { committed, logOffset });
  }

  giveUp(partition: number, committed: CommittedOffset): void {
    if (this.#pending.get(partition) === committed) this.#pending.delete(partition);
  }

  // ---------------------------------------------------------------------- in a transaction

  prepareTransactional(producerId: number, partition: number, committed: CommittedOffset): void {
    this.#transactionalOf(producerId, partition).inFlight.push(committed);
  }

  /** It is in the log, and waits for the marker. */
  logged(producerId: number, partition: number, committed: CommittedOffset, logOffset: number): void {
    const pending = this.#transactional.get(producerId)?.get(partition);
    if (pending === undefined || !remove(pending.inFlight, committed)) return;
    pending.logged = { committed, logOffset };
  }

  /** It was refused; what else the producer's transaction has of the partition stays. */
  giveUpTransactional(producerId: number, partition: number, committed: CommittedOffset): void {
    const pending = this.#transactional.get(producerId)?.get(partition);
    if (pending === undefined) return;
    remove(pending.inFlight, committed);
    if (pending.logged === null && pending.inFlight.length === 0) this.forgetTransactional(producerId, partition);
  }

  /** All of it, in the log or not. */
  forgetTransactional(producerId: number, partition: number): void {
    const offsets = this.#transactional.get(producerId);
    offsets?.delete(partition);
    if (offsets?.size === 0) this.#transactional.delete(producerId);
  }

  /**
   * The marker of the producer's transaction (completePendingTxnOffsetCommit).
   * @returns what is committed by it, by partition
   */
  complete(producerId: number, isCommit: boolean): ReadonlyMap<number, CommittedOffset> {
    const offsets = this.#transactional.get(producerId);
    const committed = new Map<number, CommittedOffset>();
    this.#transactional.delete(producerId);
    if (!isCommit || offsets === undefined) return committed;
    for (const [partition, { logged }] of offsets) {
      // What is there is not replicated: Kafka throws here, and the cache goes without.
      if (logged === null) break;
      if (this.#take(partition, logged)) committed.set(partition, logged.committed);
    }
    return committed;
  }

  // ---------------------------------------------------------------------- loaded, and removed

  /** As the log is read: what comes later stands, in a transaction once that is committed. null: it was removed. */
  load(partition: number, committed: CommittedOffset | null, logOffset: number, producerId: number): void {
    const logged = committed === null ? null : { committed, logOffset };
    if (producerId >= 0) {
      if (logged === null) this.forgetTransactional(producerId, partition);
      else this.#transactionalOf(producerId, partition).logged = logged;
    } else if (logged === null) {
      this.#committed.delete(partition);
    } else {
      this.#committed.set(partition, logged);
    }
  }

  /**
   * Removes what is expired and has nothing on its way.
   * @returns the partitions
   */
  removeWhere(isExpired: (partition: number, committed: CommittedOffset) => boolean): readonly number[] {
    const expired: number[] = [];
    for (const [partition, { committed }] of this.#committed) {
      if (!this.#pending.has(partition) && isExpired(partition, committed)) expired.push(partition);
    }
    for (const partition of expired) this.#committed.delete(partition);
    return expired;
  }

  #take(partition: number, logged: LoggedOffset): boolean {
    const known = this.#committed.get(partition);
    if (known !== undefined && known.logOffset >= logged.logOffset) return false;
    this.#committed.set(partition, logged);
    return true;
  }

  #transactionalOf(producerId: number, partition: number): TransactionalOffset {
    let offsets = this.#transactional.get(producerId);
    if (offsets === undefined) this.#transactional.set(producerId, (offsets = new Map()));
    let pending = offsets.get(partition);
    if (pending === undefined) offsets.set(partition, (pending = { logged: null, inFlight: [] }));
    return pending;
  }
}

/** @returns whether it was there */
function remove(inFlight: CommittedOffset[], committed: CommittedOffset): boolean {
  const index = inFlight.indexOf(committed);
  if (index >= 0) inFlight.splice(index, 1);
  return index >= 0;
}
