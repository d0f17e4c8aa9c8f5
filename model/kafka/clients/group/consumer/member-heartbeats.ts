/**
 * ConsumerGroupHeartbeat as a member of KIP-848's protocol sends it: whole when it joins or after a failure, else only what it
 * has not said since (ConsumerHeartbeatRequestManager.HeartbeatState).
 */
import {
  LEAVE_GROUP_MEMBER_EPOCH,
  LEAVE_GROUP_STATIC_MEMBER_EPOCH,
  type ConsumerGroupHeartbeatRequest,
} from '../../../protocol/group-messages.js';
import { Api } from '../../../protocol/messages.js';
import type { GroupConsumerConfig } from '../../api.js';
import type { ConsumerNetwork } from '../../consumer-network.js';
import type { CoordinatorLookup } from '../coordinator-lookup.js';
import type { LocalAssignment } from './reconciliation.js';

const REQUEST_BYTES = 80;
const PARTITION_BYTES = 8;

type Identity = Pick<ConsumerGroupHeartbeatRequest, 'memberId' | 'memberEpoch'>;

type Fields = Pick<
  ConsumerGroupHeartbeatRequest,
  'rackId' | 'rebalanceTimeoutMs' | 'subscribedTopics' | 'serverAssignor' | 'topicPartitions'
>;

const AS_BEFORE: Fields = {
  rackId: null,
  rebalanceTimeoutMs: -1,
  subscribedTopics: null,
  serverAssignor: null,
  topicPartitions: null,
};

export class MemberHeartbeats {
  readonly #config: GroupConsumerConfig;
  readonly #network: ConsumerNetwork;
  readonly #lookup: CoordinatorLookup;
  /** What the coordinator knows already; null: everything is to be said. */
  #told: LocalAssignment | null = null;

  constructor(config: GroupConsumerConfig, network: ConsumerNetwork, lookup: CoordinatorLookup) {
    this.#config = config;
    this.#network = network;
    this.#lookup = lookup;
  }

  get #isStatic(): boolean {
    return this.#config.settings['group.instance.id'] !== undefined;
  }

  /** The next one is whole. */
  forget(): void {
    this.#told = null;
  }

  /** @param context what its answer comes back with */
  send(as: Identity, current: LocalAssignment, context: unknown, now: number): void {
    const fields = this.#fields(current);
    this.#told = current;
    this.#send(as, fields, context, now);
  }

  /** Nobody waits for the answer. A static member says that it will be back. */
  sendLeave(memberId: string, context: unknown, now: number): void {
    this.#told = null;
    const memberEpoch = this.#isStatic ? LEAVE_GROUP_STATIC_MEMBER_EPOCH : LEAVE_GROUP_MEMBER_EPOCH;
    this.#send({ memberId, memberEpoch }, AS_BEFORE, context, now);
  }

  #fields(current: LocalAssignment): Fields {
    if (current === this.#told) return AS_BEFORE;
    const topicPartitions = current.partitions;
    if (this.#told !== null) return { ...AS_BEFORE, topicPartitions };
    const { settings, topics } = this.#config;
    return {
      rackId: settings['client.rack'] ?? null,
      rebalanceTimeoutMs: settings['max.poll.interval.ms'],
      subscribedTopics: topics,
      serverAssignor: settings['group.remote.assignor'] ?? null,
      topicPartitions,
    };
  }

  #send(as: Identity, fields: Fields, context: unknown, now: number): void {
    const { settings } = this.#config;
    const { client } = this.#network;
    const request: ConsumerGroupHeartbeatRequest = {
      kind: Api.consumerGroupHeartbeat,
      bytes: REQUEST_BYTES + PARTITION_BYTES * (fields.topicPartitions?.length ?? 0),
      correlationId: client.nextCorrelationId(),
      groupId: settings['group.id'],
      ...as,
      instanceId: settings['group.instance.id'] ?? null,
      ...fields,
    };
    client.send(this.#lookup.node, request, context, true, now);
  }
}
