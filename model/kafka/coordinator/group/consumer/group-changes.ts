/**
 * How a group of KIP-848 becomes another: each change is decided, written and applied in one step, and answered once it is
 * replicated (CoordinatorRuntime). What is not stored is taken back; what is stored and not replicated in time stands.
 */
import { KafkaError, type ErrorCode } from '../../../protocol/errors.js';
import type { MemberLeft } from '../../../probes.js';
import type { Announcements } from '../announcements.js';
import type { CoordinatorRecord } from '../group-log.js';
import type { GroupMetadata } from '../group-metadata.js';
import { tombstonesOf, type GroupMetadataManager } from '../group-metadata-manager.js';
import type { GroupWrites } from '../group-writes.js';
import type { Rebalances } from '../rebalances.js';
import { nowMs, type GroupServices } from '../services.js';
import type { ConsumerGroup } from './consumer-group.js';
import { changes } from './consumer-group-log.js';
import { withoutMember, type ConsumerGroupState } from './consumer-group-state.js';
import { MemberTimers } from './member-timers.js';
import { downgraded, isDowngrade } from './migration.js';

type Reason = keyof typeof MemberLeft;
/** The change is replicated; or why it is not, and then it may stand all the same. */
type Done = (error: ErrorCode) => void;

export class GroupChanges {
  readonly timers: MemberTimers;
  readonly #services: GroupServices;
  readonly #store: GroupMetadataManager;
  readonly #writes: GroupWrites;
  readonly #rebalances: Rebalances;
  readonly #announce: Announcements;

  constructor(
    services: GroupServices,
    store: GroupMetadataManager,
    writes: GroupWrites,
    rebalances: Rebalances,
    announce: Announcements,
  ) {
    this.#services = services;
    this.#store = store;
    this.#writes = writes;
    this.#rebalances = rebalances;
    this.#announce = announce;
    this.timers = new MemberTimers(services, (group, memberId, reason) => this.#fence(group, memberId, reason));
  }

  /**
   * @param reason why members are gone that are
   * @returns the error with which the write was refused: nothing has changed
   */
  become(group: ConsumerGroup, next: ConsumerGroupState, reason: Reason, done: Done): ErrorCode {
    const before = group.state;
    if (isDowngrade(before, next, this.#services.settings)) return this.#downgrade(group, next, reason, done);
    const records = changes(group.groupId, before, next);
    if (records.length === 0) {
      this.answerUnchanged(group, done);
      return KafkaError.NONE;
    }
    const error = this.#write(group, records, next, reason, done);
    if (error !== KafkaError.NONE) return error;
    for (const memberId of before.members.keys()) {
      if (!next.members.has(memberId)) this.timers.endAllOf(group, memberId);
    }
    return KafkaError.NONE;
  }

  #write(
    group: ConsumerGroup,
    records: readonly CoordinatorRecord[],
    next: ConsumerGroupState,
    reason: Reason,
    done: Done,
  ): ErrorCode {
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
    return KafkaError.NONE;
  }

  /** Nobody is told of what is not replicated yet, even if the request changes nothing. */
  answerUnchanged(group: ConsumerGroup, done: Done): void {
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
  #replicated(group: ConsumerGroup, state: ConsumerGroupState, reason: Reason): void {
    group.unreplicatedAt = -1;
    // Whoever coordinates it now has read it from the log.
    if (group.isDead) return;
    const before = group.announced;
    group.announced = state;
    this.#announceMembers(group, before, reason);
    if (group.isUpgrade) this.#announce.upgraded(group, before);
    group.isUpgrade = false;
    this.#announce.moved(group, before);
    this.#announce.consumerGroup(group);
  }

  #announceMembers(group: ConsumerGroup, before: ConsumerGroupState, reason: Reason): void {
    const { members } = group.announced;
    for (const [memberId, former] of before.members) {
      if (members.has(memberId)) continue;
      const isReplaced =
        former.instanceId !== null && [...members.values()].some(({ instanceId }) => instanceId === former.instanceId);
      this.#announce.consumerLeft(group, memberId, isReplaced ? 'replaced' : reason);
    }
    for (const member of members.values()) {
      if (!before.members.has(member.memberId)) this.#announce.consumerJoined(group, member);
    }
  }

  /** Nobody has heard of it, or it has not done what it had to in time. Tried again if it cannot be written. */
  #fence(group: ConsumerGroup, memberId: string, reason: Reason): boolean {
    if (!group.state.members.has(memberId)) return true;
    return this.become(group, withoutMember(group.state, memberId), reason, () => {}) === KafkaError.NONE;
  }

  // ---------------------------------------------------------------------- from one protocol to the other

  /** The classic group is one of KIP-848 from now on, and this its state (convertToConsumerGroup). */
  upgrade(former: GroupMetadata, group: ConsumerGroup, next: ConsumerGroupState, done: Done): ErrorCode {
    const { groupId } = group;
    const converted = group.state;
    const records = [...tombstonesOf(former), ...changes(groupId, null, next)];
    const error = this.#write(group, records, next, 'left', done);
    if (error !== KafkaError.NONE) return error;
    group.isUpgrade = true;
    this.#rebalances.retire(former);
    this.#store.adopt(group);
    for (const { memberId, classic } of converted.members.values()) {
      this.timers.session(group, memberId, classic!.sessionTimeoutMs);
    }
    return KafkaError.NONE;
  }

  /** All its members speak the classic protocol now, and are called to join (convertToClassicGroup). */
  #downgrade(group: ConsumerGroup, next: ConsumerGroupState, reason: Reason, done: Done): ErrorCode {
    const { groupId, state } = group;
    const classic = downgraded(group, next, this.#store.coordinatorEpoch(groupId), nowMs(this.#services.host));
    const generation = classic.generation();
    const records = [...changes(groupId, state, null), { kind: 'group' as const, groupId, generation }];
    const error = this.#writes.change(groupId, records, done);
    if (error !== KafkaError.NONE) return error;
    this.timers.endAll(group);
    group.isDead = true;
    group.isConverted = true;
    const before = group.announced;
    group.announced = next;
    this.#announceMembers(group, before, reason);
    this.#store.adopt(classic);
    // One that took the place of another by its instance id wants what that had.
    this.#rebalances.takeOver(classic, next.groupEpoch > state.groupEpoch);
    return KafkaError.NONE;
  }
}
