/**
 * One node's replica of __cluster_metadata: segments of batches, and snapshots in place of their beginning.
 * (KafkaMetadataLog, over UnifiedLog)
 *
 * Nothing here is durable before `flush`. The batch is the unit of writing: after power loss it is there whole or not at
 * all, which is what the CRC over it comes to. A snapshot is written aside, fsynced and renamed (FileRawSnapshotWriter).
 */
import { lastOf } from '../../../../kernel/arrays.js';
import { ENTRY_OK, type Disk, type File, type IoResult } from '../../../../kernel/disk.js';
import { NOWHERE, type MetadataBatch, type MetadataSnapshot } from '../../../protocol/raft-messages.js';
import type { MetadataRecord } from '../../../protocol/metadata-records.js';

const DIRECTORY = '__cluster_metadata-0';
const BATCH_OVERHEAD_BYTES = 61;
const RECORD_BYTES = 60;
const SNAPSHOT_BYTES = 4096;
const NO_BATCHES: readonly MetadataBatch[] = [];

interface Segment {
  readonly baseOffset: number;
  readonly file: File;
}

interface EpochStart {
  readonly epoch: number;
  readonly startOffset: number;
}

/** An offset, and the epoch of the record before it. */
export interface OffsetAndEpoch {
  readonly offset: number;
  readonly epoch: number;
}

/** What a leader makes of the end of another log. (ValidOffsetAndEpoch) */
export type FetchPosition =
  | { readonly kind: 'valid' }
  | { readonly kind: 'diverging'; readonly end: OffsetAndEpoch }
  | { readonly kind: 'snapshot'; readonly snapshot: MetadataSnapshot };

export interface LogSettings {
  readonly 'metadata.log.segment.bytes': number;
  readonly 'metadata.max.retention.bytes': number;
}

const VALID: FetchPosition = { kind: 'valid' };

/** A write or an fsync failed: the node halts. (ProcessTerminatingFaultHandler) */
export class MetadataLogFailure extends Error {}

export class MetadataLog {
  /** Offset of the first record that is still there. */
  startOffset = 0;
  /** Offset of the next record. */
  endOffset = 0;
  /** Oldest first. */
  readonly snapshots: MetadataSnapshot[] = [];
  private readonly disk: Disk;
  private readonly settings: LogSettings;
  private segments: Segment[] = [];
  private epochs: EpochStart[] = [];

  /** Reads what the disk holds up to the first damaged batch, and cuts the rest off. */
  constructor(disk: Disk, settings: LogSettings) {
    this.disk = disk;
    this.settings = settings;
    this.loadSnapshots();
    this.loadSegments();
    const latest = this.latestSnapshot;
    if (latest !== undefined && latest.endOffset > this.endOffset) this.restartAt(latest.endOffset);
    if (this.segments.length === 0) this.addSegment(this.startOffset);
    else if (this.startOffset > 0) this.startOffset = this.snapshots[0].endOffset;
    this.indexEpochs();
    this.dropEpochsBelow(this.startOffset);
    // A departure: Kafka fsyncs what it found only with its next append, and until then a fetch counts it as held. A kill,
    // and power lost within metadata.max.idle.interval.ms of the restart, may take it.
    this.flushNow();
  }

  get latestSnapshot(): MetadataSnapshot | undefined {
    return lastOf(this.snapshots);
  }

  /** Epoch of the last record; that of the snapshot if there is none after it; 0 if there is nothing. */
  get lastEpoch(): number {
    return lastOf(this.epochs)?.epoch ?? this.latestSnapshot?.epoch ?? 0;
  }

  append(batch: MetadataBatch): void {
    if (batch.baseOffset !== this.endOffset) {
      throw new Error(`a batch at ${batch.baseOffset} cannot follow the first ${this.endOffset}`);
    }
    if (this.active.file.bytes >= this.settings['metadata.log.segment.bytes']) this.roll();
    check(this.active.file.append(batch, sizeOf(batch)));
    this.endOffset += batch.records.length;
    this.indexEpoch(batch);
  }

  /** Makes all of it durable after a while; then `onTimer(kind, arg, result)`. */
  flush(kind: number, arg: number): void {
    this.active.file.fsync(kind, arg);
  }

  flushNow(): void {
    check(this.active.file.fsyncNow());
  }

  /** Batches from the one that holds this offset on, below `end`, of so many bytes; the first whatever its size. */
  read(offset: number, end = this.endOffset, maxBytes = Number.POSITIVE_INFINITY): readonly MetadataBatch[] {
    if (offset >= end) return NO_BATCHES;
    const batches: MetadataBatch[] = [];
    let bytes = 0;
    for (let s = this.segmentOf(offset); s < this.segments.length; s++) {
      const { file } = this.segments[s];
      for (let i = indexOf(file, offset); i < file.length; i++) {
        const batch = batchAt(file, i);
        bytes += sizeOf(batch);
        if (batch.baseOffset >= end || (bytes > maxBytes && batches.length > 0)) return batches;
        batches.push(batch);
      }
    }
    return batches;
  }

