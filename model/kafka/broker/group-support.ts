/** All that a broker does for groups: it coordinates some, and keeps their offsets. */
import { GroupCoordinator } from '../coordinator/group/group-coordinator.js';
import { GROUP_METADATA_TOPIC } from '../coordinator/group/group-log.js';
import { GroupTimer } from '../coordinator/group/services.js';
import { StateTopic } from '../coordinator/state-topic.js';
import type { ClusterGroups } from '../cluster-spec.js';
import { hasPartition } from '../partition-table.js';
import { KafkaError } from '../protocol/errors.js';
import type {
  ConsumerGroupHeartbeatRequest,
  HeartbeatRequest,
  JoinGroupRequest,
  LeaveGroupRequest,
  OffsetCommitRequest,
  OffsetFetchRequest,
  SyncGroupRequest,
} from '../protocol/group-messages.js';
import { Api, type Request } from '../protocol/messages.js';
import type { TxnOffsetCommitRequest } from '../protocol/transaction-messages.js';
import type { InternalAppend } from './internal-append.js';
import type { ReplicaManager } from './replica-manager.js';
import type { RequestChannel } from './request-channel.js';
import type { TransactionalOffsets } from './txn-markers.js';
import type { VerifiedTransaction } from './verified-transaction.js';

export class GroupSupport implements TransactionalOffsets {
  /** __consumer_offsets */
  readonly topic: StateTopic;
  readonly coordinator: GroupCoordinator;
  /** KIP-848 */
  readonly #hasConsumerProtocol: boolean;
  /** KAFKA-17507 */
  readonly #acknowledgesMarkersEarly: boolean;

  constructor(replicas: ReplicaManager, { settings, ids }: ClusterGroups) {
    const { host, config } = replicas;
    const { rules, partitions } = config;
    this.topic = new StateTopic(GROUP_METADATA_TOPIC, partitions, settings['offsets.topic.num.partitions']);
    const ofTopics = config.topics.map((_, topic) =>
      partitions.flatMap((partition, number) => (partition.topic === topic ? [number] : [])),
    );
    const topicOf = (partition: number) => partitions[partition].topic;
    const grows = ofTopics.map((numbers) => numbers.some((number) => partitions[number].isAddition));
    const isThere = (number: number) => hasPartition(replicas.image, number, partitions[number].isAddition);
    const partitionsOf = (topic: number) => (grows[topic] ? ofTopics[topic].filter(isThere) : ofTopics[topic]);
    const services = { host, replicas, rules, settings, topic: this.topic, ids, topicOf, partitionsOf };
    this.coordinator = new GroupCoordinator(services);
    this.#hasConsumerProtocol = rules.consumerGroupProtocol;
    this.#acknowledgesMarkersEarly = rules.defects['KAFKA-17507'];
  }

  /** False: the request is none of its. */
  handle(channel: RequestChannel, request: Request): boolean {
    const { coordinator } = this;
    switch (request.kind) {
      case Api.joinGroup:
        coordinator.join(channel, request as JoinGroupRequest);
        return true;
      case Api.syncGroup:
        coordinator.sync(channel, request as SyncGroupRequest);
        return true;
      case Api.heartbeat:
        coordinator.heartbeat(channel, request as HeartbeatRequest);
        return true;
      case Api.consumerGroupHeartbeat:
        if (!this.#hasConsumerProtocol) return false;
        coordinator.consumerHeartbeat(channel, request as ConsumerGroupHeartbeatRequest);
        return true;
      case Api.leaveGroup:
        coordinator.leave(channel, request as LeaveGroupRequest);
        return true;
      case Api.offsetCommit:
        coordinator.offsets.commit(channel, request as OffsetCommitRequest);
        return true;
      case Api.offsetFetch:
        coordinator.offsets.fetch(channel, request as OffsetFetchRequest);
        return true;
      case Api.txnOffsetCommit:
        coordinator.offsets.commitInTransaction(channel, request as TxnOffsetCommitRequest, KafkaError.NONE, null);
        return true;
      default:
        return false;
    }
  }

  onTimer(kind: number, payload: unknown): void {
    switch (kind) {
      case GroupTimer.checkAppend:
        (payload as InternalAppend).check();
        return;
      case GroupTimer.appendDone:
        (payload as InternalAppend).done();
        return;
      default:
        this.coordinator.onTimer(kind, payload);
    }
  }

  // ---------------------------------------------------------------------- transactions

  isPartition(number: number): boolean {
    return this.topic.isPartition(number);
  }

  /** The leader's answer waits until the offsets can be read (KAFKA-17507). */
  complete(producerId: number, partition: number, committed: boolean, done: () => void): void {
    const isEarly = this.#acknowledgesMarkersEarly;
    this.coordinator.transactionCompleted({ producerId, partition, committed, done: isEarly ? () => {} : done });
    if (isEarly) done();
  }

  /** True: it is answered already. */
  refusesBeforeVerification(channel: RequestChannel, request: TxnOffsetCommitRequest): boolean {
    return this.coordinator.offsets.refusesBeforeVerification(channel, request);
  }

  /** The transaction's coordinator has answered. */
  commitVerified(channel: RequestChannel, request: TxnOffsetCommitRequest, verified: VerifiedTransaction): void {
    const partition = this.topic.partitionOf(request.groupId)!;
    const error = verified.errors.get(partition) ?? KafkaError.NONE;
    const guard = verified.guards.get(partition) ?? null;
    this.coordinator.offsets.commitInTransaction(channel, request, error, guard);
  }
}
