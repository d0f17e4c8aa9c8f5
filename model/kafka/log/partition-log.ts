/**
 * One replica's log: UnifiedLog, on one file of record batches. All offsets are exclusive ends, as in Kafka.
 *
 * The batches themselves are immutable and shared by all replicas that hold them. Beside each stands the running hash
 * and the running size at its end, so that prefixes compare in O(log n) and sizes between offsets are a subtraction.
 */
import { ENTRY_OK, type File } from '../../kernel/disk.js';
import type { Host } from '../../kernel/process.js';
import { assert } from '../../kernel/assert.js';
import type { TopicSettings } from '../cluster-spec.js';
import { Probe } from '../probes.js';
import { lastOffset, type RecordBatch } from '../protocol/records.js';
import { LeaderEpochCache, type EpochEndOffset } from './leader-epoch-cache.js';
import { segmentPath } from './paths.js';
import { ProducerState } from './producer-state.js';
import { hashBatch, hashRecord } from './rolling-hash.js';
import { mustSucceed } from './storage-error.js';

export interface RecordView {
  readonly leaderEpoch: number;
  readonly value: number;
}

const NO_BATCHES: readonly RecordBatch[] = [];

export class PartitionLog {
  /** The partition's number; the `key` of every probe. */
  readonly partition: number;
  readonly name: string;
  /** Nothing is ever deleted from the head of a log here. */
  readonly logStartOffset = 0;
  readonly leaderEpochs: LeaderEpochCache;
  readonly producers = new ProducerState();
  /** Everything below this offset is on the platter. */
  recoveryPoint = 0;
  #logEndOffset = 0;
  #highWatermark = 0;
  readonly #host: Host;
  readonly #file: File;
  readonly #flushMessages: number;
  #directorySynced = false;
  readonly #batches: RecordBatch[] = [];
  /** By batch: hash of everything up to its end. */
  readonly #hashes: number[] = [];
  /** By batch: bytes of the log up to its end. */
  readonly #ends: number[] = [];

  /** Opens or creates the files. What they hold is taken in by `replay` (recovery.ts). */
  constructor(host: Host, partition: number, name: string, settings: TopicSettings) {
    this.#host = host;
    this.partition = partition;
    this.name = name;
    this.#flushMessages = settings['flush.messages'];
    this.#file = host.disk.open(segmentPath(name));
    this.leaderEpochs = new LeaderEpochCache(host.disk, name);
  }

