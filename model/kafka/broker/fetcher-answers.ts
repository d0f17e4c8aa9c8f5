/** What a follower does with its leader's answer for one partition: AbstractFetcherThread, ReplicaFetcherThread. */
import { assert } from '../../kernel/assert.js';
import type { PartitionLog } from '../log/partition-log.js';
import { TruncateReason } from '../probes.js';
import { KafkaError, type ErrorCode } from '../protocol/errors.js';
import type {
  FetchedPartition,
  FetchPartition,
  ListOffsetsResponse,
  OffsetForLeaderEpochResponse,
} from '../protocol/messages.js';
import { lastOffset, type RecordBatch } from '../protocol/records.js';
import type { FetchState } from './fetch-state.js';
import { needAfter, truncationOf, type EpochEnd } from './truncation.js';
import type { ReplicationRules } from './replication-rules.js';

/**
 * delay: not asked for again before replica.fetch.backoff.ms. failed: not at all, until metadata brings a new leader epoch
 * (markPartitionFailed). exit: the broker gives up rather than its records.
 */
export type Outcome = 'done' | 'delay' | 'failed' | 'exit';

/** @param state as it is now, which may be another than the one that asked */
export function applyFetched(
  state: FetchState,
  asked: FetchPartition,
  fetched: FetchedPartition,
  rules: ReplicationRules,
): Outcome {
  switch (fetched.error) {
    case KafkaError.NONE:
      if (fetched.divergingEpoch < 0) return append(state, asked, fetched, rules);
      applyDivergence(state, fetched, rules);
      return 'done';
    case KafkaError.OFFSET_OUT_OF_RANGE:
      state.need = 'log-end';
      return 'done';
    default:
      return onError(state, fetched.error, asked.currentLeaderEpoch);
  }
}

/** The answer to a question for an epoch's end, up to 2.6 (truncateToEpochEndOffsets). */
export function applyEpochEnd(
  state: FetchState,
  askedInEpoch: number,
  answer: OffsetForLeaderEpochResponse['partitions'][number],
  rules: ReplicationRules,
): Outcome {
  if (answer.error !== KafkaError.NONE) return onError(state, answer.error, askedInEpoch);
  truncate(state, { epoch: answer.leaderEpoch, endOffset: answer.endOffset }, rules);
  return 'done';
}

/**
 * The answer to a question for the leader's log end, or log start (fetchOffsetAndTruncate). A leader that ends below cuts
 * this log to its end, by offset alone, and may leave it with another history below that. One that begins above starts this
 * log anew. Else the same offset is tried again.
 */
export function applyLogOffset(
  state: FetchState,
  askedInEpoch: number,
  answer: ListOffsetsResponse['partitions'][number],
  rules: ReplicationRules,
): Outcome {
  if (answer.error !== KafkaError.NONE) return onError(state, answer.error, askedInEpoch);
  const { log, settings } = state.partition;
  if (state.need === 'log-end' && answer.offset >= log.logEndOffset) {
    state.need = 'log-start';
    return 'done';
  }
  if (state.need === 'log-end') {
    // Up to 1.1: with unclean elections off, no leader should ever end below a follower.
    if (rules.outOfRange === 'halt' && !settings['unclean.leader.election.enable']) return 'exit';
    log.truncateTo(answer.offset, TruncateReason.outOfRange);
  } else if (answer.offset > log.logEndOffset) {
    log.truncateFullyAndStartAt(answer.offset, TruncateReason.outOfRange);
  }
  state.resume();
  return 'done';
}

/** onPartitionFenced: the leader lives in a later epoch, and only metadata can help; unless that has come meanwhile. */
function onError(state: FetchState, error: ErrorCode, askedInEpoch: number): Outcome {
  const isStale = error === KafkaError.FENCED_LEADER_EPOCH && askedInEpoch === state.leaderEpoch;
  return isStale ? 'failed' : 'delay';
}

/**
 * No high watermark is taken from this answer: the log is not what the leader thought. With KAFKA-14704 it is, and the log
 * is cut in the step after.
 */
function applyDivergence(state: FetchState, fetched: FetchedPartition, rules: ReplicationRules): void {
  const leader = { epoch: fetched.divergingEpoch, endOffset: fetched.divergingEndOffset };
  if (rules.takesHighWatermarkFirst) {
    state.divergence = leader;
    state.leaderHighWatermark = fetched.highWatermark;
  } else {
    truncate(state, leader, rules);
  }
}

/** With KAFKA-14704: what the last answer called for, after its high watermark was taken. */
export function truncateDiverged(state: FetchState, rules: ReplicationRules): void {
  if (state.divergence !== null) truncate(state, state.divergence, rules);
  state.divergence = null;
}

function truncate(state: FetchState, leader: EpochEnd, rules: ReplicationRules): void {
  const { log } = state.partition;
  const truncation = truncationOf(log, leader, state.fetchOffset);
  log.truncateTo(truncation.offset, TruncateReason.divergence);
  state.resume();
  state.need = needAfter(truncation, rules.truncation);
}

/** ReplicaFetcherThread.processPartitionData. */
function append(state: FetchState, asked: FetchPartition, fetched: FetchedPartition, rules: ReplicationRules): Outcome {
  const { log } = state.partition;
  assert(state.fetchOffset === log.logEndOffset, 'a follower fetches from its log end');
  const { batches, highWatermark, logStartOffset } = fetched;
  const fetchedIn = asked.currentLeaderEpoch;
  const checksEpochs = fetchedIn >= 0 && !rules.appendsLaterEpochs;
  for (let i = 0; i < batches.length; i++) {
    // What a later leader wrote does not belong into what was fetched in this epoch (KAFKA-18723); before KIP-320 nobody knew.
    if (checksEpochs && batches[i].partitionLeaderEpoch > fetchedIn) break;
    if (batches[i].baseOffset < log.logEndOffset && !startsWithin(log, batches[i])) return 'failed';
    log.appendAsFollower(batches[i]);
  }
  if (batches.length > 0) state.resume();
  else if (rules.forgetsFetchedEpoch) state.lastFetchedEpoch = -1;
  const bounded = Math.max(log.logStartOffset, Math.min(highWatermark, log.logEndOffset));
  state.leaderHighWatermark = bounded === log.highWatermark ? -1 : highWatermark;
  state.leaderLogStart = logStartOffset > log.logStartOffset ? logStartOffset : -1;
  return 'done';
}

/**
 * UnexpectedAppendOffsetException: a batch begins below the log's end. If the log is empty and begins within this very
 * batch, since records were deleted up to there, it begins anew with the whole batch (appendRecordsToFollowerOrFutureReplica);
 * else the histories part where no epoch shows it.
 * @returns whether the batch can be appended now
 */
function startsWithin(log: PartitionLog, batch: RecordBatch): boolean {
  const { logStartOffset, logEndOffset } = log;
  if (logEndOffset !== logStartOffset || lastOffset(batch) < logEndOffset) return false;
  log.truncateFullyAndStartAt(batch.baseOffset, TruncateReason.outOfRange);
  return true;
}
