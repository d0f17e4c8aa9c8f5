/** Ids of log directories, as the metadata of KRaft names them (KIP-858; org.apache.kafka.common.DirectoryId). */

export const DirectoryId = {
  /** Nothing is known of directories: the cluster, or the broker, does without. */
  migrating: 0,
  /** The broker has not said yet where it put the replica. */
  unassigned: 1,
  /** In a directory that is offline, whichever it was. */
  lost: 2,
  /** From here on they name directories. */
  firstOfDirectories: 100,
} as const;

export const NO_DIRECTORIES: readonly number[] = [];

/** Is a replica in this directory online, on a broker that registered with these? None: it did not say. (DirectoryId.isOnline) */
export function isOnline(directory: number, registered: readonly number[]): boolean {
  if (directory === DirectoryId.unassigned || directory === DirectoryId.migrating) return true;
  if (directory === DirectoryId.lost) return false;
  return registered.length === 0 || registered.includes(directory);
}
