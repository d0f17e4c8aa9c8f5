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
  /** False: messages have none (format 0), and time is the file's: when it was made, and written last (KIP-33, 0.10.1). */
  readonly #hasTimestamps: boolean;
  /** Largest timestamp of the first batch: what rolling by time counts from; -1: nothing was appended yet. */
  #firstTimestamp = -1;
  #largestTimestamp = -1;
  #modifiedMs = -1;

  constructor(
    baseOffset: number,
    file: File,
    firstBatch: number,
    createdMs: number,
    rollJitterMs: number,
    hasTimestamps: boolean,
  ) {
    this.baseOffset = baseOffset;
    this.file = file;
    this.firstBatch = firstBatch;
    this.#createdMs = createdMs;
    this.#rollJitterMs = rollJitterMs;
    this.#hasTimestamps = hasTimestamps;
  }

  get bytes(): number {
    return this.file.bytes;
  }

  /** What retention by time goes by; without any record, when the file was made. */
  get largestTimestampMs(): number {
    return this.#largestTimestamp >= 0 ? this.#largestTimestamp : this.#createdMs;
  }

  /** Of its first batch; -1: it holds none. */
  get firstTimestampMs(): number {
    return this.#firstTimestamp;
  }

  /** When the file was last written to. A departure: of one that was found on the disk, the time of its youngest record. */
  get lastModifiedMs(): number {
    return this.#modifiedMs >= 0 ? this.#modifiedMs : this.largestTimestampMs;
  }

  modifiedAt(wallMs: number): void {
    this.#modifiedMs = wallMs;
  }

  /**
   * The batch stands in the file.
   * @param nowMs of its append. -1: it was found there; a file's own time is then taken from what it holds, which was sent
   *   a moment before
   */
  took(batch: RecordBatch, nowMs: number): void {
    if (nowMs >= 0) this.#modifiedMs = nowMs;
    const timestamp = this.#hasTimestamps || nowMs < 0 ? maxTimestamp(batch) : nowMs;
    if (this.#firstTimestamp < 0) this.#firstTimestamp = this.#hasTimestamps ? timestamp : this.#createdMs;
    if (timestamp > this.#largestTimestamp) this.#largestTimestamp = timestamp;
  }

  /** The file was cut back to these batches. */
  truncated(batches: readonly RecordBatch[]): void {
    this.#firstTimestamp = -1;
    this.#largestTimestamp = -1;
    for (const batch of batches) this.took(batch, -1);
  }

  /**
   * Does this batch go into a new segment (LogSegment.shouldRoll)? Time is that of records: the batch's largest
   * timestamp against the segment's first; the broker's clock counts for an empty segment alone. Without timestamps the
   * broker's clock counts, against when the segment was made (Log.maybeRoll 0.8.2).
   */
  shouldRoll(batch: RecordBatch, segmentBytes: number, segmentMs: number, nowMs: number): boolean {
    const size = this.file.bytes;
    if (size > segmentBytes - batch.bytes) return true;
    if (lastOffset(batch) - this.baseOffset > MAX_RELATIVE_OFFSET) return true;
    if (size === 0 || this.#firstTimestamp < 0) return false;
    const time = this.#hasTimestamps ? maxTimestamp(batch) : nowMs;
    return time - this.#firstTimestamp > segmentMs - this.#rollJitterMs;
  }
}
