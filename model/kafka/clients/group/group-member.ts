/** A consumer's membership in its group, whichever protocol it speaks (group.protocol): classic/ and consumer/. */
import type { Host } from '../../../kernel/process.js';
import type { ErrorCode } from '../../protocol/errors.js';
import type { Request, Response } from '../../protocol/messages.js';
import type { GroupConsumerConfig } from '../api.js';
import type { ConsumerNetwork } from '../consumer-network.js';
import type { CoordinatorLookup } from './coordinator-lookup.js';
import type { Generation } from './generation.js';
import type { Commit } from './offset-commits.js';
import type { OwnedPartitions } from './owned-partitions.js';

/** What commits need to know of the membership that they are made in. */
export interface CommittingMember {
  /** As whom an offset is committed now; or the exception with which a commit ends that would go out now. */
  committer(): Generation | string;
  /**
   * The coordinator refused a commit: REBALANCE_IN_PROGRESS, UNKNOWN_MEMBER_ID, ILLEGAL_GENERATION.
   * @param sentAs who committed
   * @returns the exception with which the commit ends
   */
  commitRefused(error: ErrorCode, sentAs: Generation): string;
}

/**
 * Two threads act for a member, as in the Java client: the application's, within poll, and one in the background, which
 * goes on while the application works.
 */
export interface GroupMember extends CommittingMember {
  // The application's thread

  /** It has called poll, or waits in it. */
  polled(now: number): void;
  /** What it does within poll. True: it may commit, and look for positions, of what it has. */
  proceed(now: number): boolean;
  /** poll may return records. */
  readonly mayReturnRecords: boolean;
  /** When `proceed` may do more though nothing happens. */
  nextDeadline(now: number): number;
  /** It has what it is to have, as far as it knows. */
  readonly isSettled: boolean;
  /** What a transaction says of it (KafkaConsumer.groupMetadata): as whom it was assigned its partitions last. */
  readonly joined: Generation;
  /** It says goodbye, and does not wait for an answer. */
  leave(now: number): void;

  // The thread in the background

  /**
   * @param isPolling the application is within poll
   * @returns when the next round is due
   */
  beat(now: number, isPolling: boolean): number;
  coordinatorFound(now: number): void;
  /** As whom the committed offsets are asked for. */
  readonly offsetReader: Generation;
  /** @param context what the request was sent with */
  handleResponse(request: Request, response: Response, context: unknown, now: number): void;
  handleRequestLost(request: Request, context: unknown, now: number): void;
}

/** What a member is built on. */
export interface MemberContext {
  readonly host: Host;
  readonly config: GroupConsumerConfig;
  readonly network: ConsumerNetwork;
  readonly lookup: CoordinatorLookup;
  readonly owned: OwnedPartitions;
  /** KafkaConsumer.commitAsync of all that was polled. */
  readonly commitConsumed: (now: number) => Commit;
  /** It was assigned what it is to have. */
  readonly onAssigned: (now: number) => void;
  /** poll throws an exception that ends the application. */
  readonly onFatal: (error: ErrorCode) => void;
}
