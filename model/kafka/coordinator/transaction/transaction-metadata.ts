/**
 * What a coordinator knows of one transactional id, and how it may change: TransactionMetadata (clients.md §4.2).
 *
 * A change is prepared first, which sets the pending state, then written to the log, and applied only when that is
 * replicated. While one is pending no other may begin: whoever asks is told CONCURRENT_TRANSACTIONS.
 */
import { assert } from '../../../kernel/assert.js';
import { NO_PRODUCER_EPOCH, NO_PRODUCER_ID } from '../../protocol/records.js';

export type TransactionState =
  | 'Empty'
  | 'Ongoing'
  | 'PrepareCommit'
  | 'PrepareAbort'
  | 'CompleteCommit'
  | 'CompleteAbort'
  | 'PrepareEpochFence';

/** Dead is left out: ids expire after seven days (transactional.id.expiration.ms), which no trial lasts. */
const PREDECESSORS: Readonly<Record<TransactionState, readonly TransactionState[]>> = {
  Empty: ['Empty', 'CompleteCommit', 'CompleteAbort'],
  Ongoing: ['Ongoing', 'Empty', 'CompleteCommit', 'CompleteAbort'],
  PrepareCommit: ['Ongoing'],
  // An abort of nothing needs its bump of the epoch as well, since transaction version 2.
  PrepareAbort: ['Ongoing', 'PrepareEpochFence', 'Empty', 'CompleteCommit', 'CompleteAbort'],
  CompleteCommit: ['PrepareCommit'],
  CompleteAbort: ['PrepareAbort'],
  PrepareEpochFence: ['Ongoing'],
};

const NO_PARTITIONS: readonly number[] = [];
const NOT_STARTED = -1;
/** Short.MAX_VALUE: the highest, which no producer ever gets. */
const MAX_EPOCH = 32_767;

/** All that is written of an id: TxnTransitMetadata, and the value of a record of the log. Immutable. */
export interface TransactionRecord {
  readonly transactionalId: string;
  readonly producerId: number;
  /** Of transaction version 2: what takes the place of `producerId` when the epochs of that are used up; -1: nothing. */
  readonly nextProducerId: number;
  readonly producerEpoch: number;
  /** The epoch before the last bump that the producer asked for; -1: none. Not in the log: a new coordinator does not know it. */
  readonly lastProducerEpoch: number;
  readonly timeoutMs: number;
  readonly state: TransactionState;
  /** Ascending. */
  readonly partitions: readonly number[];
  /** Wall clock, milliseconds; -1: none is under way. */
  readonly startMs: number;
  readonly updatedMs: number;
  /** The client ends each transaction with a bump of its epoch (transaction version 2). */
  readonly bumpsEpoch: boolean;
}

/** An epoch that a client may still be given lies below this (isEpochExhausted). */
export function isEpochExhausted(producerEpoch: number): boolean {
  return producerEpoch >= MAX_EPOCH - 1;
}

export class TransactionMetadata {
  #current: TransactionRecord;
  /** null: nothing is under way. */
  #pendingState: TransactionState | null = null;
  /** A fencing bumped the epoch and could not be written: the next one bumps no further. */
  hasFailedEpochFence = false;
  /** Partitions whose leaders have not acknowledged the marker yet. */
  #unmarked: readonly number[];

  constructor(current: TransactionRecord) {
    this.#current = current;
    this.#unmarked = current.partitions;
  }

  /** Of an id that nobody has used: its first epoch is still to come. */
  static create(transactionalId: string, producerId: number, timeoutMs: number, nowMs: number): TransactionMetadata {
    return new TransactionMetadata({
      transactionalId,
      producerId,
      nextProducerId: NO_PRODUCER_ID,
      producerEpoch: NO_PRODUCER_EPOCH,
      lastProducerEpoch: NO_PRODUCER_EPOCH,
      timeoutMs,
      state: 'Empty',
      partitions: NO_PARTITIONS,
      startMs: NOT_STARTED,
      updatedMs: nowMs,
      bumpsEpoch: false,
    });
  }

  get current(): TransactionRecord {
    return this.#current;
  }
  get state(): TransactionState {
    return this.#current.state;
  }
  get pendingState(): TransactionState | null {
    return this.#pendingState;
  }
  get unmarked(): readonly number[] {
    return this.#unmarked;
  }

  /** The leader of the partition has the marker, or will never want it. */
  marked(partition: number): void {
    this.#unmarked = this.#unmarked.filter((other) => other !== partition);
  }

  // ---------------------------------------------------------------------- what may be prepared

