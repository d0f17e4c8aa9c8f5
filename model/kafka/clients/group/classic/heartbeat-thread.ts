/** The thread that goes on while the application works (AbstractCoordinator.HeartbeatThread; before KIP-62 a part of poll). */
import { assert } from '../../../../kernel/assert.js';
import { KafkaError, type ErrorCode } from '../../../protocol/errors.js';
import type { HeartbeatResponse } from '../../../protocol/group-messages.js';
import type { GroupConsumerConfig } from '../../api.js';
import { isRetriable } from '../../error-classes.js';
import type { CoordinatorLookup } from '../coordinator-lookup.js';
import { sameGeneration, type Generation } from '../generation.js';
import type { Heartbeat } from './heartbeat.js';
import type { MemberRequests } from './member-requests.js';
import type { MembershipState } from './membership-state.js';

export class HeartbeatThread {
  readonly #hasOwnThread: boolean;
  readonly #retryMicros: number;
  readonly #member: MembershipState;
  readonly #requests: MemberRequests;
  readonly #lookup: CoordinatorLookup;
  readonly #heartbeat: Heartbeat;
  readonly #leave: (now: number) => void;
  /** Thrown by the next poll. */
  failure: ErrorCode = KafkaError.NONE;

  /** @param leave the application has not polled for too long */
  constructor(
    { settings, rules }: GroupConsumerConfig,
    member: MembershipState,
    requests: MemberRequests,
    lookup: CoordinatorLookup,
    heartbeat: Heartbeat,
    leave: (now: number) => void,
  ) {
    this.#hasOwnThread = rules.backgroundHeartbeat;
    this.#retryMicros = settings['retry.backoff.ms'] * 1000;
    this.#member = member;
    this.#requests = requests;
    this.#lookup = lookup;
    this.#heartbeat = heartbeat;
    this.#leave = leave;
  }

  /**
   * One round of HeartbeatThread.run. Returns when the next is due.
   * @param isPolling the application is within poll
   */
  beat(now: number, isPolling: boolean): number {
    if (!this.#member.beats || this.failure !== KafkaError.NONE) return Infinity;
    if (!this.#hasOwnThread && !isPolling) return Infinity;
    const counted = !isPolling && this.#hasOwnThread;
    if (counted && this.#heartbeat.hasPollExpired(now)) {
      this.#leave(now);
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
      if (this.#heartbeat.isDue(now)) {
        this.#heartbeat.sent(now);
        this.#requests.heartbeat(this.#member.generation, now);
      }
    }
    return this.#heartbeat.nextDeadline(counted);
  }

  heard({ error }: HeartbeatResponse, sent: Generation, now: number): void {
    const member = this.#member;
    switch (error) {
      case KafkaError.NONE:
        this.#heartbeat.answered(now);
        return;
      case KafkaError.REBALANCE_IN_PROGRESS:
        // The session goes on: the coordinator waits for this member as long as the rebalance may last.
        if (member.state === 'stable') member.rejoinNeeded = true;
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
        if (!sameGeneration(sent, member.generation)) {
          this.#heartbeat.answered(now);
          return;
        }
        if (error === KafkaError.FENCED_INSTANCE_ID) this.failure = error;
        else member.reset(error === KafkaError.UNKNOWN_MEMBER_ID);
        break;
      default:
        assert(isRetriable(error), `a heartbeat was answered with ${error}`);
    }
    this.#heartbeat.failed(now);
  }
}
