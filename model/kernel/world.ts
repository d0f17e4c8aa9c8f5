/**
 * The world: time, order, machines and what connects them. `step()` runs one event and never awaits.
 */
import { assert } from './assert.js';
import { Core } from './core.js';
import type { DataLossListener, Disk, DiskFaults, OneDiskFaults } from './disk.js';
import { Recipient, type EventHandler } from './event-queue.js';
import { Machine } from './machine.js';
import type { NetFaults } from './network.js';
import type { Probes } from './probes.js';
import type { Host, MachineId, Process } from './process.js';
import { createStream, type Stream } from './random.js';
import { NO_RECORDER, type OperationRecorder } from './recorder.js';
import { SimulatedNetwork } from './simulated-network.js';

export interface MachineSpec {
  /** Short, as people read it: b1, c1, p0. */
  readonly name: string;
  /** Builds the process from its host; called at every start and restart. */
  readonly program: (host: Host) => Process;
  /** Directories directly below the root at which other disks are mounted, each with faults of its own. Left out: it has one disk. */
  readonly mountPoints?: readonly string[];
}

export interface World {
  /** Virtual time in whole microseconds from the start of the trial. */
  readonly now: number;
  /** Events run so far. */
  readonly events: number;
  readonly probes: Probes;
  readonly net: NetFaults;

  addMachine(spec: MachineSpec): MachineId;
  machineName(machine: MachineId): string;
  readonly machineCount: number;
  isRunning(machine: MachineId): boolean;
  isPaused(machine: MachineId): boolean;
  hasPower(machine: MachineId): boolean;
  /** The running process, for invariants, reports and the nemesis; undefined if there is none. */
  process(machine: MachineId): Process | undefined;
  disk(machine: MachineId): Disk;
  /** Of all its disks together. */
  diskFaults(machine: MachineId): DiskFaults;
  /** Of each of its disks, the root first. */
  disksOf(machine: MachineId): readonly OneDiskFaults[];

  /** Starts the machine's process (power included) if it is not running. */
  start(machine: MachineId): void;
  /** kill -9: volatile state is gone, the page cache survives. The machine sends what had been written, then ends the connections: peers that it can reach hear 'reset'. */
  kill(machine: MachineId): void;
  /** The process dies, its peers hear nothing, the page cache is lost as drawn. */
  powerLoss(machine: MachineId): void;
  pause(machine: MachineId): void;
  resume(machine: MachineId): void;
  /** Wall clock: adds `offsetMicros` at once. */
  jumpClock(machine: MachineId, offsetMicros: number): void;
  /** Both clocks of the machine run `partsPerMillion` fast (or slow, if negative) from now on. */
  driftClock(machine: MachineId, partsPerMillion: number): void;

  /** For those outside the simulated world (nemesis, workload, phases): an event at a virtual time, not before now. Fractions of a microsecond are rounded up. */
  schedule(atMicros: number, handler: EventHandler, kind: number, a: number, payload?: unknown): void;
  /** A stream of choices that belongs to no process. */
  dice(purpose: string): Stream;
  onDataLost(listener: DataLossListener): void;

  /** When the next event runs; Infinity: nothing is left to run. */
  readonly nextEventAt: number;
  /** Runs the next event. False: nothing is left to run. */
  step(): boolean;
  /** Runs every event up to and including this time (rounded up to a whole microsecond), then stands at it. */
  runUntil(atMicros: number): void;
  /** `after` is called when an event is over, from now on: for those who look at the whole world. It changes nothing in it. */
  watchEvents(after: () => void): void;
  /** A fingerprint of all disks, for the digest: 32-bit words. */
  diskFingerprint(): readonly number[];
}

export interface WorldOptions {
  /** The root of every random choice. Any string: `0.10` and `010` are two seeds, and neither is a number. */
  readonly seed: string;
  /** Where the simulated system's clients report what they did; without one nobody hears it. */
  readonly recorder?: OperationRecorder;
}

/** An empty world at time 0. */
export function createWorld({ seed, recorder = NO_RECORDER }: WorldOptions): World {
  return new SimulatedWorld(new Core(seed, recorder));
}

