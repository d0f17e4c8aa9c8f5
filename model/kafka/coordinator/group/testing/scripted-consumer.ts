/** A member of a group of KIP-848 that does what the test says. */
import type { Puppet } from '../../../broker/testing/puppet.js';
import type {
  ConsumerGroupHeartbeatRequest,
  ConsumerGroupHeartbeatResponse,
  OffsetCommitRequest,
  OffsetCommitResponse,
  OffsetFetchRequest,
  OffsetFetchResponse,
} from '../../../protocol/group-messages.js';
import { Api, Purpose } from '../../../protocol/messages.js';
import { ask, type Ask } from './scripted-member.js';

export interface ConsumerOptions {
  readonly memberId?: string;
  readonly instanceId?: string;
  readonly serverAssignor?: string;
  readonly rebalanceTimeoutMs?: number;
}

let members = 0;

export class ScriptedConsumer {
  readonly memberId: string;
  memberEpoch = 0;
  owned: readonly number[] = [];
  readonly #puppet: Puppet;
  readonly #groupId: string;
  readonly #coordinator: () => number;
  readonly #options: ConsumerOptions;

  constructor(puppet: Puppet, groupId: string, coordinator: () => number, options: ConsumerOptions) {
    this.#puppet = puppet;
    this.#groupId = groupId;
    this.#coordinator = coordinator;
    this.#options = options;
    this.memberId = options.memberId ?? `consumer-${++members}`;
  }

  /** A full request: it says everything of itself. */
  heartbeat(memberEpoch = this.memberEpoch, owned = this.owned): Ask<ConsumerGroupHeartbeatResponse> {
    const { instanceId = null, serverAssignor = null, rebalanceTimeoutMs = 20_000 } = this.#options;
    const request: Omit<ConsumerGroupHeartbeatRequest, 'kind' | 'bytes' | 'correlationId'> = {
      groupId: this.#groupId,
      memberId: this.memberId,
      memberEpoch,
      instanceId,
      rackId: null,
      rebalanceTimeoutMs,
      subscribedTopics: [0],
      serverAssignor,
      topicPartitions: owned,
    };
    const fields = { kind: Api.consumerGroupHeartbeat, ...request };
    return ask(this.#puppet, this.#coordinator(), Purpose.consumerCoordinator, fields);
  }

  take({ memberEpoch, assignment }: ConsumerGroupHeartbeatResponse): void {
    this.memberEpoch = memberEpoch;
    if (assignment !== null) this.owned = assignment;
  }

  commit(partition: number, committedOffset: number, memberEpoch = this.memberEpoch): Ask<OffsetCommitResponse> {
    const request: Omit<OffsetCommitRequest, 'kind' | 'bytes' | 'correlationId'> = {
      groupId: this.#groupId,
      memberId: this.memberId,
      groupInstanceId: this.#options.instanceId ?? null,
      generationIdOrMemberEpoch: memberEpoch,
      offsets: [{ partition, committedOffset, committedLeaderEpoch: 0 }],
    };
    const fields = { kind: Api.offsetCommit, ...request };
    return ask(this.#puppet, this.#coordinator(), Purpose.consumerCoordinator, fields);
  }

  fetch(partition: number, memberEpoch = this.memberEpoch): Ask<OffsetFetchResponse> {
    const request: Omit<OffsetFetchRequest, 'kind' | 'bytes' | 'correlationId'> = {
      groupId: this.#groupId,
      memberId: this.memberId,
      memberEpoch,
      partitions: [partition],
      requireStable: false,
    };
    const fields = { kind: Api.offsetFetch, ...request };
    return ask(this.#puppet, this.#coordinator(), Purpose.consumerCoordinator, fields);
  }
}
