/**
 * The producer's network thread: drains batches into one Produce request a node, and decides what an answer, or none,
 * means for each batch: done, retried, split, failed, expired (Sender of the Java client; clients.md §2.5, §3.5).
 */
import { clear, removeAt } from '../../kernel/arrays.js';
import type { Host, MachineId } from '../../kernel/process.js';
import type { Outcome } from '../../kernel/recorder.js';
import type { ProducerSettings } from '../cluster-spec.js';
import { Probe } from '../probes.js';
import { errorName, KafkaError, type ErrorCode } from '../protocol/errors.js';
import { Api, type ProduceRequest, type ProduceResponse } from '../protocol/messages.js';
import { isInvalidMetadata, isRetriable, refusedBeforeAppend } from './error-classes.js';
import type { Metadata } from './metadata.js';
import type { NetworkClient } from './network-client.js';
import type { ProducerBatch } from './producer-batch.js';
import type { RecordAccumulator } from './record-accumulator.js';
import type { TransactionManager } from './transaction-manager.js';

const REQUEST_BYTES = 48;
const PARTITION_BYTES = 12;

export interface BatchListener {
  /** Once for each batch. baseOffset -1: not known. */
  onBatchDone(batch: ProducerBatch, outcome: Outcome, baseOffset: number, error: string | undefined): void;
}

/** NetworkClient.ready, with metadata first. */
export interface NodeReadiness {
  nodeReady(node: MachineId, now: number): boolean;
}

export class Sender {
  private readonly host: Host;
  private readonly settings: ProducerSettings;
  private readonly network: NetworkClient;
  private readonly readiness: NodeReadiness;
  private readonly metadata: Metadata;
  private readonly accumulator: RecordAccumulator;
  private readonly transactions: TransactionManager | null;
  private readonly listener: BatchListener;
  /** One request in flight: a partition is muted until its batch is answered, so that order holds (KAFKA-3197). */
  private readonly guaranteeOrder: boolean;
  private readonly transactionalId: string | undefined;
  /** By partition: drained and not answered, in the order of draining. */
  private readonly inFlight: ProducerBatch[][] = [];
  /** Empty but while `expire` runs. */
  private readonly expired: ProducerBatch[] = [];

  constructor(
    host: Host,
    settings: ProducerSettings,
    partitionCount: number,
    network: NetworkClient,
    readiness: NodeReadiness,
    metadata: Metadata,
    accumulator: RecordAccumulator,
    transactions: TransactionManager | null,
    listener: BatchListener,
  ) {
    this.host = host;
    this.settings = settings;
    this.network = network;
    this.readiness = readiness;
    this.metadata = metadata;
    this.accumulator = accumulator;
    this.transactions = transactions;
    this.listener = listener;
    this.transactionalId = settings['transactional.id'];
    this.guaranteeOrder = settings['max.in.flight.requests.per.connection'] === 1;
    for (let i = 0; i < partitionCount; i++) this.inFlight.push([]);
  }

  /** Sends what can be sent and expires what is too old. Returns when there is something to do next. */
  sendProducerData(now: number): number {
    let next = Infinity;
    let sent = true;
    // A node takes at most one batch of a partition in each request: go on while there is more, and room in flight.
    while (sent) {
      sent = false;
      this.accumulator.ready(now);
      if (this.accumulator.leaderUnknown) this.metadata.requestUpdate();
      next = this.accumulator.nextReadyAt;
      for (const node of this.accumulator.readyNodes) {
        const takesRequests = this.readiness.nodeReady(node, now);
        this.accumulator.noteNode(node, takesRequests, now);
        if (!takesRequests) next = Math.min(next, this.network.connectableAt(node));
        else if (this.drainTo(node, now)) sent = true;
      }
    }
    return Math.min(next, this.expire(now));
  }

