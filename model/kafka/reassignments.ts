/** Moves replicas to other brokers, as an administrator would: kafka-reassign-partitions through the controller (KIP-455). */
import type { MachineId } from '../kernel/process.js';
import { AdminClient } from './clients/admin.js';
import type { ClusterMachines } from './cluster-machines.js';
import { consumerDefaults } from './final-read.js';

export class Reassignments {
  private readonly cluster: ClusterMachines;
  /** 0: nobody has asked for anything yet. */
  private machine: MachineId = 0;

  constructor(cluster: ClusterMachines) {
    this.cluster = cluster;
  }

  /** Calls that are not answered yet. */
  get pending(): number {
    return this.machine === 0 ? 0 : this.admin.pending;
  }

  /** @param replicas who is to have them, the preferred leader first; null: what is under way is taken back */
  ask(partition: number, replicas: readonly MachineId[] | null): void {
    if (this.machine === 0) this.startAdmin();
    this.admin.alterPartitionReassignments([{ partition, replicas }]);
  }

  private get admin(): AdminClient {
    return this.cluster.world.process(this.machine) as AdminClient;
  }

  private startAdmin(): void {
    const { cluster } = this;
    const config = {
      destinations: cluster.deciders,
      requestTimeoutMs: consumerDefaults['request.timeout.ms'],
      retryBackoffMs: consumerDefaults['retry.backoff.ms'],
    };
    this.machine = cluster.addHelper('reassign', (host) => new AdminClient(host, config));
    cluster.world.start(this.machine);
  }
}
