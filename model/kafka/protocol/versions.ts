/**
 * Versions: which protocol rules each release has (replication.md §14). A rule is read once, when a process is built,
 * into a frozen object, and each is read in one place.
 */

/** One field a rule. Kebab-case in specs, camelCase here. */
export interface Rules {
  /** Where and how a follower truncates (replication.md §6.5). */
  readonly truncation: 'high-watermark' | 'epoch-end-offset' | 'epoch-and-end-offset' | 'fenced' | 'on-fetch';
  /** KAFKA-15583 (3.7): the high watermark stands still while the ISR is smaller than min.insync.replicas. */
  readonly highWatermarkGate: boolean;
  /** KIP-966 part 1 (4.1 by default): ISR members dropped below min.insync.replicas stay eligible. */
  readonly eligibleLeaderReplicas: boolean;
  /** KIP-497 (2.7): the high watermark counts replicas whose addition to the ISR is pending, and those whose removal is. */
  readonly maximalIsr: boolean;
  /** KIP-903 (3.5): broker epochs travel in fetches and AlterPartition and are checked. */
  readonly brokerEpochInIsr: boolean;
  /** KIP-841 (3.3): fenced brokers and those shutting down are not taken into the ISR. */
  readonly fencedNotInIsr: boolean;
  /** KAFKA-7128 (2.0.1): a follower enters the ISR only above the leader epoch's start offset. */
  readonly leaderEpochStartOffset: boolean;
  /** KAFKA-7395, KIP-320 (2.1): fetches carry the current leader epoch and are fenced by it. */
  readonly fetchEpochFencing: boolean;
  readonly transactionVersion: 0 | 1 | 2;
}

const rules39: Rules = Object.freeze({
  truncation: 'on-fetch',
  highWatermarkGate: true,
  eligibleLeaderReplicas: false,
  maximalIsr: true,
  brokerEpochInIsr: true,
  fencedNotInIsr: true,
  leaderEpochStartOffset: true,
  fetchEpochFencing: true,
  transactionVersion: 0,
});

/** Rows of the table that this build can run. */
export const versionRules: ReadonlyMap<string, Rules> = new Map([['3.9', rules39]]);
