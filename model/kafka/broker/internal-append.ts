/**
 * What a broker itself appends to a partition that it leads, with acks=all: records of coordinators and markers of
 * transactions (ReplicaManager.appendRecords, AppendOrigin.COORDINATOR).
 */
import { Probe } from '../probes.js';
import { KafkaError, type ErrorCode } from '../protocol/errors.js';
import { lastOffset, type RecordBatch } from '../protocol/records.js';
import type { DelayedOperation } from './purgatory.js';
import { replicationState } from './produce-purgatory.js';
import type { ReplicaManager } from './replica-manager.js';

export interface AppendListener {
  /** Replicated, refused, or timed out: then the batch stays in the log. In a step of its own. */
  onAppended(append: InternalAppend): void;
}

/** Kinds of the yields that an append asks its host for; whoever gets them hands them back. */
export interface AppendTimers {
  /** append | purgatory check. Payload: the append. */
  readonly check: number;
  /** replicated | applied. Payload: the append. */
  readonly done: number;
}

export class InternalAppend implements DelayedOperation {
  readonly deadline: number;
  readonly partition: number;
  readonly context: unknown;
  error: ErrorCode = KafkaError.NONE;
  readonly #replicas: ReplicaManager;
  readonly #listener: AppendListener;
  readonly #timers: AppendTimers;
  #appended: RecordBatch | null = null;
  #leaderEpoch = -1;
  #isPending = false;
  #highWatermarkMoved = false;

  /** @param context the listener's own: what the append is for */
  constructor(
    replicas: ReplicaManager,
    timers: AppendTimers,
    partition: number,
    timeoutMs: number,
    listener: AppendListener,
    context: unknown,
  ) {
    this.#replicas = replicas;
    this.#timers = timers;
    this.#listener = listener;
    this.partition = partition;
    this.context = context;
    this.deadline = replicas.host.monotonicMicros() + timeoutMs * 1000;
  }

  /** Once. What follows comes in later steps. */
  begin(batch: RecordBatch): void {
    this.error = this.#append(batch);
    const { host } = this.#replicas;
    host.later(this.error === KafkaError.NONE ? this.#timers.check : this.#timers.done, 0, this);
  }

  /** append | purgatory check */
  check(): void {
    const { delayedProduces, delayedFetches } = this.#replicas;
    delayedProduces.completeOrWatch(this);
    if (this.#highWatermarkMoved) delayedProduces.check(this.partition);
    delayedFetches.check(this.partition);
  }

  /** replicated | applied */
  done(): void {
    this.#listener.onAppended(this);
  }

  watches(partition: number): boolean {
    return this.#isPending && partition === this.partition;
  }

  isSatisfied(): boolean {
    if (!this.#isPending) return true;
    const state = replicationState(this.#replicas, this.partition, lastOffset(this.#appended!));
    if (state === null) return false;
    this.#isPending = false;
    this.error = state;
    return true;
  }

  /** Now, or at the deadline. */
  complete(): void {
    if (this.#isPending) this.error = KafkaError.REQUEST_TIMED_OUT;
    this.#isPending = false;
    const { host } = this.#replicas;
    if (this.error === KafkaError.NONE) {
      const appended = this.#appended!;
      const { id, probes } = host;
      probes.emit(
        Probe.acknowledged,
        id,
        this.partition,
        appended.baseOffset,
        lastOffset(appended),
        this.#leaderEpoch,
        -1,
      );
    }
    host.later(this.#timers.done, 0, this);
  }

  #append(batch: RecordBatch): ErrorCode {
    const partition = this.#replicas.partition(this.partition);
    if (partition === undefined) return this.#replicas.absenceError(this.partition);
    if (!partition.isLeader) return KafkaError.NOT_LEADER_OR_FOLLOWER;
    if (partition.isr.committedSize < partition.effectiveMinIsr) return KafkaError.NOT_ENOUGH_REPLICAS;
    const { marker, producerId, producerEpoch } = batch;
    if (marker !== undefined) {
      const error = partition.log.producers.checkMarker(producerId, producerEpoch, marker);
      if (error !== KafkaError.NONE) return error;
    }
    this.#appended = partition.log.appendAsLeader(batch, partition.leaderEpoch);
    this.#leaderEpoch = partition.leaderEpoch;
    if (marker !== undefined) {
      const { id, probes } = this.#replicas.host;
      const { baseOffset } = this.#appended;
      const committed = marker.committed ? 1 : 0;
      probes.emit(Probe.transactionMarker, id, this.partition, baseOffset, producerId, producerEpoch, committed);
    }
    this.#isPending = true;
    this.#highWatermarkMoved = this.#replicas.advanceHighWatermark(partition);
    return KafkaError.NONE;
  }
}
