/** The segments of one log, ascending; the last is active: LogSegments, LocalLog. There is always one. */
import type { EntryState, File } from '../../kernel/disk.js';
import type { Host } from '../../kernel/process.js';
import { assert } from '../../kernel/assert.js';
import type { TopicSettings } from '../cluster-spec.js';
import type { RecordBatch } from '../protocol/records.js';
import type { BatchList } from './batch-list.js';
import type { LogServices } from './log-services.js';
import { deletedPath, segmentPath } from './paths.js';
import { LogSegment } from './segment.js';
import { mustSucceed } from './storage-error.js';

export interface Unflushed {
  readonly files: readonly File[];
  /** A segment was made since the last flush: its name is to be made durable too. */
  readonly syncsDirectory: boolean;
}

export class SegmentFiles {
  readonly #host: Host;
  readonly #name: string;
  readonly #settings: TopicSettings;
  readonly #services: LogServices;
  readonly #content: BatchList;
  readonly #segments: LogSegment[] = [];

  constructor(host: Host, name: string, settings: TopicSettings, services: LogServices, content: BatchList) {
    this.#host = host;
    this.#name = name;
    this.#settings = settings;
    this.#services = services;
    this.#content = content;
  }

  get count(): number {
    return this.#segments.length;
  }
  get all(): readonly LogSegment[] {
    return this.#segments;
  }
  get first(): LogSegment {
    return this.#segments[0];
  }
  get active(): LogSegment {
    return this.#segments[this.#segments.length - 1];
  }

