/** What scripted brokers answer from: one truth for all of them, with the rules of appending and nothing of replication. */
import type { MachineId } from '../../../kernel/process.js';
import { KafkaError, type ErrorCode } from '../../protocol/errors.js';
import { lastOffset, NO_PRODUCER_ID, type RecordBatch } from '../../protocol/records.js';
import type { PartitionTable } from '../api.js';
import { FakeConsumerGroup } from './fake-consumer-group.js';
import { FakeGroup } from './fake-group.js';

/** How a test sends an answer out of the order that truth would have. */
export interface AppendAnswer {
  readonly error: ErrorCode;
  readonly baseOffset: number;
}

/** Batches that a leader remembers of a producer (ProducerStateEntry.NUM_BATCHES_TO_RETAIN). */
const REMEMBERED = 5;

interface ProducerEntry {
  epoch: number;
  readonly batches: RecordBatch[];
}

export class FakePartition {
  leader: MachineId;
  leaderEpoch = 0;
  readonly log: RecordBatch[] = [];
  private readonly producers = new Map<number, ProducerEntry>();

  constructor(leader: MachineId) {
    this.leader = leader;
  }

  get end(): number {
    const last = this.log.at(-1);
    return last === undefined ? 0 : lastOffset(last) + 1;
  }

  get values(): number[] {
    return this.log.flatMap((batch) => batch.records.map((record) => record.value));
  }

  /** Appends as a leader does: with duplicate detection, epoch and sequence checks for producers with an id (clients.md §3.3). */
  append(batch: RecordBatch): AppendAnswer {
    if (batch.producerId !== NO_PRODUCER_ID) {
      const known = this.check(batch);
      if (known !== null) return known;
    }
    const appended: RecordBatch = { ...batch, baseOffset: this.end, partitionLeaderEpoch: this.leaderEpoch };
    this.log.push(appended);
    if (batch.producerId !== NO_PRODUCER_ID) this.remember(appended);
    return { error: KafkaError.NONE, baseOffset: appended.baseOffset };
  }

  /** Keeps what lies below the offset, and forgets what producers wrote above it. */
  truncate(offset: number): void {
    while (this.log.length > 0 && this.log.at(-1)!.baseOffset >= offset) this.log.pop();
    this.producers.clear();
    for (const batch of this.log) if (batch.producerId !== NO_PRODUCER_ID) this.remember(batch);
  }

  /** A leader that knows nothing of any producer. */
  forgetProducers(): void {
    this.producers.clear();
  }

  /** Where the largest epoch at or below this one ends; -1 and -1: there is none. */
  endOfEpoch(epoch: number): { readonly leaderEpoch: number; readonly endOffset: number } {
    let found = -1;
    let endOffset = -1;
    for (const batch of this.log) {
      if (batch.partitionLeaderEpoch > epoch) break;
      found = batch.partitionLeaderEpoch;
      endOffset = lastOffset(batch) + 1;
    }
    return { leaderEpoch: found, endOffset };
  }

  private check(batch: RecordBatch): AppendAnswer | null {
    const entry = this.producers.get(batch.producerId);
    if (entry === undefined) return null;
    if (batch.producerEpoch < entry.epoch) return { error: KafkaError.INVALID_PRODUCER_EPOCH, baseOffset: -1 };
    if (batch.producerEpoch > entry.epoch) {
      return batch.baseSequence === 0 ? null : { error: KafkaError.OUT_OF_ORDER_SEQUENCE_NUMBER, baseOffset: -1 };
    }
    const duplicate = entry.batches.find(
      (known) => known.baseSequence === batch.baseSequence && known.records.length === batch.records.length,
    );
    if (duplicate !== undefined) return { error: KafkaError.NONE, baseOffset: duplicate.baseOffset };
    const last = entry.batches.at(-1)!;
    if (batch.baseSequence === last.baseSequence + last.records.length) return null;
    return { error: KafkaError.OUT_OF_ORDER_SEQUENCE_NUMBER, baseOffset: -1 };
  }

  private remember(batch: RecordBatch): void {
    const entry = this.producers.get(batch.producerId);
    if (entry === undefined || entry.epoch !== batch.producerEpoch) {
      this.producers.set(batch.producerId, { epoch: batch.producerEpoch, batches: [batch] });
      return;
    }
    entry.batches.push(batch);
    if (entry.batches.length > REMEMBERED) entry.batches.shift();
  }
}

export class FakeCluster {
  readonly partitions: FakePartition[];
  readonly table: PartitionTable;
  alive: MachineId[];
  /** Whom leaders send consumers to that name a rack, and who serves them then (KIP-392); -1: nobody. */
  readReplica: MachineId = -1;
  /** The next producer id to be handed out. */
  nextProducerId = 1000;
  readonly group = new FakeGroup();
  /** What committed offsets come with; -1: none. */
  committedLeaderEpoch = -1;
  /** The same group, of members that speak KIP-848's protocol. */
  readonly consumerGroup: FakeConsumerGroup;
  /** Who coordinates the group. */
  coordinator: MachineId = 1;

  /** Partition p is led by broker 1 + p mod brokers. */
  constructor(brokers: number, partitionsByTopic: readonly number[]) {
    this.alive = Array.from({ length: brokers }, (_, index) => index + 1);
    const topicOf: number[] = [];
    const indexOf: number[] = [];
    const partitionsOf = partitionsByTopic.map((count, topic) =>
      Array.from({ length: count }, (_, index) => {
        topicOf.push(topic);
        return indexOf.push(index) - 1;
      }),
    );
    this.table = { topicOf, indexOf, partitionsOf, initialCounts: partitionsByTopic };
    this.consumerGroup = new FakeConsumerGroup((topic) => partitionsOf[topic]!);
    this.partitions = topicOf.map((_, partition) => new FakePartition(1 + (partition % brokers)));
  }

  partition(number: number): FakePartition {
    return this.partitions[number]!;
  }

  /** A new leader, with the next epoch. */
  moveLeader(number: number, leader: MachineId): void {
    const partition = this.partition(number);
    partition.leader = leader;
    partition.leaderEpoch++;
  }
}
