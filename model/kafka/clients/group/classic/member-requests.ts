/** What a member sends under the classic protocol: JoinGroup, SyncGroup, Heartbeat, LeaveGroup (AbstractCoordinator). */
import {
  CONSUMER_PROTOCOL_TYPE,
  type HeartbeatRequest,
  type JoinGroupProtocol,
  type JoinGroupRequest,
  type LeaveGroupRequest,
  type SyncGroupRequest,
} from '../../../protocol/group-messages.js';
import { Api, type Request } from '../../../protocol/messages.js';
import type { GroupConsumerConfig } from '../../api.js';
import type { ConsumerNetwork } from '../../consumer-network.js';
import type { CoordinatorLookup } from '../coordinator-lookup.js';
import type { Generation } from '../generation.js';
import type { SyncAssignments } from './rebalance.js';

const REQUEST_BYTES = 100;
const PARTITION_BYTES = 8;
/** AbstractCoordinator.JOIN_GROUP_TIMEOUT_LAPSE: the coordinator may answer a little after the rebalance time-out. */
const JOIN_LAPSE_MICROS = 5_000_000;

/** Each goes to the coordinator, which has to be ready, with the generation that it was sent in. */
export class MemberRequests {
  readonly #config: GroupConsumerConfig;
  readonly #network: ConsumerNetwork;
  readonly #lookup: CoordinatorLookup;

  constructor(config: GroupConsumerConfig, network: ConsumerNetwork, lookup: CoordinatorLookup) {
    this.#config = config;
    this.#network = network;
    this.#lookup = lookup;
  }

  get isStatic(): boolean {
    return this.#groupInstanceId !== null;
  }

  join(generation: Generation, protocols: readonly JoinGroupProtocol[], now: number): void {
    const { settings, clientId, rules } = this.#config;
    const rebalanceTimeoutMs = rules.backgroundHeartbeat
      ? settings['max.poll.interval.ms']
      : settings['session.timeout.ms'];
    const request: JoinGroupRequest = {
      groupId: settings['group.id'],
      ...this.#envelope(Api.joinGroup),
      ...this.#identity(generation),
      clientId,
      sessionTimeoutMs: settings['session.timeout.ms'],
      rebalanceTimeoutMs,
      protocolType: CONSUMER_PROTOCOL_TYPE,
      protocols,
    };
    const patience = Math.max(settings['request.timeout.ms'] * 1000, rebalanceTimeoutMs * 1000 + JOIN_LAPSE_MICROS);
    this.#network.client.send(this.#lookup.node, request, generation, true, now, patience);
  }

  sync(generation: Generation, assignments: SyncAssignments, now: number): void {
    const count = assignments.reduce((sum, { assignment }) => sum + assignment.assignedPartitions.length, 0);
    const request: SyncGroupRequest = {
      groupId: this.#groupId,
      ...this.#envelope(Api.syncGroup, count),
      ...this.#identity(generation),
      generationId: generation.generationId,
      protocolType: CONSUMER_PROTOCOL_TYPE,
      protocolName: generation.protocolName,
      assignments,
    };
    this.#network.client.send(this.#lookup.node, request, generation, true, now);
  }

  heartbeat(generation: Generation, now: number): void {
    const request: HeartbeatRequest = {
      groupId: this.#groupId,
      ...this.#envelope(Api.heartbeat),
      ...this.#identity(generation),
      generationId: generation.generationId,
    };
    this.#network.client.send(this.#lookup.node, request, generation, true, now);
  }

  leave(generation: Generation, now: number): void {
    const request: LeaveGroupRequest = {
      groupId: this.#groupId,
      ...this.#envelope(Api.leaveGroup),
      members: [{ memberId: generation.memberId, groupInstanceId: null }],
    };
    this.#network.client.send(this.#lookup.node, request, generation, true, now);
  }

  get #groupId(): string {
    return this.#config.settings['group.id'];
  }

  get #groupInstanceId(): string | null {
    return this.#config.settings['group.instance.id'] ?? null;
  }

  /** Spread behind a property of its own: V8 gives each object that begins with a spread, and goes on, a new shape. */
  #envelope(kind: number, partitions = 0): Request {
    const bytes = REQUEST_BYTES + PARTITION_BYTES * partitions;
    return { kind, bytes, correlationId: this.#network.client.nextCorrelationId() };
  }

  #identity({ memberId }: Generation): { memberId: string; groupInstanceId: string | null } {
    return { memberId, groupInstanceId: this.#groupInstanceId };
  }
}