  /** The record at an offset that is still there. */
  record(offset: number): MetadataRecord {
    const { file } = this.segments[this.segmentOf(offset)];
    const batch = batchAt(file, indexOf(file, offset));
    return batch.records[offset - batch.baseOffset];
  }

  /** Epoch of the record before this offset. */
  epochBefore(offset: number): number {
    let epoch = NOWHERE;
    for (const start of this.epochs) {
      if (start.startOffset >= offset) break;
      epoch = start.epoch;
    }
    if (epoch !== NOWHERE) return epoch;
    return this.snapshots.findLast((snapshot) => snapshot.endOffset <= offset)?.epoch ?? 0;
  }

  /** Where the log stands to a fetch from this position. (ReplicatedLog.validateOffsetAndEpoch) */
  validate(offset: number, epoch: number): FetchPosition {
    const earliest = this.snapshots[0];
    if (earliest === undefined && offset === 0) return VALID;
    if (earliest !== undefined) {
      // An empty log is filled faster from a snapshot (KafkaRaftClient.tryCompleteFetchRequest).
      const isBehind =
        offset === 0 ||
        offset < this.startOffset ||
        (offset === this.startOffset && epoch !== earliest.epoch) ||
        epoch < earliest.epoch;
      if (isBehind) return { kind: 'snapshot', snapshot: this.latestSnapshot! };
    }
    const end = this.endOffsetForEpoch(epoch);
    return end.epoch !== epoch || end.offset < offset ? { kind: 'diverging', end } : VALID;
  }

  /** The end of the latest epoch that is not above the one named. (LeaderEpochFileCache.endOffsetFor) */
  endOffsetForEpoch(epoch: number): OffsetAndEpoch {
    if (epoch >= this.lastEpoch) return { offset: this.endOffset, epoch: this.lastEpoch };
    let floor = this.snapshots[0]?.epoch ?? 0;
    for (const start of this.epochs) {
      if (start.epoch > epoch) return { offset: start.startOffset, epoch: floor };
      floor = start.epoch;
    }
    return { offset: this.endOffset, epoch: floor };
  }

  /** Where this log parts from another of which this is said. (ReplicatedLog.truncateToEndOffset) */
  divergenceFrom(other: OffsetAndEpoch): number {
    const own = this.endOffsetForEpoch(other.epoch);
    return own.epoch === other.epoch ? Math.min(own.offset, other.offset) : own.offset;
  }

  truncateTo(offset: number): void {
    if (offset >= this.endOffset) return;
    if (this.segments.length > 1 && this.active.baseOffset >= offset) this.removeSegmentsFrom(offset);
    const { file } = this.active;
    check(file.truncate(file.length === 0 ? 0 : indexOf(file, offset)));
    this.endOffset = offset;
    while (this.epochs.length > 0 && this.epochs[this.epochs.length - 1].startOffset >= offset) this.epochs.pop();
  }

  /** Keeps a snapshot that the state machine made of the records below its end, or that was fetched. False: it is no news. */
  addSnapshot(snapshot: MetadataSnapshot): boolean {
    const latest = this.latestSnapshot;
    if (snapshot.endOffset < this.startOffset) return false;
    if (latest !== undefined && latest.endOffset >= snapshot.endOffset) return false;
    check(this.disk.replace(snapshotPath(snapshot), snapshot, SNAPSHOT_BYTES));
    this.snapshots.push(snapshot);
    return true;
  }

  /** A fetched snapshot that the log does not reach is all there is from now on. (KafkaMetadataLog.truncateToLatestSnapshot) */
  truncateToLatestSnapshot(): boolean {
    const latest = this.latestSnapshot;
    if (latest === undefined) return false;
    const epoch = lastOf(this.epochs)?.epoch ?? 0;
    if (latest.epoch < epoch || (latest.epoch === epoch && latest.endOffset <= this.endOffset)) return false;
    this.restartAt(latest.endOffset);
    this.addSegment(latest.endOffset);
    return true;
  }

  /**
   * While there is more than may be kept, the log begins at a later snapshot; the latest is never dropped.
   * (KafkaMetadataLog.cleanSnapshotsRetentionSize, deleteBeforeSnapshot)
   */
  clean(): void {
    if (this.snapshots.length < 2) return;
    while (this.snapshots.length > 1 && this.bytes > this.settings['metadata.max.retention.bytes']) {
      this.disk.remove(snapshotPath(this.snapshots.shift()!));
      this.startOffset = this.snapshots[0].endOffset;
      while (this.segments.length > 1 && this.segments[1].baseOffset <= this.startOffset) {
        this.disk.remove(this.segments.shift()!.file.path);
      }
    }
    this.dropEpochsBelow(this.startOffset);
    this.disk.syncDir(DIRECTORY);
  }

  /** Of the log and its snapshots. */
  private get bytes(): number {
    return this.segments.reduce((sum, { file }) => sum + file.bytes, SNAPSHOT_BYTES * this.snapshots.length);
  }

  // ---------------------------------------------------------------------- segments

  private get active(): Segment {
    return this.segments[this.segments.length - 1];
  }

  /** A departure: Kafka flushes the segment that was rolled a little later (UnifiedLog.roll). */
  private roll(): void {
    this.flushNow();
    this.addSegment(this.endOffset);
  }

