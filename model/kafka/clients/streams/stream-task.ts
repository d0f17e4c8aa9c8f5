/**
 * A task: one partition of the input, the counts of its keys, and the partition of the changelog that they are restored
 * from (StreamTask, ProcessorStateManager).
 *
 * Under at_least_once the checkpoint stands while the task runs. Under exactly_once and exactly_once_v2 it is deleted when the task opens
 * its store, and written when it is closed after a commit: a store that is not empty and has no checkpoint may have counts
 * that were aborted, and is wiped (TaskCorruptedException).
 */
import type { Disk } from '../../../kernel/disk.js';
import { isExactlyOnce, type ProcessingGuarantee } from '../../cluster-spec.js';
import { StateStore } from './state-store.js';

/** StateManagerUtil.OFFSET_DELTA_THRESHOLD_FOR_CHECKPOINT: so many changelog records later a commit writes another. */
const CHECKPOINT_DELTA = 10_000;

/** No offset. */
const NONE = -1;

export class StreamTask {
  /** Partition of the input. */
  readonly input: number;
  /** Partition of the changelog. */
  readonly changelog: number;
  readonly store: StateStore;
  isRestoring = true;
  /** Of the last record in the changelog that the store includes; -1: none. */
  changelogOffset = NONE;
  /** Behind the last input record that was processed; -1: nothing since the last commit. */
  uncommittedOffset = NONE;
  readonly #guarantee: ProcessingGuarantee;
  #checkpointed = NONE;

  /** @param name as Streams has it: subtopology and partition */
  constructor(disk: Disk, name: string, input: number, changelog: number, guarantee: ProcessingGuarantee) {
    this.input = input;
    this.changelog = changelog;
    this.#guarantee = guarantee;
    this.store = new StateStore(disk, name);
    this.#open();
  }

  get hasUncommitted(): boolean {
    return this.uncommittedOffset >= 0;
  }

  /** StoreChangelogReader: restored up to the end, it may process. */
  restored(): void {
    this.isRestoring = false;
    if (this.#guarantee === 'at_least_once') this.#writeCheckpoint();
  }

  /** StreamTask.postCommit. */
  committed(): void {
    this.uncommittedOffset = NONE;
    const isDue = this.changelogOffset - this.#checkpointed > CHECKPOINT_DELTA;
    if (this.#guarantee === 'at_least_once' && isDue) this.#writeCheckpoint();
  }

  /** After a commit: the store has what the changelog has. */
  closeClean(): void {
    this.#writeCheckpoint();
  }

  /** StateManagerUtil.closeStateManager: what was not committed is in the store all the same. */
  closeDirty(): void {
    if (isExactlyOnce(this.#guarantee)) this.store.wipe();
  }

  /** TaskManager.closeDirtyAndRevive: it is restored from the beginning. */
  revive(): void {
    this.closeDirty();
    this.store.deleteCheckpoint();
    this.isRestoring = true;
    this.uncommittedOffset = NONE;
    this.#open();
  }

  /** ProcessorStateManager.initializeStoreOffsetsFromCheckpoint. */
  #open(): void {
    const { checkpoint } = this.store;
    if (isExactlyOnce(this.#guarantee)) {
      if (checkpoint === null && !this.store.isEmpty) this.store.wipe();
      this.store.deleteCheckpoint();
    }
    this.changelogOffset = checkpoint ?? NONE;
    this.#checkpointed = this.changelogOffset;
  }

  #writeCheckpoint(): void {
    this.store.writeCheckpoint(this.changelogOffset);
    this.#checkpointed = this.changelogOffset;
  }
}
