/**
 * What the active controller remembers of its brokers without writing it down: when each was last heard, and how far it
 * has read the metadata. Soft state: a controller that takes over, or comes back, grants every broker a fresh session.
 * (BrokerHeartbeatManager)
 */
import type { BrokerHeartbeatRequest } from '../../protocol/messages.js';
import type { Rules } from '../../protocol/versions/rules.js';

/** Where a heartbeat leaves a broker. */
export type BrokerControlState = 'fenced' | 'unfenced' | 'controlled-shutdown' | 'shutdown-now';

interface Session {
  readonly broker: number;
  fenced: boolean;
  /** Monotonic microseconds; NEVER: not in this broker epoch, or it has left in order. */
  lastContact: number;
  metadataOffset: number;
  /** The others must have read this far before the broker may stop; -1: it is not in controlled shutdown. */
  controlledShutdownOffset: number;
}

const NEVER = Number.NEGATIVE_INFINITY;

export class Heartbeats {
  private readonly sessionTimeoutMicros: number;
  private readonly rule: Rules['brokerSession'];
  /** B82: a session is not granted by the registration (KIP-631) and, until 3.9, none is before the broker is unfenced. */
  private readonly forgetsTheFenced: boolean;
  /** By broker id. */
  private sessions: (Session | undefined)[] = [];

  constructor(sessionTimeoutMicros: number, rules: Rules) {
    this.sessionTimeoutMicros = sessionTimeoutMicros;
    this.rule = rules.brokerSession;
    this.forgetsTheFenced = rules.defects.B82;
  }

  /** A controller that is not active knows nothing of sessions. */
  clear(): void {
    this.sessions = [];
  }

  /** A registration begins a session, or resets it (KIP-631). B82 from 4.0 on (KAFKA-17793): only a heartbeat does. */
  register(broker: number, fenced: boolean, isSameIncarnation: boolean, now: number): void {
    const former = isSameIncarnation ? this.sessions[broker]?.lastContact : undefined;
    this.begin(broker, fenced, this.rule !== 'unfenced' && this.forgetsTheFenced ? (former ?? NEVER) : now);
  }

  /** Of a controller that takes over, for a broker that is registered. (ClusterControlManager.activate) */
  grant(broker: number, fenced: boolean, now: number): void {
    this.begin(broker, fenced, fenced && this.rule === 'heard-if-unfenced-at-takeover' ? NEVER : now);
  }

  touch(broker: number, fenced: boolean, metadataOffset: number, now: number): void {
    const session = this.session(broker);
    session.fenced = fenced;
    session.lastContact = now;
    session.metadataOffset = metadataOffset;
    // Fencing ends a controlled shutdown: at its next heartbeat the broker may stop at once.
    if (fenced) session.controlledShutdownOffset = -1;
  }

  fence(broker: number): void {
    this.session(broker).fenced = true;
    this.session(broker).controlledShutdownOffset = -1;
  }

  /** It has left in order. Since KAFKA-17793 (4.0) its session outlasts that all the same. */
  leave(broker: number): void {
    if (this.rule === 'unfenced') this.session(broker).lastContact = NEVER;
  }

  /** Heard of within broker.session.timeout.ms. */
  hasValidSession(broker: number, now: number): boolean {
    const session = this.sessions[broker];
    if (session === undefined || session.lastContact + this.sessionTimeoutMicros < now) return false;
    return !session.fenced || this.rule !== 'unfenced' || !this.forgetsTheFenced;
  }

  /** The unfenced broker that was silent for longest, if that was too long; -1: none. One at a time. */
  findStaleBroker(now: number): number {
    const oldest = this.oldestUnfenced();
    return oldest === undefined || this.hasValidSession(oldest.broker, now) ? -1 : oldest.broker;
  }

  /** When to look for a stale broker next, monotonic microseconds; -1: nobody is unfenced. */
  nextCheckAt(): number {
    const oldest = this.oldestUnfenced();
    return oldest === undefined ? -1 : oldest.lastContact + this.sessionTimeoutMicros + 1;
  }

  /** The others must read up to this offset, the last of the decision, before the broker may stop. Set once. */
  beginControlledShutdown(broker: number, offset: number): void {
    const session = this.session(broker);
    if (session.controlledShutdownOffset < 0) session.controlledShutdownOffset = offset;
  }

  /** (BrokerHeartbeatManager.calculateNextBrokerState) */
  nextState(request: BrokerHeartbeatRequest, registrationOffset: number, hasLeaderships: boolean): BrokerControlState {
    const session = this.session(request.brokerId);
    if (session.controlledShutdownOffset >= 0) {
      if (hasLeaderships) return 'controlled-shutdown';
      return session.controlledShutdownOffset <= this.lowestActiveOffset() ? 'shutdown-now' : 'controlled-shutdown';
    }
    if (session.fenced) {
      if (request.wantShutDown) return 'shutdown-now';
      return !request.wantFence && request.currentMetadataOffset >= registrationOffset ? 'unfenced' : 'fenced';
    }
    if (request.wantFence) return request.wantShutDown ? 'shutdown-now' : 'fenced';
    if (request.wantShutDown) return hasLeaderships ? 'controlled-shutdown' : 'shutdown-now';
    return 'unfenced';
  }

  /** What a broker was before its heartbeat. */
  currentState(broker: number): BrokerControlState {
    const session = this.session(broker);
    if (session.controlledShutdownOffset >= 0) return 'controlled-shutdown';
    return session.fenced ? 'fenced' : 'unfenced';
  }

  /** How far every broker that is unfenced and not leaving has read. */
  private lowestActiveOffset(): number {
    let lowest = Infinity;
    for (const session of this.sessions) {
      if (session === undefined || session.fenced || session.controlledShutdownOffset >= 0) continue;
      lowest = Math.min(lowest, session.metadataOffset);
    }
    return lowest;
  }

  private begin(broker: number, fenced: boolean, lastContact: number): void {
    this.sessions[broker] ??= { broker, fenced, lastContact, metadataOffset: -1, controlledShutdownOffset: -1 };
    this.touch(broker, fenced, -1, lastContact);
  }

  private oldestUnfenced(): Session | undefined {
    let oldest: Session | undefined;
    for (const session of this.sessions) {
      if (session === undefined || session.fenced) continue;
      if (oldest === undefined || session.lastContact < oldest.lastContact) oldest = session;
    }
    return oldest;
  }

  private session(broker: number): Session {
    const session = this.sessions[broker];
    if (session === undefined) throw new Error(`broker ${broker} is not registered`);
    return session;
  }
}
