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
import type { Generation } from './generation.js';
import type { CommittingMember } from './group-member.js';

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
  sentAs: Generation | null;
}

export class OffsetCommits {
  readonly #host: Host;
  readonly #session: number;
  readonly #settings: GroupConsumerSettings;
  readonly #network: ConsumerNetwork;
  readonly #lookup: CoordinatorLookup;
  readonly #member: CommittingMember;
  readonly #open: CommitCall[] = [];

  constructor(
    host: Host,
    session: number,
    settings: GroupConsumerSettings,
    network: ConsumerNetwork,
    lookup: CoordinatorLookup,
    member: CommittingMember,
  ) {
    this.#host = host;
    this.#session = session;
    this.#settings = settings;
    this.#network = network;
    this.#lookup = lookup;
    this.#member = member;
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
    if (refusal === undefined) {
      this.#end(commit, 'ok', undefined);
      return;
    }
    // Of a partition that the broker does not know yet; the others were committed.
    if (response.partitions.some(({ error }) => error === KafkaError.NONE)) commit.mayBeWritten = true;
    this.#refused(commit, refusal.error, now);
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
      sentAs: null,
    };
    this.#open.push(call);
    this.#attempt(call, now);
    return call;
  }

  #attempt(call: CommitCall, now: number): number {
    if (isSync(call) && now >= call.deadline) {
      this.#end(call, 'retriable', 'TimeoutException');
      return Infinity;
    }
    if (now < call.retryAt) return Math.min(call.retryAt, call.deadline);
    if (!this.#lookup.isReady(now)) {
      if (!isSync(call) && !this.#lookup.isKnown(now)) this.#end(call, 'retriable', 'RetriableCommitFailedException');
      return Math.min(this.#lookup.nextDeadline(now), isSync(call) ? call.deadline : Infinity);
    }
    const committer = this.#member.committer();
    if (typeof committer === 'string') {
      this.#end(call, 'failed', committer);
      return Infinity;
    }
    this.#send(call, committer, now);
    return isSync(call) ? call.deadline : Infinity;
  }

  #send(call: CommitCall, committer: Generation, now: number): void {
    const request: OffsetCommitRequest = {
      kind: Api.offsetCommit,
      bytes: REQUEST_BYTES + PARTITION_BYTES * call.offsets.length,
      correlationId: this.#network.client.nextCorrelationId(),
      groupId: this.#settings['group.id'],
      memberId: committer.memberId,
      groupInstanceId: this.#settings['group.instance.id'] ?? null,
      generationIdOrMemberEpoch: committer.generationId,
      offsets: call.offsets,
    };
    call.isInFlight = true;
    call.sentAs = committer;
    this.#network.client.send(this.#lookup.node, request, call, true, now);
  }

  /** ConsumerCoordinator.OffsetCommitResponseHandler, CommitRequestManager.OffsetCommitRequestState. */
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
      case KafkaError.UNKNOWN_MEMBER_ID:
      case KafkaError.ILLEGAL_GENERATION:
        this.#end(call, 'failed', this.#member.commitRefused(error, call.sentAs!));
        return;
      case KafkaError.STALE_MEMBER_EPOCH:
        // KIP-848: its epoch has gone on meanwhile. commitSync throws; what poll commits by itself is committed anew.
        if (isSync(call)) this.#end(call, 'failed', `CommitFailedException: ${errorName(error)}`);
        else this.#end(call, 'retriable', 'StaleMemberEpochException');
        return;
      case KafkaError.FENCED_INSTANCE_ID:
        this.#end(call, 'failed', errorName(error));
        return;
      default:
        if (isRetriable(error)) this.#again(call, errorName(error), now);
        else this.#end(call, 'failed', errorName(error));
    }
  }

  #again(call: CommitCall, error: string, now: number): void {
    if (isSync(call)) call.retryAt = now + this.#settings['retry.backoff.ms'] * 1000;
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

function isSync({ deadline }: CommitCall): boolean {
  return deadline > -Infinity;
}
