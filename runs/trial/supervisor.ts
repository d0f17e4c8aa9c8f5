/**
 * Starts again whoever ends itself while the cluster comes up, or once it has been healed, as the service manager of a machine does. Kafka's brokers count on
 * one: one that could not register within initial.broker.registration.timeout.ms exits, be the network whole again or not. So
 * do applications whose consumer threw: a static member is refused until the session of its former self is over (KIP-848's
 * UNRELEASED_INSTANCE_ID). An application that was asked to end is no matter of this: whoever asked holds it down.
 */
import type { EventHandler } from '../../model/kernel/event-queue.js';
import { KernelProbe, type ProbeListener } from '../../model/kernel/probes.js';
import type { MachineId } from '../../model/kernel/process.js';
import type { World } from '../../model/kernel/world.js';
import type { MachineInfo } from '../../model/system.js';

/** systemd waits 100 ms (RestartSec), most units for brokers some seconds. */
const RESTART_MICROS = 1_000_000;
/** processKilled: it ended itself. */
const ENDED_ITSELF = 1;

export class Supervisor implements ProbeListener, EventHandler {
  private readonly world: World;
  private readonly machines: readonly MachineId[];
  private supervised: readonly MachineId[] = [];

  constructor(world: World, machines: readonly MachineInfo[]) {
    this.world = world;
    this.machines = machines.map(({ id }) => id);
    world.probes.listen([KernelProbe.processKilled], this);
  }

  /** From now on these; null: all. */
  supervise(machines: readonly MachineId[] | null): void {
    this.supervised = machines ?? this.machines;
  }

  onProbe(_kind: number, machine: MachineId, _key: number, _incarnation: number, why: number): void {
    if (why !== ENDED_ITSELF || !this.supervised.includes(machine)) return;
    this.world.schedule(this.world.now + RESTART_MICROS, this, 0, machine);
  }

  onEvent(_kind: number, machine: MachineId): void {
    if (!this.world.isRunning(machine)) this.world.start(machine);
  }
}
