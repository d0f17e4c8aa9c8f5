/**
 * What a controller holds in memory of the cluster: ControllerContext. Read from ZooKeeper when it is elected, and from
 * then on what it has decided and been told.
 */
import type { Rules } from '../../../protocol/versions/rules.js';
import type { Assignment, LeaderAndIsr } from '../znodes.js';

export interface LiveBroker {
  readonly id: number;
  /** czxid of its znode. */
  readonly epoch: number;
  readonly rack: string | null;
}

export type PartitionState = 'non-existent' | 'new' | 'online' | 'offline';
export type ReplicaState = 'non-existent' | 'new' | 'online' | 'offline';

export class ControllerContext {
  epoch = 0;
  /** Version of /controller_epoch; -1: writes do not check it. */
  epochZkVersion = -1;
  /** By broker, those that are shutting down included. */
  readonly brokers: (LiveBroker | undefined)[] = [];
  readonly shuttingDown = new Set<number>();
  /** By partition. */
  readonly assignments: (Assignment | undefined)[] = [];
  /** partitionsBeingReassigned */
  readonly reassigned = new Set<number>();
  readonly leaderships: (LeaderAndIsr | undefined)[] = [];
  readonly partitionStates: (PartitionState | undefined)[] = [];
  /** By broker: its replicas that lie in log directories that have failed (replicasOnOfflineDirs). */
  readonly offlineReplicas: (ReadonlySet<number> | undefined)[] = [];
  /** By partition, then broker. */
  readonly replicaStates: (ReplicaState | undefined)[][] = [];
  private readonly keepsIsrAsRead: boolean;

  constructor({ defects }: Pick<Rules, 'defects'>) {
    this.keepsIsrAsRead = defects.B85;
  }

  clear(): void {
    this.epoch = 0;
    this.epochZkVersion = -1;
    this.brokers.length = 0;
    this.shuttingDown.clear();
    this.assignments.length = 0;
    this.reassigned.clear();
    this.leaderships.length = 0;
    this.offlineReplicas.length = 0;
    this.partitionStates.length = 0;
    this.replicaStates.length = 0;
  }

  /** Shutting down or not. */
  liveOrShuttingDown(): number[] {
    return this.brokers.flatMap((broker) => (broker === undefined ? [] : [broker.id]));
  }

  /** liveBrokerIds: those that are shutting down do not count. */
  isLive(broker: number): boolean {
    return this.brokers[broker] !== undefined && !this.shuttingDown.has(broker);
  }

  isLiveOrShuttingDown(broker: number): boolean {
    return this.brokers[broker] !== undefined;
  }

  /** The broker is live, and the replica does not lie in a log directory that has failed. */
  isReplicaOnline(broker: number, partition: number): boolean {
    return this.isLive(broker) && !this.isInFailedDirectory(broker, partition);
  }

  isInFailedDirectory(broker: number, partition: number): boolean {
    return this.offlineReplicas[broker]?.has(partition) === true;
  }

  /** Those that are known to exist. */
  partitions(): number[] {
    return this.assignments.flatMap((assignment, partition) => (assignment === undefined ? [] : [partition]));
  }

  replicasOf(partition: number): readonly number[] {
    return this.assignments[partition]?.replicas ?? [];
  }

  /**
   * Of an ISR, those that still have a replica. A leader that does not know yet that a reassignment was cancelled may have
   * added one of the others (Partition.maybeExpandIsr) since they were taken out of the ISR; so may one have stayed in it
   * whose controller died before it took it out. B85: they stay. Nobody left: the ISR is not emptied.
   */
  isrWithReplicas(partition: number, isr: readonly number[]): readonly number[] {
    if (this.keepsIsrAsRead) return isr;
    const remaining = isr.filter((broker) => this.replicaState(partition, broker) !== 'non-existent');
    return remaining.length === 0 ? isr : remaining;
  }

  partitionsOn(broker: number): number[] {
    return this.partitions().filter((partition) => this.replicasOf(partition).includes(broker));
  }

  setReplicaState(partition: number, broker: number, state: ReplicaState): void {
    (this.replicaStates[partition] ??= [])[broker] = state;
  }

  replicaState(partition: number, broker: number): ReplicaState {
    return this.replicaStates[partition]?.[broker] ?? 'non-existent';
  }
}