class SimulatedWorld implements World {
  readonly net: SimulatedNetwork;
  events = 0;
  private readonly core: Core;
  /** By id; nothing stands at 0. */
  private readonly machines: Machine[] = [];
  private readonly listeners: DataLossListener[] = [];
  private readonly names = new Set<string>();
  private afterEvent: (() => void) | null = null;

  constructor(core: Core) {
    this.core = core;
    this.net = new SimulatedNetwork(core, this.machines);
  }

  get now(): number {
    return this.core.now;
  }

  get probes(): Probes {
    return this.core.probes;
  }

  get machineCount(): number {
    return this.names.size;
  }

  addMachine({ name, program, mountPoints = [] }: MachineSpec): MachineId {
    assert(!this.names.has(name), 'each machine has a name of its own');
    this.names.add(name);
    const id = this.names.size;
    const machine = new Machine(this.core, this.net, id, name, program, this.listeners, mountPoints);
    this.machines[id] = machine;
    this.net.addMachine(machine);
    return id;
  }

  machineName(machine: MachineId): string {
    return this.machine(machine).name;
  }

  isRunning(machine: MachineId): boolean {
    return this.machine(machine).running !== null;
  }

  isPaused(machine: MachineId): boolean {
    return this.machine(machine).running?.paused === true;
  }

  hasPower(machine: MachineId): boolean {
    return this.machine(machine).hasPower;
  }

  process(machine: MachineId): Process | undefined {
    return this.machine(machine).running?.process;
  }

  disk(machine: MachineId): Disk {
    return this.machine(machine).disks.view();
  }

  diskFaults(machine: MachineId): DiskFaults {
    return this.machine(machine).disks;
  }

  disksOf(machine: MachineId): readonly OneDiskFaults[] {
    return this.machine(machine).disks.all;
  }

  start(machine: MachineId): void {
    this.machine(machine).start();
  }

  kill(machine: MachineId): void {
    this.machine(machine).kill();
  }

  powerLoss(machine: MachineId): void {
    this.machine(machine).losePower();
  }

  pause(machine: MachineId): void {
    this.machine(machine).pause();
  }

  resume(machine: MachineId): void {
    this.machine(machine).resume();
  }

  jumpClock(machine: MachineId, offsetMicros: number): void {
    this.machine(machine).clock.jump(offsetMicros);
  }

  driftClock(machine: MachineId, partsPerMillion: number): void {
    this.machine(machine).driftClock(partsPerMillion);
  }

  schedule(atMicros: number, handler: EventHandler, kind: number, a: number, payload?: unknown): void {
    assert(atMicros >= this.core.now, 'nothing is scheduled for the past');
    this.core.queue.push(Math.ceil(atMicros), new Recipient(handler), kind, a, payload);
  }

  dice(purpose: string): Stream {
    return createStream(this.core.seed, `world/${purpose}`);
  }

  onDataLost(listener: DataLossListener): void {
    this.listeners.push(listener);
  }

  get nextEventAt(): number {
    return this.core.queue.nextTime();
  }

  step(): boolean {
    const { core } = this;
    const { queue } = core;
    if (!queue.take()) return false;
    core.now = queue.time;
    this.events++;
    queue.dispatch();
    if (this.afterEvent !== null) this.afterEvent();
    return true;
  }

  runUntil(atMicros: number): void {
    const { core } = this;
    const until = Math.ceil(atMicros);
    assert(until >= core.now, 'time does not go back');
    const { queue } = core;
    while (queue.take(until)) {
      core.now = queue.time;
      this.events++;
      queue.dispatch();
      if (this.afterEvent !== null) this.afterEvent();
    }
    core.now = until;
  }

  watchEvents(after: () => void): void {
    this.afterEvent = after;
  }

  diskFingerprint(): readonly number[] {
    const words: number[] = [];
    for (let id = 1; id < this.machines.length; id++) {
      for (const disk of this.machines[id].disks.all) words.push(disk.fingerprint());
    }
    return words;
  }

  private machine(id: MachineId): Machine {
    const machine = this.machines[id];
    assert(machine !== undefined, 'a machine of this world is meant');
    return machine;
  }
}
