/**
 * What all strikes together hold: machines down or paused, links and disks slowed, disks dead.
 *
 * Strikes overlap, and the kernel knows only the last word: so those that hold the same thing are counted here, and it is
 * let go with the last of them. (Cuts and message rules the kernel counts itself.)
 */
import type { MachineId } from '../model/kernel/process.js';
import type { World } from '../model/kernel/world.js';

interface Slowness {
  readonly factor: number;
  readonly jitterMicros: number;
}

export class Holds {
  private readonly world: World;
  private readonly down: number[] = [];
  private readonly paused: number[] = [];
  private readonly drift: number[] = [];
  private readonly links = new Map<number, Slowness[]>();
  private readonly disks = new Map<MachineId, number[]>();
  /** How many strikes a disk is dead by, by machine and disk. */
  private readonly dead = new Map<string, number>();

  constructor(world: World) {
    this.world = world;
  }

  holdDown(machine: MachineId): void {
    this.down[machine] = (this.down[machine] ?? 0) + 1;
  }

  /** Starts the machine when nobody holds it down any more. */
  releaseDown(machine: MachineId): void {
    this.down[machine] -= 1;
    if (this.down[machine] === 0 && !this.world.isRunning(machine)) this.world.start(machine);
  }

  isHeldDown(machine: MachineId): boolean {
    return (this.down[machine] ?? 0) > 0;
  }

  pause(machine: MachineId): void {
    this.paused[machine] = (this.paused[machine] ?? 0) + 1;
    if (!this.world.isPaused(machine)) this.world.pause(machine);
  }

  /** A process that was killed and started meanwhile was not paused again: SIGSTOP died with its process. */
  releasePause(machine: MachineId): void {
    this.paused[machine] -= 1;
    if (this.paused[machine] === 0 && this.world.isPaused(machine)) this.world.resume(machine);
  }

  /** Drifts add up. */
  addDrift(machine: MachineId, partsPerMillion: number): void {
    this.drift[machine] = (this.drift[machine] ?? 0) + partsPerMillion;
    this.world.driftClock(machine, this.drift[machine]);
  }

  slowLink(from: MachineId, to: MachineId, slowness: Slowness): void {
    const link = linkOf(from, to);
    const held = this.links.get(link) ?? [];
    held.push(slowness);
    this.links.set(link, held);
    this.applyLink(from, to, held);
  }

  releaseLink(from: MachineId, to: MachineId, slowness: Slowness): void {
    const held = this.links.get(linkOf(from, to))!;
    held.splice(held.indexOf(slowness), 1);
    this.applyLink(from, to, held);
  }

  failDisk(machine: MachineId, disk: number): void {
    const key = `${machine}/${disk}`;
    this.dead.set(key, (this.dead.get(key) ?? 0) + 1);
    this.world.disksOf(machine)[disk].ioErrors(true);
  }

  /** What the disk held when it is let go; the machine is started unless somebody holds it down. */
  releaseDeadDisk(machine: MachineId, disk: number, replaced: boolean): void {
    const key = `${machine}/${disk}`;
    const strikes = this.dead.get(key)! - 1;
    this.dead.set(key, strikes);
    const faults = this.world.disksOf(machine)[disk];
    if (replaced) faults.wipe();
    else faults.losePower();
    if (strikes === 0) faults.ioErrors(false);
    if (!this.isHeldDown(machine)) this.world.start(machine);
  }

  slowDisk(machine: MachineId, factor: number): void {
    const held = this.disks.get(machine) ?? [];
    held.push(factor);
    this.disks.set(machine, held);
    this.applyDisk(machine, held);
  }

  releaseDisk(machine: MachineId, factor: number): void {
    const held = this.disks.get(machine)!;
    held.splice(held.indexOf(factor), 1);
    this.applyDisk(machine, held);
  }

  /** The slowest wins. */
  private applyLink(from: MachineId, to: MachineId, held: readonly Slowness[]): void {
    let factor = 1;
    let jitterMicros = 0;
    for (const slowness of held) {
      factor = Math.max(factor, slowness.factor);
      jitterMicros = Math.max(jitterMicros, slowness.jitterMicros);
    }
    this.world.net.slow(from, to, factor, jitterMicros);
  }

  private applyDisk(machine: MachineId, held: readonly number[]): void {
    this.world.diskFaults(machine).slow(Math.max(1, ...held));
  }
}

/** Machines are few: a directed link is one number. */
function linkOf(from: MachineId, to: MachineId): number {
  return from * 65_536 + to;
}
