/** One attempt after the other to join: JoinGroup, then SyncGroup (AbstractCoordinator.joinFuture and its handlers). */
import { KafkaError, type ErrorCode } from '../../../protocol/errors.js';
import type {
  ConsumerProtocolAssignment,
  JoinGroupResponse,
  SyncGroupResponse,
} from '../../../protocol/group-messages.js';
import type { CoordinatorLookup } from '../coordinator-lookup.js';
import { OUTSIDE, sameGeneration, type Generation } from '../generation.js';
import type { Heartbeat } from './heartbeat.js';
import type { MemberRequests } from './member-requests.js';
import type { MembershipState } from './membership-state.js';
import type { Rebalance, SyncAssignments } from './rebalance.js';

export type JoinProgress =
  | { readonly kind: 'none' }
  | { readonly kind: 'under-way' }
  | { readonly kind: 'succeeded'; readonly assignment: ConsumerProtocolAssignment }
  | { readonly kind: 'failed'; readonly error: ErrorCode };

const NONE: JoinProgress = { kind: 'none' };
const UNDER_WAY: JoinProgress = { kind: 'under-way' };
/** Of an attempt that came to nothing without an answer: DisconnectException, UnjoinedGroupException. Both are retriable. */
const NO_ANSWER: ErrorCode = KafkaError.NETWORK_EXCEPTION;

export class JoinAttempt {
  readonly #member: MembershipState;
  readonly #requests: MemberRequests;
  readonly #lookup: CoordinatorLookup;
  readonly #heartbeat: Heartbeat;
  readonly #rebalance: Rebalance;
  progress: JoinProgress = NONE;
  /** JoinGroup was answered, and SyncGroup waits for the connection. */
  #toSync: SyncAssignments | null = null;

  constructor(
    member: MembershipState,
    requests: MemberRequests,
    lookup: CoordinatorLookup,
    heartbeat: Heartbeat,
    rebalance: Rebalance,
  ) {
    this.#member = member;
    this.#requests = requests;
    this.#lookup = lookup;
    this.#heartbeat = heartbeat;
    this.#rebalance = rebalance;
  }

  begin(now: number): void {
    this.#member.state = 'preparing-rebalance';
    this.#member.beats = false;
    this.progress = UNDER_WAY;
    this.#toSync = null;
    this.#requests.join(this.#member.generation, this.#rebalance.protocols(), now);
  }

  /** What it has come to is taken note of. */
  finish(): void {
    this.progress = NONE;
  }

  /** A request was lost, or the coordinator with it. */
  fail(error: ErrorCode = NO_ANSWER): void {
    this.#toSync = null;
    if (this.progress.kind === 'under-way') this.progress = { kind: 'failed', error };
  }

  /** Sends a SyncGroup that waits. */
  sync(now: number): void {
    const assignments = this.#toSync;
    if (assignments === null) return;
    if (this.progress.kind !== 'under-way' || this.#member.state !== 'completing-rebalance') {
      this.#toSync = null;
    } else if (!this.#lookup.isKnown(now)) {
      this.fail();
    } else if (this.#lookup.isReady(now)) {
      this.#toSync = null;
      this.#requests.sync(this.#member.generation, assignments, now);
    }
  }

  joined(response: JoinGroupResponse, sent: Generation, now: number): void {
    const { error, generationId, memberId, protocolName, leader } = response;
    const member = this.#member;
    switch (error) {
      case KafkaError.NONE:
        if (member.state !== 'preparing-rebalance') {
          // It has left meanwhile.
          this.fail();
          return;
        }
        member.state = 'completing-rebalance';
        member.beats = true;
        this.#heartbeat.begin(now);
        member.generation = { generationId, memberId, protocolName };
        this.#rebalance.joinedAs(leader === memberId ? 'leader' : 'follower');
        this.#toSync = leader === memberId && !response.skipAssignment ? this.#rebalance.assign(response) : [];
        this.sync(now);
        return;
      case KafkaError.UNKNOWN_MEMBER_ID:
        if (sameGeneration(sent, member.generation)) member.reset(true);
        break;
      case KafkaError.MEMBER_ID_REQUIRED:
        // KIP-394: it joins again under the id that it was given.
        member.generation = { ...OUTSIDE, memberId };
        break;
      case KafkaError.COORDINATOR_NOT_AVAILABLE:
      case KafkaError.NOT_COORDINATOR:
        this.#lookup.markUnknown();
        break;
      default:
    }
    this.fail(error);
  }

  synced({ error, assignment }: SyncGroupResponse, sent: Generation): void {
    const member = this.#member;
    if (error === KafkaError.NONE) {
      if (member.state !== 'completing-rebalance' || this.progress.kind !== 'under-way') {
        // The heartbeat thread has heard meanwhile that this generation is over.
        this.fail(KafkaError.ILLEGAL_GENERATION);
        return;
      }
      member.state = 'stable';
      member.rejoinNeeded = false;
      this.progress = { kind: 'succeeded', assignment };
      return;
    }
    member.rejoinNeeded = true;
    if (error === KafkaError.UNKNOWN_MEMBER_ID || error === KafkaError.ILLEGAL_GENERATION) {
      if (sameGeneration(sent, member.generation)) member.reset(error === KafkaError.UNKNOWN_MEMBER_ID);
    } else if (error === KafkaError.COORDINATOR_NOT_AVAILABLE || error === KafkaError.NOT_COORDINATOR) {
      this.#lookup.markUnknown();
    }
    this.fail(error);
  }
}
