/**
 * The commit before a member gives partitions up, of one that commits by itself: made again with what was consumed meanwhile
 * as long as that is of use (ConsumerCoordinator.onJoinPrepare, CommitRequestManager.maybeAutoCommitSyncBeforeRebalance).
 */
import type { GroupConsumerSettings } from '../../cluster-spec.js';
import type { Commit } from './offset-commits.js';

export class LastCommit {
  readonly #settings: GroupConsumerSettings;
  readonly #commitConsumed: (now: number) => Commit;
  /** It is waited for until then; -1: nothing is given up. */
  #until = -1;
  #commit: Commit | null = null;
  #againAt = -Infinity;

  /** @param commitConsumed commitAsync of all that was polled */
  constructor(settings: GroupConsumerSettings, commitConsumed: (now: number) => Commit) {
    this.#settings = settings;
    this.#commitConsumed = commitConsumed;
  }

  get isPending(): boolean {
    return this.#until >= 0;
  }

  nextDeadline(): number {
    return this.isPending ? Math.min(this.#until, this.#againAt) : Infinity;
  }

  /** False: it is under way, or is to be made again. True, once: there is no more to wait for. */
  proceed(now: number): boolean {
    if (!this.isPending) this.#until = now + this.#settings['max.poll.interval.ms'] * 1000;
    if (this.#settings['enable.auto.commit'] && !this.#isOver(now)) return false;
    this.abandon();
    return true;
  }

  abandon(): void {
    this.#until = -1;
    this.#commit = null;
    this.#againAt = -Infinity;
  }

  #isOver(now: number): boolean {
    if (now >= this.#until) return true;
    if (this.#commit === null) {
      if (now < this.#againAt) return false;
      this.#commit = this.#commitConsumed(now);
    }
    if (this.#commit.state === 'retriable') {
      this.#commit = null;
      this.#againAt = now + this.#settings['retry.backoff.ms'] * 1000;
      return false;
    }
    return this.#commit.state !== 'pending';
  }
}
