/**
 * Where a follower cuts its log when it follows another leader: AbstractFetcherThread.getOffsetTruncationState, in the
 * forms that it has had (replication.md §6.5).
 */
import type { PartitionLog } from '../log/partition-log.js';
import type { Need } from './fetch-state.js';
import type { ReplicationRules } from './replication-rules.js';

const UNDEFINED = -1;

/** What a leader says of an epoch that a follower asked about, or of the last one that it fetched. -1 and -1: undefined. */
export interface EpochEnd {
  /** The largest epoch of the leader that is not above it; -1 from a leader that knows only KIP-101. */
  readonly epoch: number;
  /** Where that epoch ends in the leader's log. */
  readonly endOffset: number;
}

export interface Truncation {
  /** The new log end. */
  readonly offset: number;
  /** False: the logs do not share that epoch, and the follower has to ask about an older one. */
  readonly completed: boolean;
}

/**
 * What a follower in a new leader epoch does first. A log without an epoch has nothing to compare: like those before
 * KIP-101 it is cut back to its high watermark.
 */
export function firstNeed(
  log: PartitionLog,
  rule: ReplicationRules['truncation'],
): 'epoch-end' | 'records' | 'high-watermark' {
  if (rule === 'high-watermark' || log.leaderEpochs.latestEpoch < 0) return 'high-watermark';
  return rule === 'on-fetch' ? 'records' : 'epoch-end';
}

/** What is left to ask after this truncation; on fetch, the next fetch finds the next divergence. */
export function needAfter({ completed }: Truncation, rule: ReplicationRules['truncation']): Need {
  return completed || rule === 'on-fetch' ? 'records' : 'epoch-end';
}

/** @param fallback the high watermark of when the follower began to follow: where nothing else is known to be common */
export function truncationOf(log: PartitionLog, leader: EpochEnd, fallback: number): Truncation {
  const end = log.logEndOffset;
  if (leader.endOffset === UNDEFINED) return { offset: Math.min(fallback, end), completed: true };
  // KIP-101: the leader's offset is all that there is to go by.
  if (leader.epoch === UNDEFINED) return { offset: Math.min(leader.endOffset, end), completed: true };
  const own = log.endOffsetForEpoch(leader.epoch);
  if (own === undefined) return { offset: Math.min(leader.endOffset, end), completed: true };
  // KIP-279: the logs do not share the leader's epoch.
  if (own.epoch !== leader.epoch) return { offset: Math.min(own.endOffset, end), completed: false };
  return { offset: Math.min(own.endOffset, leader.endOffset, end), completed: true };
}
