/**
 * Which members of a group of KIP-848 are counted on, and for how long: group.consumer.session.timeout.ms, and their rebalance
 * time-outs. A member of the classic protocol has its own session.timeout.ms.
 */
import type { MemberLeft } from '../../../probes.js';
import { GroupTimer, type GroupServices } from '../services.js';
import type { ConsumerGroup, MemberDuty, MemberTimer } from './consumer-group.js';
import type { ConsumerMember } from './consumer-group-state.js';

/** CoordinatorRuntime: a time-out that could not be acted on is over once more after so long. */
const RETRY_MICROS = 500_000;

const NO_EPOCH = -1;

const REASON: Readonly<Record<MemberDuty, keyof typeof MemberLeft>> = {
  session: 'sessionExpired',
  revocation: 'fenced',
  join: 'rebalanceTimeout',
  sync: 'syncTimeout',
};

/** @returns false: it could not be written */
export type Fence = (group: ConsumerGroup, memberId: string, reason: keyof typeof MemberLeft) => boolean;

export class MemberTimers {
  readonly #services: GroupServices;
  readonly #fence: Fence;

  constructor(services: GroupServices, fence: Fence) {
    this.#services = services;
    this.#fence = fence;
  }

  /**
   * The member was heard.
   * @param timeoutMs of a member of the classic protocol: its own
   */
  session(
    group: ConsumerGroup,
    memberId: string,
    timeoutMs = this.#services.settings['group.consumer.session.timeout.ms'],
  ): void {
    const deadline = this.#services.host.monotonicMicros() + timeoutMs * 1000;
    const known = group.timers.session.get(memberId);
    if (known !== undefined && known.deadline <= deadline) {
      known.deadline = deadline;
      return;
    }
    this.end(group, memberId, 'session');
    this.#begin({ group, memberId, duty: 'session', memberEpoch: NO_EPOCH, deadline, timer: 0 });
  }

  /** The member is to give up partitions before it leaves this epoch (scheduleConsumerGroupRebalanceTimeout). */
  revocation(group: ConsumerGroup, { memberId, memberEpoch, rebalanceTimeoutMs }: ConsumerMember): void {
    if (group.timers.revocation.get(memberId)?.memberEpoch === memberEpoch) return;
    this.#await(group, memberId, 'revocation', memberEpoch, rebalanceTimeoutMs);
  }

  /** The member was told to join again (scheduleConsumerGroupJoinTimeoutIfAbsent). */
  join(group: ConsumerGroup, { memberId, rebalanceTimeoutMs }: ConsumerMember): void {
    if (!group.timers.join.has(memberId)) this.#await(group, memberId, 'join', NO_EPOCH, rebalanceTimeoutMs);
  }

  /** The member has joined, and is to ask for what it has (scheduleConsumerGroupSyncTimeout). */
  sync(group: ConsumerGroup, { memberId, rebalanceTimeoutMs }: ConsumerMember): void {
    this.#await(group, memberId, 'sync', NO_EPOCH, rebalanceTimeoutMs);
  }

  /** It has done this. */
  end({ timers }: ConsumerGroup, memberId: string, duty: MemberDuty): void {
    const timer = timers[duty].get(memberId);
    if (timer === undefined) return;
    this.#services.host.cancel(timer.timer);
    timers[duty].delete(memberId);
  }

  /** It is out. */
  endAllOf(group: ConsumerGroup, memberId: string): void {
    this.end(group, memberId, 'session');
    this.end(group, memberId, 'revocation');
    this.end(group, memberId, 'join');
    this.end(group, memberId, 'sync');
  }

  endAll(group: ConsumerGroup): void {
    for (const memberId of group.state.members.keys()) this.endAllOf(group, memberId);
  }

  onTimer(timer: MemberTimer): void {
    const { group, memberId, duty, memberEpoch, deadline } = timer;
    if (group.timers[duty].get(memberId) !== timer) return;
    if (deadline > this.#services.host.monotonicMicros()) {
      this.#start(timer);
      return;
    }
    group.timers[duty].delete(memberId);
    const hasGoneOn = duty === 'revocation' && group.state.members.get(memberId)?.memberEpoch !== memberEpoch;
    if (hasGoneOn || this.#fence(group, memberId, REASON[duty])) return;
    timer.deadline += RETRY_MICROS;
    this.#begin(timer);
  }

  #await(group: ConsumerGroup, memberId: string, duty: MemberDuty, memberEpoch: number, timeoutMs: number): void {
    this.end(group, memberId, duty);
    const deadline = this.#services.host.monotonicMicros() + timeoutMs * 1000;
    this.#begin({ group, memberId, duty, memberEpoch, deadline, timer: 0 });
  }

  #begin(timer: MemberTimer): void {
    timer.group.timers[timer.duty].set(timer.memberId, timer);
    this.#start(timer);
  }

  #start(timer: MemberTimer): void {
    const { host } = this.#services;
    timer.timer = host.timer(GroupTimer.consumerMember, timer.deadline - host.monotonicMicros(), 0, timer);
  }
}