  get logEndOffset(): number {
    return this.#logEndOffset;
  }
  get highWatermark(): number {
    return this.#highWatermark;
  }
  /** Without transactions every record below the high watermark is stable. */
  get lastStableOffset(): number {
    return this.#highWatermark;
  }
  get batches(): readonly RecordBatch[] {
    return this.#batches;
  }

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
    };
    this.#append(appended, 1);
    return appended;
  }

  /** Takes a batch over as the leader wrote it: offsets and epoch kept, its epoch fed to the cache. */
  appendAsFollower(batch: RecordBatch): void {
    assert(
      batch.baseOffset >= this.#logEndOffset,
      'a follower appends at or above its log end (UnexpectedAppendOffset)',
    );
    this.#append(batch, 0);
  }

  /** Index of the batch that holds the offset, or of the first one above it; `batches.length` if there is none. */
  indexOf(offset: number): number {
    const batches = this.#batches;
    const count = batches.length;
    if (offset >= this.#logEndOffset) return count;
    if (count === 0 || offset >= batches[count - 1].baseOffset) return Math.max(0, count - 1);
    let low = 0;
    let high = count - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (lastOffset(batches[middle]) < offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /**
   * Batches from the one that holds `offset` on, all of them below `maxOffset`, in at most `maxBytes`; the first is
   * returned whatever its size if `minOneMessage` (KIP-74).
   */
  read(offset: number, maxOffset: number, maxBytes: number, minOneMessage: boolean): readonly RecordBatch[] {
    if (offset >= maxOffset) return NO_BATCHES;
    const batches = this.#batches;
    const from = this.indexOf(offset);
    let to = from;
    let bytes = 0;
    while (to < batches.length && lastOffset(batches[to]) < maxOffset) {
      bytes += batches[to].bytes;
      if (bytes > maxBytes && !(minOneMessage && to === from)) break;
      to++;
    }
    return from === to ? NO_BATCHES : batches.slice(from, to);
  }

  /** False: some batch that holds an offset in [from, to) is damaged on the disk, as its CRC would tell. */
  intact(from: number, to: number): boolean {
    for (let i = this.indexOf(from); i < this.#batches.length && this.#batches[i].baseOffset < to; i++) {
      if (this.#file.state(i) !== ENTRY_OK) return false;
    }
    return true;
  }

  /** Bytes of the batches in [from, to). */
  bytesBetween(from: number, to: number): number {
    return from >= to ? 0 : this.#bytesBelow(this.indexOf(to)) - this.#bytesBelow(this.indexOf(from));
  }

  /**
   * Drops everything from `offset` on (UnifiedLog.truncateTo): log end, epoch cache and producer state go back together,
   * and the high watermark with them if it stood above. Returns false if there was nothing to drop; even then epochs
   * that begin at the end go, since a leader that appended nothing leaves one there.
   */
  truncateTo(offset: number, reason: number): boolean {
    const oldLogEnd = this.#logEndOffset;
    if (offset >= oldLogEnd) {
      this.leaderEpochs.truncateFromEnd(oldLogEnd);
      return false;
    }
    const keep = this.indexOf(offset);
    mustSucceed(this.#file.truncate(keep), this.#file.path);
    this.#batches.length = keep;
    this.#hashes.length = keep;
    this.#ends.length = keep;
    // A batch that the cut falls into goes as a whole.
    this.#logEndOffset = keep === 0 ? this.logStartOffset : lastOffset(this.#batches[keep - 1]) + 1;
    this.recoveryPoint = Math.min(this.recoveryPoint, this.#logEndOffset);
    this.leaderEpochs.truncateFromEnd(this.#logEndOffset);
    this.producers.truncate(this.#batches, keep);
    const { id, probes } = this.#host;
    probes.emit(Probe.truncate, id, this.partition, this.#logEndOffset, oldLogEnd, reason);
    if (this.#highWatermark > this.#logEndOffset) {
      this.updateHighWatermark(this.#logEndOffset, this.leaderEpochs.latestEpoch, false);
    }
    return true;
  }

  /** Moves the high watermark, held between log start and log end; backward too, which only a follower may ask for. */
  updateHighWatermark(offset: number, leaderEpoch: number, asLeader: boolean): boolean {
    const old = this.#highWatermark;
    const bounded = Math.max(this.logStartOffset, Math.min(offset, this.#logEndOffset));
    if (bounded === old) return false;
    assert(!asLeader || bounded > old, "a leader's high watermark never goes back within its leadership");
    this.#highWatermark = bounded;
    const { id, probes } = this.#host;
    probes.emit(Probe.highWatermark, id, this.partition, bounded, old, leaderEpoch, asLeader ? 1 : 0);
    return true;
  }

  /** While the log is loaded: the checkpointed high watermark, held within the log. A restart is not a move. */
  restoreHighWatermark(offset: number): void {
    this.#highWatermark = Math.max(this.logStartOffset, Math.min(offset, this.#logEndOffset));
  }

  endOffsetForEpoch(epoch: number): EpochEndOffset | undefined {
    return this.leaderEpochs.endOffsetFor(epoch, this.#logEndOffset);
  }

  /** Everything written so far is on the platter before this returns. */
  flush(): void {
    mustSucceed(this.#file.fsyncNow(), this.#file.path);
    if (!this.#directorySynced) this.#host.disk.syncDir(this.name);
    this.#directorySynced = true;
    this.recoveryPoint = this.#logEndOffset;
  }

  /** Rolling hash of (offset, leader epoch, value) of every record below the offset. */
  hashBelow(offset: number): number {
    const index = this.indexOf(offset);
    const hash = index === 0 ? 0 : this.#hashes[index - 1];
    if (index === this.#batches.length) return hash;
    const batch = this.#batches[index];
    return hashBatch(hash, batch, Math.max(0, offset - batch.baseOffset));
  }

  recordAt(offset: number): RecordView | undefined {
    if (offset < this.logStartOffset || offset >= this.#logEndOffset) return undefined;
    const batch = this.#batches[this.indexOf(offset)];
    const record = batch.records[offset - batch.baseOffset];
    return record === undefined ? undefined : { leaderEpoch: batch.partitionLeaderEpoch, value: record.value };
  }

  /** Takes in a batch that the file already holds, while the log is loaded. The epoch cache is not touched. */
  replay(batch: RecordBatch): void {
    this.#take(batch);
  }

  #append(batch: RecordBatch, asLeader: 0 | 1): void {
    this.leaderEpochs.assign(batch.partitionLeaderEpoch, batch.baseOffset);
    mustSucceed(this.#file.append(batch, batch.bytes), this.#file.path);
    this.#take(batch);
    const { id, probes } = this.#host;
    const epoch = batch.partitionLeaderEpoch;
    for (let i = 0; i < batch.records.length; i++) {
      probes.emit(Probe.append, id, this.partition, batch.baseOffset + i, epoch, batch.records[i].value, asLeader);
    }
    if (this.#logEndOffset - this.recoveryPoint >= this.#flushMessages) this.flush();
  }

  #take(batch: RecordBatch): void {
    const count = this.#batches.length;
    this.#batches.push(batch);
    let hash = count === 0 ? 0 : this.#hashes[count - 1];
    for (let i = 0; i < batch.records.length; i++) {
      hash = hashRecord(hash, batch.baseOffset + i, batch.partitionLeaderEpoch, batch.records[i].value);
    }
    this.#hashes.push(hash);
    this.#ends.push((count === 0 ? 0 : this.#ends[count - 1]) + batch.bytes);
    this.#logEndOffset = lastOffset(batch) + 1;
    this.producers.append(batch);
  }

  #bytesBelow(index: number): number {
    return index === 0 ? 0 : this.#ends[index - 1];
  }
}
