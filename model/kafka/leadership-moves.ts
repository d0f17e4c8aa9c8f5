/**
 * Moves leadership by clean election, as an administrator would: ElectLeaders through the controller, again and again
 * until it stands. The target may be out of the ISR for a moment, the controller away, or the preferred leader moved back
 * in between (leader.imbalance.check.interval.seconds).
 */
import type { EventHandler } from '../kernel/event-queue.js';
import type { MachineId } from '../kernel/process.js';
import { AdminClient } from './clients/admin.js';
import type { ClusterMachines } from './cluster-machines.js';
import type { CommittedState } from './control/committed-state.js';
import { consumerDefaults } from './final-read.js';

/** To a named ISR member. */
const TO_TARGET = 2;
const LOOK_AGAIN_MICROS = 200_000;

export class LeadershipMoves implements EventHandler {
  private readonly cluster: ClusterMachines;
  private readonly committed: CommittedState;
  private machine: MachineId = 0;
  /** By partition: where its leadership is wanted; undefined: nowhere in particular. */
  private readonly wanted: (MachineId | undefined)[] = [];

  constructor(cluster: ClusterMachines, committed: CommittedState) {
    this.cluster = cluster;
    this.committed = committed;
  }

  /** From now on, until it is wanted elsewhere. */
  move(partition: number, to: MachineId): void {
    if (this.machine === 0) this.startAdmin();
    this.wanted[partition] = to;
    this.askFor(partition);
  }

  onEvent(): void {
    if (this.admin.pending === 0) {
      for (let partition = 0; partition < this.wanted.length; partition++) this.askFor(partition);
    }
    this.lookAgain();
  }

  private askFor(partition: number): void {
    const to = this.wanted[partition];
    if (to === undefined || this.committed.image.partition(partition)!.leader === to) return;
    this.admin.electLeaders(TO_TARGET, to, [partition]);
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
    this.machine = cluster.addHelper('admin', (host) => new AdminClient(host, config));
    cluster.world.start(this.machine);
    this.lookAgain();
  }

  private lookAgain(): void {
    const { world } = this.cluster;
    world.schedule(world.now + LOOK_AGAIN_MICROS, this, 0, 0);
  }
}
