/** A tool of an administrator: a machine beside the cluster with an admin client, there from its first call on. */
import type { MachineId } from '../kernel/process.js';
import { AdminClient } from './clients/admin.js';
import type { AdminListener, AdminSurface } from './clients/api.js';
import type { ClusterMachines } from './cluster-machines.js';
import { consumerDefaults } from './final-read.js';

export class AdminTool {
  private readonly cluster: ClusterMachines;
  private readonly name: string;
  private readonly listener: AdminListener | undefined;
  /** 0: nobody has asked for anything yet. */
  private machine: MachineId = 0;

  /**
   * @param name of its machine
   * @param listener hears of what came of the calls; left out: nobody does
   */
  constructor(cluster: ClusterMachines, name: string, listener?: AdminListener) {
    this.cluster = cluster;
    this.name = name;
    this.listener = listener;
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
    const { cluster, listener } = this;
    const config = {
      ...(listener === undefined ? {} : { listener }),
      destinations: cluster.deciders,
      requestTimeoutMs: consumerDefaults['request.timeout.ms'],
      retryBackoffMs: consumerDefaults['retry.backoff.ms'],
    };
    this.machine = cluster.addHelper(this.name, (host) => new AdminClient(host, config));
    cluster.world.start(this.machine);
  }
}
