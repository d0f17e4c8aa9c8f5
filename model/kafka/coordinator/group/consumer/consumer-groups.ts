/**
 * Groups of KIP-848's protocol. Each change of one is decided, written and applied in one step, and answered once it is
 * replicated (CoordinatorRuntime): what is not stored is taken back, what is stored and not replicated in time stands.
 */
import type { RequestChannel } from '../../../broker/request-channel.js';
import { KafkaError, type ErrorCode } from '../../../protocol/errors.js';
import type {
  ConsumerGroupHeartbeatRequest,
  ConsumerGroupHeartbeatResponse,
} from '../../../protocol/group-messages.js';
import { RESPONSE } from '../../../protocol/messages.js';
import type { MemberLeft } from '../../../probes.js';
import type { Announcements } from '../announcements.js';
import type { GroupMetadataManager } from '../group-metadata-manager.js';
import type { GroupWrites } from '../group-writes.js';
import type { GroupServices } from '../services.js';
import type { ConsumerGroup } from './consumer-group.js';
import { changes } from './consumer-group-log.js';
import { withoutMember, type ConsumerGroupState, type ConsumerMember } from './consumer-group-state.js';
import { heartbeat, type GroupLimits, type HeartbeatOutcome } from './heartbeat.js';
import { MemberTimers } from './member-timers.js';
import { serverAssignorName } from './server-assignors.js';

const RESPONSE_BYTES = 60;
const PARTITION_BYTES = 8;

export class ConsumerGroups {
  readonly #services: GroupServices;
  readonly #store: GroupMetadataManager;
  readonly #writes: GroupWrites;
  readonly #announce: Announcements;
  readonly #limits: GroupLimits;
  readonly timers: MemberTimers;

  constructor(services: GroupServices, store: GroupMetadataManager, writes: GroupWrites, announce: Announcements) {
    const { settings, rules, partitionsOf } = services;
    const names = settings['group.consumer.assignors'].split(',').map(serverAssignorName);
    const defaultAssignor = names.find((name) => name !== undefined) ?? 'uniform';
    this.#services = services;
    this.#store = store;
    this.#writes = writes;
    this.#announce = announce;
    const refusesRejoin = rules.defects['KAFKA-19233'];
    this.#limits = { defaultAssignor, maxSize: settings['group.consumer.max.size'], refusesRejoin, partitionsOf };
    this.timers = new MemberTimers(services, (group, memberId, reason) => this.#fence(group, memberId, reason));
  }

  handle(channel: RequestChannel, request: ConsumerGroupHeartbeatRequest): void {
    const { groupId, memberEpoch } = request;
    const found = this.#store.find(groupId);
    const group = found.error === KafkaError.NONE ? this.#store.consumerGroup(groupId, memberEpoch === 0) : null;
    if (group === null) {
      const isOther = found.error === KafkaError.NONE;
      this.#refuse(channel, request, isOther ? KafkaError.GROUP_ID_NOT_FOUND : found.error);
      return;
    }
    const outcome = heartbeat(group.state, request, channel.peer, this.#limits);
    if (outcome.kind === 'refused') {
      this.#refuse(channel, request, outcome.error);
      return;
    }
    const error = this.#become(group, outcome.group, 'left', (answered) => {
      if (answered === KafkaError.NONE) this.#answer(channel, request, outcome);
      else this.#refuse(channel, request, answered);
    });
    if (error === KafkaError.NONE) this.#count(group, request.memberId, outcome.member);
  }

