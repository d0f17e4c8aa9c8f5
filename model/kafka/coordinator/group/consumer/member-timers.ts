/** Which members of a group of KIP-848 are counted on, and for how long: group.consumer.session.timeout.ms, and their rebalance time-outs. */
import { GroupTimer, type GroupServices } from '../services.js';
import type { ConsumerGroup, MemberTimer } from './consumer-group.js';
import type { ConsumerMember } from './consumer-group-state.js';

/** CoordinatorRuntime: a time-out that could not be acted on is over once more after so long. */
const RETRY_MICROS = 500_000;

/** @returns false: it could not be written */
export type Fence = (group: ConsumerGroup, memberId: string, reason: 'sessionExpired' | 'fenced') => boolean;

export class MemberTimers {
  readonly #services: GroupServices;
  readonly #fence: Fence;

  constructor(services: GroupServices, fence: Fence) {
    this.#services = services;
    this.#fence = fence;
  }

  /** The member was heard. */
  session(group: ConsumerGroup, memberId: string): void {
    const timeoutMs = this.#services.settings['group.consumer.session.timeout.ms'];
    const deadline = this.#services.host.monotonicMicros() + timeoutMs * 1000;
    const known = group.sessions.get(memberId);
    if (known !== undefined) known.deadline = deadline;
    else this.#begin(group.sessions, { group, memberId, memberEpoch: null, deadline, timer: 0 });
  }

  /** The member is to give up partitions before it leaves this epoch (scheduleConsumerGroupRebalanceTimeout). */
  revocation(group: ConsumerGroup, { memberId, memberEpoch, rebalanceTimeoutMs }: ConsumerMember): void {
    if (group.revocations.get(memberId)?.memberEpoch === memberEpoch) return;
    this.endRevocation(group, memberId);
    const deadline = this.#services.host.monotonicMicros() + rebalanceTimeoutMs * 1000;
    this.#begin(group.revocations, { group, memberId, memberEpoch, deadline, timer: 0 });
  }

  endRevocation(group: ConsumerGroup, memberId: string): void {
    this.#end(group.revocations, memberId);
  }

  end(group: ConsumerGroup, memberId: string): void {
    this.#end(group.sessions, memberId);
    this.#end(group.revocations, memberId);
  }

  endAll(group: ConsumerGroup): void {
    for (const memberId of group.sessions.keys()) this.end(group, memberId);
  }

  onTimer(timer: MemberTimer): void {
    const { group, memberId, memberEpoch, deadline } = timer;
    const timers = memberEpoch === null ? group.sessions : group.revocations;
    if (timers.get(memberId) !== timer) return;
    if (deadline > this.#services.host.monotonicMicros()) {
      this.#start(timer);
      return;
    }
    timers.delete(memberId);
    const isOver = memberEpoch === null || group.state.members.get(memberId)?.memberEpoch === memberEpoch;
    if (!isOver || this.#fence(group, memberId, memberEpoch === null ? 'sessionExpired' : 'fenced')) return;
    timer.deadline += RETRY_MICROS;
    this.#begin(timers, timer);
  }

  #begin(timers: Map<string, MemberTimer>, timer: MemberTimer): void {
    timers.set(timer.memberId, timer);
    this.#start(timer);
  }

  #start(timer: MemberTimer): void {
    const { host } = this.#services;
    timer.timer = host.timer(GroupTimer.consumerMember, timer.deadline - host.monotonicMicros(), 0, timer);
  }

  #end(timers: Map<string, MemberTimer>, memberId: string): void {
    const timer = timers.get(memberId);
    if (timer === undefined) return;
    this.#services.host.cancel(timer.timer);
    timers.delete(memberId);
  }
}