  handleResponse(
    request: ProduceRequest,
    response: ProduceResponse | null,
    batches: readonly ProducerBatch[],
    now: number,
  ): void {
    if (response === null) {
      // acks=0: complete as soon as it was written.
      for (const batch of batches) this.handleAnswer(batch, KafkaError.NONE, -1, -1, now);
      return;
    }
    for (const answer of response.partitions) {
      const batch = batches.find((candidate) => candidate.partition === answer.partition);
      if (batch === undefined)
        throw new Error(`Request ${request.correlationId} held nothing for partition ${answer.partition}`);
      this.handleAnswer(batch, answer.error, answer.baseOffset, answer.logStartOffset, now);
    }
    for (const { partition, error, currentLeader, currentLeaderEpoch } of response.partitions) {
      if (error === KafkaError.NOT_LEADER_OR_FOLLOWER || error === KafkaError.FENCED_LEADER_EPOCH) {
        this.metadata.adoptLeader(partition, currentLeader, currentLeaderEpoch);
      }
    }
  }

  /** The connection broke with the request in flight. */
  handleRequestLost(batches: readonly ProducerBatch[], timedOut: boolean, now: number): void {
    const error = timedOut ? KafkaError.REQUEST_TIMED_OUT : KafkaError.NETWORK_EXCEPTION;
    for (const batch of batches) this.handleAnswer(batch, error, -1, -1, now);
  }

  /** Batches that are not done. */
  get hasIncomplete(): boolean {
    return this.accumulator.hasQueued || this.inFlight.some((batches) => batches.length > 0);
  }

  /** The transaction will not be committed: what was never sent of it is not sent any more (TransactionAbortedException). */
  abortUnsent(): void {
    for (const batch of this.accumulator.takeUnsent()) {
      if (!batch.done) this.finish(batch, 'fail', -1, 'TransactionAbortedException');
    }
  }

  /** After a fatal error of the producer: fails everything that is not complete. */
  abortAll(error: ErrorCode): void {
    for (const batches of this.inFlight)
      for (const batch of batches.splice(0)) this.fail(batch, error, errorName(error), false);
    for (const batch of this.accumulator.takeAll()) this.fail(batch, error, errorName(error), false);
  }

  /** True if a request was sent to the node. */
  private drainTo(node: MachineId, now: number): boolean {
    const batches = this.accumulator.drain(node, now);
    if (batches.length === 0) return false;
    let bytes = REQUEST_BYTES;
    for (const batch of batches) {
      this.inFlight[batch.partition]!.push(batch);
      if (this.guaranteeOrder) this.accumulator.mute(batch.partition, true);
      batch.attemptOutstanding = true;
      bytes += PARTITION_BYTES + batch.bytes;
      this.probeBatch(Probe.batchSent, batch, node);
    }
    const request: ProduceRequest = {
      kind: Api.produce,
      transactionalId: this.transactionalId,
      bytes,
      correlationId: this.network.nextCorrelationId(),
      acks: this.settings.acks,
      timeoutMs: this.settings['request.timeout.ms'],
      partitions: batches.map((batch) => ({ partition: batch.partition, batch: batch.toRecordBatch() })),
    };
    this.network.send(node, request, batches, this.settings.acks !== 0, now);
    return true;
  }

  /**
   * Fails what has expired, in the queue or in flight, and returns when the next batch will. What is in
   * flight may yet be appended.
   */
  private expire(now: number): number {
    const { expired } = this;
    this.accumulator.expireQueued(now, expired);
    let next = this.accumulator.nextExpiryAt();
    for (const batches of this.inFlight) {
      while (batches.length > 0 && this.accumulator.expiryOf(batches[0]!) <= now) expired.push(batches.shift()!);
      if (batches.length > 0) next = Math.min(next, this.accumulator.expiryOf(batches[0]!));
    }
    for (const batch of expired) {
      const wasSent = batch.attemptOutstanding || batch.inRetry ? 1 : 0;
      this.host.probes.emit(
        Probe.batchExpired,
        this.host.id,
        batch.partition,
        batch.records[0]!.value,
        batch.baseSequence,
        wasSent,
      );
      this.fail(batch, KafkaError.NONE, this.accumulator.expiryError, false);
      // No new batch of the partition goes out until it is clear what became of this one's sequence.
      if (batch.inRetry && batch.hasSequence) this.transactions?.markUnresolved(batch);
    }
    clear(expired);
    return next;
  }

