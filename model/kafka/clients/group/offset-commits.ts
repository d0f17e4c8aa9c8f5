/**
 * A consumer's commits: synchronous ones, which are tried again until default.api.timeout.ms, and asynchronous ones, which
 * are sent once (ConsumerCoordinator.commitOffsetsSync, commitOffsetsAsync; clients.md §5.3). Each is an operation:
 *
 *   ok     the coordinator said that the offsets are committed
 *   fail   every attempt was refused before anything was written
 *   info   an answer is missing, or came from a coordinator that may have written the offsets before it lost its office
 */
import type { Host } from '../../../kernel/process.js';
import type { GroupConsumerSettings } from '../../cluster-spec.js';
import { errorName, KafkaError, type ErrorCode } from '../../protocol/errors.js';
import type { OffsetCommitRequest, OffsetCommitResponse, OffsetToCommit } from '../../protocol/group-messages.js';
import { Api } from '../../protocol/messages.js';
import type { ConsumerNetwork } from '../consumer-network.js';
import { isRetriable } from '../error-classes.js';
import type { CoordinatorLookup } from './coordinator-lookup.js';
import { sameGeneration, type Generation } from './generation.js';
import type { GroupMembership } from './membership.js';

const REQUEST_BYTES = 80;
const PARTITION_BYTES = 24;

/** pending: under way. retriable: an asynchronous commit failed, and may be made again. failed: it is of no use to try again. */
export type CommitState = 'pending' | 'ok' | 'retriable' | 'failed';

/** One call of commitSync or commitAsync. */
export interface Commit {
  readonly offsets: readonly OffsetToCommit[];
  state: CommitState;
}

interface CommitCall extends Commit {
  readonly operation: number;
  /** -Infinity: asynchronous, sent once. */
  readonly deadline: number;
  /** Some attempt may have been written although nobody said so. */
  mayBeWritten: boolean;
  isInFlight: boolean;
  retryAt: number;
  /** Of the last attempt. */
  sentIn: Generation | null;
}

export class OffsetCommits {
  readonly #host: Host;
  readonly #session: number;
  readonly #settings: GroupConsumerSettings;
  readonly #network: ConsumerNetwork;
  readonly #lookup: CoordinatorLookup;
  readonly #membership: GroupMembership;
  readonly #open: CommitCall[] = [];

  constructor(
    host: Host,
    session: number,
    settings: GroupConsumerSettings,
    network: ConsumerNetwork,
    lookup: CoordinatorLookup,
    membership: GroupMembership,
  ) {
    this.#host = host;
    this.#session = session;
    this.#settings = settings;
    this.#network = network;
    this.#lookup = lookup;
    this.#membership = membership;
  }

  commitSync(offsets: readonly OffsetToCommit[], now: number): Commit {
    return this.#begin(offsets, now + this.#settings['default.api.timeout.ms'] * 1000, now);
  }

  commitAsync(offsets: readonly OffsetToCommit[], now: number): Commit {
    return this.#begin(offsets, -Infinity, now);
  }

  /** Sends what waits for the coordinator. Returns when to look again. */
  proceed(now: number): number {
    let next = Infinity;
    for (let i = this.#open.length - 1; i >= 0; i--) {
      const call = this.#open[i]!;
      if (!call.isInFlight) next = Math.min(next, this.#attempt(call, now));
    }
    return next;
  }

  handleResponse(call: unknown, response: OffsetCommitResponse, now: number): void {
    const commit = call as CommitCall;
    commit.isInFlight = false;
    const refusal = response.partitions.find(({ error }) => error !== KafkaError.NONE);
    if (refusal === undefined) this.#end(commit, 'ok', undefined);
    else this.#refused(commit, refusal.error, now);
  }

  handleRequestLost(call: unknown, now: number): void {
    const commit = call as CommitCall;
    commit.isInFlight = false;
    commit.mayBeWritten = true;
    this.#lookup.markUnknown();
    this.#again(commit, 'DisconnectException', now);
  }

  #begin(offsets: readonly OffsetToCommit[], deadline: number, now: number): Commit {
    if (offsets.length === 0) return { offsets, state: 'ok' };
    const operation = this.#host.recorder.invoke(this.#host.id, this.#session, 'commit', this.#value(offsets));
    const call: CommitCall = {
      offsets,
      operation,
      deadline,
      state: 'pending',
      mayBeWritten: false,
      isInFlight: false,
      retryAt: -Infinity,
      sentIn: null,
    };
    this.#open.push(call);
    this.#attempt(call, now);
    return call;
  }

