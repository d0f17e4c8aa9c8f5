/**
 * The thread that compacts logs: LogCleaner.CleanerThread, Cleaner, LogCleanerManager. One thread (log.cleaner.threads=1).
 * It takes the dirtiest log, maps its dirty part, writes what is to stay segment group by segment group into new files,
 * and swaps each in; the checkpoint says how far it came. Then it waits log.cleaner.backoff.ms, unless there was work.
 *
 * Between its steps the log goes on: map | group written | flushed | swap begun | swap ended | next group | checkpoint.
 */
import type { File, IoResult } from '../../../kernel/disk.js';
import type { Host } from '../../../kernel/process.js';
import type { BrokerSettings } from '../../cluster-spec.js';
import { Probe } from '../../probes.js';
import type { RecordBatch } from '../../protocol/records.js';
import type { Rules } from '../../protocol/versions/rules.js';
import { LogTimer } from '../log-timers.js';
import type { LogDirectory } from '../log-directory.js';
import type { PartitionLog } from '../partition-log.js';
import { cleanedPath, CLEANER_CHECKPOINT } from '../paths.js';
import { deleteOldSegments } from '../retention.js';
import type { LogSegment } from '../segment.js';
import { mustSucceed } from '../storage-error.js';
import { CleanedTransactions } from './cleaned-transactions.js';
import { isCleanable, toClean, type LogToClean } from './cleanable.js';
import { filterBatch, type BatchFilter, type RemovedRecord } from './filter-batch.js';
import { buildOffsetMap, type OffsetMap } from './offset-map.js';
import { groupSegments } from './segment-groups.js';
import { beginSwap, endSwap } from './segment-swap.js';

/** Bytes of a key's hash and an offset (SkimpyOffsetMap.bytesPerEntry, MD5). */
const BYTES_PER_KEY = 24;
const MOST_BUFFER_BYTES = 2_147_483_647;

/** A group of segments on its way to be one. */
interface CleanedGroup {
  readonly segments: readonly LogSegment[];
  readonly file: File;
  readonly batches: readonly RecordBatch[];
  readonly removed: readonly RemovedRecord[];
  /** Swapped in, and not yet under its name. */
  isSwapping: boolean;
}

/** One log that is being cleaned. */
interface Cleaning {
  readonly log: PartitionLog;
  readonly map: OffsetMap;
  readonly filter: BatchFilter;
  /** Before KIP-534: tombstones of segments that were last written before this go. */
  readonly deleteHorizonMs: number;
  readonly groups: readonly (readonly LogSegment[])[];
  next: number;
  group: CleanedGroup | null;
}

export class LogCleaner {
  readonly #host: Host;
  readonly #rules: Rules;
  readonly #backoffMicros: number;
  readonly #capacity: number;
  /** The compacted logs that are loaded. */
  readonly #logs: () => readonly PartitionLog[];
  readonly #directories: readonly LogDirectory[];
  /** By directory, then partition: the first offset that was not cleaned (cleaner-offset-checkpoint). */
  #checkpoints: (number | undefined)[][] = [];
  /** Cleaning one failed: nobody tries again (markPartitionUncleanable). */
  readonly #uncleanable = new Set<number>();
  #cleaning: Cleaning | null = null;
  /** Counts cleanings: a step of one that was aborted comes to nothing. */
  #turn = 0;

  constructor(
    host: Host,
    settings: BrokerSettings,
    rules: Rules,
    directories: readonly LogDirectory[],
    logs: () => readonly PartitionLog[],
  ) {
    this.#directories = directories;
    this.#host = host;
    this.#rules = rules;
    this.#logs = logs;
    this.#backoffMicros = settings['log.cleaner.backoff.ms'] * 1000;
    const bytes = Math.min(settings['log.cleaner.dedupe.buffer.size'], MOST_BUFFER_BYTES);
    this.#capacity = Math.floor(Math.floor(bytes / BYTES_PER_KEY) * settings['log.cleaner.io.buffer.load.factor']);
  }

  start(): void {
    this.#checkpoints = this.#directories.map((directory) => [...directory.read(CLEANER_CHECKPOINT)]);
    this.#host.later(LogTimer.cleanerStep, this.#turn);
  }

  // ---------------------------------------------------------------------- truncation

