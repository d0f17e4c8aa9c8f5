/**
 * A consumer's membership in its group, by the classic protocol (AbstractCoordinator of the Java client; clients.md §5.3):
 * it joins, syncs, sends heartbeats, and leaves. What the partitions are that it is given, and what becomes of those that
 * it had, is its owner's affair.
 *
 * Two threads act here, as in the Java client. `proceed` is what the application's thread does within poll: it alone
 * begins to join, and takes up an assignment. `beat` is the heartbeat thread, which goes on while the application works.
 */
import { assert } from '../../../kernel/assert.js';
import type { GroupConsumerSettings } from '../../cluster-spec.js';
import { KafkaError, type ErrorCode } from '../../protocol/errors.js';
import {
  CONSUMER_PROTOCOL_TYPE,
  type ConsumerProtocolAssignment,
  type HeartbeatRequest,
  type HeartbeatResponse,
  type JoinGroupProtocol,
  type JoinGroupRequest,
  type JoinGroupResponse,
  type LeaveGroupRequest,
  type SyncGroupRequest,
  type SyncGroupResponse,
} from '../../protocol/group-messages.js';
import { Api, type Request, type Response } from '../../protocol/messages.js';
import type { Rules } from '../../protocol/versions/rules.js';
import type { ConsumerNetwork } from '../consumer-network.js';
import { isRetriable } from '../error-classes.js';
import type { CoordinatorLookup } from './coordinator-lookup.js';
import { OUTSIDE, sameGeneration, type Generation, type MemberState } from './generation.js';
import type { Heartbeat } from './heartbeat.js';

const REQUEST_BYTES = 100;
const PARTITION_BYTES = 8;
/** AbstractCoordinator.JOIN_GROUP_TIMEOUT_LAPSE: the coordinator may answer a little after the rebalance time-out. */
const JOIN_LAPSE_MICROS = 5_000_000;

export type SyncAssignments = SyncGroupRequest['assignments'];

/** What membership means for the consumer (ConsumerCoordinator). */
export interface MembershipOwner {
  /** What it offers, in the order of preference. */
  protocols(): readonly JoinGroupProtocol[];
  /** Before it joins: offsets are committed, partitions given up. False: not done yet. */
  prepareToJoin(generation: Generation, now: number): boolean;
  /** It leads the group: what every member is to have. */
  assign(response: JoinGroupResponse): SyncAssignments;
  /** It is in the group. True: it has to join again, because it gave partitions up. */
  takeUp(assignment: ConsumerProtocolAssignment, generation: Generation, now: number): boolean;
  /** poll throws an exception that ends the application. */
  onFatal(error: ErrorCode): void;
}

/** One attempt to join: JoinGroup and SyncGroup (AbstractCoordinator.joinFuture). */
type Join =
  | { readonly kind: 'none' }
  | { readonly kind: 'under-way' }
  | { readonly kind: 'succeeded'; readonly assignment: ConsumerProtocolAssignment }
  | { readonly kind: 'failed'; readonly error: ErrorCode };

const NONE: Join = { kind: 'none' };
const UNDER_WAY: Join = { kind: 'under-way' };
/** Of an attempt that came to nothing without an answer: DisconnectException, UnjoinedGroupException. Both are retriable. */
const NO_ANSWER: ErrorCode = KafkaError.NETWORK_EXCEPTION;

export class GroupMembership {
  readonly #settings: GroupConsumerSettings;
  readonly #clientId: string;
  readonly #rules: Rules;
  readonly #network: ConsumerNetwork;
  readonly #lookup: CoordinatorLookup;
  readonly #heartbeat: Heartbeat;
  readonly #owner: MembershipOwner;
  readonly #retryMicros: number;
  state: MemberState = 'unjoined';
  generation: Generation = OUTSIDE;
  #join: Join = NONE;
  #needsPreparation = true;
  #rejoinNeeded = true;
  #retryAt = -Infinity;
  #beats = false;
  /** Of the heartbeat thread: thrown by the next poll. */
  #failure: ErrorCode = KafkaError.NONE;
  /** JoinGroup was answered, and SyncGroup waits for the connection. */
  #toSync: SyncAssignments | null = null;

