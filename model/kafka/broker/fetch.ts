/**
 * Fetch requests: KafkaApis.handleFetchRequest, ReplicaManager.fetchMessages (replication.md §3.2).
 *
 * A follower's goes through four steps, with other events between: read | take its position in | look whether it belongs
 * into the ISR | submit that. The position is the only replication ack there is.
 */
import { Probe } from '../probes.js';
import { KafkaError } from '../protocol/errors.js';
import type { FetchRequest } from '../protocol/messages.js';
import { DelayedFetch } from './fetch-purgatory.js';
import { failed, fetchError, isFromFollower } from './fetch-read.js';
import { isCandidate } from './isr.js';
import type { Partition } from './partition.js';
import type { ReplicaManager } from './replica-manager.js';
import type { RequestChannel } from './request-channel.js';
import { BrokerTimer } from './timers.js';

export class FetchHandler {
  readonly #replicas: ReplicaManager;

  constructor(replicas: ReplicaManager) {
    this.#replicas = replicas;
  }

  handle(channel: RequestChannel, request: FetchRequest): void {
    const operation = new DelayedFetch(this.#replicas, channel, request);
    operation.readFirst();
    if (isFromFollower(request)) this.#replicas.host.later(BrokerTimer.followerState, 0, operation);
    else operation.finish();
  }

  /** Partition.updateFollowerFetchState, for each partition that was read and has not diverged. */
  updateFollowerState(operation: DelayedFetch): void {
    let isCandidateAnywhere = false;
    for (let i = 0; i < operation.fetched.length; i++) {
      const { error, divergingEpoch } = operation.fetched[i];
      if (error !== KafkaError.NONE || divergingEpoch >= 0) continue;
      if (this.#updatePartition(operation, i)) isCandidateAnywhere = true;
    }
    if (isCandidateAnywhere) this.#replicas.host.later(BrokerTimer.expandIsr, 0, operation);
    else operation.finish();
  }

  /** Partition.maybeExpandIsr, for the candidates; only then the high watermark, which the join may hold back. */
  expandIsrs(operation: DelayedFetch): void {
    for (const { partition: number } of operation.request.partitions) {
      const partition = this.#replicas.partition(number);
      const replica = partition?.remote(operation.request.replicaId);
      if (partition === undefined || replica === undefined || !isCandidate(partition, replica)) continue;
      this.#replicas.expandIsr(partition, replica);
      this.#advanceHighWatermark(partition);
    }
    operation.finish();
  }

  /**
   * The position is taken in only if this broker still leads in the epoch in which the follower asked: it may have lost
   * and regained the leadership since the read.
   * @returns true if the follower comes into question for the ISR
   */
  #updatePartition(operation: DelayedFetch, index: number): boolean {
    const { request } = operation;
    const asked = request.partitions[index];
    const partition = this.#replicas.partition(asked.partition);
    let error = fetchError(this.#replicas, request, asked);
    if (error === KafkaError.NONE && this.#isFromStaleBroker(request)) error = KafkaError.NOT_LEADER_OR_FOLLOWER;
    const replica = partition?.remote(request.replicaId);
    if (error !== KafkaError.NONE || partition === undefined || replica === undefined) {
      operation.replace(index, failed(asked, error, partition));
      return false;
    }
    const moved = replica.logEndOffset !== asked.fetchOffset;
    replica.fetched(asked.fetchOffset, operation.readTime, operation.leaderLogEnds[index], request.replicaEpoch);
    if (moved) {
      const { id, probes } = this.#replicas.host;
      const { number, leaderEpoch } = partition;
      probes.emit(Probe.followerFetched, id, number, request.replicaId, asked.fetchOffset, leaderEpoch);
    }
    if (isCandidate(partition, replica)) return true;
    if (moved) this.#advanceHighWatermark(partition);
    return false;
  }

  #advanceHighWatermark(partition: Partition): void {
    if (this.#replicas.advanceHighWatermark(partition)) this.#replicas.completeDelayed(partition.number);
  }

  /** KIP-903: a fetch of a former incarnation, which says nothing of what the present one holds. */
  #isFromStaleBroker(request: FetchRequest): boolean {
    if (!this.#replicas.rules.brokerEpochInIsr || request.replicaEpoch === -1) return false;
    const broker = this.#replicas.image.broker(request.replicaId);
    return broker !== undefined && !broker.fenced && broker.brokerEpoch > request.replicaEpoch;
  }
}
