/** What invariants may see of the simulated Kafka: types only, read-only. */
import type { StateView } from '../system.js';

export interface KafkaView extends StateView {
  readonly keys: readonly string[];
  readonly brokers: readonly number[];
  /** The controller's committed decision about a partition. leader -1: none. */
  controller(key: number): PartitionView;
  /** undefined: the broker's process is not running, or hosts no such replica. */
  replica(machine: number, key: number): ReplicaView | undefined;
  /** As was decided last, at most the number of replicas. */
  minInsyncReplicas(key: number): number;
  replicas(key: number): readonly number[];
  /** The controller has fenced the broker; under ZooKeeper: it has no session. */
  isFenced(broker: number): boolean;
  /** What the controllers have committed, in order: metadata records, or ZooKeeper's transactions; each stays the same object. */
  readonly committedMetadata: readonly object[];
}

export interface PartitionView {
  readonly leader: number;
  readonly leaderEpoch: number;
  readonly partitionEpoch: number;
  readonly isr: readonly number[];
  /** Eligible leader replicas (KIP-966). */
  readonly elr: readonly number[];
  /** The last leader of a partition that nobody leads; else empty, and so without eligible leader replicas. */
  readonly lastKnownElr: readonly number[];
  /** Replicas are being added or removed (KIP-455). */
  readonly isBeingReassigned: boolean;
  /** Those that a reassignment under way is to remove. */
  readonly removing: readonly number[];
}

export interface ReplicaView {
  readonly logStart: number;
  readonly logEnd: number;
  readonly highWatermark: number;
  readonly lastStable: number;
  readonly leaderEpoch: number;
  /** Of the state that it has applied. */
  readonly partitionEpoch: number;
  readonly isLeader: boolean;
  /** Leader only: the ISR that the controller confirmed to it, as a bit mask. */
  readonly isr: number;
  /** Leader only: committed ISR and pending additions, as a bit mask (1 << broker). */
  readonly maximalIsr: number;
  readonly leaderEpochStartOffset: number;
  /** min.insync.replicas of its topic, as its broker has heard of it last. */
  readonly minInsyncReplicas: number;
  /** Leader only: the log end of a follower, as its fetches have shown it; -1: none has. */
  fetchedBy(follower: number): number;
  /** Rolling hash of (offset, leader epoch, value) of every record below the offset. O(1) or O(log n). */
  hashBelow(offset: number): number;
  /** The first offset from this one on whose batch is damaged on the disk; -1: none is. */
  damagedFrom(offset: number): number;
  /** The record at an offset: its leader epoch and value; undefined if the log does not hold it. */
  recordAt(offset: number): { readonly leaderEpoch: number; readonly value: number } | undefined;
}
