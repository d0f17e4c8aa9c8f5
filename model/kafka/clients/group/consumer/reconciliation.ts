/**
 * How a member of KIP-848's protocol comes from the partitions that it has to those that it is to have
 * (AbstractMembershipManager.maybeReconcile, revokeAndAssign), one step after the other and one reconciliation at a time:
 *
 *   1. nothing is fetched or returned any more of the partitions that it gives up
 *   2. it commits, if it does so by itself
 *   3. the application hears within poll what it gives up, and what it gets (ConsumerRebalanceListener)
 *   4. the coordinator hears with the next heartbeat what the member has: from then on others may have the rest
 */
import type { AssignedPartition } from '../../subscription-state.js';
import type { LastCommit } from '../last-commit.js';
import type { OwnedPartitions } from '../owned-partitions.js';

/** What the coordinator said (LocalAssignment); another one, even of the same partitions, is acknowledged anew. */
export interface LocalAssignment {
  /** Ascending. */
  readonly partitions: readonly number[];
}

/** Of a member that was not assigned anything yet, be it that there is nothing. */
export const NO_LOCAL_ASSIGNMENT: LocalAssignment = { partitions: [] };

interface Step {
  readonly to: LocalAssignment;
  readonly revoked: readonly AssignedPartition[];
}

export class Reconciliation {
  readonly #owned: OwnedPartitions;
  readonly #lastCommit: LastCommit;
  /** What it has, as it tells the coordinator. */
  current = NO_LOCAL_ASSIGNMENT;
  #target = NO_LOCAL_ASSIGNMENT;
  /** null: none is under way. */
  #step: Step | null = null;

  constructor(owned: OwnedPartitions, lastCommit: LastCommit) {
    this.#owned = owned;
    this.#lastCommit = lastCommit;
  }

  get isDone(): boolean {
    return this.current === this.#target;
  }

  nextDeadline(): number {
    return this.#lastCommit.nextDeadline();
  }

  setTarget(partitions: readonly number[]): void {
    if (this.#target !== NO_LOCAL_ASSIGNMENT && isSame(this.#target.partitions, partitions)) return;
    this.#target = { partitions };
  }

  /** It is no member any more, or another one. */
  forget(): void {
    this.current = NO_LOCAL_ASSIGNMENT;
    this.#target = NO_LOCAL_ASSIGNMENT;
    this.abort();
  }

  /** What is under way is of no use any more. */
  abort(): void {
    for (const assigned of this.#step?.revoked ?? []) assigned.isPendingRevocation = false;
    this.#step = null;
    this.#lastCommit.abandon();
  }

  /**
   * Within poll. True: it has come one assignment further, and the coordinator is to hear of it.
   * @param memberEpoch in which it owns its partitions from now on
   * @param memberId its group.instance.id, if it has one
   */
  proceed(memberEpoch: number, memberId: string, now: number): boolean {
    if (this.#step === null) {
      if (this.isDone) return false;
      if (this.current !== NO_LOCAL_ASSIGNMENT && isSame(this.current.partitions, this.#target.partitions)) {
        this.current = this.#target;
        return true;
      }
      this.#begin();
    }
    const { to, revoked } = this.#step!;
    if (!this.#lastCommit.proceed(now) || !this.#owned.mayRevoke(revoked)) return false;
    this.#step = null;
    this.#owned.giveUp(revoked, 'revoked');
    this.#owned.assign(to.partitions, memberEpoch, memberId);
    this.current = to;
    return true;
  }

  #begin(): void {
    const revoked = this.#owned.except(this.#target.partitions);
    // SubscriptionState.markPendingRevocation (KAFKA-17066)
    for (const assigned of revoked) assigned.isPendingRevocation = true;
    this.#step = { to: this.#target, revoked };
  }
}

function isSame(one: readonly number[], other: readonly number[]): boolean {
  return one.length === other.length && one.every((partition, i) => partition === other[i]);
}