  private addSegment(baseOffset: number): void {
    this.segments.push({ baseOffset, file: this.disk.open(segmentPath(baseOffset)) });
  }

  /** For good: one that came back after power loss might seem to follow what was written since. */
  private removeSegmentsFrom(offset: number): void {
    while (this.segments.length > 1 && this.active.baseOffset >= offset) {
      this.disk.remove(this.segments.pop()!.file.path);
    }
    this.disk.syncDir(DIRECTORY);
  }

  private segmentOf(offset: number): number {
    let s = this.segments.length - 1;
    while (s > 0 && this.segments[s].baseOffset > offset) s--;
    return s;
  }

  /** An empty log that begins here. What it held is gone. */
  private restartAt(offset: number): void {
    for (const { file } of this.segments) this.disk.remove(file.path);
    this.segments = [];
    this.epochs = [];
    this.startOffset = offset;
    this.endOffset = offset;
    this.forgetSnapshotsBefore(this.latestSnapshot!);
    this.disk.syncDir(DIRECTORY);
  }

  // ---------------------------------------------------------------------- what is read at the start

  private loadSegments(): void {
    const paths = this.disk.list(DIRECTORY).filter((path) => path.endsWith('.log'));
    let isDamaged = false;
    for (const path of paths) {
      const file = this.disk.open(path);
      const first = file.length > 0 && file.state(0) === ENTRY_OK ? batchAt(file, 0).baseOffset : NOWHERE;
      const baseOffset = baseOffsetOf(path);
      // With the roll's flush there is none; Kafka, without it, would not notice one (LogLoader.recoverLog).
      const isGap = this.segments.length > 0 && baseOffset !== this.endOffset;
      if (isDamaged || isGap || (first !== NOWHERE && first !== baseOffset)) {
        this.disk.remove(path);
        isDamaged = true;
        continue;
      }
      if (this.segments.length === 0) this.startOffset = this.endOffset = baseOffset;
      this.segments.push({ baseOffset, file });
      isDamaged = !this.loadBatches(file);
    }
  }

  /** False: the file was damaged, and is cut where it was. */
  private loadBatches(file: File): boolean {
    for (let i = 0; i < file.length; i++) {
      if (file.state(i) !== ENTRY_OK) {
        check(file.truncate(i));
        return false;
      }
      this.endOffset += batchAt(file, i).records.length;
    }
    return true;
  }

  private loadSnapshots(): void {
    for (const path of this.disk.list(DIRECTORY)) {
      if (!path.endsWith('.checkpoint')) continue;
      const file = this.disk.open(path);
      if (file.length === 1 && file.state(0) === ENTRY_OK) this.snapshots.push(file.read(0) as MetadataSnapshot);
      else this.disk.remove(path);
    }
  }

  private forgetSnapshotsBefore(latest: MetadataSnapshot): void {
    while (this.snapshots[0] !== latest) this.disk.remove(snapshotPath(this.snapshots.shift()!));
  }

  // ---------------------------------------------------------------------- epochs

  private indexEpochs(): void {
    for (const { file } of this.segments) {
      for (let i = 0; i < file.length; i++) this.indexEpoch(batchAt(file, i));
    }
  }

  private indexEpoch({ leaderEpoch, baseOffset }: MetadataBatch): void {
    const last = lastOf(this.epochs);
    if (last === undefined || last.epoch < leaderEpoch) {
      this.epochs.push({ epoch: leaderEpoch, startOffset: baseOffset });
    }
  }

  private dropEpochsBelow(offset: number): void {
    while (this.epochs.length > 1 && this.epochs[1].startOffset <= offset) this.epochs.shift();
    if (this.epochs.length > 0 && this.epochs[0].startOffset < offset) {
      this.epochs[0] = { epoch: this.epochs[0].epoch, startOffset: offset };
    }
  }
}

function batchAt(file: File, index: number): MetadataBatch {
  return file.read(index) as MetadataBatch;
}

/** Of the batch that holds the offset; the file's length if it ends before. */
function indexOf(file: File, offset: number): number {
  let low = 0;
  let high = file.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const { baseOffset, records } = batchAt(file, middle);
    if (baseOffset + records.length <= offset) low = middle + 1;
    else high = middle;
  }
  return low;
}

function sizeOf(batch: MetadataBatch): number {
  return BATCH_OVERHEAD_BYTES + RECORD_BYTES * batch.records.length;
}

function check(result: IoResult): void {
  if (result !== 'ok') throw new MetadataLogFailure(`the metadata log cannot be written: ${result}`);
}

function segmentPath(baseOffset: number): string {
  return `${DIRECTORY}/${String(baseOffset).padStart(20, '0')}.log`;
}

function baseOffsetOf(path: string): number {
  return Number(path.slice(DIRECTORY.length + 1, -'.log'.length));
}

function snapshotPath({ endOffset, epoch }: MetadataSnapshot): string {
  return `${DIRECTORY}/${String(endOffset).padStart(20, '0')}-${String(epoch).padStart(10, '0')}.checkpoint`;
}