  /**
   * The next epoch for a producer that begins anew.
   * @param expectedEpoch the one that it has (KIP-360); -1: it says none
   * @returns null: the producer is fenced
   */
  prepareIncrementProducerEpoch(timeoutMs: number, expectedEpoch: number, nowMs: number): TransactionRecord | null {
    const { producerEpoch, lastProducerEpoch } = this.#current;
    const bumped = producerEpoch + 1;
    const begin = { state: 'Empty', partitions: NO_PARTITIONS, timeoutMs, startMs: NOT_STARTED } as const;
    if (expectedEpoch < 0) {
      return this.#prepare({ ...begin, producerEpoch: bumped, lastProducerEpoch: NO_PRODUCER_EPOCH }, nowMs);
    }
    if (producerEpoch < 0 || expectedEpoch === producerEpoch) {
      return this.#prepare({ ...begin, producerEpoch: bumped, lastProducerEpoch: producerEpoch }, nowMs);
    }
    // The bump was made, and the producer has not heard of it.
    return expectedEpoch === lastProducerEpoch ? this.#prepare(begin, nowMs) : null;
  }

  /** Another producer id, epoch 0: the epochs of this one are used up. */
  prepareProducerIdRotation(
    producerId: number,
    timeoutMs: number,
    keepsLast: boolean,
    nowMs: number,
  ): TransactionRecord {
    const lastProducerEpoch = keepsLast ? this.#current.producerEpoch : NO_PRODUCER_EPOCH;
    const change = { producerId, producerEpoch: 0, lastProducerEpoch, timeoutMs, startMs: NOT_STARTED } as const;
    return this.#prepare({ ...change, state: 'Empty', partitions: NO_PARTITIONS }, nowMs);
  }

  /** Whoever has the present epoch is fenced; an abort follows at once. */
  prepareFenceProducerEpoch(nowMs: number): TransactionRecord {
    const producerEpoch = this.hasFailedEpochFence ? this.#current.producerEpoch : this.#current.producerEpoch + 1;
    assert(producerEpoch <= MAX_EPOCH, 'a transaction is fenced by an epoch that is left');
    return this.#prepare({ state: 'PrepareEpochFence', producerEpoch }, nowMs);
  }

  /** The abort that a fencing is for (endTransaction, isEpochFence). The bump stands even if the record is not written. */
  fence(producerEpoch: number): void {
    assert(this.#pendingState === 'PrepareEpochFence', 'an epoch is fenced once that was prepared');
    this.#pendingState = null;
    this.#current = { ...this.#current, producerEpoch, lastProducerEpoch: NO_PRODUCER_EPOCH };
  }

  prepareAddPartitions(added: readonly number[], bumpsEpoch: boolean, nowMs: number): TransactionRecord {
    const { partitions, state, startMs } = this.#current;
    const all = [...new Set([...partitions, ...added])].sort((a, b) => a - b);
    const start = state === 'Ongoing' ? startMs : nowMs;
    return this.#prepare({ state: 'Ongoing', partitions: all, startMs: start, bumpsEpoch }, nowMs);
  }

  /** @param bumpsEpoch as the client wants it (transaction version 2) @param nextProducerId -1: the present one goes on */
  prepareEnd(committed: boolean, bumpsEpoch: boolean, nextProducerId: number, nowMs: number): TransactionRecord {
    const { producerEpoch, lastProducerEpoch, startMs } = this.#current;
    const epochs = bumpsEpoch
      ? { producerEpoch: producerEpoch + 1, lastProducerEpoch: producerEpoch }
      : { producerEpoch, lastProducerEpoch };
    const started = { startMs: startMs === NOT_STARTED ? nowMs : startMs, bumpsEpoch, nextProducerId };
    return this.#prepare({ state: committed ? 'PrepareCommit' : 'PrepareAbort', ...epochs, ...started }, nowMs);
  }

  /** Of a transaction whose end is decided. */
  prepareComplete(nowMs: number): TransactionRecord {
    const { state, nextProducerId } = this.#current;
    this.hasFailedEpochFence = false;
    const rotation =
      nextProducerId === NO_PRODUCER_ID ? {} : { producerId: nextProducerId, producerEpoch: 0, nextProducerId: -1 };
    const completed = state === 'PrepareCommit' ? 'CompleteCommit' : 'CompleteAbort';
    return this.#prepare({ state: completed, partitions: NO_PARTITIONS, ...rotation }, nowMs);
  }

  #prepare(change: Partial<TransactionRecord> & Pick<TransactionRecord, 'state'>, nowMs: number): TransactionRecord {
    assert(this.#pendingState === null, 'one change at a time of a transactional id');
    assert(PREDECESSORS[change.state].includes(this.state), `${change.state} does not follow ${this.state}`);
    this.#pendingState = change.state;
    return { ...this.#current, ...change, updatedMs: nowMs };
  }

  // ---------------------------------------------------------------------- what becomes of it

  /** The record is replicated. */
  apply(record: TransactionRecord): void {
    assert(this.#pendingState === record.state, 'what is applied was prepared');
    this.#pendingState = null;
    this.#current = record;
    this.#unmarked = record.partitions;
  }

  /** The record could not be written; it may be in the log all the same, for the next coordinator to find. */
  giveUp(): void {
    this.#pendingState = null;
  }
}
