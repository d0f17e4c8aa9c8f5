/** One segment of a log, a file of batches from its base offset on: LogSegment. The last one is active. */
import type { File } from '../../kernel/disk.js';
import { lastOffset, maxTimestamp, type RecordBatch } from '../protocol/records.js';

/** An offset is kept as a 32-bit distance from the base offset (OffsetIndex). */
const MAX_RELATIVE_OFFSET = 0x7fffffff;

export class LogSegment {
  readonly baseOffset: number;
  readonly file: File;
  /** Index of its first batch among those of the log. */
  firstBatch: number;
  /** Wall clock, milliseconds: when this process opened it. */
  readonly #createdMs: number;
  readonly #rollJitterMs: number;
  /** Largest timestamp of the first batch: what rolling by time counts from; -1: nothing was appended yet. */
  #firstTimestamp = -1;
  #largestTimestamp = -1;

  constructor(baseOffset: number, file: File, firstBatch: number, createdMs: number, rollJitterMs: number) {
    this.baseOffset = baseOffset;
    this.file = file;
    this.firstBatch = firstBatch;
    this.#createdMs = createdMs;
    this.#rollJitterMs = rollJitterMs;
  }

  get bytes(): number {
    return this.file.bytes;
  }

  /** What retention by time goes by; without any record, when the file was made. */
  get largestTimestampMs(): number {
    return this.#largestTimestamp >= 0 ? this.#largestTimestamp : this.#createdMs;
  }

  /** The batch stands in the file. */
  took(batch: RecordBatch): void {
    const timestamp = maxTimestamp(batch);
    if (this.#firstTimestamp < 0) this.#firstTimestamp = timestamp;
    if (timestamp > this.#largestTimestamp) this.#largestTimestamp = timestamp;
  }

  /** The file was cut back to these batches. */
  truncated(batches: readonly RecordBatch[]): void {
    this.#firstTimestamp = -1;
    this.#largestTimestamp = -1;
    for (const batch of batches) this.took(batch);
  }

  /**
   * Does this batch go into a new segment (LogSegment.shouldRoll)? Time is that of records: the batch's largest
   * timestamp against the segment's first; the broker's clock counts for an empty segment alone.
   */
  shouldRoll(batch: RecordBatch, segmentBytes: number, segmentMs: number): boolean {
    const size = this.file.bytes;
    if (size > segmentBytes - batch.bytes) return true;
    if (lastOffset(batch) - this.baseOffset > MAX_RELATIVE_OFFSET) return true;
    if (size === 0 || this.#firstTimestamp < 0) return false;
    return maxTimestamp(batch) - this.#firstTimestamp > segmentMs - this.#rollJitterMs;
  }
}
