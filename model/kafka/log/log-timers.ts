/** What logs ask of their broker's host: kinds of timers, yields and fsyncs (components.ts gives them their range). */
const FIRST = 900;

export const LogTimer = {
  /** roll | asynchronous flush. Argument: the flush. */
  flush: FIRST + 0,
  /** asynchronous flush | recovery point: an fsync is through. Argument: the flush. */
  synced: FIRST + 1,
  /** Trimmed epochs | their file. Argument: the partition. */
  flushEpochs: FIRST + 2,
  /** A deleted segment | its file unlinked. Payload: the path. */
  unlink: FIRST + 3,
  /** log.flush.scheduler.interval.ms */
  flushDirty: FIRST + 4,
  /** log.flush.offset.checkpoint.interval.ms */
  checkpointRecoveryPoints: FIRST + 5,
  /** log.flush.start.offset.checkpoint.interval.ms */
  checkpointLogStarts: FIRST + 6,
  /** log.retention.check.interval.ms */
  retention: FIRST + 7,
  /** One step of the log cleaner | the next; log.cleaner.backoff.ms. Argument: of which cleaning. */
  cleanerStep: FIRST + 8,
  /** A cleaned segment | its fsync. Argument: of which cleaning. */
  cleanerSynced: FIRST + 9,
  /** An I/O error in a log directory | what lies there goes offline. Payload: the directory. */
  directoryFailed: FIRST + 10,
} as const;
export const FIRST_LOG_TIMER = FIRST;