  /** A segment at the log's end, found on the disk or made. Its batches are taken in by the caller. */
  open(baseOffset: number): LogSegment {
    const file = this.#host.disk.open(segmentPath(this.#name, baseOffset));
    const createdMs = Math.trunc(this.#host.wallMicros() / 1000);
    const hasTimestamps = this.#services.rules.messageFormat >= 1;
    const segment = new LogSegment(
      baseOffset,
      file,
      this.#content.length,
      createdMs,
      this.#rollJitterMs(),
      hasTimestamps,
    );
    this.#segments.push(segment);
    return segment;
  }

  /** LocalLog.roll: an empty active segment of the same base offset gives way. */
  roll(baseOffset: number): void {
    const { active } = this;
    assert(baseOffset >= active.baseOffset, 'a segment begins above those before it');
    if (active.baseOffset === baseOffset) this.#delete(this.#segments.pop()!);
    this.open(baseOffset);
  }

  /**
   * Whole segments above the offset go, the one that holds it is cut.
   * @param keep so many of the log's batches stay
   * @returns base offsets of the segments that went
   */
  truncateTo(offset: number, keep: number): readonly number[] {
    const deleted: number[] = [];
    while (this.active.baseOffset > offset) {
      const segment = this.#segments.pop()!;
      deleted.push(segment.baseOffset);
      this.#delete(segment);
    }
    const { active } = this;
    this.#content.truncate(keep);
    mustSucceed(active.file.truncate(keep - active.firstBatch), active.file.path);
    active.truncated(this.#content.batches.slice(active.firstBatch));
    return deleted;
  }

  /** While the log is loaded: the last segment lies behind a damaged batch. */
  dropActive(): void {
    this.#delete(this.#segments.pop()!);
  }

  /** Every segment goes; an empty one begins at the offset. */
  restartAt(offset: number): void {
    for (const segment of this.#segments.splice(0)) this.#delete(segment);
    this.#content.truncate(0);
    this.open(offset);
  }

  /** The oldest `count` segments go, and what they hold. */
  deleteOldest(count: number): void {
    assert(count < this.#segments.length, 'a log keeps one segment');
    const deleted = this.#segments.splice(0, count);
    for (const segment of deleted) this.#delete(segment);
    const batches = this.first.firstBatch;
    this.#content.dropHead(batches);
    for (const segment of this.#segments) segment.firstBatch -= batches;
  }

  /**
   * A cleaned segment takes the place of consecutive ones, of which the first has its base offset (LocalLog.replaceSegments).
   * @param file holds the batches @returns base offsets of those that have none to follow them
   */
  replace(old: readonly LogSegment[], file: File, batches: readonly RecordBatch[]): readonly number[] {
    const [first] = old;
    const last = old[old.length - 1];
    const from = this.#segments.indexOf(first);
    const end = this.#segments[from + old.length].firstBatch;
    const hasTimestamps = this.#services.rules.messageFormat >= 1;
    const cleaned = new LogSegment(first.baseOffset, file, first.firstBatch, last.largestTimestampMs, 0, hasTimestamps);
    for (const batch of batches) cleaned.took(batch, -1);
    cleaned.modifiedAt(last.lastModifiedMs);
    for (const segment of old) this.#delete(segment);
    this.#segments.splice(from, old.length, cleaned);
    const shift = batches.length - (end - first.firstBatch);
    this.#content.replace(first.firstBatch, end, batches);
    for (let i = from + 1; i < this.#segments.length; i++) this.#segments[i].firstBatch += shift;
    return old.slice(1).map(({ baseOffset }) => baseOffset);
  }

  /** Those that may hold something in [from, to). */
  within(from: number, to: number): readonly LogSegment[] {
    if (from >= to) return [];
    const { baseOffset } = this.floor(from);
    return this.#segments.filter((segment) => segment.baseOffset >= baseOffset && segment.baseOffset < to);
  }

  /** Those below the active one that may hold something from an offset on (nonActiveLogSegmentsFrom). */
  inactiveFrom(offset: number): readonly LogSegment[] {
    return this.within(offset, this.active.baseOffset);
  }

  batchesOf(segment: LogSegment): readonly RecordBatch[] {
    const next = this.#segments.at(this.#segments.indexOf(segment) + 1);
    return this.#content.slice(segment.firstBatch, next?.firstBatch ?? this.#content.length);
  }

  /** Where the next segment begins; of an inactive one. */
  endOf(segment: LogSegment): number {
    return this.#segments[this.#segments.indexOf(segment) + 1].baseOffset;
  }

  /** Index behind the last batch of the segment that holds the batch at `index`. */
  endOfSegmentWith(index: number): number {
    const segments = this.#segments;
    const total = this.#content.length;
    if (segments.length === 1 || index >= segments[segments.length - 1].firstBatch) return total;
    return segments[this.#position(index) + 1].firstBatch;
  }

  /** Some batch is damaged on the disk. */
  get hasDamage(): boolean {
    return this.firstDamaged(0) >= 0;
  }

  /** The log's first batch from `index` on that is damaged on the disk; -1: there is none. */
  firstDamaged(index: number): number {
    for (let i = 0; i < this.#segments.length; i++) {
      const { file, firstBatch } = this.#segments[i];
      const damaged = file.firstDamaged(Math.max(0, index - firstBatch));
      if (damaged >= 0) return firstBatch + damaged;
    }
    return -1;
  }

  /** The state on the disk of the log's batch at `index`. */
  stateOf(index: number): EntryState {
    const segment = this.#segments[this.#position(index)];
    return segment.file.state(index - segment.firstBatch);
  }

  /** The segment in which this offset lies, or would lie (floorSegment). */
  floor(offset: number): LogSegment {
    let position = this.#segments.length - 1;
    while (position > 0 && this.#segments[position].baseOffset > offset) position--;
    return this.#segments[position];
  }

  /** What an fsync up to `end` has to cover when everything below the recovery point was (LocalLog.flush). */
  unflushed(recoveryPoint: number, end: number): Unflushed {
    const from = this.floor(recoveryPoint).baseOffset;
    const segments = this.#segments.filter(({ baseOffset }) => baseOffset >= from && baseOffset < end);
    return {
      files: segments.map(({ file }) => file),
      syncsDirectory: segments.some(({ baseOffset }) => baseOffset >= recoveryPoint),
    };
  }

  /** Position of the segment that holds the batch at `index`. */
  #position(index: number): number {
    let position = this.#segments.length - 1;
    while (position > 0 && this.#segments[position].firstBatch > index) position--;
    return position;
  }

  #delete(segment: LogSegment): void {
    const path = segmentPath(this.#name, segment.baseOffset);
    this.#host.disk.rename(path, deletedPath(path));
    this.#services.unlinkLater(deletedPath(path), this.#settings['file.delete.delay.ms']);
  }

  /** randomSegmentJitter: drawn for each segment, so that logs of the same age do not roll at once. */
  #rollJitterMs(): number {
    const most = Math.min(this.#settings['segment.jitter.ms'], this.#settings['segment.ms']);
    return most <= 0 ? 0 : this.#host.dice('segment-jitter').int(most);
  }
}
