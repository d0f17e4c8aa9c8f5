/** A produce request between its append and its answer: DelayedProduce. */
import { sized } from '../../kernel/arrays.js';
import { Probe } from '../probes.js';
import { KafkaError, type ErrorCode } from '../protocol/errors.js';
import { Api, RESPONSE, type ProduceRequest, type ProduceResponse } from '../protocol/messages.js';
import type { DelayedOperation } from './purgatory.js';
import type { ReplicaManager } from './replica-manager.js';
import type { RequestChannel } from './request-channel.js';

const NOT_SAID = -1;
const RESPONSE_BYTES = 40;
const RESPONSE_PARTITION_BYTES = 40;

/** What becomes of one partition of a produce request. */
export class ProducePartition {
  readonly partition: number;
  error: ErrorCode = KafkaError.NONE;
  baseOffset = -1;
  lastOffset = -1;
  /** Of the log at the append, or at a refusal that the log had a say in; -1: nobody looked at the log. */
  logStartOffset = -1;
  /** Of the leadership in which it was appended. */
  leaderEpoch = -1;
  /** In the log, be it as a duplicate. */
  appended = false;
  /** Appended and not yet known to be replicated. */
  acksPending = false;
  announced = false;
  highWatermarkMoved = false;

  constructor(partition: number) {
    this.partition = partition;
  }

  /** What an append is known by stays in the answer if it fails later. */
  fail(error: ErrorCode): void {
    this.error = error;
    this.acksPending = false;
  }

  succeed(baseOffset: number, lastOffset: number, logStartOffset: number, leaderEpoch: number): void {
    this.baseOffset = baseOffset;
    this.lastOffset = lastOffset;
    this.logStartOffset = logStartOffset;
    this.leaderEpoch = leaderEpoch;
    this.appended = true;
    this.acksPending = true;
  }
}

export class DelayedProduce implements DelayedOperation {
  readonly deadline: number;
  readonly request: ProduceRequest;
  /** By index in the request. */
  readonly partitions: ProducePartition[];
  readonly #replicas: ReplicaManager;
  readonly #channel: RequestChannel;

  constructor(replicas: ReplicaManager, channel: RequestChannel, request: ProduceRequest) {
    this.#replicas = replicas;
    this.#channel = channel;
    this.request = request;
    this.partitions = sized<ProducePartition>(request.partitions.length);
    this.deadline = replicas.host.monotonicMicros() + request.timeoutMs * 1000;
  }

  watches(partition: number): boolean {
    for (const status of this.partitions) if (status.partition === partition) return status.acksPending;
    return false;
  }

  isSatisfied(): boolean {
    let satisfied = true;
    for (const status of this.partitions) {
      if (status.acksPending) this.#check(status);
      if (status.acksPending) satisfied = false;
    }
    return satisfied;
  }

  /** Now, or at the deadline: what still waits then has timed out, and stays in the log. */
  complete(): void {
    for (const status of this.partitions) {
      if (status.acksPending && this.request.acks === -1) status.fail(KafkaError.REQUEST_TIMED_OUT);
      this.#announce(status);
    }
    if (this.request.acks === 0) this.#completeUnacknowledged();
    else this.#channel.respond(this.#response());
  }

  #check(status: ProducePartition): void {
    const state = replicationState(this.#replicas, status.partition, status.lastOffset);
    if (state === null) return;
    if (state !== KafkaError.NONE) {
      status.fail(state);
      return;
    }
    status.acksPending = false;
    // Decided here and now; the answer leaves when the request's other partitions are decided too.
    this.#announce(status);
  }

  /** With acks=0 an error can only be shown by closing the connection: the producer then asks for metadata. */
  #completeUnacknowledged(): void {
    const failed = this.partitions.some((status) => status.error !== KafkaError.NONE);
    if (failed) this.#channel.close();
    else this.#channel.respondNothing();
  }

  #announce(status: ProducePartition): void {
    if (status.announced) return;
    status.announced = true;
    const { id, probes } = this.#replicas.host;
    const { partition, baseOffset, lastOffset, leaderEpoch, error } = status;
    const { acks } = this.request;
    if (error === KafkaError.NONE) {
      probes.emit(Probe.acknowledged, id, partition, baseOffset, lastOffset, leaderEpoch, acks);
    } else {
      probes.emit(Probe.refused, id, partition, error, this.#channel.peer, acks);
    }
  }

  #response(): ProduceResponse {
    const partitions = this.partitions.map((status) => {
      const { partition, error, baseOffset, logStartOffset } = status;
      const hint = error === KafkaError.NOT_LEADER_OR_FOLLOWER ? this.#leaderHint(partition) : null;
      return {
        partition,
        error,
        baseOffset,
        logStartOffset,
        currentLeader: hint === null ? NOT_SAID : hint.leader,
        currentLeaderEpoch: hint === null ? NOT_SAID : hint.leaderEpoch,
      };
    });
    return {
      kind: Api.produce + RESPONSE,
      bytes: RESPONSE_BYTES + RESPONSE_PARTITION_BYTES * partitions.length,
      correlationId: this.request.correlationId,
      partitions,
    };
  }

  /** KIP-951: from the replica, else from the metadata cache. */
  #leaderHint(partition: number) {
    if (!this.#replicas.rules.leaderHints) return null;
    return this.#replicas.partition(partition) ?? this.#replicas.image.partition(partition) ?? null;
  }
}

/**
 * Has what this broker appended reached enough replicas? The leadership, the high watermark, and then once more the ISR,
 * which may have shrunk since the append (Partition.checkEnoughReplicasReachOffset).
 * @returns null: not yet
 */
export function replicationState(replicas: ReplicaManager, number: number, lastOffset: number): ErrorCode | null {
  const partition = replicas.partition(number);
  if (partition === undefined) return replicas.absenceError(number);
  if (!partition.isLeader) return KafkaError.NOT_LEADER_OR_FOLLOWER;
  if (partition.log.highWatermark <= lastOffset) return null;
  const isTooFew = partition.effectiveMinIsr > partition.isr.maximalSize;
  return isTooFew ? KafkaError.NOT_ENOUGH_REPLICAS_AFTER_APPEND : KafkaError.NONE;
}
