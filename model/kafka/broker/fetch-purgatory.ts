/** A fetch from its first read to its answer, parked in between if it finds too little: DelayedFetch. */
import { sized } from '../../kernel/arrays.js';
import { lastOffset } from '../protocol/records.js';
import { Probe } from '../probes.js';
import { KafkaError } from '../protocol/errors.js';
import { Api, RESPONSE, type FetchedPartition, type FetchRequest, type FetchResponse } from '../protocol/messages.js';
import { bytesOf, fetchError, hasDiverged, isFromFollower, readLimit, readPartition } from './fetch-read.js';
import type { Partition } from './partition.js';
import type { DelayedOperation } from './purgatory.js';
import type { RemoteReplica } from './remote-replica.js';
import type { ReplicaManager } from './replica-manager.js';
import type { RequestChannel } from './request-channel.js';

const RESPONSE_BYTES = 40;
const RESPONSE_PARTITION_BYTES = 50;
const NO_OFFSETS: number[] = [];
const NO_SENDERS: (RemoteReplica | undefined)[] = [];
const NOBODY: readonly Joining[] = [];

export interface Joining {
  readonly partition: Partition;
  readonly replica: RemoteReplica;
  /** This fetch moved the log end that the leader knows of. */
  readonly moved: boolean;
  /** The position reaches what a member of the ISR must have. */
  readonly inSync: boolean;
}

export class DelayedFetch implements DelayedOperation {
  readonly deadline: number;
  readonly request: FetchRequest;
  /** Wall clock of the leader at the read, in microseconds. */
  readonly readTime: number;
  /** By index in the request. */
  fetched: FetchedPartition[];
  /** Of a follower's first read, by index in the request: the leader's log end, and what the leader keeps of the sender. */
  readonly leaderLogEnds: number[];
  readonly senders: (RemoteReplica | undefined)[];
  /** Positions that were taken in and may let their sender into the ISR: the check is still to come. */
  joining: readonly Joining[] = NOBODY;
  readonly #replicas: ReplicaManager;
  readonly #channel: RequestChannel;
  #bytes = 0;
  #mustAnswer = false;

  constructor(replicas: ReplicaManager, channel: RequestChannel, request: FetchRequest) {
    this.#replicas = replicas;
    this.#channel = channel;
    this.request = request;
    const count = request.partitions.length;
    this.fetched = sized<FetchedPartition>(count);
    const isFollower = isFromFollower(request);
    this.leaderLogEnds = isFollower ? sized<number>(count) : NO_OFFSETS;
    this.senders = isFollower ? sized<RemoteReplica | undefined>(count) : NO_SENDERS;
    this.deadline = replicas.host.monotonicMicros() + request.maxWaitMs * 1000;
    this.readTime = replicas.host.wallMicros();
  }

  /** The read on arrival. */
  readFirst(): void {
    this.#read();
    if (!isFromFollower(this.request)) return;
    const { partitions, replicaId } = this.request;
    for (let i = 0; i < partitions.length; i++) {
      const partition = this.#replicas.partition(partitions[i].partition);
      this.leaderLogEnds[i] = partition?.log.logEndOffset ?? -1;
      this.senders[i] = partition?.remote(replicaId);
    }
  }

  join(joining: Joining): void {
    this.joining = [...this.joining, joining];
  }

  /** Another answer for one partition, found after the read. */
  replace(index: number, fetched: FetchedPartition): void {
    this.fetched[index] = fetched;
    this.#mustAnswer = true;
  }

  answerAtOnce(): void {
    this.#mustAnswer = true;
  }

  /** Answers if there is enough, or something to say at once; else waits. */
  finish(): void {
    const { request } = this;
    const empty = request.partitions.length === 0 || request.maxWaitMs <= 0;
    if (empty || this.#mustAnswer || this.#bytes >= request.minBytes) this.#respond();
    else this.#replicas.delayedFetches.completeOrWatch(this);
  }

  watches(partition: number): boolean {
    const { partitions } = this.request;
    for (let i = 0; i < partitions.length; i++) if (partitions[i].partition === partition) return true;
    return false;
  }

  /**
   * Enough bytes, or a partition whose answer is no longer "nothing yet": leadership, leader epoch or history changed. A
   * move of the high watermark alone satisfies a consumer; a follower, whose limit is the log end, only from 2.4 (KIP-392)
   * to 2.5 (KAFKA-9952).
   */
  isSatisfied(): boolean {
    const { request } = this;
    const follower = isFromFollower(request);
    let bytes = 0;
    for (const asked of request.partitions) {
      const partition = this.#replicas.partition(asked.partition);
      if (partition === undefined) return true;
      if (fetchError(this.#replicas, request, asked) !== KafkaError.NONE) return true;
      const { log } = partition;
      if (hasDiverged(log, asked)) return true;
      if (follower && this.#owesHighWatermark(partition)) return true;
      const end = readLimit(log, request);
      if (asked.fetchOffset > end && this.#replicas.rules.fetchAboveEndAnswered) return true;
      // Case F: the segment of the fetch was rolled, or is gone; before 3.8 a fetch above the end in the same one waited.
      if (log.segments.count > 1 && log.segments.floor(asked.fetchOffset) !== log.segments.floor(end)) return true;
      bytes += Math.min(log.bytesBetween(asked.fetchOffset, end), request.partitionMaxBytes);
    }
    return bytes >= request.minBytes;
  }

  #owesHighWatermark(partition: Partition): boolean {
    if (!this.#replicas.rules.highWatermarkWakesFollowers) return false;
    const replica = partition.remote(this.request.replicaId);
    return replica !== undefined && replica.lastSentHighWatermark < partition.log.highWatermark;
  }

  /** Reads again, as things are now. The sender's position was taken in on arrival: it is not again. */
  complete(): void {
    this.#read();
    this.#respond();
  }

  #read(): void {
    const { request } = this;
    const { partitions } = request;
    this.#bytes = 0;
    for (let i = 0; i < partitions.length; i++) {
      const left = Math.min(request.partitionMaxBytes, Math.max(0, request.maxBytes - this.#bytes));
      const found = readPartition(this.#replicas, request, partitions[i], left, this.#bytes === 0);
      this.fetched[i] = found;
      if (found.batches.length > 0) this.#bytes += bytesOf(found.batches);
      const saysSomething = found.error !== KafkaError.NONE || found.divergingEpoch >= 0;
      if (saysSomething || found.preferredReadReplica >= 0) this.#mustAnswer = true;
    }
  }

  #respond(): void {
    if (!isFromFollower(this.request)) this.#announceReads();
    this.#announceRefusals();
    const response: FetchResponse = {
      kind: Api.fetch + RESPONSE,
      bytes: RESPONSE_BYTES + RESPONSE_PARTITION_BYTES * this.fetched.length + this.#bytes,
      correlationId: this.request.correlationId,
      error: KafkaError.NONE,
      partitions: this.fetched,
    };
    this.#channel.respond(response);
  }

  #announceReads(): void {
    const { id, probes } = this.#replicas.host;
    for (const { partition, fetchOffset, highWatermark, batches } of this.fetched) {
      if (batches.length === 0) continue;
      const to = lastOffset(batches[batches.length - 1]) + 1;
      probes.emit(Probe.readServed, id, partition, fetchOffset, to, highWatermark, this.#channel.peer);
    }
  }

  #announceRefusals(): void {
    const { id, probes } = this.#replicas.host;
    for (const { partition, error } of this.fetched) {
      if (error !== KafkaError.NONE) probes.emit(Probe.fetchRefused, id, partition, error, this.#channel.peer);
    }
  }
}
