/** How far a follower is with one partition, and what it has to ask of the leader next: PartitionFetchState. */
import type { Partition } from './partition.js';
import type { EpochEnd } from './truncation.js';

/**
 * epoch-end: where the leader's history parts from its own, before it fetches at all (ReplicaState Truncating, up to 2.6).
 * records: the common case (Fetching). log-end, log-start: the leader called its offset out of range.
 */
export type Need = 'epoch-end' | 'records' | 'log-end' | 'log-start';

export class FetchState {
  readonly partition: Partition;
  readonly leaderEpoch: number;
  need: Need;
  /** Of the next fetch; while truncating the high watermark, which is all that is known to be common. */
  fetchOffset: number;
  /** -1: the log has no epoch. */
  lastFetchedEpoch: number;
  /** Monotonic microseconds: not asked for before, after an error. */
  delayedUntil = 0;
  /** From the last answer, until it is applied; -1: nothing to apply. */
  leaderHighWatermark = -1;
  /** From the last answer, until it is applied; -1: nothing to apply. */
  leaderLogStart = -1;
  /** With KAFKA-14704: where the last answer says that the histories part, until the log is cut there. */
  divergence: EpochEnd | null = null;
  removed = false;

  constructor(partition: Partition, need: 'epoch-end' | 'records') {
    const { log } = partition;
    this.partition = partition;
    this.leaderEpoch = partition.leaderEpoch;
    this.need = need;
    this.fetchOffset = need === 'records' ? log.logEndOffset : log.highWatermark;
    this.lastFetchedEpoch = log.leaderEpochs.latestEpoch;
  }

  /** From the log's end on. */
  resume(): void {
    this.need = 'records';
    this.fetchOffset = this.partition.log.logEndOffset;
    this.lastFetchedEpoch = this.partition.log.leaderEpochs.latestEpoch;
  }
}
