/** Names of files in a log directory, as Kafka lays them out (replication.md §2.1). */

/** The high watermarks of all replicas of a broker. */
export const HIGH_WATERMARK_CHECKPOINT = 'replication-offset-checkpoint';
/** Written last in an orderly stop; read, then deleted, before the logs are loaded (KAFKA-10471). */
export const CLEAN_SHUTDOWN_FILE = '.kafka_cleanshutdown';

/**
 * The only segment of a partition. A log never rolls here: `segment.bytes` of 1 GiB is out of a trial's reach, and a
 * smaller one is refused before anything runs.
 */
export function segmentPath(partitionName: string): string {
  return `${partitionName}/00000000000000000000.log`;
}

export function leaderEpochCheckpointPath(partitionName: string): string {
  return `${partitionName}/leader-epoch-checkpoint`;
}
