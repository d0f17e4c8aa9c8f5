/**
 * The logs of one broker and what they share: LogManager. Loading, the checkpoint files of the log directory, and the
 * tasks that run by the clock: flush by time, recovery points, log starts, retention.
 */
import type { File } from '../../kernel/disk.js';
import type { Host } from '../../kernel/process.js';
import type { BrokerSettings, TopicSettings } from '../cluster-spec.js';
import type { Rules } from '../protocol/versions/rules.js';
import { readCleanShutdown, removeCleanShutdown, writeCleanShutdown } from './clean-shutdown.js';
import { LogFlush } from './log-flush.js';
import { LogCleaner } from './cleaner/log-cleaner.js';
import { isCompacted } from './cleanup-policy.js';
import { createLog, loadLog, logExists } from './log-loader.js';
import type { LogServices } from './log-services.js';
import { LogTimer } from './log-timers.js';
import { readOffsets, writeOffsets, type Offsets } from './offset-checkpoint.js';
import type { PartitionLog } from './partition-log.js';
import {
  deletedLogPath,
  isDeletedLog,
  HIGH_WATERMARK_CHECKPOINT,
  LOG_START_CHECKPOINT,
  RECOVERY_POINT_CHECKPOINT,
} from './paths.js';
import { snapshot } from './rebuild-producers.js';
import { deleteOldSegments } from './retention.js';
import { Probe } from '../probes.js';
import { LogDirFailure } from './storage-error.js';
import type { IoResult } from '../../kernel/disk.js';

/** What a log manager needs to know of a partition. */
export interface LogConfig {
  /** As its directory is named: orders-0. */
  readonly name: string;
  readonly settings: TopicSettings;
}

/** Long.MAX_VALUE and its like: a task that never runs. */
const NEVER_MS = 9_000_000_000_000;

export class LogManager implements LogServices {
  readonly producerExpirationMs: number;
  readonly rules: Rules;
  readonly #host: Host;
  readonly #settings: BrokerSettings;
  readonly #configs: readonly LogConfig[];
  /** By partition number. */
  readonly #logs: (PartitionLog | undefined)[] = [];
  #highWatermarks: Offsets = [];
  #recoveryPoints: Offsets = [];
  #logStarts: Offsets = [];
  #hadCleanShutdown = false;
  /** Logs that are found and not loaded yet. */
  #toLoad = 0;
  /** How many logs this process has deleted. */
  #deleted = 0;
  readonly #flushes = new Map<number, LogFlush>();
  #lastFlush = 0;
  /** null: no topic is compacted, or log.cleaner.enable is false. */
  readonly #cleaner: LogCleaner | null;

  /** @param configs every partition of the cluster by number, whether or not this broker holds it */
  constructor(host: Host, settings: BrokerSettings, configs: readonly LogConfig[], rules: Rules) {
    this.rules = rules;
    this.#host = host;
    this.#settings = settings;
    this.#configs = configs;
    this.producerExpirationMs = settings['producer.id.expiration.ms'];
    const isCleaning = settings['log.cleaner.enable'] && configs.some((config) => isCompacted(config.settings));
    const compacted = (): readonly PartitionLog[] => this.#held().filter((log) => log.isCompacted);
    this.#cleaner = isCleaning ? new LogCleaner(host, settings, rules, compacted) : null;
  }

  /** undefined: this broker holds no log of the partition, or has not loaded it. */
  log(partition: number): PartitionLog | undefined {
    return this.#logs[partition];
  }

  // ---------------------------------------------------------------------- start-up and stop

