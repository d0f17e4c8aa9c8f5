/**
 * A stream thread that counts the records of each key: StreamThread.runOnce (clients.md §6). It polls, processes record by
 * record (the store gets the new count, the changelog and the output a record each), and commits every commit.interval.ms.
 *
 * What it is to give up it commits first and closes cleanly (TaskManager.handleRevocation); what it has lost, or what
 * another has taken over, it closes as it stands (handleLostAll).
 */
import { isExactlyOnce, type ProcessingGuarantee } from '../../cluster-spec.js';
import type { OffsetToCommit } from '../../protocol/group-messages.js';
import type {
  ApplicationHost,
  ApplicationState,
  GroupApplication,
  RebalanceListener,
} from '../consumer-application.js';
import type { PolledRecords } from '../fetcher.js';
import type { Commit } from '../group/offset-commits.js';
import type { CountRecords } from './count-records.js';
import type { StreamOutput, StreamsFailure } from './stream-output.js';
import type { TaskManager } from './task-manager.js';

const NOTHING: readonly PolledRecords[] = [];

export interface StreamThreadConfig {
  readonly guarantee: ProcessingGuarantee;
  /** commit.interval.ms. */
  readonly commitIntervalMs: number;
  readonly records: CountRecords;
}

/** What the thread has beside its consumer. */
export interface StreamThreadOwner {
  readonly tasks: TaskManager;
  readonly output: StreamOutput;
  /** The thread is to close all its clients and begin anew. */
  onMigrated(): void;
  /** It was asked to end, and everything is closed but the clients. */
  onShutDown(): void;
}

export class StreamThread implements GroupApplication, RebalanceListener {
  state: ApplicationState;
  readonly #consumer: ApplicationHost;
  readonly #config: StreamThreadConfig;
  readonly #owner: StreamThreadOwner;
  /** What the last poll has returned, and where it is in that. */
  #polled = NOTHING;
  #list = 0;
  #index = 0;
  #commitAt: number;
  #toCommit: readonly OffsetToCommit[] = [];
  /** Of at_least_once: commitSync, once everything was flushed. */
  #commit: Commit | null = null;
  /** Inputs of tasks that are created once their output is open. */
  #toCreate: readonly number[] = [];
  /** The last commit came to nothing: tasks that are given up now are closed as they stand. */
  #hasCommitFailed = false;
  #isEnding = false;

  constructor(consumer: ApplicationHost, config: StreamThreadConfig, owner: StreamThreadOwner) {
    this.#consumer = consumer;
    this.#config = config;
    this.#owner = owner;
    this.#commitAt = this.#now + this.#intervalMicros;
    this.state = owner.output.isOpen ? 'polling' : 'opening';
  }

  get rebalanceListener(): RebalanceListener {
    return this;
  }

  /** null: it has nothing to do; or what it is busy with. */
  get unrest(): string | null {
    const { tasks } = this.#owner;
    if (tasks.areRestoring) return 'is restoring its state';
    return this.#isExact && tasks.hasUncommitted() ? 'has not committed' : null;
  }

  /** KafkaStreams.close. */
  shutDown(): void {
    this.#isEnding = true;
    this.#consumer.wakeupConsumer();
  }

  // ---------------------------------------------------------------------- processing

  onPolled(records: readonly PolledRecords[]): void {
    this.#polled = records;
    this.#list = 0;
    this.#index = 0;
    this.#processNext();
  }

