/** What invariants see of the cluster: the running brokers' replicas and the controllers' committed decisions. */
import type { MachineId } from '../kernel/process.js';
import type { StateView } from '../system.js';
import type { ClusterMachines } from './cluster-machines.js';
import type { KafkaClusterSpec } from './cluster-spec.js';
import type { CommittedState } from './control/committed-state.js';
import { isBeingReassigned } from './control/metadata-image.js';
import { hasPartition } from './partition-table.js';
import { NO_LEADER } from './protocol/metadata-records.js';
import type { KafkaView, PartitionView, ReplicaView } from './views.js';

const NOBODY: readonly number[] = [];
/** Before the topic is created. */
const NOT_CREATED: PartitionView = {
  leader: NO_LEADER,
  leaderEpoch: -1,
  partitionEpoch: -1,
  isr: NOBODY,
  elr: NOBODY,
  lastKnownElr: NOBODY,
  isBeingReassigned: false,
  removing: NOBODY,
};

export class ClusterView implements KafkaView {
  readonly keys: readonly string[];
  readonly brokers: readonly number[];
  state: StateView = { impaired: () => false, stoppedUncleanly: () => false };
  private readonly spec: KafkaClusterSpec;
  private readonly cluster: ClusterMachines;
  private readonly committed: CommittedState;
  private readonly allPartitions: readonly number[];
  /** Some topic may get more partitions than it is created with. */
  private readonly growing: boolean;
  /** By key: the view of a committed state, made once for each state. */
  private readonly partitionViews: { readonly of: object; readonly view: PartitionView }[] = [];

  constructor(spec: KafkaClusterSpec, cluster: ClusterMachines, committed: CommittedState) {
    this.spec = spec;
    this.cluster = cluster;
    this.committed = committed;
    this.keys = cluster.partitions.names;
    this.brokers = cluster.brokers;
    this.allPartitions = cluster.partitions.names.map((_, key) => key);
    this.growing = cluster.partitions.isAddition.includes(true);
  }

  controller(key: number): PartitionView {
    const partition = this.committed.image.partition(key);
    if (partition === undefined) return NOT_CREATED;
    const known = this.partitionViews[key];
    if (known?.of === partition) return known.view;
    const { leader, leaderEpoch, partitionEpoch, isr, elr, lastKnownElr, removingReplicas: removing } = partition;
    const view: PartitionView = {
      leader,
      leaderEpoch,
      partitionEpoch,
      isr,
      elr,
      lastKnownElr,
      removing,
      isBeingReassigned: isBeingReassigned(partition),
    };
    this.partitionViews[key] = { of: partition, view };
    return view;
  }

  replica(machine: MachineId, key: number): ReplicaView | undefined {
    return this.cluster.broker(machine)?.replicaView(key);
  }

  /** The effective one, as it was altered last: never more than there are replicas (3.7). Brokers may not have heard of it yet. */
  minInsyncReplicas(key: number): number {
    const number = this.cluster.partitions.topicOf[key];
    const { alterations, settings, replicationFactor } = this.spec.topics[number];
    const replicas = this.committed.image.partition(key)?.replicas.length ?? replicationFactor;
    const altered =
      alterations === undefined ? undefined : this.committed.configuration(number)?.['min.insync.replicas'];
    return Math.min(altered ?? settings['min.insync.replicas'], replicas);
  }

  /** The partitions that there are to be now: nobody misses those that an administrator may add and has not. */
  get partitions(): readonly number[] {
    if (!this.growing) return this.allPartitions;
    const { isAddition } = this.cluster.partitions;
    return this.allPartitions.filter((key) => hasPartition(this.committed.image, key, isAddition[key]));
  }

  replicas(key: number): readonly number[] {
    return this.committed.image.partition(key)?.replicas ?? NOBODY;
  }

  isFenced(broker: number): boolean {
    return this.committed.image.isFenced(broker);
  }

  get committedMetadata(): readonly object[] {
    return this.committed.records;
  }

  impaired(key: number, machine: MachineId): boolean {
    return this.state.impaired(key, machine);
  }

  stoppedUncleanly(key: number, machine: MachineId): boolean {
    return this.state.stoppedUncleanly(key, machine);
  }
}