  constructor(
    settings: GroupConsumerSettings,
    clientId: string,
    rules: Rules,
    network: ConsumerNetwork,
    lookup: CoordinatorLookup,
    heartbeat: Heartbeat,
    owner: MembershipOwner,
  ) {
    this.#settings = settings;
    this.#clientId = clientId;
    this.#rules = rules;
    this.#network = network;
    this.#lookup = lookup;
    this.#heartbeat = heartbeat;
    this.#owner = owner;
    this.#retryMicros = settings['retry.backoff.ms'] * 1000;
  }

  // ---------------------------------------------------------------------- the application's thread, within poll

  get isRejoinNeeded(): boolean {
    return this.#rejoinNeeded || this.#join.kind !== 'none';
  }

  /** The generation that commits carry; null: it is in none now (generationIfStable). */
  get stableGeneration(): Generation | null {
    return this.state === 'stable' ? this.generation : null;
  }

  get isRebalancing(): boolean {
    return this.state === 'preparing-rebalance' || this.state === 'completing-rebalance';
  }

  /** What it does within poll. True: it is in the group, and all is well (ensureActiveGroup, joinGroupIfNeeded). */
  proceed(now: number): boolean {
    if (this.#failure !== KafkaError.NONE) {
      this.#owner.onFatal(this.#failure);
      return false;
    }
    if (!this.#lookup.isKnown(now)) {
      this.#lookup.isReady(now);
      return false;
    }
    while (this.isRejoinNeeded) {
      if (this.#needsPreparation) {
        // A second time only after this attempt has come to an end.
        if (!this.#owner.prepareToJoin(this.generation, now)) return false;
        this.#needsPreparation = false;
      }
      const join = this.#join;
      if (join.kind === 'under-way') return false;
      if (join.kind === 'none') {
        if (now < this.#retryAt || !this.#lookup.isReady(now)) return false;
        this.#sendJoin(now);
        return false;
      }
      this.#join = NONE;
      if (join.kind === 'succeeded') this.#takeUp(join.assignment, now);
      else if (!this.#mayRetry(join.error, now)) return false;
    }
    return true;
  }

  /** When to look again, though nothing happens. */
  nextDeadline(now: number): number {
    if (!this.isRejoinNeeded) return Infinity;
    if (this.#retryAt > now) return this.#retryAt;
    return this.#lookup.nextDeadline(now);
  }

  /** It has to join again at the next poll. */
  requestRejoin(): void {
    this.#rejoinNeeded = true;
  }

  /** resetStateAndRejoin: it is in no generation. The member's id may still be good. */
  reset(withMemberId: boolean): void {
    this.state = 'unjoined';
    this.generation = withMemberId ? OUTSIDE : { ...OUTSIDE, memberId: this.generation.memberId };
    this.#rejoinNeeded = true;
    this.#needsPreparation = true;
    this.#beats = false;
  }

  /** A dynamic member says goodbye, and does not wait for an answer; a static one will be back (KIP-345). */
  leave(now: number): void {
    const { memberId } = this.generation;
    const mayLeave = this.#groupInstanceId === null && this.state !== 'unjoined' && memberId !== '';
    if (mayLeave && this.#lookup.isReady(now)) {
      const request: LeaveGroupRequest = {
        ...this.#envelope(Api.leaveGroup),
        groupId: this.#groupId,
        members: [{ memberId, groupInstanceId: null }],
      };
      this.#network.client.send(this.#lookup.node, request, this.generation, true, now);
    }
    this.reset(true);
  }

  #takeUp(assignment: ConsumerProtocolAssignment, now: number): void {
    if (this.state !== 'stable') {
      // The heartbeat thread has heard meanwhile that it is no member any more.
      this.reset(true);
      return;
    }
    this.#needsPreparation = true;
    if (this.#owner.takeUp(assignment, this.generation, now)) this.requestRejoin();
  }

  /** Of a join that failed. */
  #mayRetry(error: ErrorCode, now: number): boolean {
    this.#rejoinNeeded = true;
    switch (error) {
      case KafkaError.UNKNOWN_MEMBER_ID:
      case KafkaError.ILLEGAL_GENERATION:
      case KafkaError.REBALANCE_IN_PROGRESS:
      case KafkaError.MEMBER_ID_REQUIRED:
        return true;
      default:
        if (isRetriable(error)) this.#retryAt = now + this.#retryMicros;
        else this.#owner.onFatal(error);
        return false;
    }
  }

  // ---------------------------------------------------------------------- the heartbeat thread

  /**
   * One round of HeartbeatThread.run. Returns when the next is due.
   * @param isPolling the application is within poll
   */
  beat(now: number, isPolling: boolean): number {
    if (this.#toSync !== null) this.#sendSync(now);
    if (!this.#beats || this.#failure !== KafkaError.NONE) return Infinity;
    // Before KIP-62 heartbeats were sent from within poll.
    if (!this.#rules.backgroundHeartbeat && !isPolling) return Infinity;
    const counted = !isPolling && this.#rules.backgroundHeartbeat;
    if (counted && this.#heartbeat.hasPollExpired(now)) {
      this.leave(now);
      return Infinity;
    }
    if (this.#lookup.isKnown(now) && this.#heartbeat.hasSessionExpired(now)) {
      this.#lookup.markUnknown();
      this.#heartbeat.coordinatorFound(now);
    }
    if (!this.#lookup.isKnown(now) || this.#heartbeat.isDue(now)) {
      if (!this.#lookup.isReady(now)) {
        const next = Math.min(this.#lookup.nextDeadline(now), now + this.#retryMicros);
        return counted ? Math.min(next, this.#heartbeat.nextDeadline(true)) : next;
      }
      if (this.#heartbeat.isDue(now)) this.#sendHeartbeat(now);
    }
    return this.#heartbeat.nextDeadline(counted);
  }

  // ---------------------------------------------------------------------- requests

  get #groupId(): string {
    return this.#settings['group.id'];
  }

  get #groupInstanceId(): string | null {
    return this.#settings['group.instance.id'] ?? null;
  }

  #envelope(kind: number, partitions = 0): Request {
    const bytes = REQUEST_BYTES + PARTITION_BYTES * partitions;
    return { kind, bytes, correlationId: this.#network.client.nextCorrelationId() };
  }

  get #identity(): { memberId: string; groupInstanceId: string | null } {
    return { memberId: this.generation.memberId, groupInstanceId: this.#groupInstanceId };
  }

  #sendJoin(now: number): void {
    this.state = 'preparing-rebalance';
    this.#beats = false;
    this.#join = UNDER_WAY;
    this.#toSync = null;
    const rebalanceTimeoutMs = this.#rules.backgroundHeartbeat
      ? this.#settings['max.poll.interval.ms']
      : this.#settings['session.timeout.ms'];
    const request: JoinGroupRequest = {
      ...this.#envelope(Api.joinGroup),
      ...this.#identity,
      groupId: this.#groupId,
      clientId: this.#clientId,
      sessionTimeoutMs: this.#settings['session.timeout.ms'],
      rebalanceTimeoutMs,
      protocolType: CONSUMER_PROTOCOL_TYPE,
      protocols: this.#owner.protocols(),
    };
    const patience = Math.max(
      this.#settings['request.timeout.ms'] * 1000,
      rebalanceTimeoutMs * 1000 + JOIN_LAPSE_MICROS,
    );
    this.#network.client.send(this.#lookup.node, request, this.generation, true, now, patience);
  }

  #sendSync(now: number): void {
    if (this.#join.kind !== 'under-way' || this.state !== 'completing-rebalance') {
      this.#toSync = null;
      return;
    }
    if (!this.#lookup.isKnown(now)) {
      this.#failJoin(NO_ANSWER);
      return;
    }
    if (!this.#lookup.isReady(now)) return;
    const assignments = this.#toSync!;
    this.#toSync = null;
    const count = assignments.reduce((sum, { assignment }) => sum + assignment.assignedPartitions.length, 0);
    const request: SyncGroupRequest = {
      ...this.#envelope(Api.syncGroup, count),
      ...this.#identity,
      groupId: this.#groupId,
      generationId: this.generation.generationId,
      protocolType: CONSUMER_PROTOCOL_TYPE,
      protocolName: this.generation.protocolName,
      assignments,
    };
    this.#network.client.send(this.#lookup.node, request, this.generation, true, now);
  }

  #sendHeartbeat(now: number): void {
    const request: HeartbeatRequest = {
      ...this.#envelope(Api.heartbeat),
      ...this.#identity,
      groupId: this.#groupId,
      generationId: this.generation.generationId,
    };
    this.#heartbeat.sent(now);
    this.#network.client.send(this.#lookup.node, request, this.generation, true, now);
  }

  // ---------------------------------------------------------------------- responses

  /** @param sent the generation in which the request was sent */
  handleResponse(kind: number, response: Response, sent: Generation, now: number): void {
    if (kind === Api.joinGroup) this.#joined(response as JoinGroupResponse, sent, now);
    else if (kind === Api.syncGroup) this.#synced(response as SyncGroupResponse, sent);
    else if (kind === Api.heartbeat) this.#heard(response as HeartbeatResponse, sent, now);
    // What a coordinator answers to LeaveGroup changes nothing any more.
  }

  handleRequestLost(kind: number, now: number): void {
    this.#lookup.markUnknown();
    if (kind === Api.heartbeat) this.#heartbeat.failed(now);
    else if (kind !== Api.leaveGroup) this.#failJoin(NO_ANSWER);
  }

  #failJoin(error: ErrorCode): void {
    this.#toSync = null;
    if (this.#join.kind === 'under-way') this.#join = { kind: 'failed', error };
  }

  #joined(response: JoinGroupResponse, sent: Generation, now: number): void {
    const { error, generationId, memberId, protocolName, leader } = response;
    switch (error) {
      case KafkaError.NONE:
        if (this.state !== 'preparing-rebalance') {
          // It has left meanwhile.
          this.#failJoin(NO_ANSWER);
          return;
        }
        this.state = 'completing-rebalance';
        this.#beats = true;
        this.#heartbeat.begin(now);
        this.generation = { generationId, memberId, protocolName };
        this.#toSync = leader === memberId && !response.skipAssignment ? this.#owner.assign(response) : [];
        this.#sendSync(now);
        return;
      case KafkaError.UNKNOWN_MEMBER_ID:
        if (sameGeneration(sent, this.generation)) this.reset(true);
        break;
      case KafkaError.MEMBER_ID_REQUIRED:
        // KIP-394: it joins again under the id that it was given.
        this.generation = { ...OUTSIDE, memberId };
        break;
      case KafkaError.COORDINATOR_NOT_AVAILABLE:
      case KafkaError.NOT_COORDINATOR:
        this.#lookup.markUnknown();
        break;
      default:
    }
    this.#failJoin(error);
  }

  #synced({ error, assignment }: SyncGroupResponse, sent: Generation): void {
    if (error === KafkaError.NONE) {
      if (this.state !== 'completing-rebalance' || this.#join.kind !== 'under-way') {
        // The heartbeat thread has heard meanwhile that this generation is over.
        this.#failJoin(KafkaError.ILLEGAL_GENERATION);
        return;
      }
      this.state = 'stable';
      this.#rejoinNeeded = false;
      this.#join = { kind: 'succeeded', assignment };
      return;
    }
    this.#rejoinNeeded = true;
    if (error === KafkaError.UNKNOWN_MEMBER_ID || error === KafkaError.ILLEGAL_GENERATION) {
      if (sameGeneration(sent, this.generation)) this.reset(error === KafkaError.UNKNOWN_MEMBER_ID);
    } else if (error === KafkaError.COORDINATOR_NOT_AVAILABLE || error === KafkaError.NOT_COORDINATOR) {
      this.#lookup.markUnknown();
    }
    this.#failJoin(error);
  }

  #heard({ error }: HeartbeatResponse, sent: Generation, now: number): void {
    switch (error) {
      case KafkaError.NONE:
        this.#heartbeat.answered(now);
        return;
      case KafkaError.REBALANCE_IN_PROGRESS:
        // The session goes on: the coordinator waits for this member as long as the rebalance may last.
        if (this.state === 'stable') this.requestRejoin();
        this.#heartbeat.answered(now);
        return;
      case KafkaError.COORDINATOR_NOT_AVAILABLE:
      case KafkaError.NOT_COORDINATOR:
        this.#lookup.markUnknown();
        break;
      case KafkaError.ILLEGAL_GENERATION:
      case KafkaError.UNKNOWN_MEMBER_ID:
      case KafkaError.FENCED_INSTANCE_ID:
        // Of a generation that it has left behind since.
        if (!sameGeneration(sent, this.generation)) {
          this.#heartbeat.answered(now);
          return;
        }
        if (error === KafkaError.FENCED_INSTANCE_ID) this.#failure = error;
        else this.reset(error === KafkaError.UNKNOWN_MEMBER_ID);
        break;
      default:
        assert(isRetriable(error), `a heartbeat was answered with ${error}`);
    }
    this.#heartbeat.failed(now);
  }
}
