/** Records and batches (v2, KIP-98) as the model carries them: immutable, shared between all replicas that hold them. */

/** A record as a producer hands it over. */
export interface ProducerRecord {
  /** null: no key. */
  readonly key: string | null;
  /** An interned integer: what a workload sent, unique in the trial. */
  readonly value: number;
  /** CreateTime, in milliseconds of the producer's wall clock. */
  readonly timestamp: number;
  /** Serialized size with the record's overhead. */
  readonly bytes: number;
  /** Of a record that a coordinator wrote into its own log: what it says, immutable. Left out on all others. */
  readonly state?: object;
  /** Its value is null: compaction deletes the key. `value` names it in histories all the same. Left out: it is not. */
  readonly isTombstone?: true;
}

/** No producer id, epoch or sequence: the batch of a producer without idempotence. */
export const NO_PRODUCER_ID = -1;
export const NO_PRODUCER_EPOCH = -1;
export const NO_SEQUENCE = -1;

/**
 * A record batch as it stands in a log. `baseOffset` and `partitionLeaderEpoch` are stamped by the leader that appends
 * it; they lie outside the CRC (DefaultRecordBatch), so a batch from a producer carries -1 for both.
 *
 * Of the other fields of the v2 header, `bytes` is the length; lastOffsetDelta, the record count and both timestamps
 * follow from the records; whether the CRC is right is the state of the entry on the disk that holds the batch.
 *
 * Whoever makes one names all fields, in this order: every log reads them all the time, and reads objects of one shape best.
 */
export interface RecordBatch {
  readonly baseOffset: number;
  readonly partitionLeaderEpoch: number;
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly baseSequence: number;
  readonly records: readonly ProducerRecord[];
  readonly bytes: number;
  /** Bit 4 of the attributes: part of a transaction, its marker included. Left out: not. */
  readonly isTransactional?: true | undefined;
  /** Bit 5 of the attributes: a control batch, whose one record says how the transaction ended. Left out: data. */
  readonly marker?: EndTransactionMarker | undefined;
  /** Of a batch that the log cleaner wrote anew. Left out: its records take its offsets without a gap. */
  readonly compacted?: CompactedBatch | undefined;
}

/**
 * What the header of a batch says that its records no longer tell, since the log cleaner took some or all of them
 * (MemoryRecords.filterTo). It takes up its old offsets and sequences.
 */
export interface CompactedBatch {
  /** By record that is left: its distance from the base offset, ascending. */
  readonly offsetDeltas: readonly number[];
  readonly lastOffsetDelta: number;
  /** The header's maxTimestamp. */
  readonly maxTimestamp: number;
  /** Bit 6 of the attributes (KIP-534): from when on a tombstone or marker in it may go, wall clock; -1: not set. */
  readonly deleteHorizonMs: number;
}

/** Key and value of a control record (ControlRecordType, EndTransactionMarker). */
export interface EndTransactionMarker {
  readonly committed: boolean;
  /** Leader epoch of the coordinator's partition, when it decided. */
  readonly coordinatorEpoch: number;
}

/** The last offset that a batch occupies. */
export function lastOffset(batch: RecordBatch): number {
  return batch.baseOffset + offsetCount(batch) - 1;
}

/** How many offsets, and how many sequences, a batch takes up, compacted or not: lastOffsetDelta + 1. */
export function offsetCount({ compacted, records }: RecordBatch): number {
  return compacted === undefined ? records.length : compacted.lastOffsetDelta + 1;
}

/** The offset of the record at this index in the batch. */
export function offsetAt({ baseOffset, compacted }: RecordBatch, index: number): number {
  return baseOffset + (compacted === undefined ? index : compacted.offsetDeltas[index]!);
}

/** Index of the batch's first record at or above an offset; the number of its records if all lie below. */
export function indexFrom({ baseOffset, compacted, records }: RecordBatch, offset: number): number {
  const delta = Math.max(0, offset - baseOffset);
  if (compacted === undefined) return Math.min(delta, records.length);
  let index = 0;
  while (index < records.length && compacted.offsetDeltas[index]! < delta) index++;
  return index;
}

/** CreateTime of its youngest record: the header's maxTimestamp. -1: it holds none. */
export function maxTimestamp({ compacted, records }: RecordBatch): number {
  if (compacted !== undefined) return compacted.maxTimestamp;
  let max = -1;
  for (let i = 0; i < records.length; i++) if (records[i].timestamp > max) max = records[i].timestamp;
  return max;
}

/** The size of a batch's header (DefaultRecordBatch.RECORD_BATCH_OVERHEAD). */
export const BATCH_OVERHEAD_BYTES = 61;

/** Length (5), attributes (1), timestamp (10) and offset (5), if each were as long as it can be (DefaultRecord.MAX_RECORD_OVERHEAD). */
const MAX_RECORD_OVERHEAD_BYTES = 21;

/**
 * What a producer makes room for when a record begins a batch: as if its length and deltas took as many bytes as they can
 * (DefaultRecord.recordSizeUpperBound).
 * @param bytes its size as the first record of a batch: length, attributes and two deltas of 0, one byte each, and the rest
 */
export function recordSizeUpperBound(bytes: number): number {
  let lengthBytes = 1;
  while (sizeOfVarint(bytes - lengthBytes) > lengthBytes) lengthBytes++;
  return bytes - lengthBytes - 3 + MAX_RECORD_OVERHEAD_BYTES;
}

/** ByteUtils.sizeOfVarint of what is not negative: seven bits a byte, the sign in the lowest bit. */
function sizeOfVarint(value: number): number {
  let size = 1;
  for (let rest = value * 2; rest >= 128; rest = Math.floor(rest / 128)) size++;
  return size;
}

/** Offset, length, CRC, magic, attributes and the lengths of key and value (LegacyRecord, MessageSet); v1: a timestamp, too. */
const MESSAGE_OVERHEAD_BYTES = 26;
const MESSAGE_TIMESTAMP_BYTES = 8;

/** The size of a record as a message of its own, in message format 0 or 1. */
export function messageBytes({ bytes }: ProducerRecord, messageFormat: number): number {
  return bytes + MESSAGE_OVERHEAD_BYTES + (messageFormat === 0 ? 0 : MESSAGE_TIMESTAMP_BYTES);
}

/** Serialized size of a marker (EndTransactionMarker.endTxnMarkerValueSize with key and record overhead). */
const MARKER_RECORD_BYTES = 17;

/**
 * The control batch that ends a transaction in one partition (MemoryRecords.writeEndTransactionalMarker): one record, no
 * sequence. Its value is negative, as no workload's is.
 */
export function markerBatch(
  producerId: number,
  producerEpoch: number,
  marker: EndTransactionMarker,
  timestamp: number,
): RecordBatch {
  const value = -2 - 2 * marker.coordinatorEpoch - (marker.committed ? 1 : 0);
  return {
    baseOffset: -1,
    partitionLeaderEpoch: -1,
    producerId,
    producerEpoch,
    baseSequence: NO_SEQUENCE,
    records: [{ key: null, value, timestamp, bytes: MARKER_RECORD_BYTES }],
    bytes: BATCH_OVERHEAD_BYTES + MARKER_RECORD_BYTES,
    isTransactional: true,
    marker,
    compacted: undefined,
  };
}
