/**
 * A consumer's membership in its group by KIP-848's protocol (group.protocol=consumer; AsyncKafkaConsumer as of 4.1,
 * ConsumerMembershipManager, ConsumerHeartbeatRequestManager). The coordinator says what the member is to have, and the
 * member goes there by itself, while the others go on.
 *
 * The thread in the background sends heartbeats and hears the answers. What they mean for the partitions is done on the
 * application's thread, within poll: its application has a ConsumerRebalanceListener (it records what it owns), and the
 * Java client changes nothing before that was called.
 */
import type { Stream } from '../../../../kernel/random.js';
import { errorName, KafkaError, type ErrorCode } from '../../../protocol/errors.js';
import { JOIN_GROUP_MEMBER_EPOCH, type ConsumerGroupHeartbeatResponse } from '../../../protocol/group-messages.js';
import type { Request, Response } from '../../../protocol/messages.js';
import { retryBackoff } from '../../exponential-backoff.js';
import { OUTSIDE, type Generation } from '../generation.js';
import type { GroupMember, MemberContext } from '../group-member.js';
import { LastCommit } from '../last-commit.js';
import { HeartbeatSchedule } from './heartbeat-schedule.js';
import { MemberHeartbeats } from './member-heartbeats.js';
import { Reconciliation } from './reconciliation.js';

/**
 * unsubscribed: it has not polled yet, or has left. joining: with epoch 0. reconciling: it does not have what it is to have.
 * acknowledging: it has, and the coordinator does not know. fenced: it is no member any more, and its application does not
 * know. stale: it has left because its application did not poll. fatal: poll throws, and the application ends.
 */
type MemberState =
  | 'unsubscribed'
  | 'joining'
  | 'reconciling'
  | 'acknowledging'
  | 'stable'
  | 'fenced'
  | 'stale'
  | 'fatal';

export class ConsumerMember implements GroupMember {
  joined: Generation = OUTSIDE;
  readonly #context: MemberContext;
  /** KIP-1082: made by the member itself, and its own as long as it lives. A stream stands for random UUIDs. */
  readonly #memberId: string;
  readonly #heartbeats: MemberHeartbeats;
  readonly #schedule: HeartbeatSchedule;
  readonly #reconciliation: Reconciliation;
  readonly #maxPollMicros: number;
  #state: MemberState = 'unsubscribed';
  #memberEpoch = JOIN_GROUP_MEMBER_EPOCH;
  /** How often it has joined: answers that belong to an earlier membership are none of this one's. */
  #membership = 0;
  #pollEndsAt = Infinity;
  /** Thrown by the next poll. */
  #failure: ErrorCode = KafkaError.NONE;

  constructor(context: MemberContext) {
    const { host, config, network, lookup, owned, commitConsumed } = context;
    const { settings, rules } = config;
    this.#context = context;
    this.#memberId = uuid(host.dice('member-id'));
    this.#heartbeats = new MemberHeartbeats(config, network, lookup);
    this.#schedule = new HeartbeatSchedule(retryBackoff(rules, settings, host.dice('heartbeat-backoff')));
    this.#reconciliation = new Reconciliation(owned, new LastCommit(settings, commitConsumed));
    this.#maxPollMicros = settings['max.poll.interval.ms'] * 1000;
  }

  // ---------------------------------------------------------------------- the application's thread, within poll

  polled(now: number): void {
    this.#pollEndsAt = now + this.#maxPollMicros;
  }

  proceed(now: number): boolean {
    switch (this.#state) {
      case 'unsubscribed':
        this.#join();
        break;
      case 'fenced':
      case 'stale':
        // onPartitionsLost
        this.#context.owned.giveUp(this.#context.owned.all, 'lost');
        this.#join();
        break;
      case 'reconciling':
        this.#reconcile(now);
        break;
      case 'fatal':
        this.#context.owned.giveUp(this.#context.owned.all, 'lost');
        this.#context.onFatal(this.#failure);
        return false;
      default:
    }
    return true;
  }

  get isSettled(): boolean {
    return this.#state === 'stable';
  }

  /** But for the partitions that it gives up. */
  get mayReturnRecords(): boolean {
    return true;
  }

  nextDeadline(): number {
    return this.#reconciliation.nextDeadline();
  }

  leave(now: number): void {
    if (this.#isMember && this.#context.lookup.isReady(now))
      this.#heartbeats.sendLeave(this.#memberId, this.#membership, now);
    this.#state = 'unsubscribed';
    this.#giveUpEpoch();
  }

  #join(): void {
    this.#state = 'joining';
    this.#membership++;
    this.#giveUpEpoch();
    this.#heartbeats.forget();
    this.#schedule.reset();
  }

  #reconcile(now: number): void {
    const { config, onAssigned } = this.#context;
    const name = config.settings['group.instance.id'] ?? this.#memberId;
    if (!this.#reconciliation.proceed(this.#memberEpoch, name, now)) return;
    this.#state = 'acknowledging';
    onAssigned(now);
  }

  // ---------------------------------------------------------------------- commits and offsets

