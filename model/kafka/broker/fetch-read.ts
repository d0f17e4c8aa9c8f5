/** What a fetch finds in one partition: Partition.fetchRecords, in its order (replication.md §3.2). */
import type { PartitionLog } from '../log/partition-log.js';
import { lastOffset, type RecordBatch } from '../protocol/records.js';
import { KafkaError, type ErrorCode } from '../protocol/errors.js';
import type { AbortedTransaction, FetchedPartition, FetchPartition, FetchRequest } from '../protocol/messages.js';
import type { Partition } from './partition.js';
import type { ReplicaManager } from './replica-manager.js';

const NONE = -1;
const NO_BATCHES: readonly RecordBatch[] = [];

/** A consumer carries no replica id. */
export function isFromFollower(request: FetchRequest): boolean {
  return request.replicaId >= 0;
}

/**
 * The leader epoch before leadership, leadership before the sender's place in the assignment (KAFKA-13837). Since KIP-392
 * (2.4) a follower serves consumers, up to its own high watermark (FetchParams.fetchOnlyLeader).
 */
export function fetchError(replicas: ReplicaManager, request: FetchRequest, asked: FetchPartition): ErrorCode {
  const partition = replicas.partition(asked.partition);
  if (partition === undefined) return replicas.absenceError(asked.partition);
  const { checksLeaderEpochs, followerReads } = replicas.rules;
  if (checksLeaderEpochs) {
    const error = partition.checkLeaderEpoch(asked.currentLeaderEpoch);
    if (error !== KafkaError.NONE) return error;
  }
  if (!isFromFollower(request)) {
    return partition.isLeader || followerReads ? KafkaError.NONE : KafkaError.NOT_LEADER_OR_FOLLOWER;
  }
  if (!partition.isLeader) return KafkaError.NOT_LEADER_OR_FOLLOWER;
  if (partition.remote(request.replicaId) !== undefined) return KafkaError.NONE;
  return asked.currentLeaderEpoch === NONE ? KafkaError.NOT_LEADER_OR_FOLLOWER : KafkaError.UNKNOWN_LEADER_EPOCH;
}

/** How far the sender may read: followers to the log's end, consumers as their isolation level says (FetchIsolation). */
export function readLimit(log: PartitionLog, request: FetchRequest): number {
  if (isFromFollower(request)) return log.logEndOffset;
  return request.readCommitted === true ? log.lastStableOffset : log.highWatermark;
}

/** The high watermark in the answer is the one from before the read, and before what the fetch itself will move. */
export function readPartition(
  replicas: ReplicaManager,
  request: FetchRequest,
  asked: FetchPartition,
  maxBytes: number,
  minOneMessage: boolean,
): FetchedPartition {
  const error = fetchError(replicas, request, asked);
  const partition = replicas.partition(asked.partition);
  if (error !== KafkaError.NONE || partition === undefined) return failed(asked, error, partition);
  const { log } = partition;
  const preferred = replicas.preferredReadReplica(partition, request, asked.fetchOffset);
  if (preferred !== NONE) return redirected(asked, log, preferred);
  if (asked.fetchOffset < log.logStartOffset) return failed(asked, KafkaError.OFFSET_OUT_OF_RANGE, partition);
  // The common case needs no look-up: the sender's last epoch is this log's, and the offset lies within it.
  const isSameEpoch = asked.lastFetchedEpoch === log.leaderEpochs.latestEpoch;
  if (asked.lastFetchedEpoch !== NONE && !(isSameEpoch && asked.fetchOffset <= log.logEndOffset)) {
    const end = log.endOffsetForEpoch(asked.lastFetchedEpoch);
    if (end === undefined) return failed(asked, KafkaError.OFFSET_OUT_OF_RANGE, partition);
    if (end.epoch < asked.lastFetchedEpoch || end.endOffset < asked.fetchOffset) {
      return answer(asked, log, NO_BATCHES, end.epoch, end.endOffset);
    }
  }
  if (asked.fetchOffset > log.logEndOffset) return failed(asked, KafkaError.OFFSET_OUT_OF_RANGE, partition);
  const batches = log.read(asked.fetchOffset, readLimit(log, request), maxBytes, minOneMessage);
  if (batches.length > 0 && !log.intact(asked.fetchOffset, lastOffset(batches[batches.length - 1]) + 1)) {
    return damaged(request, asked, partition, batches);
  }
  if (batches.length === 0) return nothingNew(asked, partition);
  return read(asked, log, batches, request.readCommitted === true);
}

