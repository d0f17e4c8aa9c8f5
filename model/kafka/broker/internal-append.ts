/**
 * What a broker itself appends to a partition that it leads: records of coordinators and markers of transactions
 * (ReplicaManager.appendRecords, AppendOrigin.COORDINATOR). With acks=all, unless offsets.commit.required.acks says otherwise.
 */
import { Probe } from '../probes.js';
import { KafkaError, type ErrorCode } from '../protocol/errors.js';
import type { VerificationGuard } from '../log/verification-guards.js';
import { lastOffset, NO_PRODUCER_ID, type RecordBatch } from '../protocol/records.js';
import type { Partition } from './partition.js';
import type { DelayedOperation } from './purgatory.js';
import { replicationState } from './produce-purgatory.js';
import type { ReplicaManager } from './replica-manager.js';
import { isVerified, verifiesTransactions } from './verified-transaction.js';

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
  #requiredAcks = -1;
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

  /** Where the batch begins; -1: it was not appended. */
  get baseOffset(): number {
    return this.#appended?.baseOffset ?? -1;
  }

  /**
   * Once. What follows comes in later steps.
   * @param guard of a transactional batch: what its verification left behind (KIP-890); null: nobody asked
   * @param requiredAcks -1 is all; with any other it counts once it is in this broker's log
   */
  begin(batch: RecordBatch, guard: VerificationGuard | null = null, requiredAcks = -1): void {
    this.#requiredAcks = requiredAcks;
    this.error = this.#tryToAppend(batch, guard);
    const { host } = this.#replicas;
    host.later(this.error === KafkaError.NONE ? this.#timers.check : this.#timers.done, 0, this);
  }

  /** append | purgatory check */
  check(): void {
    const { delayedProduces, delayedFetches } = this.#replicas;
    if (this.#requiredAcks === -1) delayedProduces.completeOrWatch(this);
    else this.#acknowledge();
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
    this.#acknowledge();
  }

  #acknowledge(): void {
    const { host } = this.#replicas;
    if (this.error === KafkaError.NONE) {
      const appended = this.#appended!;
      const last = lastOffset(appended);
      const { id, probes } = host;
      const acks = this.#requiredAcks;
      probes.emit(Probe.acknowledged, id, this.partition, appended.baseOffset, last, this.#leaderEpoch, acks);
    }
    host.later(this.#timers.done, 0, this);
  }

  #tryToAppend(batch: RecordBatch, guard: VerificationGuard | null): ErrorCode {
    try {
      return this.#append(batch, guard);
    } catch (failure) {
      return this.#replicas.storageError(failure);
    }
  }

  #append(batch: RecordBatch, guard: VerificationGuard | null): ErrorCode {
    const partition = this.#replicas.partition(this.partition);
    if (partition === undefined) return this.#replicas.absenceError(this.partition);
    if (!partition.isLeader) return KafkaError.NOT_LEADER_OR_FOLLOWER;
    const isTooFew = this.#requiredAcks === -1 && partition.isr.committedSize < partition.effectiveMinIsr;
    if (isTooFew) return KafkaError.NOT_ENOUGH_REPLICAS;
    const { marker, producerId, producerEpoch } = batch;
    const refusal = this.#refusal(partition, batch, guard);
    if (refusal !== KafkaError.NONE) return refusal;
    this.#appended = partition.log.appendAsLeader(batch, partition.leaderEpoch);
    this.#leaderEpoch = partition.leaderEpoch;
    if (marker !== undefined) {
      const { id, probes } = this.#replicas.host;
      const { baseOffset } = this.#appended;
      const committed = marker.committed ? 1 : 0;
      probes.emit(Probe.transactionMarker, id, this.partition, baseOffset, producerId, producerEpoch, committed);
    }
    this.#isPending = this.#requiredAcks === -1;
    this.#highWatermarkMoved = this.#replicas.advanceHighWatermark(partition);
    return KafkaError.NONE;
  }

  /** Of what has a producer: a marker, or offsets that are committed in a transaction (ProducerAppendInfo). */
  #refusal({ log }: Partition, batch: RecordBatch, guard: VerificationGuard | null): ErrorCode {
    const { marker, producerId, producerEpoch } = batch;
    if (marker !== undefined) return log.producers.checkMarker(producerId, producerEpoch, marker);
    if (producerId === NO_PRODUCER_ID) return KafkaError.NONE;
    const isMissing = verifiesTransactions(this.#replicas.config) && !isVerified(log.producers, batch, guard);
    return isMissing ? KafkaError.INVALID_TXN_STATE : log.producers.checkEpoch(producerId, producerEpoch);
  }
}
