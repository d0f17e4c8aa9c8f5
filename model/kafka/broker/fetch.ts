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
import { failed, isFromFollower } from './fetch-read.js';
import { isCandidate, isInSync } from './isr.js';
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
    const operation = new DelayedFetch(this.#replicas, channel, this.#asInSession(channel, request));
    operation.readFirst();
    if (isFromFollower(request)) this.#replicas.host.later(BrokerTimer.followerState, 0, operation);
    else operation.finish();
  }

  /**
   * Fetch sessions (KIP-227) are an encoding, but for KAFKA-9338: a session remembered no leader epochs, so that only its
   * first fetch was checked. A follower begins one with each connection.
   */
  #asInSession(channel: RequestChannel, request: FetchRequest): FetchRequest {
    const isFirst = !channel.hasFetchSession;
    channel.hasFetchSession = true;
    if (isFirst || !this.#replicas.rules.sessionForgetsEpoch) return request;
    const partitions = request.partitions.map((asked) => ({ ...asked, currentLeaderEpoch: -1 }));
    return { ...request, partitions };
  }

  /** Partition.updateFollowerFetchState, for each partition that was read and has not diverged. */
  updateFollowerState(operation: DelayedFetch): void {
    for (let i = 0; i < operation.fetched.length; i++) {
      const { error, divergingEpoch } = operation.fetched[i];
      const counts = divergingEpoch < 0 || this.#replicas.rules.countsDivergingFetches;
      if (error === KafkaError.NONE && counts) this.#updatePartition(operation, i);
    }
    if (operation.joining.length > 0) this.#replicas.host.later(BrokerTimer.expandIsr, 0, operation);
    else operation.finish();
  }

  /** Partition.maybeExpandIsr; only then the high watermark, which the join may hold back. */
  expandIsrs(operation: DelayedFetch): void {
    for (const { partition, replica, moved, inSync } of operation.joining) {
      this.#replicas.expandIsr(partition, replica, inSync);
      if (moved) this.#advanceHighWatermark(partition);
    }
    operation.finish();
  }

  /**
   * The sender is the one that was found at the read, and the leadership is not looked at again: who was elected again
   * meanwhile counts the position in the new epoch; who was deposed has forgotten its followers, so that the position goes
   * nowhere (Partition.fetchRecords since 3.3; before, ReplicaManager.updateFollowerFetchState looked the replica up again,
   * but not the epoch).
   */
  #updatePartition(operation: DelayedFetch, index: number): void {
    const { request } = operation;
    const asked = request.partitions[index];
    const partition = this.#replicas.partition(asked.partition);
    if (this.#isFromStaleBroker(request)) {
      operation.replace(index, failed(asked, KafkaError.NOT_LEADER_OR_FOLLOWER, partition));
      return;
    }
    const replica = operation.senders[index];
    if (partition === undefined || replica === undefined || partition.remote(request.replicaId) !== replica) return;
    const { highWatermark } = operation.fetched[index];
    if (this.#replicas.rules.highWatermarkWakesFollowers && replica.lastSentHighWatermark < highWatermark) {
      operation.answerAtOnce();
    }
    replica.lastSentHighWatermark = highWatermark;
    const moved = replica.logEndOffset !== asked.fetchOffset;
    const startMoved = replica.logStartOffset !== asked.logStartOffset;
    const { fetchOffset, logStartOffset } = asked;
    replica.fetched(
      fetchOffset,
      logStartOffset,
      operation.readTime,
      operation.leaderLogEnds[index],
      request.replicaEpoch,
    );
    if (startMoved) this.#replicas.delayedDeleteRecords.check(asked.partition);
    if (moved) {
      const { id, probes } = this.#replicas.host;
      const { number, leaderEpoch } = partition;
      probes.emit(Probe.followerFetched, id, number, request.replicaId, asked.fetchOffset, leaderEpoch);
    }
    if (isCandidate(partition, replica)) {
      operation.join({ partition, replica, moved, inSync: isInSync(partition, replica, this.#replicas.rules) });
    } else if (moved) this.#advanceHighWatermark(partition);
  }

  #advanceHighWatermark(partition: Partition): void {
    if (this.#replicas.advanceHighWatermark(partition)) this.#replicas.completeDelayed(partition.number);
  }

  /** KIP-903: a fetch of a former incarnation, which says nothing of what the present one holds (updateFetchStateOrThrow). */
  #isFromStaleBroker(request: FetchRequest): boolean {
    if (request.replicaEpoch === -1) return false;
    const { image } = this.#replicas;
    return image.isAlive(request.replicaId) && image.broker(request.replicaId)!.brokerEpoch > request.replicaEpoch;
  }
}
