/**
 * The transactional ids of the state partitions that this broker leads: TransactionStateManager. Loaded in chunks when it
 * comes to lead, dropped when it ceases to; each change is appended to the partition with acks=all and applied once that
 * is replicated.
 */
import { assert } from '../../../kernel/assert.js';
import { InternalAppend, type AppendListener } from '../../broker/internal-append.js';
import { Probe } from '../../probes.js';
import { KafkaError, type ErrorCode } from '../../protocol/errors.js';
import type { RecordBatch } from '../../protocol/records.js';
import { changeError } from '../append-errors.js';
import { LedPartitions, type LedPartition, type StateOwner } from '../led-partitions.js';
import { nowMs, TransactionTimer, type CoordinatorServices } from './services.js';
import { STATUS, transactionBatch } from './transaction-log.js';
import { TransactionMetadata, type TransactionRecord } from './transaction-metadata.js';

const APPEND_TIMERS = { check: TransactionTimer.checkAppend, done: TransactionTimer.appendDone } as const;

/** By transactional id. */
type Transactions = Map<string, TransactionMetadata>;

/** What a look-up finds; `metadata` null with NONE: nobody has used the id. */
export interface Found {
  readonly error: ErrorCode;
  readonly coordinatorEpoch: number;
  readonly metadata: TransactionMetadata | null;
}

/** One change on its way into the log. */
export interface StateChange<Context> {
  readonly coordinatorEpoch: number;
  readonly record: TransactionRecord;
  /** The pending state stays if the append is to be tried again. */
  readonly isRetried: boolean;
  readonly context: Context;
}

export interface StateListener<Context> {
  /** Applied, or refused with an error for the client. */
  onChanged(change: StateChange<Context>, error: ErrorCode): void;
  /** A state partition was loaded. */
  onLoaded(coordinatorEpoch: number, transactions: Iterable<TransactionMetadata>): void;
  /** This broker no longer leads it. */
  onResigned(isOfPartition: (transactionalId: string) => boolean): void;
}

export class TransactionStateManager<Context> implements AppendListener, StateOwner<Transactions> {
  readonly #services: CoordinatorServices;
  readonly #listener: StateListener<Context>;
  readonly #led: LedPartitions<Transactions>;

  constructor(services: CoordinatorServices, listener: StateListener<Context>) {
    this.#services = services;
    this.#listener = listener;
    this.#led = new LedPartitions(services.replicas, services.topic.numbers, TransactionTimer.loadChunk, this);
  }

  /** The number of the state partition that an id belongs to. */
  partitionOf(transactionalId: string): number {
    const number = this.#services.topic.partitionOf(transactionalId);
    assert(number !== undefined, 'the cluster has the state partition of every transactional id in use');
    return number;
  }

  find(transactionalId: string): Found {
    const partition = this.#led.get(this.partitionOf(transactionalId));
    if (partition === undefined) return { error: KafkaError.NOT_COORDINATOR, coordinatorEpoch: -1, metadata: null };
    const { coordinatorEpoch, isLoading, state } = partition;
    const error = isLoading ? KafkaError.COORDINATOR_LOAD_IN_PROGRESS : KafkaError.NONE;
    return { error, coordinatorEpoch, metadata: isLoading ? null : (state.get(transactionalId) ?? null) };
  }

  /** Of an id that nobody has used. In memory only, until its first record is written. */
  create(transactionalId: string, producerId: number, timeoutMs: number): TransactionMetadata {
    const metadata = TransactionMetadata.create(transactionalId, producerId, timeoutMs, nowMs(this.#services.host));
    this.#led.get(this.partitionOf(transactionalId))!.state.set(transactionalId, metadata);
    return metadata;
  }

  /** All that are loaded, with the epoch of their partition. */
  *loaded(): Generator<{ readonly coordinatorEpoch: number; readonly metadata: TransactionMetadata }> {
    for (const { coordinatorEpoch, isLoading, state } of this.#led.all()) {
      if (isLoading) continue;
      for (const metadata of state.values()) yield { coordinatorEpoch, metadata };
    }
  }

  // ---------------------------------------------------------------------- changes

  append(change: StateChange<Context>): void {
    const { record } = change;
    const { replicas } = this.#services;
    const partition = this.partitionOf(record.transactionalId);
    const append = new InternalAppend(replicas, APPEND_TIMERS, partition, record.timeoutMs, this, change);
    this.#announce(Probe.transactionPending, change);
    append.begin(transactionBatch(record));
  }

  /** updateCacheCallback: nothing is applied for a coordinator that was deposed meanwhile. */
  onAppended({ error, context }: InternalAppend): void {
    const change = context as StateChange<Context>;
    const { record, coordinatorEpoch, isRetried } = change;
    const found = this.find(record.transactionalId);
    const isCurrent = found.metadata !== null && found.coordinatorEpoch === coordinatorEpoch;
    let answer = changeError(error);
    if (answer === KafkaError.NONE && !isCurrent) answer = deposed(found);
    if (isCurrent) {
      if (answer === KafkaError.NONE) {
        found.metadata.apply(record);
        this.#announce(Probe.transactionChanged, change);
      } else if (!isRetried || answer !== KafkaError.COORDINATOR_NOT_AVAILABLE) found.metadata.giveUp();
    }
    this.#listener.onChanged(change, answer);
  }

  #announce(kind: number, { record, coordinatorEpoch }: StateChange<Context>): void {
    const { id, probes } = this.#services.host;
    const { transactionalId, producerId, producerEpoch, state } = record;
    const partition = this.partitionOf(transactionalId);
    probes.emit(kind, id, partition, producerId, producerEpoch, STATUS[state], coordinatorEpoch);
  }

  // ---------------------------------------------------------------------- leadership

  rolesChanged(): void {
    this.#led.rolesChanged();
  }

  loadChunk(payload: unknown): void {
    this.#led.loadChunk(payload);
  }

  emptyState(): Transactions {
    return new Map();
  }

  takeIn({ records }: RecordBatch, transactions: Transactions): void {
    for (const { state } of records) {
      const record = state as TransactionRecord;
      transactions.set(record.transactionalId, new TransactionMetadata(record));
    }
  }

  keyCount(transactions: Transactions): number {
    return transactions.size;
  }

  onLoaded({ coordinatorEpoch, state }: LedPartition<Transactions>): void {
    this.#listener.onLoaded(coordinatorEpoch, state.values());
  }

  onResigned({ number }: LedPartition<Transactions>): void {
    this.#listener.onResigned((transactionalId) => this.partitionOf(transactionalId) === number);
  }
}

/** The same coordinator leads again in another epoch, or another does. */
function deposed({ error }: Found): ErrorCode {
  return error === KafkaError.NONE ? KafkaError.NOT_COORDINATOR : error;
}