/** With what was aborted, up to the end of what is returned (UnifiedLog.addAbortedTransactions). */
function read(
  asked: FetchPartition,
  log: PartitionLog,
  batches: readonly RecordBatch[],
  readCommitted: boolean,
): FetchedPartition {
  if (!readCommitted) return answer(asked, log, batches, NONE, NONE);
  const end = lastOffset(batches[batches.length - 1]) + 1;
  return answer(asked, log, batches, NONE, NONE, log.abortedTransactions.between(asked.fetchOffset, end));
}

/** While nothing changes the answer is the same object: those who are caught up ask again and again. */
function nothingNew(asked: FetchPartition, partition: Partition): FetchedPartition {
  const { log, nothingNew: last } = partition;
  const isSame =
    last !== null &&
    last.fetchOffset === asked.fetchOffset &&
    last.highWatermark === log.highWatermark &&
    last.lastStableOffset === log.lastStableOffset &&
    last.logStartOffset === log.logStartOffset;
  if (isSame) return last;
  return (partition.nothingNew = answer(asked, log, NO_BATCHES, NONE, NONE));
}

/**
 * The broker hands out what is on its disk; it is the receiver that finds the CRC wrong. Said here for both: a follower
 * refuses all that it fetched (UnifiedLog.analyzeAndValidateRecords), a consumer reads up to the damaged batch and fails
 * there (CompletedFetch).
 */
function damaged(
  request: FetchRequest,
  asked: FetchPartition,
  partition: Partition,
  batches: readonly RecordBatch[],
): FetchedPartition {
  const { log } = partition;
  const isConsumer = !isFromFollower(request);
  let sound = 0;
  while (isConsumer && log.intact(batches[sound].baseOffset, lastOffset(batches[sound]) + 1)) sound++;
  if (sound === 0) return failed(asked, KafkaError.CORRUPT_MESSAGE, partition);
  return read(asked, log, batches.slice(0, sound), request.readCommitted === true);
}

/** Has the sender's history parted from this log's? For a fetch that is parked (DelayedFetch, case H). */
export function hasDiverged(log: PartitionLog, asked: FetchPartition): boolean {
  if (asked.lastFetchedEpoch === NONE) return false;
  if (asked.lastFetchedEpoch === log.leaderEpochs.latestEpoch) return log.logEndOffset < asked.fetchOffset;
  const end = log.endOffsetForEpoch(asked.lastFetchedEpoch);
  return end === undefined || end.epoch < asked.lastFetchedEpoch || end.endOffset < asked.fetchOffset;
}

export function bytesOf(batches: readonly RecordBatch[]): number {
  let bytes = 0;
  for (let i = 0; i < batches.length; i++) bytes += batches[i].bytes;
  return bytes;
}

function answer(
  asked: FetchPartition,
  log: PartitionLog,
  batches: readonly RecordBatch[],
  divergingEpoch: number,
  divergingEndOffset: number,
  abortedTransactions: readonly AbortedTransaction[] | null = null,
  preferredReadReplica: number = NONE,
): FetchedPartition {
  return {
    partition: asked.partition,
    error: KafkaError.NONE,
    highWatermark: log.highWatermark,
    lastStableOffset: log.lastStableOffset,
    logStartOffset: log.logStartOffset,
    divergingEpoch,
    divergingEndOffset,
    currentLeader: NONE,
    currentLeaderEpoch: NONE,
    preferredReadReplica,
    fetchOffset: asked.fetchOffset,
    batches,
    abortedTransactions,
  };
}

/** Nothing is read: the consumer is to ask another (KIP-392). */
function redirected(asked: FetchPartition, log: PartitionLog, preferredReadReplica: number): FetchedPartition {
  return answer(asked, log, NO_BATCHES, NONE, NONE, null, preferredReadReplica);
}

/** With the leader that this broker knows, where that may help the sender (KIP-951). */
export function failed(asked: FetchPartition, error: ErrorCode, partition: Partition | undefined): FetchedPartition {
  const isAboutLeader = error === KafkaError.NOT_LEADER_OR_FOLLOWER || error === KafkaError.FENCED_LEADER_EPOCH;
  const hint = isAboutLeader && partition?.givesHints === true;
  return {
    partition: asked.partition,
    error,
    highWatermark: NONE,
    lastStableOffset: NONE,
    logStartOffset: NONE,
    divergingEpoch: NONE,
    divergingEndOffset: NONE,
    currentLeader: hint ? partition.leader : NONE,
    currentLeaderEpoch: hint ? partition.leaderEpoch : NONE,
    preferredReadReplica: NONE,
    fetchOffset: asked.fetchOffset,
    batches: NO_BATCHES,
    abortedTransactions: null,
  };
}
