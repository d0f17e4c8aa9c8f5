/**
 * The logs of one broker and what they share: LogManager. Loading, the checkpoint files of the log directory, and the
 * tasks that run by the clock: flush by time, recovery points, log starts, retention.
 */
import type { File } from '../../kernel/disk.js';
import type { Host } from '../../kernel/process.js';
import { logDirCount, type BrokerSettings, type TopicSettings } from '../cluster-spec.js';
import type { Rules } from '../protocol/versions/rules.js';
import { LogFlush } from './log-flush.js';
import { LogCleaner } from './cleaner/log-cleaner.js';
import { isCompacted } from './cleanup-policy.js';
import { createLog, endOfLog, loadLog, logExists, type LogPlace } from './log-loader.js';
import type { LogServices } from './log-services.js';
import { LogTimer } from './log-timers.js';
import { LogDirectory } from './log-directory.js';
import type { PartitionLog } from './partition-log.js';
import {
  deletedLogPath,
  HIGH_WATERMARK_CHECKPOINT,
  LOG_START_CHECKPOINT,
  logDirPaths,
  RECOVERY_POINT_CHECKPOINT,
} from './paths.js';
import { snapshot } from './rebuild-producers.js';
import { deleteOldSegments } from './retention.js';
import { LossReason, Probe } from '../probes.js';
import { DirectoryId, NO_DIRECTORIES } from '../protocol/directory-ids.js';
import { LogDirFailure, mustSucceed } from './storage-error.js';
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
  /** Those of log.dirs, in that order. */
  readonly #directories: readonly LogDirectory[];
  /** By partition, of logs that are found and not loaded yet: where. */
  readonly #found: (LogDirectory | undefined)[] = [];
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
    const paths = logDirPaths(logDirCount(settings));
    this.#directories = paths.map((path, index) => new LogDirectory(host.disk, index, path));
    const isCleaning = settings['log.cleaner.enable'] && configs.some((config) => isCompacted(config.settings));
    const compacted = (): readonly PartitionLog[] => this.#held().filter((log) => log.isCompacted);
    this.#cleaner = isCleaning ? new LogCleaner(host, settings, rules, this.#directories, compacted) : null;
  }

  /** undefined: this broker holds no log of the partition, or has not loaded it. */
  log(partition: number): PartitionLog | undefined {
    return this.#logs[partition];
  }

  // ---------------------------------------------------------------------- directories

  /** A broker of several directories goes on with the others when one fails (KIP-112). */
  get outlivesDirectories(): boolean {
    return this.rules.logDirFailure === 'replicas-offline' && this.#hasSeveral;
  }

  get #hasSeveral(): boolean {
    return this.#directories.length > 1;
  }

  /** The ids of those that are online, for the registration (KIP-858); none: there is one alone, and nothing is said of it. */
  onlineDirectoryIds(): readonly number[] {
    return this.#hasSeveral ? this.#online().map(({ id }) => id) : NO_DIRECTORIES;
  }

  hasOnlineDirectory(id: number): boolean {
    return this.#online().some((directory) => directory.id === id);
  }

  get hasOfflineDirectory(): boolean {
    return this.#online().length < this.#directories.length;
  }

  /** The directory that a file or a log lies in. */
  directoryAt(path: string): LogDirectory {
    return (
      this.#directories.find((directory) => directory.path === path || directory.holds(path)) ?? this.#directories[0]
    );
  }

  /** Those that cannot be written are offline from the start. Once, before anything else. */
  openDirectories(): void {
    if (!this.#hasSeveral) return;
    for (const directory of this.#directories) directory.hasFailed = directory.open(this.#host) !== 'ok';
  }

  /** What lies in it is gone, as far as this process is concerned (LogManager.handleLogDirFailure). */
  directoryFailed(directory: LogDirectory): void {
    for (const log of this.#held()) {
      if (log.directory !== directory) continue;
      this.#cleaner?.drop(log);
      this.#logs[log.partition] = undefined;
    }
  }

  failedDirectories(): readonly LogDirectory[] {
    return this.#directories.filter(({ hasFailed }) => hasFailed);
  }

  #online(): readonly LogDirectory[] {
    return this.#directories.filter(({ hasFailed }) => !hasFailed);
  }

  // ---------------------------------------------------------------------- start-up and stop

  /** The epoch in the markers of an orderly stop; -1: one is missing, or they differ (readBrokerEpochFromCleanShutdownFiles). */
  cleanShutdownEpoch(): number {
    const epochs = this.#directories.map((directory) => (directory.hasFailed ? -1 : directory.readCleanShutdown()));
    return epochs.every((epoch) => epoch === epochs[0]) ? epochs[0] : -1;
  }

  /**
   * Reads what the files of the log directories say, and takes the markers of an orderly stop away.
   * @returns the partitions of which a log is to be loaded
   */
  beginLoading(): readonly number[] {
    const { disk } = this.#host;
    const partitions: number[] = [];
    for (const directory of this.#online()) {
      directory.beginLoading();
      this.#configs.forEach(({ name }, partition) => {
        if (!logExists(disk, directory.pathOf(name))) return;
        this.#found[partition] = directory;
        partitions.push(partition);
      });
    }
    this.#toLoad = partitions.length;
    // With KAFKA-10471 it stays until all is loaded.
    if (!this.rules.defects['KAFKA-10471'] || this.#toLoad === 0) this.#removeMarkers();
    return partitions;
  }

  /** Loads and recovers one of them; where its directory has failed meanwhile, nothing is left to do. */
  load(partition: number): void {
    const directory = this.#found[partition]!;
    this.#found[partition] = undefined;
    this.#toLoad--;
    if (!directory.hasFailed) this.#within(directory, () => this.#load(partition, directory));
    if (this.#toLoad === 0) this.#removeMarkers();
  }

  #load(partition: number, directory: LogDirectory): void {
    const { settings } = this.#configs[partition];
    const checkpointed = directory.checkpointed(partition);
    const place = this.#placeOf(partition, directory);
    this.#logs[partition] = loadLog(this.#host, place, settings, this, checkpointed, directory.hadCleanShutdown);
  }

  #removeMarkers(): void {
    for (const directory of this.#online()) directory.removeCleanShutdown();
  }

  /**
   * The log of a replica that this broker is told to host: the one that it loaded, or a new one.
   *
   * @param directoryId where it is to be; of a directory that is not there, or none: where there is most room
   */
  getOrCreate(partition: number, directoryId: number = DirectoryId.unassigned): PartitionLog {
    const known = this.#logs[partition];
    if (known !== undefined) return known;
    const online = this.#online();
    const directory = online.find(({ id }) => id === directoryId) ?? this.#nextDirectory(online);
    const { settings } = this.#configs[partition];
    if (online.length < this.#directories.length) this.#announceAbandoned(partition);
    const log = createLog(this.#host, this.#placeOf(partition, directory), settings, this);
    this.#logs[partition] = log;
    return log;
  }

  /** That with the fewest logs (LogManager.nextLogDirs). A departure: of several Kafka takes any, the model the first. */
  #nextDirectory(online: readonly LogDirectory[]): LogDirectory {
    const held = this.#held();
    const counts = online.map((directory) => held.filter((log) => log.directory === directory).length);
    return online[counts.indexOf(Math.min(...counts))];
  }

  #placeOf(partition: number, directory: LogDirectory): LogPlace {
    return { partition, directory, path: directory.pathOf(this.#configs[partition].name) };
  }

  /** For those outside: the replica begins anew while its old log lies in a directory that has failed. */
  #announceAbandoned(partition: number): void {
    const { disk, id, probes } = this.#host;
    for (const directory of this.#directories) {
      if (!directory.hasFailed) continue;
      const end = endOfLog(disk, directory.pathOf(this.#configs[partition].name));
      if (end > 0) probes.emit(Probe.dataLost, id, partition, 0, end, LossReason.wiped);
    }
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
    const { id, probes } = this.#host;
    this.#cleaner?.forget(log);
    this.#logs[partition] = undefined;
    const path = deletedLogPath(log.path, this.#deleted++);
    log.directory.rename(log.path, path);
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
   * starts, and only then the marker that says so. A directory that fails meanwhile gets none.
   */
  shutDown(brokerEpoch: number): void {
    for (const log of this.#held()) {
      if (log.directory.hasFailed) continue;
      this.#within(log.directory, () => {
        log.flush();
        snapshot(log.producers, this.rules);
      });
    }
    this.checkpointRecoveryPoints();
    this.checkpointLogStarts();
    for (const directory of this.#online()) this.#within(directory, () => directory.writeCleanShutdown(brokerEpoch));
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

  /** Each directory has a file of its own; one that fails keeps the others from nothing. */
  #write(file: string, offset: (log: PartitionLog) => number | undefined): void {
    for (const directory of this.#online()) {
      const offsets: (number | undefined)[] = [];
      for (const log of this.#held()) if (log.directory === directory) offsets[log.partition] = offset(log);
      this.#within(directory, () => directory.write(file, offsets));
    }
  }

  /** What concerns one directory alone: its failure is told, and ends nothing else. With a single one it is the broker's end. */
  #within(directory: LogDirectory, work: () => void): void {
    try {
      work();
    } catch (failure) {
      if (!(failure instanceof LogDirFailure) || !this.outlivesDirectories) throw failure;
      this.failed(directory);
    }
  }

  /** An I/O error was met: whoever handles that does so in a step of its own (LogDirFailureChannel.maybeAddOfflineLogDir). */
  failed(directory: LogDirectory): void {
    if (directory.hasFailed) return;
    directory.hasFailed = true;
    this.#host.later(LogTimer.directoryFailed, directory.index, directory);
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
    for (const log of this.#held()) {
      if (!log.isCompacted) this.#within(log.directory, () => deleteOldSegments(log, nowMs));
    }
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
    mustSucceed(result, this.#flushes.get(flush)!.log.path);
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