  #processNext(): void {
    while (this.#hasRecords && this.#index >= this.#polled[this.#list]!.offsets.length) {
      this.#list++;
      this.#index = 0;
    }
    if (!this.#hasRecords) {
      this.state = 'polling';
      return;
    }
    const { time } = this.#consumer;
    this.state = 'processing';
    const micros = time.recordMicros + time.nextExtraMicros;
    time.nextExtraMicros = 0;
    this.#consumer.processFor(micros);
  }

  onProcessed(): void {
    // What failed meanwhile has dropped the records.
    if (this.state !== 'processing') return;
    this.#process();
    this.#index++;
    if (this.#isCommitDue) this.#beginCommit();
    else this.#processNext();
  }

  /** KStreamAggregate: records without a key are dropped. */
  #process(): void {
    const { partition, offsets, keys } = this.#polled[this.#list]!;
    const inputOffset = offsets[this.#index]!;
    const recordKey = keys![this.#index]!;
    const { tasks, output } = this.#owner;
    const task = tasks.of(partition)!;
    if (!tasks.hasUncommitted()) this.#passIntervals();
    task.uncommittedOffset = inputOffset + 1;
    if (recordKey === null) return;
    const count = (task.store.get(recordKey) ?? 0) + 1;
    task.store.put(recordKey, count);
    const { records } = this.#config;
    output.send({
      inputPartition: partition,
      inputOffset,
      recordKey,
      count,
      changelogPartition: task.changelog,
      changelogValue: records.write(count),
      outputValue: records.write(count),
    });
  }

  get #hasRecords(): boolean {
    return this.#list < this.#polled.length;
  }

  #dropRecords(): void {
    this.#polled = NOTHING;
    this.#list = 0;
    this.#index = 0;
  }

  // ---------------------------------------------------------------------- committing

  /** StreamThread.maybeCommit; not while a rebalance is under way (TaskManager.rebalanceInProgress). */
  get #mayCommit(): boolean {
    return this.#owner.tasks.hasUncommitted() && !this.#consumer.isRebalancing();
  }

  get #isCommitDue(): boolean {
    return this.#now >= this.#commitAt && this.#mayCommit;
  }

  /** An interval in which there was nothing to commit is over all the same. */
  #passIntervals(): void {
    const late = this.#now - this.#commitAt;
    if (late >= 0) this.#commitAt = this.#now + this.#intervalMicros - (late % Math.max(1, this.#intervalMicros));
  }

  nextDeadline(): number {
    return this.state === 'polling' && this.#mayCommit ? this.#commitAt : Infinity;
  }

  #beginCommit(): void {
    const { tasks, output } = this.#owner;
    this.state = 'committing';
    this.#toCommit = tasks.offsets(this.#hasRecords ? [] : this.#consumer.consumed());
    output.commit(this.#toCommit);
  }

  /** The producer has committed; or flushed, and it is for the consumer to commit. */
  onOutputCommitted(): void {
    if (this.#isExact) {
      this.#afterCommit(true);
      return;
    }
    this.#commit = this.#consumer.commitSync(this.#toCommit);
    this.#consumer.wakeupConsumer();
  }

  /** A consumer that is no member any more finds out by itself, and loses its tasks. */
  #afterCommit(isCommitted: boolean): void {
    this.#hasCommitFailed = !isCommitted;
    if (isCommitted) this.#owner.tasks.committed();
    this.#commitAt = this.#now + this.#intervalMicros;
    this.#processNext();
    this.#consumer.wakeupConsumer();
  }

  proceed(): void {
    if (this.#commit !== null && this.#commit.state !== 'pending') {
      const isCommitted = this.#commit.state === 'ok';
      this.#commit = null;
      this.#afterCommit(isCommitted);
    }
    if (this.state !== 'polling') return;
    if (this.#isEnding) this.#end();
    else if (this.#isCommitDue) this.#beginCommit();
  }

  /** TaskManager.shutdown. */
  #end(): void {
    if (this.#mayCommit && !this.#hasCommitFailed) {
      this.#beginCommit();
      return;
    }
    const { tasks } = this.#owner;
    tasks.close(tasks.inputs);
    this.state = 'opening';
    this.#owner.onShutDown();
  }

  // ---------------------------------------------------------------------- tasks come and go

  assign(partitions: readonly number[]): void {
    this.#hasCommitFailed = false;
    const { tasks, output } = this.#owner;
    output.open(partitions);
    if (output.isOpen) {
      tasks.create(partitions);
      return;
    }
    this.#toCreate = partitions;
    this.state = 'opening';
  }

  /** A transaction of exactly_once_v2 is of all tasks of the thread: it commits all of them, if one is to go. */
  revoke(partitions: readonly number[]): boolean {
    const { tasks, output } = this.#owner;
    const concerned = this.#config.guarantee === 'exactly_once_v2' ? undefined : partitions;
    if (tasks.hasUncommitted(concerned) && !this.#hasCommitFailed) {
      this.#beginCommit();
      return false;
    }
    tasks.close(partitions);
    output.close(partitions);
    this.#hasCommitFailed = false;
    return true;
  }

  /** A transaction under way has records of tasks that are others': the producer is closed with it. */
  lose(partitions: readonly number[]): void {
    this.#hasCommitFailed = false;
    const { tasks, output } = this.#owner;
    tasks.closeDirty(partitions);
    output.lose(partitions);
    if (!output.isOpen) this.state = 'opening';
  }

  // ---------------------------------------------------------------------- what the producer tells

  onOpened(): void {
    this.#owner.tasks.create(this.#toCreate);
    this.#toCreate = [];
    this.state = 'polling';
    this.#consumer.wakeupConsumer();
  }

  /** What was counted since the last commit is read again. */
  onFailed(failure: StreamsFailure): void {
    this.#dropRecords();
    this.#commit = null;
    if (failure === 'migrated') {
      this.state = 'opening';
      this.#owner.onMigrated();
      return;
    }
    this.state = 'polling';
    this.#owner.tasks.revive();
    this.#consumer.seekToCommitted();
    this.#consumer.wakeupConsumer();
  }

  get #isExact(): boolean {
    return isExactlyOnce(this.#config.guarantee);
  }

  get #now(): number {
    return this.#consumer.host.wallMicros();
  }

  get #intervalMicros(): number {
    return this.#config.commitIntervalMs * 1000;
  }
}
