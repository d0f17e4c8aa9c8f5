/**
 * The leader's account of sessions: SessionTrackerImpl. Time is cut into ticks, and a session ends at the first tick that
 * lies its time-out after the last that was heard of it. A new leader begins the account anew.
 */
import type { MachineId } from '../../../../kernel/process.js';

interface TrackedSession {
  readonly timeoutMicros: number;
  /** Monotonic microseconds, a whole number of ticks. */
  expiresAt: number;
  /** Server at which its client is; 0: not known yet. Requests that come through another are late ones. */
  owner: MachineId;
}

export class SessionTracker {
  private readonly sessions = new Map<number, TrackedSession>();
  private readonly tickMicros: number;

  constructor(tickMicros: number) {
    this.tickMicros = tickMicros;
  }

  add(session: number, timeoutMicros: number, owner: MachineId, now: number): void {
    this.sessions.set(session, { timeoutMicros, expiresAt: this.roundUp(now + timeoutMicros), owner });
  }

  /** Expired, or closed. */
  remove(session: number): void {
    this.sessions.delete(session);
  }

  /** @returns false: no such session, or it is over */
  touch(session: number, now: number): boolean {
    const tracked = this.sessions.get(session);
    if (tracked === undefined) return false;
    tracked.expiresAt = Math.max(tracked.expiresAt, this.roundUp(now + tracked.timeoutMicros));
    return true;
  }

  /** The client has come to this server. @returns false: the session is over */
  move(session: number, owner: MachineId, now: number): boolean {
    if (!this.touch(session, now)) return false;
    this.sessions.get(session)!.owner = owner;
    return true;
  }

  /** Does a request of the session that came through this server come late, from a connection that the client has left? */
  hasMovedFrom(session: number, server: MachineId): boolean {
    const owner = this.sessions.get(session)?.owner ?? 0;
    return owner !== 0 && owner !== server;
  }

  /** Takes out those whose time is over. */
  takeExpired(now: number): number[] {
    const expired: number[] = [];
    for (const [session, { expiresAt }] of this.sessions) if (expiresAt <= now) expired.push(session);
    for (const session of expired) this.sessions.delete(session);
    return expired;
  }

  private roundUp(micros: number): number {
    return (Math.floor(micros / this.tickMicros) + 1) * this.tickMicros;
  }
}
