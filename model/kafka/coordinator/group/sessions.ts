/**
 * Which members are alive: DelayedHeartbeat. A member that is not heard for its session.timeout.ms is removed, unless a
 * request of its own is waiting here; one that has never been in a generation may wait five minutes for its first.
 */
import type { TimerId } from '../../../kernel/process.js';
import type { GroupMetadata } from './group-metadata.js';
import type { MemberMetadata } from './member-metadata.js';
import { GroupTimer, type GroupServices } from './services.js';

/** GroupCoordinator.NewMemberJoinTimeoutMs */
const NEW_MEMBER_JOIN_TIMEOUT_MS = 300_000;

export interface Session {
  readonly group: GroupMetadata;
  /** null: an id was given out, and nobody has joined with it yet (KIP-394). */
  readonly member: MemberMetadata | null;
  readonly memberId: string;
  /** Monotonic microseconds. */
  deadline: number;
  timer: TimerId;
  /** When the timer fires; never after the deadline. */
  firesAt: number;
}

export interface SessionListener {
  onExpired(group: GroupMetadata, member: MemberMetadata): void;
  onPendingExpired(group: GroupMetadata, memberId: string): void;
}

export class Sessions {
  readonly #services: GroupServices;
  readonly #listener: SessionListener;

  constructor(services: GroupServices, listener: SessionListener) {
    this.#services = services;
    this.#listener = listener;
  }

  /** The member was heard, or was just answered (completeAndScheduleNextHeartbeatExpiration). */
  extend(group: GroupMetadata, member: MemberMetadata): void {
    this.#set(group, member, member.sessionTimeoutMs);
  }

  /** It waits for its first generation, and cannot send heartbeats. */
  awaitFirstGeneration(group: GroupMetadata, member: MemberMetadata): void {
    this.#set(group, member, NEW_MEMBER_JOIN_TIMEOUT_MS);
  }

  /** The id was given out, and is to be joined with in time. */
  awaitJoin(group: GroupMetadata, memberId: string, timeoutMs: number): void {
    this.#start({ group, member: null, memberId, deadline: this.#after(timeoutMs), timer: 0, firesAt: 0 });
  }

  end(member: MemberMetadata): void {
    if (member.session === null) return;
    this.#services.host.cancel(member.session.timer);
    member.session = null;
  }

  onTimer(session: Session): void {
    const { group, member, memberId, deadline } = session;
    if (group.is('Dead')) return;
    if (member === null) {
      if (group.pendingMembers.has(memberId)) this.#listener.onPendingExpired(group, memberId);
      return;
    }
    if (member.session !== session) return;
    if (deadline > this.#services.host.monotonicMicros()) {
      this.#start(session);
      return;
    }
    member.session = null;
    // What waits for a rebalance is not counted out; the answer begins a new session.
    if (member.isNew || !member.isAwaiting) this.#listener.onExpired(group, member);
  }

  #set(group: GroupMetadata, member: MemberMetadata, timeoutMs: number): void {
    const { session, memberId } = member;
    const deadline = this.#after(timeoutMs);
    if (!member.isNew && member.isAwaiting) {
      this.end(member);
    } else if (session !== null && session.firesAt <= deadline) {
      session.deadline = deadline;
    } else {
      this.end(member);
      member.session = { group, member, memberId, deadline, timer: 0, firesAt: 0 };
      this.#start(member.session);
    }
  }

  #start(session: Session): void {
    const { host } = this.#services;
    session.firesAt = session.deadline;
    session.timer = host.timer(GroupTimer.session, session.deadline - host.monotonicMicros(), 0, session);
  }

  #after(timeoutMs: number): number {
    return this.#services.host.monotonicMicros() + timeoutMs * 1000;
  }
}