  #attempt(call: CommitCall, now: number): number {
    const isSync = call.deadline > -Infinity;
    if (isSync && now >= call.deadline) {
      this.#end(call, 'retriable', 'TimeoutException');
      return Infinity;
    }
    if (now < call.retryAt) return Math.min(call.retryAt, call.deadline);
    if (!this.#lookup.isReady(now)) {
      if (!isSync && !this.#lookup.isKnown(now)) this.#end(call, 'retriable', 'RetriableCommitFailedException');
      return Math.min(this.#lookup.nextDeadline(now), isSync ? call.deadline : Infinity);
    }
    const generation = this.#membership.stableGeneration;
    if (generation === null) {
      const isRebalancing = this.#membership.isRebalancing;
      this.#end(call, 'failed', isRebalancing ? 'RebalanceInProgressException' : 'CommitFailedException');
      return Infinity;
    }
    this.#send(call, generation, now);
    return isSync ? call.deadline : Infinity;
  }

  #send(call: CommitCall, generation: Generation, now: number): void {
    const request: OffsetCommitRequest = {
      kind: Api.offsetCommit,
      bytes: REQUEST_BYTES + PARTITION_BYTES * call.offsets.length,
      correlationId: this.#network.client.nextCorrelationId(),
      groupId: this.#settings['group.id'],
      memberId: generation.memberId,
      groupInstanceId: this.#settings['group.instance.id'] ?? null,
      generationIdOrMemberEpoch: generation.generationId,
      offsets: call.offsets,
    };
    call.isInFlight = true;
    call.sentIn = generation;
    this.#network.client.send(this.#lookup.node, request, call, true, now);
  }

  /** ConsumerCoordinator.OffsetCommitResponseHandler. */
  #refused(call: CommitCall, error: ErrorCode, now: number): void {
    switch (error) {
      case KafkaError.COORDINATOR_NOT_AVAILABLE:
      case KafkaError.NOT_COORDINATOR:
      case KafkaError.REQUEST_TIMED_OUT:
        // The append was made, and nobody knows whether it will last.
        call.mayBeWritten = true;
        this.#lookup.markUnknown();
        this.#again(call, errorName(error), now);
        return;
      case KafkaError.REBALANCE_IN_PROGRESS:
        this.#membership.requestRejoin();
        this.#end(call, 'failed', 'RebalanceInProgressException');
        return;
      case KafkaError.UNKNOWN_MEMBER_ID:
      case KafkaError.ILLEGAL_GENERATION:
        this.#fenced(call, error);
        return;
      case KafkaError.FENCED_INSTANCE_ID:
        this.#end(call, 'failed', errorName(error));
        return;
      default:
        if (isRetriable(error)) this.#again(call, errorName(error), now);
        else this.#end(call, 'failed', errorName(error));
    }
  }

  /** Its generation is over: unless it is joining the next one already, it has to join anew. */
  #fenced(call: CommitCall, error: ErrorCode): void {
    const isCurrent = sameGeneration(call.sentIn!, this.#membership.generation);
    if (!isCurrent && this.#membership.state === 'preparing-rebalance') {
      this.#end(call, 'failed', 'RebalanceInProgressException');
      return;
    }
    this.#membership.reset(error === KafkaError.UNKNOWN_MEMBER_ID);
    this.#end(call, 'failed', `CommitFailedException: ${errorName(error)}`);
  }

  #again(call: CommitCall, error: string, now: number): void {
    if (call.deadline > -Infinity) call.retryAt = now + this.#settings['retry.backoff.ms'] * 1000;
    else this.#end(call, 'retriable', `RetriableCommitFailedException: ${error}`);
  }

  #end(call: CommitCall, state: CommitState, error: string | undefined): void {
    call.state = state;
    this.#open.splice(this.#open.indexOf(call), 1);
    const outcome = state === 'ok' ? 'ok' : call.mayBeWritten ? 'info' : 'fail';
    this.#host.recorder.complete(call.operation, outcome, this.#value(call.offsets), error);
  }

  #value(offsets: readonly OffsetToCommit[]): object {
    const group = this.#settings['group.id'];
    return {
      microOps: offsets.map(({ partition, committedOffset }) => ({
        kind: 'commit',
        key: partition,
        group,
        offset: committedOffset,
      })),
    };
  }
}
