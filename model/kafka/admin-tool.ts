/** A tool of an administrator: a machine beside the cluster with an admin client, there from its first call on. */
import type { MachineId } from '../kernel/process.js';
import { AdminClient } from './clients/admin.js';
import type { AdminSurface } from './clients/api.js';
import type { ClusterMachines } from './cluster-machines.js';
import { consumerDefaults } from './final-read.js';

export class AdminTool {
  private readonly cluster: ClusterMachines;
  private readonly name: string;
  /** 0: nobody has asked for anything yet. */
  private machine: MachineId = 0;

  /** @param name of its machine */
  constructor(cluster: ClusterMachines, name: string) {
    this.cluster = cluster;
    this.name = name;
  }

  /** Calls that are not answered yet. */
  get pending(): number {
    return this.machine === 0 ? 0 : this.process.pending;
  }

  get admin(): AdminSurface {
    if (this.machine === 0) this.start();
    return this.process;
  }

  private get process(): AdminClient {
    return this.cluster.world.process(this.machine) as AdminClient;
  }

  private start(): void {
    const { cluster } = this;
    const config = {
      destinations: cluster.deciders,
      requestTimeoutMs: consumerDefaults['request.timeout.ms'],
      retryBackoffMs: consumerDefaults['retry.backoff.ms'],
    };
    this.machine = cluster.addHelper(this.name, (host) => new AdminClient(host, config));
    cluster.world.start(this.machine);
  }
}