  /**
   * Reads what the files of the log directory say, and takes the marker of an orderly stop away.
   * @returns the partitions of which a log is to be loaded
   */
  beginLoading(): readonly number[] {
    const { disk } = this.#host;
    this.#hadCleanShutdown = readCleanShutdown(disk) >= 0;
    this.#highWatermarks = readOffsets(disk, HIGH_WATERMARK_CHECKPOINT);
    this.#recoveryPoints = readOffsets(disk, RECOVERY_POINT_CHECKPOINT);
    this.#logStarts = readOffsets(disk, LOG_START_CHECKPOINT);
    for (const path of disk.list('')) if (isDeletedLog(path)) disk.remove(path);
    const partitions = this.#configs.flatMap(({ name }, partition) => (logExists(disk, name) ? [partition] : []));
    this.#toLoad = partitions.length;
    // With KAFKA-10471 it stays until all is loaded.
    if (!this.rules.defects['KAFKA-10471'] || this.#toLoad === 0) removeCleanShutdown(disk);
    return partitions;
  }

  /** Loads and recovers one of them. */
  load(partition: number): PartitionLog {
    const { name, settings } = this.#configs[partition];
    const checkpointed = {
      highWatermark: this.#highWatermarks[partition] ?? 0,
      recoveryPoint: this.#recoveryPoints[partition] ?? 0,
      logStart: this.#logStarts[partition] ?? 0,
    };
    const log = loadLog(this.#host, partition, name, settings, this, checkpointed, this.#hadCleanShutdown);
    this.#logs[partition] = log;
    this.#toLoad--;
    if (this.#toLoad === 0) removeCleanShutdown(this.#host.disk);
    return log;
  }

  /** The log of a replica that this broker is told to host: the one that it loaded, or a new one. */
  getOrCreate(partition: number): PartitionLog {
    const { name, settings } = this.#configs[partition];
    return (this.#logs[partition] ??= createLog(this.#host, partition, name, settings, this));
  }

  /** Those of which there is a log. */
  partitions(): readonly number[] {
    return this.#held().map(({ partition }) => partition);
  }

  /**
   * LogManager.asyncDelete: the directory is renamed at once, so that another log of the partition may take its place; what is
   * in it goes after file.delete.delay.ms.
   */
  delete(partition: number): void {
    const log = this.#logs[partition];
    if (log === undefined) return;
    const { disk, id, probes } = this.#host;
    this.#cleaner?.forget(log);
    this.#logs[partition] = undefined;
    const path = deletedLogPath(log.name, this.#deleted++);
    disk.rename(log.name, path);
    disk.syncDir('');
    this.unlinkLater(path, log.settings['file.delete.delay.ms']);
    this.checkpointRecoveryPoints();
    this.checkpointLogStarts();
    probes.emit(Probe.replicaDeleted, id, partition, log.logEndOffset);
  }

  /** All logs are loaded: the tasks begin, each after log.initial.task.delay.ms. */
  startTasks(): void {
    const delay = this.#settings['log.initial.task.delay.ms'];
    for (const task of [
      LogTimer.retention,
      LogTimer.flushDirty,
      LogTimer.checkpointRecoveryPoints,
      LogTimer.checkpointLogStarts,
    ]) {
      this.#schedule(task, delay);
    }
    this.#cleaner?.start();
  }

  /**
   * LogManager.shutdown: every log is flushed and its producers are written down, then the recovery points, the log
   * starts, and only then the marker that says so.
   */
  shutDown(brokerEpoch: number): void {
    for (const log of this.#held()) {
      log.flush();
      snapshot(log.producers, this.rules);
    }
    this.checkpointRecoveryPoints();
    this.checkpointLogStarts();
    writeCleanShutdown(this.#host.disk, brokerEpoch);
  }

  // ---------------------------------------------------------------------- checkpoints

  /** replica.high.watermark.checkpoint.interval.ms (ReplicaManager.checkpointHighWatermarks). */
  checkpointHighWatermarks(): void {
    this.#write(HIGH_WATERMARK_CHECKPOINT, (log) => log.highWatermark);
  }

  checkpointRecoveryPoints(): void {
    this.#write(RECOVERY_POINT_CHECKPOINT, (log) => log.recoveryPoint);
  }

  /** Only those that no segment's name tells (checkpointLogStartOffsetsInDir). */
  checkpointLogStarts(): void {
    this.#write(LOG_START_CHECKPOINT, (log) =>
      log.logStartOffset > log.segments.first.baseOffset ? log.logStartOffset : undefined,
    );
  }

  #write(path: string, offset: (log: PartitionLog) => number | undefined): void {
    const offsets: (number | undefined)[] = [];
    for (const log of this.#held()) offsets[log.partition] = offset(log);
    writeOffsets(this.#host.disk, path, offsets);
  }

  // ---------------------------------------------------------------------- tasks

  onTimer(kind: number, arg: number, payload: unknown): void {
    switch (kind) {
      case LogTimer.flush:
        this.#flushes.get(arg)!.begin();
        this.#proceed(arg);
        return;
      case LogTimer.synced:
        this.#onSynced(arg, payload as IoResult);
        return;
      case LogTimer.flushEpochs:
        this.#logs[arg]?.leaderEpochs.flush();
        return;
      case LogTimer.unlink:
        this.#host.disk.remove(payload as string);
        return;
      case LogTimer.flushDirty:
        this.#flushDirtyLogs();
        this.#schedule(kind, this.#settings['log.flush.scheduler.interval.ms']);
        return;
      case LogTimer.checkpointRecoveryPoints:
        this.checkpointRecoveryPoints();
        this.#schedule(kind, this.#settings['log.flush.offset.checkpoint.interval.ms']);
        return;
      case LogTimer.checkpointLogStarts:
        this.checkpointLogStarts();
        this.#schedule(kind, this.#settings['log.flush.start.offset.checkpoint.interval.ms']);
        return;
      case LogTimer.cleanerStep:
        this.#cleaner!.step(arg);
        return;
      case LogTimer.cleanerSynced:
        this.#cleaner!.onSynced(arg, payload as IoResult);
        return;
      case LogTimer.retention:
        this.#cleanUpLogs();
        this.#schedule(kind, this.#settings['log.retention.check.interval.ms']);
        return;
    }
  }

  /** LogManager.cleanupLogs: of compacted logs the cleaner deletes old segments itself. */
  #cleanUpLogs(): void {
    const nowMs = this.#nowMs();
    for (const log of this.#held()) if (!log.isCompacted) deleteOldSegments(log, nowMs);
  }

  /** flush.ms (LogManager.flushDirtyLogs). */
  #flushDirtyLogs(): void {
    const nowMs = this.#nowMs();
    for (const log of this.#held()) {
      if (nowMs - log.lastFlushedMs >= log.settings['flush.ms']) this.flushLater(log, log.logEndOffset, undefined);
    }
  }

  #schedule(kind: number, afterMs: number): void {
    if (afterMs < NEVER_MS) this.#host.timer(kind, afterMs * 1000, 0);
  }

  // ---------------------------------------------------------------------- for the logs

  flushLater(log: PartitionLog, offset: number, producers: File | undefined): void {
    const flush = ++this.#lastFlush;
    this.#flushes.set(flush, new LogFlush(log, offset, producers));
    this.#host.later(LogTimer.flush, flush);
  }

  flushEpochsLater(log: PartitionLog): void {
    this.#host.later(LogTimer.flushEpochs, log.partition);
  }

  truncating(log: PartitionLog): void {
    this.#cleaner?.abort(log);
  }

  truncated(log: PartitionLog): void {
    this.#cleaner?.truncated(log);
    this.checkpointRecoveryPoints();
  }

  unlinkLater(path: string, afterMs: number): void {
    if (afterMs < NEVER_MS) this.#host.timer(LogTimer.unlink, afterMs * 1000, 0, path);
  }

  #onSynced(flush: number, result: IoResult): void {
    if (result !== 'ok') throw new LogDirFailure(this.#flushes.get(flush)!.log.name, result);
    this.#proceed(flush);
  }

  /** Nobody waits for what a deleted log had still to flush. */
  #proceed(flush: number): void {
    const { log } = this.#flushes.get(flush)!;
    const isOver = this.#logs[log.partition] !== log;
    if (isOver || !this.#flushes.get(flush)!.proceed(this.#host, LogTimer.synced, flush)) this.#flushes.delete(flush);
  }

  #held(): PartitionLog[] {
    return this.#logs.filter((log) => log !== undefined);
  }

  #nowMs(): number {
    return Math.trunc(this.#host.wallMicros() / 1000);
  }
}