  /** The coordinator knows best whether it is a member; one that has left names no epoch. */
  committer(): Generation {
    const generationId = this.#memberEpoch > JOIN_GROUP_MEMBER_EPOCH ? this.#memberEpoch : OUTSIDE.generationId;
    return { ...OUTSIDE, generationId, memberId: this.#memberId };
  }

  /** What becomes of its membership it hears with a heartbeat. */
  commitRefused(error: ErrorCode): string {
    return `CommitFailedException: ${errorName(error)}`;
  }

  get offsetReader(): Generation {
    return this.#memberEpoch > JOIN_GROUP_MEMBER_EPOCH ? this.committer() : OUTSIDE;
  }

  // ---------------------------------------------------------------------- the thread in the background

  get #isMember(): boolean {
    switch (this.#state) {
      case 'unsubscribed':
      case 'fenced':
      case 'stale':
      case 'fatal':
        return false;
      default:
        return true;
    }
  }

  /** AbstractHeartbeatRequestManager.poll */
  beat(now: number, isPolling: boolean): number {
    const { lookup } = this.#context;
    if (!this.#isMember) return Infinity;
    if (!lookup.isKnown(now)) {
      lookup.isReady(now);
      return lookup.nextDeadline(now);
    }
    const pollEndsAt = isPolling ? Infinity : this.#pollEndsAt;
    const isUrgent = this.#state === 'joining' || this.#state === 'acknowledging';
    const next = Math.min(this.#schedule.nextAt(isUrgent), pollEndsAt);
    if (now < next) return next;
    if (!lookup.isReady(now)) return lookup.nextDeadline(now);
    if (now >= pollEndsAt) this.#becomeStale(now);
    else this.#sendHeartbeat(now);
    return this.#isMember ? pollEndsAt : Infinity;
  }

  coordinatorFound(): void {}

  #sendHeartbeat(now: number): void {
    if (this.#state === 'joining') this.#heartbeats.forget();
    const as = { memberId: this.#memberId, memberEpoch: this.#memberEpoch };
    this.#heartbeats.send(as, this.#reconciliation.current, this.#membership, now);
    this.#schedule.sent(now);
    if (this.#state === 'acknowledging') this.#state = this.#reconciliation.isDone ? 'stable' : 'reconciling';
  }

  /** The application has not polled for max.poll.interval.ms. It joins again when it polls. */
  #becomeStale(now: number): void {
    this.#heartbeats.sendLeave(this.#memberId, this.#membership, now);
    this.#state = 'stale';
    this.#giveUpEpoch();
  }

  #giveUpEpoch(): void {
    this.#memberEpoch = JOIN_GROUP_MEMBER_EPOCH;
    this.#reconciliation.forget();
  }

  // ---------------------------------------------------------------------- answers

  /** @param context the membership that the heartbeat was sent in */
  handleResponse(_request: Request, response: Response, context: unknown, now: number): void {
    if (context !== this.#membership || !this.#isMember) return;
    const { error, memberEpoch, heartbeatIntervalMs, assignment } = response as ConsumerGroupHeartbeatResponse;
    if (error !== KafkaError.NONE) {
      this.#refused(error, now);
      return;
    }
    this.#schedule.answered(heartbeatIntervalMs, now);
    this.#memberEpoch = memberEpoch;
    this.joined = this.committer();
    if (assignment !== null) this.#assigned(assignment);
  }

  handleRequestLost(_request: Request, context: unknown, now: number): void {
    this.#context.lookup.markUnknown();
    if (context !== this.#membership) return;
    this.#heartbeats.forget();
    this.#schedule.failed(now);
  }

  /** processAssignmentReceived */
  #assigned(partitions: readonly number[]): void {
    this.#reconciliation.setTarget(partitions);
    if (!this.#reconciliation.isDone) this.#state = 'reconciling';
    else if (this.#state === 'reconciling' || this.#state === 'joining') this.#state = 'stable';
  }

  /** onErrorResponse */
  #refused(error: ErrorCode, now: number): void {
    this.#heartbeats.forget();
    this.#schedule.failed(now);
    switch (error) {
      case KafkaError.COORDINATOR_NOT_AVAILABLE:
      case KafkaError.NOT_COORDINATOR:
        this.#context.lookup.markUnknown();
        this.#schedule.reset();
        return;
      case KafkaError.COORDINATOR_LOAD_IN_PROGRESS:
        return;
      case KafkaError.FENCED_MEMBER_EPOCH:
      case KafkaError.UNKNOWN_MEMBER_ID:
        this.#state = 'fenced';
        this.#giveUpEpoch();
        return;
      default:
        // UNRELEASED_INSTANCE_ID too: another has its group.instance.id, and handleFatalFailure does not ask for how long.
        this.#state = 'fatal';
        this.#failure = error;
        this.#giveUpEpoch();
    }
  }
}

function uuid(dice: Stream): string {
  return Array.from({ length: 4 }, () => (dice.bits() >>> 0).toString(16).padStart(8, '0')).join('');
}
