/** Probes: what a replica announces of its log (log/). */
import { SYSTEM_PROBES, type ProbeSpec } from '../../kernel/probes.js';
import { probe } from './probe.js';

export const LogProbe = {
  append: SYSTEM_PROBES + 0,
  truncate: SYSTEM_PROBES + 1,
  highWatermark: SYSTEM_PROBES + 2,
  logLoaded: SYSTEM_PROBES + 3,
  dataLost: SYSTEM_PROBES + 4,
  segmentRolled: SYSTEM_PROBES + 31,
  logStart: SYSTEM_PROBES + 32,
  producerWindow: SYSTEM_PROBES + 33,
  compacted: SYSTEM_PROBES + 34,
  logGap: SYSTEM_PROBES + 35,
  replicaDeleted: SYSTEM_PROBES + 36,
  logDirOffline: SYSTEM_PROBES + 38,
  replicaOffline: SYSTEM_PROBES + 39,
} as const;

export const TruncateReason = { divergence: 0, outOfRange: 1, recovery: 2, highWatermark: 3 } as const;
/** Why a log begins later than it did: LogStartOffsetIncrementReason; restarted: it was emptied to begin there;
 * loaded: so a starting broker found it. */
export const LogStartReason = {
  segmentDeletion: 0,
  clientDeletion: 1,
  leaderOffset: 2,
  restarted: 3,
  loaded: 4,
} as const;
/** Why compaction removed a record, where no later record of its key did. */
export const Removal = {
  /** delete.retention.ms has passed. */
  tombstone: -1,
  /** Its transaction was aborted. */
  aborted: -2,
  /** Nothing of its transaction was left, and delete.retention.ms has passed. */
  marker: -3,
  withoutKey: -4,
} as const;
export const LossReason = { powerLoss: 0, wiped: 1, corrupt: 2 } as const;

export const logProbes: readonly ProbeSpec[] = [
  probe(
    LogProbe.append,
    'append',
    ['offset', 'leaderEpoch', 'value', 'asLeader'],
    'A replica appended a record: one probe a record, in offset order. UnifiedLog.append',
  ),
  probe(
    LogProbe.truncate,
    'truncate',
    ['logEnd', 'oldLogEnd', 'reason'],
    'A replica cut its log back: for divergence 0, out of range 1, recovery 2, to the high watermark 3. UnifiedLog.truncateTo',
  ),
  probe(
    LogProbe.highWatermark,
    'high-watermark',
    ['highWatermark', 'old', 'leaderEpoch', 'asLeader'],
    'A replica moved its high watermark. Partition.maybeIncrementLeaderHW; ReplicaFetcherThread.processPartitionData',
  ),
  probe(
    LogProbe.logLoaded,
    'log-loaded',
    ['logEnd', 'highWatermark', 'unclean', 'latestEpoch'],
    'A starting broker loaded and recovered a log. LogLoader',
  ),
  probe(
    LogProbe.dataLost,
    'data-lost',
    ['firstOffset', 'oldLogEnd', 'reason'],
    'The disk below a replica lost or damaged records from this offset on: power loss 0, wiped 1, corrupt 2.',
  ),
  probe(
    LogProbe.segmentRolled,
    'segment-rolled',
    ['baseOffset', 'segments'],
    'A replica began a new segment of its log, which now has so many. UnifiedLog.roll',
  ),
  probe(
    LogProbe.logStart,
    'log-start',
    ['logStart', 'old', 'reason'],
    'A log begins later: segments deleted by policy 0, records deleted on request 1, as the leader says 2, emptied to begin there 3; as it was found by a starting broker 4. UnifiedLog.maybeIncrementLogStartOffset',
  ),
  probe(
    LogProbe.producerWindow,
    'producer-window',
    ['producerId', 'producerEpoch', 'oldestSequence', 'reason'],
    'A replica knows less of a producer than the newest five batches in its log: its state was reloaded from a snapshot 0 (and begins with the batch of this sequence), or expired 1. ProducerStateManager',
  ),
  probe(
    LogProbe.compacted,
    'compacted',
    ['offset', 'leaderEpoch', 'value', 'supersededBy'],
    'The log cleaner of a replica removed a record: the offset of the later record of its key; or a tombstone whose time is over -1, of an aborted transaction -2, a marker -3, without a key -4. LogCleaner',
  ),
  probe(
    LogProbe.logGap,
    'log-gap',
    ['from', 'to'],
    'A follower took over from its leader that nothing is left at these offsets, up to the second exclusive: compaction had removed it. UnifiedLog.appendAsFollower',
  ),
  probe(
    LogProbe.replicaDeleted,
    'replica-deleted',
    ['logEnd'],
    'A broker deleted a replica with its log: the assignment does not name it any more. LogManager.asyncDelete',
  ),
  probe(
    LogProbe.logDirOffline,
    'log-dir-offline',
    ['directory', 'replicas', 'goesOn'],
    'A broker met an I/O error in one of its log directories (0 is the first of log.dirs), and goes on without it until it is started again, or halts. ReplicaManager.handleLogDirFailure',
  ),
  probe(
    LogProbe.replicaOffline,
    'replica-offline',
    ['directory'],
    'A broker serves this replica no more: it lies in a log directory that has failed. ReplicaManager.markPartitionOffline',
  ),
];