  /** A log is about to be cut below its active segment: whatever is done to it must come to an end (abortAndPauseCleaning). */
  abort(log: PartitionLog): void {
    const cleaning = this.#cleaning;
    if (cleaning?.log !== log) return;
    const { group } = cleaning;
    if (group?.isSwapping === true) endSwap(this.#host.disk, log.path, group.segments[0].baseOffset);
    else if (group !== null) this.#host.disk.remove(group.file.path);
    this.#cleaning = null;
    this.#turn++;
    this.#host.timer(LogTimer.cleanerStep, this.#backoffMicros, this.#turn);
  }

  /** Its log is deleted: another of the same partition has nothing to do with it (LogCleaner.abortCleaning, updateCheckpoints). */
  forget(log: PartitionLog): void {
    this.abort(log);
    this.#uncleanable.delete(log.partition);
    if (this.#checkpointOf(log) !== undefined) this.#checkpointAt(log, undefined);
  }

  /** Its directory has failed: nothing of it is touched any more (LogCleanerManager.handleLogDirFailure). */
  drop(log: PartitionLog): void {
    if (this.#cleaning?.log !== log) return;
    this.#cleaning = null;
    this.#turn++;
    this.#host.timer(LogTimer.cleanerStep, this.#backoffMicros, this.#turn);
  }

  /** What was clean and is gone will come back dirty (maybeTruncateCheckpoint). */
  truncated(log: PartitionLog): void {
    const { baseOffset } = log.segments.active;
    if ((this.#checkpointOf(log) ?? 0) > baseOffset) this.#checkpointAt(log, baseOffset);
  }

  // ---------------------------------------------------------------------- the thread

  /** @param turn of which cleaning */
  step(turn: number): void {
    if (turn !== this.#turn) return;
    const cleaning = this.#cleaning;
    if (cleaning === null) return this.#doWork();
    if (cleaning.group?.isSwapping === true) this.#endSwap(cleaning);
    if (cleaning.next < cleaning.groups.length) this.#cleanGroup(cleaning);
    else this.#finish(cleaning);
  }

  /** The cleaned file is on the platter. */
  onSynced(turn: number, result: IoResult): void {
    const cleaning = this.#cleaning;
    if (turn !== this.#turn || cleaning === null) return;
    mustSucceed(result, cleaning.log.path);
    this.#beginSwap(cleaning);
    this.#host.later(LogTimer.cleanerStep, this.#turn);
  }

  /** CleanerThread.doWork up to the log that it takes; what is only deleted, it deletes while it is at it. */
  #doWork(): void {
    const filthiest = this.#filthiest();
    if (filthiest === null) {
      this.#deleteOldSegments();
      this.#host.timer(LogTimer.cleanerStep, this.#backoffMicros, this.#turn);
      return;
    }
    this.#begin(filthiest);
    this.#host.later(LogTimer.cleanerStep, this.#turn);
  }

  #filthiest(): LogToClean | null {
    let filthiest: LogToClean | null = null;
    for (const log of this.#logs()) {
      const { partition } = log;
      if (this.#uncleanable.has(partition)) continue;
      const candidate = toClean(log, this.#checkpointOf(log), this.#nowMs(), this.#rules);
      if (candidate.checkpointIsInvalid) this.#checkpointAt(log, candidate.firstDirtyOffset);
      if (!isCleanable(candidate)) continue;
      if (filthiest === null || candidate.dirtyRatio > filthiest.dirtyRatio) filthiest = candidate;
    }
    return filthiest;
  }

  /** Maps the dirty part, and plans the groups (Cleaner.doClean). */
  #begin({ log, firstDirtyOffset, firstUncleanableOffset }: LogToClean): void {
    const { segments, settings } = log;
    // What the map would be made of cannot be read: an exception that no cleaner expects.
    if (!log.intact(segments.first.baseOffset, firstUncleanableOffset)) {
      this.#uncleanable.add(log.partition);
      return;
    }
    const aborted = log.abortedTransactions.between(firstDirtyOffset, firstUncleanableOffset);
    const dirty = segments.within(firstDirtyOffset, firstUncleanableOffset).map((segment) => {
      return { batches: segments.batchesOf(segment), end: segments.endOf(segment) };
    });
    const map = buildOffsetMap(dirty, firstDirtyOffset, aborted, this.#capacity);
    const clean = segments.within(0, firstDirtyOffset).at(-1);
    const deleteRetentionMs = settings['delete.retention.ms'];
    this.#cleaning = {
      log,
      map,
      filter: {
        map,
        transactions: new CleanedTransactions(),
        producers: log.producers,
        nowMs: this.#nowMs(),
        deleteRetentionMs,
        retainsDeletes: null,
        keepsBatchBefore: this.#keepsLastBatch ? firstUncleanableOffset : -1,
      },
      deleteHorizonMs: clean === undefined ? 0 : clean.lastModifiedMs - deleteRetentionMs,
      groups: groupSegments(segments.within(0, map.latestOffset + 1), settings['segment.bytes']),
      next: 0,
      group: null,
    };
  }

  /** KAFKA-17076 (4.0). Before message format 2 no batch can be empty. */
  get #keepsLastBatch(): boolean {
    return this.#rules.messageFormat >= 2 && !this.#rules.defects['KAFKA-17076'];
  }

  /** Writes what stays of the next group aside, and asks for its fsync (Cleaner.cleanSegments). */
  #cleanGroup(cleaning: Cleaning): void {
    const { log, filter } = cleaning;
    const group = cleaning.groups[cleaning.next++];
    const removed: RemovedRecord[] = [];
    const batches: RecordBatch[] = [];
    for (const segment of group) {
      filter.transactions.expect(log.abortedTransactions.between(segment.baseOffset, log.segments.endOf(segment)));
      if (this.#rules.tombstoneRetention === 'segment-time') {
        filter.retainsDeletes = segment.lastModifiedMs > cleaning.deleteHorizonMs;
      }
      for (const batch of log.segments.batchesOf(segment)) {
        const left = filterBatch(batch, filter, removed);
        if (left !== null) batches.push(left);
      }
    }
    const file = this.#host.disk.open(cleanedPath(log.path, group[0].baseOffset));
    mustSucceed(file.truncate(0), file.path);
    for (const batch of batches) mustSucceed(file.append(batch, batch.bytes), file.path);
    cleaning.group = { segments: group, file, batches, removed, isSwapping: false };
    file.fsync(LogTimer.cleanerSynced, this.#turn);
  }

  /** From here on readers see the cleaned segment. */
  #beginSwap({ log, group, filter }: Cleaning): void {
    const { segments, file, batches, removed } = group!;
    beginSwap(this.#host.disk, log.path, segments[0].baseOffset);
    log.replaceSegments(segments, file, batches, filter.transactions.retained.splice(0));
    group!.isSwapping = true;
    const { id, probes } = this.#host;
    for (const { offset, leaderEpoch, value, why } of removed) {
      probes.emit(Probe.compacted, id, log.partition, offset, leaderEpoch, value, why);
    }
  }

  #endSwap(cleaning: Cleaning): void {
    endSwap(this.#host.disk, cleaning.log.path, cleaning.group!.segments[0].baseOffset);
    cleaning.group = null;
  }

  /** LogCleanerManager.doneCleaning; and the next log at once. */
  #finish({ log, map }: Cleaning): void {
    this.#checkpointAt(log, map.latestOffset + 1);
    this.#cleaning = null;
    this.#turn++;
    this.#deleteOldSegments();
    this.#host.later(LogTimer.cleanerStep, this.#turn);
  }

  /** Retention of compacted logs is the cleaner's work (cleanFilthiestLog), so that the two never meet. */
  #deleteOldSegments(): void {
    for (const log of this.#logs()) {
      if (!this.#uncleanable.has(log.partition)) deleteOldSegments(log, this.#nowMs());
    }
  }

  /** undefined before the cleaner has begun, too. */
  #checkpointOf({ directory, partition }: PartitionLog): number | undefined {
    return this.#checkpoints[directory.index]?.[partition];
  }

  #checkpointAt({ directory, partition }: PartitionLog, offset: number | undefined): void {
    const checkpoint = (this.#checkpoints[directory.index] ??= []);
    checkpoint[partition] = offset;
    directory.write(CLEANER_CHECKPOINT, [...checkpoint]);
  }

  #nowMs(): number {
    return Math.trunc(this.#host.wallMicros() / 1000);
  }
}
