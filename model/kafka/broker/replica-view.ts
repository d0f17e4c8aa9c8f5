/** One replica as invariants, reports and the nemesis see it: read-only, and always as it is now. */
import type { ReplicaView } from '../views.js';
import type { Partition } from './partition.js';

export class PartitionReplicaView implements ReplicaView {
  readonly partition: Partition;

  constructor(partition: Partition) {
    this.partition = partition;
  }

  get logStart(): number {
    return this.partition.log.logStartOffset;
  }
  get logEnd(): number {
    return this.partition.log.logEndOffset;
  }
  get highWatermark(): number {
    return this.partition.log.highWatermark;
  }
  get lastStable(): number {
    return this.partition.log.lastStableOffset;
  }
  get leaderEpoch(): number {
    return this.partition.leaderEpoch;
  }
  get partitionEpoch(): number {
    return this.partition.partitionEpoch;
  }
  get isLeader(): boolean {
    return this.partition.isLeader;
  }
  get isr(): number {
    return this.partition.isLeader ? this.partition.isr.committed : 0;
  }
  get maximalIsr(): number {
    return this.partition.isLeader ? this.partition.isr.maximal : 0;
  }
  get leaderEpochStartOffset(): number {
    return this.partition.leaderEpochStartOffset;
  }

  get minInsyncReplicas(): number {
    return this.partition.settings['min.insync.replicas'];
  }

  fetchedBy(follower: number): number {
    return this.partition.remote(follower)?.logEndOffset ?? -1;
  }

  hashBelow(offset: number): number {
    return this.partition.log.hashBelow(offset);
  }

  damagedFrom(offset: number): number {
    return this.partition.log.damagedFrom(offset);
  }

  recordAt(offset: number): { readonly leaderEpoch: number; readonly value: number } | undefined {
    return this.partition.log.recordAt(offset);
  }
}
