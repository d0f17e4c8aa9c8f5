/**
 * One replica's log: UnifiedLog, LocalLog. Segments of record batches, the last of them active, and what follows from
 * them: epochs, producers, the high watermark. All offsets are exclusive ends, as in Kafka.
 */
import type { File } from '../../kernel/disk.js';
import type { Host } from '../../kernel/process.js';
import { assert } from '../../kernel/assert.js';
import type { TopicSettings } from '../cluster-spec.js';
import { LogStartReason, Probe } from '../probes.js';
import { indexFrom, lastOffset, messageBytes, offsetAt, type RecordBatch } from '../protocol/records.js';
import { BatchList } from './batch-list.js';
import { LeaderEpochCache, type EpochEndOffset } from './leader-epoch-cache.js';
import type { LogServices } from './log-services.js';
import { isCompacted } from './cleanup-policy.js';
import { ProducerSnapshots } from './producer-snapshots.js';
import { ProducerState } from './producer-state.js';
import { announceReload, rebuildProducerState } from './rebuild-producers.js';
import type { LogSegment } from './segment.js';
import type { LogDirectory } from './log-directory.js';
import type { LogPlace } from './log-loader.js';
import { SegmentFiles } from './segment-files.js';
import { mustSucceed } from './storage-error.js';
import { TransactionIndex, type AbortedEntry } from './transaction-index.js';

export interface RecordView {
  readonly leaderEpoch: number;
  readonly value: number;
}

export class PartitionLog {
  /** The partition's number; the `key` of every probe. */
  readonly partition: number;
  /** Where it lies: orders-0, or log-dir-2/orders-0. */
  readonly path: string;
  readonly directory: LogDirectory;
  readonly settings: TopicSettings;
  /** cleanup.policy has `compact`. */
  readonly isCompacted: boolean;
  readonly content = new BatchList();
  readonly segments: SegmentFiles;
  readonly leaderEpochs: LeaderEpochCache;
  readonly producers: ProducerState;
  readonly abortedTransactions = new TransactionIndex();
  /** Everything below this offset is on the platter. */
  recoveryPoint = 0;
  /** Wall clock, milliseconds: when the recovery point last moved (lastFlushedTime). */
  lastFlushedMs: number;
  #logStartOffset = 0;
  #logEndOffset = 0;
  #highWatermark = 0;
  readonly #host: Host;
  readonly #services: LogServices;
  readonly #flushMessages: number;
  readonly #segmentBytes: number;
  readonly #segmentMs: number;

  /** Holds nothing yet: `loadLog` or `createLog` (log-loader.ts) gives it its segments. */
  constructor(host: Host, { partition, path, directory }: LogPlace, settings: TopicSettings, services: LogServices) {
    this.#host = host;
    this.partition = partition;
    this.path = path;
    this.directory = directory;
    this.settings = settings;
    this.#services = services;
    this.#flushMessages = settings['flush.messages'];
    this.#segmentBytes = settings['segment.bytes'];
    this.#segmentMs = settings['segment.ms'];
    this.isCompacted = isCompacted(settings);
    this.lastFlushedMs = Math.trunc(host.wallMicros() / 1000);
    this.segments = new SegmentFiles(host, path, settings, services, this.content);
    this.leaderEpochs = new LeaderEpochCache(
      host.disk,
      path,
      () => services.flushEpochsLater(this),
      services.rules.messageFormat >= 2,
    );
    this.producers = new ProducerState(
      new ProducerSnapshots(host.disk, path),
      services.rules,
      services.producerExpirationMs,
    );
  }