  private handleAnswer(
    batch: ProducerBatch,
    error: ErrorCode,
    baseOffset: number,
    logStartOffset: number,
    now: number,
  ): void {
    batch.attemptOutstanding = false;
    if (error !== KafkaError.NONE && !refusedBeforeAppend(error, this.settings.acks)) batch.mayHaveBeenAppended = true;
    if (error === KafkaError.NONE) {
      this.complete(batch, baseOffset);
    } else if (error === KafkaError.DUPLICATE_SEQUENCE_NUMBER) {
      // It was appended so long ago that the broker no longer knows where.
      this.complete(batch, -1);
    } else if (error === KafkaError.MESSAGE_TOO_LARGE && batch.records.length > 1 && !batch.done) {
      this.split(batch);
    } else if (this.canRetry(batch, error, logStartOffset, now)) {
      this.retry(batch, error, now);
    } else {
      // With the retries used up an earlier attempt may have taken the sequence: only else is it known to be a gap.
      this.fail(batch, error, errorName(error), batch.attempts < this.settings.retries);
    }
    if (isInvalidMetadata(error)) this.metadata.requestUpdate();
    if (this.guaranteeOrder) this.accumulator.mute(batch.partition, false);
  }

  /** Sender.canRetry. */
  private canRetry(batch: ProducerBatch, error: ErrorCode, logStartOffset: number, now: number): boolean {
    if (batch.done || batch.attempts >= this.settings.retries) return false;
    if (this.accumulator.expiryOf(batch) <= now) return false;
    return this.transactions === null ? isRetriable(error) : this.transactions.canRetry(batch, error, logStartOffset);
  }

  private complete(batch: ProducerBatch, baseOffset: number): void {
    this.transactions?.handleCompleted(batch, baseOffset);
    if (batch.done) return;
    this.finish(batch, 'ok', baseOffset, undefined);
  }

  private retry(batch: ProducerBatch, error: ErrorCode, now: number): void {
    this.removeFromInFlight(batch);
    this.accumulator.reenqueue(batch, now);
    this.host.probes.emit(
      Probe.batchRetried,
      this.host.id,
      batch.partition,
      error,
      batch.records[0]!.value,
      batch.records[batch.records.length - 1]!.value,
      batch.attempts,
    );
  }

  private split(batch: ProducerBatch): void {
    this.transactions?.removeInFlight(batch);
    this.removeFromInFlight(batch);
    this.accumulator.splitAndReenqueue(batch);
    batch.done = true;
    this.accumulator.release(batch);
  }

  private fail(batch: ProducerBatch, error: ErrorCode, description: string, refused: boolean): void {
    if (batch.done) return;
    this.transactions?.handleFailed(batch, error, refused);
    const unknown = batch.mayHaveBeenAppended || batch.attemptOutstanding;
    this.finish(batch, unknown ? 'info' : 'fail', -1, description);
  }

  private finish(batch: ProducerBatch, outcome: Outcome, baseOffset: number, error: string | undefined): void {
    batch.done = true;
    this.removeFromInFlight(batch);
    this.accumulator.release(batch);
    this.listener.onBatchDone(batch, outcome, baseOffset, error);
  }

  private removeFromInFlight(batch: ProducerBatch): void {
    const batches = this.inFlight[batch.partition]!;
    const at = batches.indexOf(batch);
    if (at >= 0) removeAt(batches, at);
  }

  private probeBatch(kind: number, batch: ProducerBatch, node: MachineId): void {
    this.host.probes.emit(
      kind,
      this.host.id,
      batch.partition,
      node,
      batch.records[0]!.value,
      batch.baseSequence,
      batch.attempts + 1,
    );
  }
}
