/**
 * What the partitions of __consumer_offsets hold: offsets that groups have committed, and of each group its last generation
 * with the members and what they were assigned (OffsetCommitKey, GroupMetadataKey; clients.md §5.3).
 */
import {
  BATCH_OVERHEAD_BYTES,
  NO_PRODUCER_EPOCH,
  NO_PRODUCER_ID,
  NO_SEQUENCE,
  type ProducerRecord,
  type RecordBatch,
} from '../../protocol/records.js';
import type {
  ConsumerProtocolAssignment,
  ConsumerProtocolSubscription,
  OffsetToCommit,
} from '../../protocol/group-messages.js';
import { javaHash } from '../../protocol/java-hash.js';
import type { ConsumerGroupRecord } from './consumer/consumer-group-log.js';

export const GROUP_METADATA_TOPIC = '__consumer_offsets';

/** About what keys and values take beside names, partitions and members. */
const RECORD_BYTES = 40;
const MEMBER_BYTES = 120;

/** OffsetAndMetadata: what is committed for a partition. */
export interface CommittedOffset {
  readonly offset: number;
  /** Of the last record that was processed; -1: not said. */
  readonly leaderEpoch: number;
  /** Wall clock of the coordinator, milliseconds. */
  readonly committedMs: number;
}

export interface OffsetRecord {
  readonly kind: 'offset';
  readonly groupId: string;
  readonly partition: number;
  /** null: expired, or removed. */
  readonly committed: CommittedOffset | null;
}

export interface MemberRecord {
  readonly memberId: string;
  readonly groupInstanceId: string | null;
  readonly clientId: string;
  /** The machine. */
  readonly clientHost: number;
  readonly rebalanceTimeoutMs: number;
  readonly sessionTimeoutMs: number;
  /** For the protocol of the generation; what the member said for others is not written. */
  readonly subscription: ConsumerProtocolSubscription;
  readonly assignment: ConsumerProtocolAssignment;
}

/** GroupMetadataValue. */
export interface Generation {
  readonly protocolType: string | null;
  readonly generationId: number;
  readonly protocolName: string | null;
  readonly leaderId: string | null;
  readonly stateMs: number;
  readonly members: readonly MemberRecord[];
}

export interface GroupRecord {
  readonly kind: 'group';
  readonly groupId: string;
  /** null: the group is gone. */
  readonly generation: Generation | null;
}

export type CoordinatorRecord = OffsetRecord | GroupRecord | ConsumerGroupRecord;

/** The producer of offsets that are committed in a transaction. */
export interface OffsetsProducer {
  readonly producerId: number;
  readonly producerEpoch: number;
}

/** @param producer null: outside of any transaction */
export function offsetsBatch(
  groupId: string,
  offsets: readonly OffsetToCommit[],
  producer: OffsetsProducer | null,
  nowMs: number,
): RecordBatch {
  const records = offsets.map(({ partition, committedOffset, committedLeaderEpoch }) => {
    const committed = { offset: committedOffset, leaderEpoch: committedLeaderEpoch, committedMs: nowMs };
    return logRecord({ kind: 'offset', groupId, partition, committed }, nowMs);
  });
  return coordinatorBatch(records, producer);
}

/** Of records that take effect together. */
export function recordsBatch(records: readonly CoordinatorRecord[], nowMs: number): RecordBatch {
  return coordinatorBatch(
    records.map((record) => logRecord(record, nowMs)),
    null,
  );
}

/** @param producer of a batch in a transaction; null: outside of any */
function coordinatorBatch(records: readonly ProducerRecord[], producer: OffsetsProducer | null): RecordBatch {
  return {
    baseOffset: -1,
    partitionLeaderEpoch: -1,
    producerId: producer === null ? NO_PRODUCER_ID : producer.producerId,
    producerEpoch: producer === null ? NO_PRODUCER_EPOCH : producer.producerEpoch,
    // In a transaction it is 0 in every such batch, and nobody looks at it (GroupMetadataManager.generateOffsetRecords).
    baseSequence: producer === null ? NO_SEQUENCE : 0,
    records,
    bytes: records.reduce((sum, { bytes }) => sum + bytes, BATCH_OVERHEAD_BYTES),
    isTransactional: producer === null ? undefined : true,
    marker: undefined,
    compacted: undefined,
  };
}

function logRecord(record: CoordinatorRecord, timestamp: number): ProducerRecord {
  const key = keyOf(record);
  const content = contentOf(record);
  const members = record.kind === 'group' ? (record.generation?.members.length ?? 0) : 0;
  const bytes = RECORD_BYTES + key.length + MEMBER_BYTES * members;
  const written = { key, value: valueOf(key, content), timestamp, bytes, state: record };
  return content === null ? { ...written, isTombstone: true } : written;
}

/** What compaction tells records apart by. */
function keyOf(record: CoordinatorRecord): string {
  switch (record.kind) {
    case 'offset':
      return `offset ${record.groupId} ${record.partition}`;
    case 'member-subscription':
    case 'member-target':
    case 'member-assignment':
      return `${record.kind} ${record.groupId} ${record.memberId}`;
    default:
      return `${record.kind} ${record.groupId}`;
  }
}

/** What tells one value of a key from another; null: a tombstone. */
function contentOf(record: CoordinatorRecord): string | null {
  switch (record.kind) {
    case 'group':
      return record.generation === null ? null : String(record.generation.generationId);
    case 'offset':
      return record.committed === null ? null : String(record.committed.offset);
    default:
      return record.value === null ? null : JSON.stringify(record.value);
  }
}

/** Negative, as no workload's is, and another for another record. */
function valueOf(key: string, content: string | null): number {
  return -2 - (javaHash(`${key} ${content ?? 'gone'}`) >>> 0);
}
