/**
 * Starts again whoever ends itself once it has been healed, as the service manager of a machine does. Kafka's brokers count on
 * one: one that could not register within initial.broker.registration.timeout.ms exits, be the network whole again or not.
 */
import type { EventHandler } from '../../model/kernel/event-queue.js';
import { KernelProbe, type ProbeListener } from '../../model/kernel/probes.js';
import type { MachineId } from '../../model/kernel/process.js';
import type { World } from '../../model/kernel/world.js';
import type { MachineInfo, RoleName } from '../../model/system.js';

/** systemd waits 100 ms (RestartSec), most units for brokers some seconds. */
const RESTART_MICROS = 1_000_000;
const SERVERS: ReadonlySet<RoleName> = new Set(['broker', 'controller', 'zookeeper-server']);
/** processKilled: it ended itself. */
const ENDED_ITSELF = 1;

export class Supervisor implements ProbeListener, EventHandler {
  private readonly world: World;
  /** Applications end as they like; brokers, controllers and ZooKeeper are to run. */
  private readonly servers: readonly MachineId[];
  private supervised: readonly MachineId[] = [];

  constructor(world: World, machines: readonly MachineInfo[]) {
    this.world = world;
    this.servers = machines.filter(({ roles }) => roles.some((role) => SERVERS.has(role))).map(({ id }) => id);
    world.probes.listen([KernelProbe.processKilled], this);
  }

  /** From now on the servers among these; null: all servers. */
  supervise(machines: readonly MachineId[] | null): void {
    this.supervised = machines === null ? this.servers : this.servers.filter((server) => machines.includes(server));
  }

  onProbe(_kind: number, machine: MachineId, _key: number, _incarnation: number, why: number): void {
    if (why !== ENDED_ITSELF || !this.supervised.includes(machine)) return;
    this.world.schedule(this.world.now + RESTART_MICROS, this, 0, machine);
  }

  onEvent(_kind: number, machine: MachineId): void {
    if (!this.world.isRunning(machine)) this.world.start(machine);
  }
}