  /** From now on the member's session counts, and the time that it has to give up partitions. */
  #count(group: ConsumerGroup, memberId: string, member: ConsumerMember | null): void {
    // A static member that is away for a while keeps the session that it has.
    if (member === null) return;
    this.timers.session(group, memberId);
    if (member.state === 'unrevoked-partitions') this.timers.revocation(group, member);
    else this.timers.endRevocation(group, memberId);
  }

  onLoaded(group: ConsumerGroup): void {
    this.#announce.consumerGroup(group);
    this.#announce.held(group);
    for (const member of group.state.members.values()) this.#count(group, member.memberId, member);
  }

  onUnloaded(group: ConsumerGroup): void {
    group.isDead = true;
    this.timers.endAll(group);
    this.#announce.consumerGroup(group);
  }

  // ---------------------------------------------------------------------- changes

  /**
   * @param reason why members are gone that are
   * @param done the change is replicated; or why it is not, and then it may stand all the same
   * @returns the error with which the write was refused: nothing has changed
   */
  #become(
    group: ConsumerGroup,
    next: ConsumerGroupState,
    reason: keyof typeof MemberLeft,
    done: (error: ErrorCode) => void,
  ): ErrorCode {
    const before = group.state;
    const records = changes(group.groupId, before, next);
    if (records.length === 0) {
      this.#answerUnchanged(group, done);
      return KafkaError.NONE;
    }
    const waiting = [done];
    const error = this.#writes.change(group.groupId, records, (outcome, offset) => {
      if (group.lastWrite === waiting) group.lastWrite = null;
      if (outcome === KafkaError.NONE) this.#replicated(group, next, reason);
      else group.unreplicatedAt = offset;
      for (const answer of waiting) answer(outcome);
    });
    if (error !== KafkaError.NONE) return error;
    group.lastWrite = waiting;
    group.state = next;
    for (const memberId of before.members.keys()) if (!next.members.has(memberId)) this.timers.end(group, memberId);
    return KafkaError.NONE;
  }

  /** Nobody is told of what is not replicated yet, even if the request changes nothing. */
  #answerUnchanged(group: ConsumerGroup, done: (error: ErrorCode) => void): void {
    if (group.lastWrite !== null) {
      group.lastWrite.push(done);
      return;
    }
    if (group.unreplicatedAt >= 0) {
      if (!this.#writes.isReplicated(group.groupId, group.unreplicatedAt)) {
        done(KafkaError.COORDINATOR_NOT_AVAILABLE);
        return;
      }
      this.#replicated(group, group.state, 'left');
    }
    done(KafkaError.NONE);
  }

  /** What is replicated is announced: before, it is what a coordinator believes that may be none any more. */
  #replicated(group: ConsumerGroup, state: ConsumerGroupState, reason: keyof typeof MemberLeft): void {
    group.unreplicatedAt = -1;
    // Whoever coordinates it now has read it from the log.
    if (group.isDead) return;
    const before = group.announced;
    group.announced = state;
    const { members } = state;
    for (const [memberId, former] of before.members) {
      if (members.has(memberId)) continue;
      const isReplaced =
        former.instanceId !== null && [...members.values()].some(({ instanceId }) => instanceId === former.instanceId);
      this.#announce.consumerLeft(group, memberId, isReplaced ? 'replaced' : reason);
    }
    for (const member of members.values()) {
      if (!before.members.has(member.memberId)) this.#announce.consumerJoined(group, member);
    }
    this.#announce.moved(group, before);
    this.#announce.consumerGroup(group);
  }

  /** Nobody has heard of it, or it has not given up its partitions, in time. Tried again if it cannot be written. */
  #fence(group: ConsumerGroup, memberId: string, reason: 'sessionExpired' | 'fenced'): boolean {
    if (!group.state.members.has(memberId)) return true;
    return this.#become(group, withoutMember(group.state, memberId), reason, () => {}) === KafkaError.NONE;
  }

  // ---------------------------------------------------------------------- answers

  #refuse(channel: RequestChannel, request: ConsumerGroupHeartbeatRequest, error: ErrorCode): void {
    this.#announce.refused(request.groupId, request.kind, error, channel.peer);
    this.#respond(channel, request, error, request.memberEpoch, null);
  }

  #answer(
    channel: RequestChannel,
    request: ConsumerGroupHeartbeatRequest,
    { member, tellsAssignment }: HeartbeatOutcome & { readonly kind: 'accepted' },
  ): void {
    const epoch = member?.memberEpoch ?? request.memberEpoch;
    this.#respond(channel, request, KafkaError.NONE, epoch, tellsAssignment ? (member?.assigned ?? null) : null);
  }

  #respond(
    channel: RequestChannel,
    { kind, correlationId, memberId }: ConsumerGroupHeartbeatRequest,
    error: ErrorCode,
    memberEpoch: number,
    assignment: readonly number[] | null,
  ): void {
    const response: ConsumerGroupHeartbeatResponse = {
      kind: kind + RESPONSE,
      bytes: RESPONSE_BYTES + PARTITION_BYTES * (assignment?.length ?? 0),
      correlationId,
      error,
      memberId,
      memberEpoch,
      heartbeatIntervalMs: this.#services.settings['group.consumer.heartbeat.interval.ms'],
      assignment,
    };
    channel.respond(response);
  }
}
