/**
 * A consumer's membership in its group by the classic protocol (AbstractCoordinator, ConsumerCoordinator; clients.md §5.3): it
 * joins, syncs, sends heartbeats, and leaves; one member divides the partitions for all.
 *
 * The application's thread alone begins to join, and takes up an assignment, within poll.
 */
import { errorName, KafkaError, type ErrorCode } from '../../../protocol/errors.js';
import type {
  ConsumerProtocolAssignment,
  HeartbeatResponse,
  JoinGroupResponse,
  SyncGroupResponse,
} from '../../../protocol/group-messages.js';
import { Api, type Request, type Response } from '../../../protocol/messages.js';
import { isRetriable } from '../../error-classes.js';
import { OUTSIDE, sameGeneration, type Generation } from '../generation.js';
import type { GroupMember, MemberContext } from '../group-member.js';
import { LastCommit } from '../last-commit.js';
import { Heartbeat } from './heartbeat.js';
import { HeartbeatThread } from './heartbeat-thread.js';
import { JoinAttempt } from './join-attempt.js';
import { MemberRequests } from './member-requests.js';
import { MembershipState } from './membership-state.js';
import { Rebalance } from './rebalance.js';

export class ClassicMember implements GroupMember {
  /** OffsetFetch says nothing of who asks. */
  readonly offsetReader = OUTSIDE;
  joined: Generation = OUTSIDE;
  readonly #context: MemberContext;
  readonly #member = new MembershipState();
  readonly #requests: MemberRequests;
  readonly #heartbeat: Heartbeat;
  readonly #rebalance: Rebalance;
  readonly #join: JoinAttempt;
  readonly #thread: HeartbeatThread;
  readonly #retryMicros: number;
  #retryAt = -Infinity;

  constructor(context: MemberContext) {
    const { config, network, lookup, owned } = context;
    const { settings } = config;
    this.#context = context;
    this.#requests = new MemberRequests(config, network, lookup);
    this.#heartbeat = new Heartbeat(settings);
    this.#rebalance = new Rebalance(config, network.metadata, owned, new LastCommit(settings, context.commitConsumed));
    this.#join = new JoinAttempt(this.#member, this.#requests, lookup, this.#heartbeat, this.#rebalance);
    const leave = (now: number): void => this.leave(now);
    this.#thread = new HeartbeatThread(config, this.#member, this.#requests, lookup, this.#heartbeat, leave);
    this.#retryMicros = settings['retry.backoff.ms'] * 1000;
  }

  // ---------------------------------------------------------------------- the application's thread, within poll

  polled(now: number): void {
    this.#heartbeat.polled(now);
  }

