/**
 * The tasks of a stream thread, which come and go with the partitions of its consumer, and are restored from their
 * changelogs before they process anything; the input of a task is paused meanwhile (Kafka's TaskManager, KafkaConsumer.pause).
 */
import type { ProcessingGuarantee } from '../../cluster-spec.js';
import type { OffsetToCommit } from '../../protocol/group-messages.js';
import type { ApplicationHost } from '../consumer-application.js';
import type { PolledRecords } from '../fetcher.js';
import type { CountRecords } from './count-records.js';
import type { RestoreConsumer, RestoreListener } from './restore-consumer.js';
import { StreamTask } from './stream-task.js';

export interface TaskManagerConfig {
  readonly guarantee: ProcessingGuarantee;
  /** By partition: its index within its topic. Tasks are named after that of their input. */
  readonly indexOf: readonly number[];
  /** By index: the partitions of the changelog. */
  readonly changelogs: readonly number[];
  readonly records: CountRecords;
}

export class TaskManager implements RestoreListener {
  readonly #consumer: ApplicationHost;
  readonly #restoreConsumer: RestoreConsumer;
  readonly #config: TaskManagerConfig;
  /** In the order in which they were assigned. */
  readonly #tasks: StreamTask[] = [];

  constructor(consumer: ApplicationHost, restoreConsumer: RestoreConsumer, config: TaskManagerConfig) {
    this.#consumer = consumer;
    this.#restoreConsumer = restoreConsumer;
    this.#config = config;
  }

  get areRestoring(): boolean {
    return this.#tasks.some(({ isRestoring }) => isRestoring);
  }

  get inputs(): readonly number[] {
    return this.#tasks.map(({ input }) => input);
  }

  of(input: number): StreamTask | undefined {
    return this.#tasks.find((task) => task.input === input);
  }

  // ---------------------------------------------------------------------- what is to be committed

  /** @param inputs left out: of any task */
  hasUncommitted(inputs?: readonly number[]): boolean {
    return this.#tasks.some(
      ({ hasUncommitted, input }) => hasUncommitted && (inputs === undefined || inputs.includes(input)),
    );
  }

  /**
   * Behind what was processed (StreamTask.committableOffsetsAndMetadata).
   * @param positions of the consumer, as far as everything was processed that it has returned
   */
  offsets(positions: readonly OffsetToCommit[]): readonly OffsetToCommit[] {
    return this.#tasks
      .filter(({ hasUncommitted }) => hasUncommitted)
      .map(({ input, uncommittedOffset }) => {
        const position = positions.find(({ partition }) => partition === input);
        return position ?? { partition: input, committedOffset: uncommittedOffset, committedLeaderEpoch: -1 };
      });
  }

  committed(): void {
    for (const task of this.#tasks) if (task.hasUncommitted) task.committed();
  }

  /** The record stands at this offset of the changelog. */
  acknowledged(changelog: number, offset: number): void {
    const task = this.#ofChangelog(changelog);
    if (task !== undefined && offset > task.changelogOffset) task.changelogOffset = offset;
  }

  // ---------------------------------------------------------------------- they come and go

  create(inputs: readonly number[]): void {
    const { changelogs, indexOf, guarantee } = this.#config;
    for (const input of inputs) {
      const index = indexOf[input]!;
      // TaskId: of the one subtopology.
      const task = new StreamTask(this.#consumer.host.disk, `0_${index}`, input, changelogs[index]!, guarantee);
      this.#tasks.push(task);
      this.#restore(task);
    }
  }

  /** Cleanly, but for those with something that is not committed. */
  close(inputs: readonly number[]): void {
    for (const task of this.#remove(inputs)) {
      if (task.hasUncommitted) task.closeDirty();
      else task.closeClean();
    }
  }

  closeDirty(inputs: readonly number[]): void {
    for (const task of this.#remove(inputs)) task.closeDirty();
  }

  /** TaskManager.handleCorruption: all of them begin anew, with what their changelogs have. */
  revive(): void {
    for (const task of this.#tasks) {
      task.revive();
      this.#restore(task);
    }
  }

  #remove(inputs: readonly number[]): readonly StreamTask[] {
    const removed = this.#tasks.filter(({ input }) => inputs.includes(input));
    for (const task of removed) {
      this.#restoreConsumer.abandon(task.changelog);
      this.#tasks.splice(this.#tasks.indexOf(task), 1);
    }
    return removed;
  }

  // ---------------------------------------------------------------------- restoring

  #restore(task: StreamTask): void {
    this.#consumer.pause(task.input, true);
    const from = task.changelogOffset < 0 ? -1 : task.changelogOffset + 1;
    this.#restoreConsumer.restore(task.changelog, from);
  }

  onRestored({ partition, offsets, values, keys }: PolledRecords): void {
    const task = this.#ofChangelog(partition);
    if (task === undefined) return;
    for (let i = 0; i < offsets.length; i++) {
      const count = this.#config.records.read(values[i]!);
      const key = keys![i]!;
      if (count !== undefined && key !== null) task.store.put(key, count);
      task.changelogOffset = offsets[i]!;
    }
  }

  onRestoreEnd(changelog: number): void {
    const task = this.#ofChangelog(changelog)!;
    task.restored();
    this.#consumer.pause(task.input, false);
    this.#consumer.wakeupConsumer();
  }

  onInvalidOffset(changelog: number): void {
    const task = this.#ofChangelog(changelog);
    if (task === undefined) return;
    task.revive();
    this.#restore(task);
  }

  #ofChangelog(changelog: number): StreamTask | undefined {
    return this.#tasks.find((task) => task.changelog === changelog);
  }
}
