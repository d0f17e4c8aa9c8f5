/** What a stream thread does with its producer (StreamsProducer, RecordCollectorImpl). */
import type { OffsetToCommit } from '../../protocol/group-messages.js';
import type { ProducerApplication, TransactionalSend } from '../producer-application.js';
import type { ConsumerGroupMetadata } from '../transactional-requests.js';

/** A new count of a key: one record for the changelog, and one for the output. */
export interface CountUpdate {
  readonly inputPartition: number;
  readonly inputOffset: number;
  readonly recordKey: string;
  readonly count: number;
  readonly changelogPartition: number;
  /** Of the record in the changelog. */
  readonly changelogValue: number;
  /** Of the record in the output. */
  readonly outputValue: number;
}

/** By number. */
export interface OutputTopics {
  readonly output: number;
  readonly changelog: number;
}

/**
 * What is done about a failure. migrated (TaskMigratedException): another has the tasks; the thread closes everything and
 * joins anew. corrupted (TaskCorruptedException): it still has them, and restores them from their changelogs.
 */
export type StreamsFailure = 'migrated' | 'corrupted';

/** The thread, as its producer tells it. */
export interface OutputOwner {
  /** consumer.groupMetadata(), asked when the offsets are sent. */
  groupMetadata(): ConsumerGroupMetadata;
  /** Records may be sent. */
  onOpened(): void;
  /** The record stands at this offset of the changelog. */
  onAcknowledged(changelogPartition: number, offset: number): void;
  /** What commit was asked for is done. */
  onCommitted(): void;
  /** Nothing of what was sent since the last commit is committed, or will be. */
  onFailed(failure: StreamsFailure): void;
}

/** What a thread does with its producer, or with those of its tasks. */
export interface StreamOutput {
  /** Records may be sent; while it is false, the owner waits for `onOpened`. */
  readonly isOpen: boolean;
  /** Tasks with these inputs are about to be created. */
  open(inputs: readonly number[]): void;
  /** These were closed, with nothing of theirs uncommitted. */
  close(inputs: readonly number[]): void;
  /** These are others' now. */
  lose(inputs: readonly number[]): void;
  send(update: CountUpdate): void;
  /**
   * Flushes, and commits what was sent with these offsets; without transactions the offsets are left to the consumer.
   * The owner hears of the end.
   */
  commit(offsets: readonly OffsetToCommit[]): void;
}

/** One producer for all tasks of the thread. */
export interface ThreadOutput extends StreamOutput, ProducerApplication {}

/** In the order in which they are sent: the changelog's first. */
export function recordsOf(
  { recordKey, changelogPartition, changelogValue, outputValue }: CountUpdate,
  { output, changelog }: OutputTopics,
): readonly TransactionalSend[] {
  return [
    { topic: changelog, partition: changelogPartition, recordKey, value: changelogValue },
    { topic: output, partition: -1, recordKey, value: outputValue },
  ];
}

/** The send of an output, in the shape of histories, and what it was made of. */
export function outputMicroOps(
  { inputPartition, inputOffset, recordKey, count, outputValue }: CountUpdate,
  outputPartition: number,
  outputOffset: number,
): readonly object[] {
  return [
    { kind: 'send', key: outputPartition, offset: outputOffset, value: outputValue, recordKey },
    {
      kind: 'derive',
      key: inputPartition,
      offset: inputOffset,
      outputKey: outputPartition,
      outputValue,
      count,
    },
  ];
}

export function changelogMicroOp(
  { changelogPartition, changelogValue, recordKey }: CountUpdate,
  offset: number,
): object {
  return { kind: 'send', key: changelogPartition, offset, value: changelogValue, recordKey };
}