  /** ensureActiveGroup, joinGroupIfNeeded */
  proceed(now: number): boolean {
    const { lookup, onFatal } = this.#context;
    if (this.#thread.failure !== KafkaError.NONE) {
      onFatal(this.#thread.failure);
      return false;
    }
    if (!lookup.isKnown(now)) {
      lookup.isReady(now);
      return false;
    }
    if (this.#rebalance.isOutdated) this.#member.rejoinNeeded = true;
    while (!this.isSettled) {
      if (this.#member.needsPreparation) {
        // A second time only after this attempt has come to an end.
        if (!this.#rebalance.prepareToJoin(this.#member.generation, now)) return false;
        this.#member.needsPreparation = false;
      }
      const { progress } = this.#join;
      if (progress.kind === 'under-way') return false;
      if (progress.kind === 'none') {
        if (now >= this.#retryAt && lookup.isReady(now)) this.#join.begin(now);
        return false;
      }
      if (progress.kind === 'succeeded' && !this.#mayTakeUp(progress.assignment)) return false;
      this.#join.finish();
      if (progress.kind === 'succeeded') this.#takeUp(progress.assignment, now);
      else if (!this.#mayRetry(progress.error, now)) return false;
    }
    return true;
  }

  get isSettled(): boolean {
    return !this.#member.rejoinNeeded && this.#join.progress.kind === 'none';
  }

  get mayReturnRecords(): boolean {
    return !this.#rebalance.isRevocationPending;
  }

  nextDeadline(now: number): number {
    const prepared = this.#rebalance.nextDeadline();
    if (this.isSettled) return prepared;
    const retry = this.#retryAt > now ? this.#retryAt : this.#context.lookup.nextDeadline(now);
    return Math.min(prepared, retry);
  }

  /** Of a dynamic member; a static one will be back (KIP-345). */
  leave(now: number): void {
    const { state, generation } = this.#member;
    const mayLeave = !this.#requests.isStatic && state !== 'unjoined' && generation.memberId !== '';
    if (mayLeave && this.#context.lookup.isReady(now)) this.#requests.leave(generation, now);
    this.#member.reset(true);
  }

  /** A generation that it was put out of meanwhile has nothing to be taken up. */
  #mayTakeUp(assignment: ConsumerProtocolAssignment): boolean {
    if (this.#member.state !== 'stable') return true;
    this.joined = this.#member.generation;
    return this.#rebalance.mayTakeUp(assignment);
  }

  #takeUp(assignment: ConsumerProtocolAssignment, now: number): void {
    const member = this.#member;
    if (member.state !== 'stable') {
      // The heartbeat thread has heard meanwhile that it is no member any more.
      member.reset(true);
      return;
    }
    member.needsPreparation = true;
    this.#context.onAssigned(now);
    if (this.#rebalance.takeUp(assignment, member.generation)) member.rejoinNeeded = true;
  }

  /** Of a join that failed. */
  #mayRetry(error: ErrorCode, now: number): boolean {
    this.#member.rejoinNeeded = true;
    switch (error) {
      case KafkaError.UNKNOWN_MEMBER_ID:
      case KafkaError.ILLEGAL_GENERATION:
      case KafkaError.REBALANCE_IN_PROGRESS:
      case KafkaError.MEMBER_ID_REQUIRED:
        return true;
      default:
        if (isRetriable(error)) this.#retryAt = now + this.#retryMicros;
        else this.#context.onFatal(error);
        return false;
    }
  }

  // ---------------------------------------------------------------------- commits

  /** Its generation, if it is in one now (generationIfStable). */
  committer(): Generation | string {
    if (this.#member.state === 'stable') return this.#member.generation;
    return this.#member.isRebalancing ? 'RebalanceInProgressException' : 'CommitFailedException';
  }

  /** Its generation is over: unless it is joining the next one already, it has to join anew. */
  commitRefused(error: ErrorCode, sentAs: Generation): string {
    const member = this.#member;
    if (error === KafkaError.REBALANCE_IN_PROGRESS) {
      member.rejoinNeeded = true;
      return 'RebalanceInProgressException';
    }
    const isCurrent = sameGeneration(sentAs, member.generation);
    if (!isCurrent && member.state === 'preparing-rebalance') return 'RebalanceInProgressException';
    member.reset(error === KafkaError.UNKNOWN_MEMBER_ID);
    return `CommitFailedException: ${errorName(error)}`;
  }

  // ---------------------------------------------------------------------- the thread in the background

  beat(now: number, isPolling: boolean): number {
    this.#join.sync(now);
    return this.#thread.beat(now, isPolling);
  }

  /** The session is counted from there. */
  coordinatorFound(now: number): void {
    this.#heartbeat.coordinatorFound(now);
  }

  /** @param context the generation in which the request was sent */
  handleResponse({ kind }: Request, response: Response, context: unknown, now: number): void {
    const sent = context as Generation;
    if (kind === Api.joinGroup) this.#join.joined(response as JoinGroupResponse, sent, now);
    else if (kind === Api.syncGroup) this.#join.synced(response as SyncGroupResponse, sent);
    else if (kind === Api.heartbeat) this.#thread.heard(response as HeartbeatResponse, sent, now);
    // What a coordinator answers to LeaveGroup changes nothing any more.
  }

  handleRequestLost({ kind }: Request, _context: unknown, now: number): void {
    this.#context.lookup.markUnknown();
    if (kind === Api.heartbeat) this.#heartbeat.failed(now);
    else if (kind !== Api.leaveGroup) this.#join.fail();
  }
}
