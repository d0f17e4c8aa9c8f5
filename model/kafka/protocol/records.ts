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
 */
export interface RecordBatch {
  readonly baseOffset: number;
  readonly partitionLeaderEpoch: number;
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly baseSequence: number;
  readonly records: readonly ProducerRecord[];
  readonly bytes: number;
}

/** The last offset that a batch occupies. */
export function lastOffset(batch: RecordBatch): number {
  return batch.baseOffset + batch.records.length - 1;
}

/** CreateTime of its youngest record: the header's maxTimestamp. -1: it holds none. */
export function maxTimestamp({ records }: RecordBatch): number {
  let max = -1;
  for (let i = 0; i < records.length; i++) if (records[i].timestamp > max) max = records[i].timestamp;
  return max;
}

/** The size of a batch's header (DefaultRecordBatch.RECORD_BATCH_OVERHEAD). */
export const BATCH_OVERHEAD_BYTES = 61;