  get logStartOffset(): number {
    return this.#logStartOffset;
  }
  get logEndOffset(): number {
    return this.#logEndOffset;
  }
  get highWatermark(): number {
    return this.#highWatermark;
  }
  /** Below it every record is decided: where a read_committed consumer's reads end (UnifiedLog.fetchLastStableOffsetMetadata). */
  get lastStableOffset(): number {
    const unstable = this.producers.transactions.firstUnstableOffset;
    if (unstable < 0 || unstable >= this.#highWatermark) return this.#highWatermark;
    return Math.max(unstable, this.#logStartOffset);
  }
  get batches(): readonly RecordBatch[] {
    return this.content.batches;
  }

  // ---------------------------------------------------------------------- append

  /** Stamps a client's batch with the next offset and the leader epoch, and appends it. Its sequence was checked before. */
  appendAsLeader(batch: RecordBatch, leaderEpoch: number): RecordBatch {
    const appended: RecordBatch = {
      baseOffset: this.#logEndOffset,
      partitionLeaderEpoch: leaderEpoch,
      producerId: batch.producerId,
      producerEpoch: batch.producerEpoch,
      baseSequence: batch.baseSequence,
      records: batch.records,
      bytes: batch.bytes,
      isTransactional: batch.isTransactional,
      marker: batch.marker,
      compacted: undefined,
    };
    if (this.#services.rules.messageFormat < 2) this.#appendMessages(appended);
    else this.#append(appended, 1);
    return appended;
  }

  /**
   * Before v2 there are no batches: each record that is not compressed is a message of its own, with its own offset and CRC,
   * and a crash may tear the set anywhere. The set goes into one segment (Log.append, maybeRoll). The leader epoch is not
   * part of a message: it stays with it for probes alone.
   */
  #appendMessages(set: RecordBatch): void {
    this.directory.mustBeOnline();
    const { messageFormat } = this.#services.rules;
    this.#rollFor(set);
    for (let i = 0; i < set.records.length; i++) {
      const record = set.records[i];
      const bytes = messageBytes(record, messageFormat);
      this.#write({ ...set, baseOffset: set.baseOffset + i, records: [record], bytes }, 1);
    }
  }

  /** Takes a batch over as the leader wrote it: offsets and epoch kept, its epoch fed to the cache. */
  appendAsFollower(batch: RecordBatch): void {
    assert(
      batch.baseOffset >= this.#logEndOffset,
      'a follower appends at or above its log end (UnexpectedAppendOffset)',
    );
    this.#append(batch, 0);
  }

  #append(batch: RecordBatch, asLeader: 0 | 1): void {
    this.directory.mustBeOnline();
    this.leaderEpochs.assign(batch.partitionLeaderEpoch, batch.baseOffset);
    this.#rollFor(batch);
    this.#write(batch, asLeader);
  }

  #rollFor(batch: RecordBatch): void {
    const { active } = this.segments;
    if (active.shouldRoll(batch, this.#segmentBytes, this.#segmentMs, this.#nowMs())) this.roll(batch.baseOffset);
  }

  #write(batch: RecordBatch, asLeader: 0 | 1): void {
    const { active } = this.segments;
    const oldLogEnd = this.#logEndOffset;
    mustSucceed(active.file.append(batch, batch.bytes), active.file.path);
    this.take(active, batch, this.#nowMs());
    const completed = this.producers.append(batch);
    if (completed?.aborted === true) {
      this.abortedTransactions.add(completed, this.producers.transactions.firstOpenOffset);
    }
    if (batch.compacted === undefined && batch.baseOffset === oldLogEnd) this.#announce(batch, asLeader);
    else this.#announceWithGaps(batch, oldLogEnd);
    if (this.#logEndOffset - this.recoveryPoint >= this.#flushMessages) this.flush();
  }

  #announce(batch: RecordBatch, asLeader: 0 | 1): void {
    const { id, probes } = this.#host;
    const { baseOffset, partitionLeaderEpoch: epoch, records } = batch;
    for (let i = 0; i < records.length; i++) {
      probes.emit(Probe.append, id, this.partition, baseOffset + i, epoch, records[i].value, asLeader);
    }
  }

  /** Of a batch that a follower got from a compacted log: offsets before it, or within it, are empty. */
  #announceWithGaps(batch: RecordBatch, oldLogEnd: number): void {
    const { id, probes } = this.#host;
    const { partitionLeaderEpoch: epoch, records } = batch;
    let next = oldLogEnd;
    for (let i = 0; i < records.length; i++) {
      const offset = offsetAt(batch, i);
      if (offset > next) probes.emit(Probe.logGap, id, this.partition, next, offset);
      probes.emit(Probe.append, id, this.partition, offset, epoch, records[i].value, 0);
      next = offset + 1;
    }
    if (next < this.#logEndOffset) probes.emit(Probe.logGap, id, this.partition, next, this.#logEndOffset);
  }

  /**
   * Takes in a batch that the segment's file holds: just appended, or found while the log is loaded.
   * @param nowMs of the append; -1: it was found
   */
  take(segment: LogSegment, batch: RecordBatch, nowMs = -1): void {
    this.content.push(batch);
    segment.took(batch, nowMs);
    this.#logEndOffset = lastOffset(batch) + 1;
  }

  /**
   * Begins a new segment (UnifiedLog.roll): at the log's end, or behind a gap in what the leader sent. The producers'
   * state goes into a snapshot; both that and what lies below the new segment are flushed in a step of its own.
   */
  roll(expectedNextOffset = 0): void {
    const newOffset = Math.max(expectedNextOffset, this.#logEndOffset);
    this.segments.roll(newOffset);
    this.producers.moveEndTo(newOffset);
    const snapshot = this.producers.takeSnapshot();
    this.#host.probes.emit(Probe.segmentRolled, this.#host.id, this.partition, newOffset, this.segments.count);
    this.#services.flushLater(this, newOffset, snapshot);
  }

  // ---------------------------------------------------------------------- read

  /** Index of the batch that holds the offset, or of the first one above it; `batches.length` if there is none. */
  indexOf(offset: number): number {
    return this.content.indexOf(offset);
  }

  /**
   * Batches from the one that holds `offset` on, all of them below `maxOffset`, in at most `maxBytes`; the first is
   * returned whatever its size if `minOneMessage` (KIP-74). Never from two segments at once (LogSegment.read).
   */
  read(offset: number, maxOffset: number, maxBytes: number, minOneMessage: boolean): readonly RecordBatch[] {
    const { content } = this;
    const { batches } = content;
    const from = offset >= maxOffset ? batches.length : content.indexOf(offset);
    const end = this.segments.endOfSegmentWith(from);
    let to = from;
    let bytes = 0;
    while (to < end && lastOffset(batches[to]) < maxOffset) {
      bytes += batches[to].bytes;
      if (bytes > maxBytes && !(minOneMessage && to === from)) break;
      to++;
    }
    return content.slice(from, to);
  }

  /** False: some batch that holds an offset in [from, to) is damaged on the disk, as its CRC would tell. */
  intact(from: number, to: number): boolean {
    const damaged = this.damagedFrom(from);
    return damaged < 0 || damaged >= to;
  }

  /** The first offset from `from` on that lies in a batch damaged on the disk; -1: there is none. */
  damagedFrom(from: number): number {
    const { content, segments } = this;
    if (!segments.hasDamage) return -1;
    const batch = segments.firstDamaged(content.indexOf(from));
    return batch < 0 ? -1 : Math.max(from, content.batches[batch].baseOffset);
  }

  /** Bytes of the batches in [from, to). */
  bytesBetween(from: number, to: number): number {
    const { content } = this;
    return from >= to ? 0 : content.bytesBelow(content.indexOf(to)) - content.bytesBelow(content.indexOf(from));
  }

  /** Rolling hash of (offset, leader epoch, value) of every record below the offset. */
  hashBelow(offset: number): number {
    return this.content.hashBelow(offset);
  }

  recordAt(offset: number): RecordView | undefined {
    if (offset < this.#logStartOffset || offset >= this.#logEndOffset) return undefined;
    const batch = this.batches[this.content.indexOf(offset)];
    if (batch === undefined) return undefined;
    const index = indexFrom(batch, offset);
    if (index === batch.records.length || offsetAt(batch, index) !== offset) return undefined;
    return { leaderEpoch: batch.partitionLeaderEpoch, value: batch.records[index].value };
  }

  endOffsetForEpoch(epoch: number): EpochEndOffset | undefined {
    return this.leaderEpochs.endOffsetFor(epoch, this.#logEndOffset);
  }

  // ---------------------------------------------------------------------- compaction

  /**
   * A cleaned segment takes the place of these (UnifiedLog.replaceSegments); its file stands by, fsynced.
   * @param aborted of the transactions that were aborted in them, those that have some data left
   */
  replaceSegments(
    old: readonly LogSegment[],
    file: File,
    batches: readonly RecordBatch[],
    aborted: readonly AbortedEntry[],
  ): void {
    const end = this.segments.endOf(old[old.length - 1]);
    const gone = this.segments.replace(old, file, batches);
    this.producers.snapshots.remove((snapshot) => gone.includes(snapshot));
    this.abortedTransactions.cleaned(old[0].baseOffset, end, aborted);
  }

  // ---------------------------------------------------------------------- truncation

  /**
   * Drops everything from `offset` on (UnifiedLog.truncateTo): log end, epoch cache and producer state go back together,
   * and the high watermark with them if it stood above. Returns false if there was nothing to drop; even then epochs
   * that begin at the end go, since a leader that appended nothing leaves one there.
   *
   * A departure: of a batch that the cut falls into Kafka keeps nothing either, but lets the log end at `offset`.
   */
  truncateTo(offset: number, reason: number): boolean {
    this.directory.mustBeOnline();
    const oldLogEnd = this.#logEndOffset;
    if (offset >= oldLogEnd) {
      this.leaderEpochs.truncateFromEnd(oldLogEnd);
      return false;
    }
    if (offset < this.segments.first.baseOffset) {
      this.truncateFullyAndStartAt(offset, reason);
      return true;
    }
    if (offset < this.segments.active.baseOffset) this.#services.truncating(this);
    const keep = this.content.indexOf(offset);
    const newLogEnd = keep < this.batches.length ? Math.min(offset, this.batches[keep].baseOffset) : offset;
    const deleted = this.segments.truncateTo(newLogEnd, keep);
    this.producers.snapshots.remove((snapshot) => deleted.includes(snapshot));
    this.abortedTransactions.truncate(newLogEnd);
    this.#endAt(newLogEnd, oldLogEnd, reason);
    rebuildProducerState(this, this.producers, newLogEnd, this.#nowMs(), this.#services.rules);
    this.producers.transactions.highWatermarkMoved(this.#highWatermark);
    announceReload(this, this.#host);
    this.#services.truncated(this);
    return true;
  }

  /** Drops everything and goes on from `offset`, above or below what there was (UnifiedLog.truncateFullyAndStartAt). */
  truncateFullyAndStartAt(offset: number, reason: number): void {
    this.directory.mustBeOnline();
    this.#services.truncating(this);
    const oldLogEnd = this.#logEndOffset;
    this.segments.restartAt(offset);
    this.leaderEpochs.clear();
    this.producers.restartAt(offset);
    this.abortedTransactions.truncate(0);
    const oldLogStart = this.#logStartOffset;
    this.#logStartOffset = Math.min(offset, oldLogStart);
    this.#endAt(Math.min(offset, oldLogStart), oldLogEnd, reason);
    this.#logStartOffset = offset;
    this.#logEndOffset = offset;
    this.recoveryPoint = Math.min(this.recoveryPoint, offset);
    const { id, probes } = this.#host;
    probes.emit(Probe.logStart, id, this.partition, offset, oldLogStart, LogStartReason.restarted);
    this.updateHighWatermark(offset, this.leaderEpochs.latestEpoch, false);
    this.#services.truncated(this);
  }

  #endAt(offset: number, oldLogEnd: number, reason: number): void {
    this.#logEndOffset = offset;
    this.#logStartOffset = Math.min(this.#logStartOffset, offset);
    this.recoveryPoint = Math.min(this.recoveryPoint, offset);
    this.leaderEpochs.truncateFromEnd(offset);
    const { id, probes } = this.#host;
    probes.emit(Probe.truncate, id, this.partition, offset, oldLogEnd, reason);
    if (this.#highWatermark > offset) this.updateHighWatermark(offset, this.leaderEpochs.latestEpoch, false);
  }

  // ---------------------------------------------------------------------- log start, high watermark

  /**
   * Whatever lies below is deleted, for readers at once, on the disk when its segment goes
   * (maybeIncrementLogStartOffset). The checkpoint of log starts is written later: a crash may bring it back.
   * @returns false if the offset is not above the log's start, or above the high watermark (OFFSET_OUT_OF_RANGE)
   */
  incrementLogStart(offset: number, reason: number): boolean {
    const old = this.#logStartOffset;
    if (offset <= old || offset > this.#highWatermark) return false;
    this.#logStartOffset = offset;
    this.recoveryPoint = Math.max(this.recoveryPoint, offset);
    this.leaderEpochs.truncateFromStart(offset);
    this.producers.startAt(offset);
    this.#host.probes.emit(Probe.logStart, this.#host.id, this.partition, offset, old, reason);
    return true;
  }

  /** Moves the high watermark, held between log start and log end; backward too, which only a follower may ask for. */
  updateHighWatermark(offset: number, leaderEpoch: number, asLeader: boolean): boolean {
    const old = this.#highWatermark;
    const bounded = Math.max(this.#logStartOffset, Math.min(offset, this.#logEndOffset));
    if (bounded === old) return false;
    assert(!asLeader || bounded > old, "a leader's high watermark never goes back within its leadership");
    this.#highWatermark = bounded;
    this.producers.transactions.highWatermarkMoved(bounded);
    const { id, probes } = this.#host;
    probes.emit(Probe.highWatermark, id, this.partition, bounded, old, leaderEpoch, asLeader ? 1 : 0);
    return true;
  }

  /** While the log is loaded: the checkpointed high watermark, held within the log. A restart is not a move. */
  restoreHighWatermark(offset: number): void {
    this.#highWatermark = Math.max(this.#logStartOffset, Math.min(offset, this.#logEndOffset));
    this.producers.transactions.highWatermarkMoved(this.#highWatermark);
  }

  /** While the log is loaded: what its segments and the checkpoint of log starts say. */
  restoreBounds(logStartOffset: number, logEndOffset: number): void {
    this.#logStartOffset = logStartOffset;
    this.#logEndOffset = logEndOffset;
  }

  // ---------------------------------------------------------------------- flush, producers

  /** Everything written so far is on the platter before this returns: flush.messages, and an orderly stop. */
  flush(): void {
    this.directory.mustBeOnline();
    const end = this.#logEndOffset;
    const { files, syncsDirectory } = this.segments.unflushed(this.recoveryPoint, end);
    for (const file of files) mustSucceed(file.fsyncNow(), file.path);
    if (syncsDirectory) this.#host.disk.syncDir(this.path);
    this.markFlushed(end);
  }

  /** What lies below `offset` was fsynced: the recovery point follows (LocalLog.markFlushed). */
  markFlushed(offset: number): void {
    this.lastFlushedMs = this.#nowMs();
    if (offset > this.recoveryPoint) this.recoveryPoint = offset;
  }

  /** PeriodicProducerExpirationCheck. */
  expireProducers(): void {
    const { id, probes } = this.#host;
    for (const producer of this.producers.removeExpired(this.#nowMs())) {
      probes.emit(Probe.producerWindow, id, this.partition, producer, -1, -1, 1);
    }
  }

  #nowMs(): number {
    return Math.trunc(this.#host.wallMicros() / 1000);
  }
}
