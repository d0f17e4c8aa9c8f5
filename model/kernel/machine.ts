/** One machine: its power, its disks and clocks, and the process that may run on it. */
import { Clock } from './clock.js';
import type { Core } from './core.js';
import type { DataLossListener } from './disk.js';
import { FileSystem, ROOT_MOUNT } from './file-system.js';
import { Incarnation } from './incarnation.js';
import { Mounts } from './mounts.js';
import { KernelProbe } from './probes.js';
import type { Host, MachineId, Process } from './process.js';
import { createStream } from './random.js';
import { ORPHAN } from './segments.js';
import type { SimulatedNetwork } from './simulated-network.js';
import type { Socket } from './socket.js';
import { Weather, weatherKey } from './weather.js';
import { CPU } from './weather-tables.js';

const NO_KEY = -1;
const KILLED = 0;
const ENDED_ITSELF = 1;

export class Machine {
  readonly id: MachineId;
  readonly name: string;
  readonly clock = new Clock();
  readonly cpu: Weather;
  readonly disks: Mounts;
  hasPower = true;
  /** The process that runs, paused or not. */
  running: Incarnation | null = null;
  /** Ends of connections that no process knows any more, but whose bytes are still to be delivered. */
  readonly orphans = new Set<Socket>();
  private readonly core: Core;
  private readonly network: SimulatedNetwork;
  private readonly program: (host: Host) => Process;
  private incarnations = 0;
  private resumes = 0;
  private refusals = 0;

  constructor(
    core: Core,
    network: SimulatedNetwork,
    id: MachineId,
    name: string,
    program: (host: Host) => Process,
    listeners: readonly DataLossListener[],
    mountPoints: readonly string[],
  ) {
    this.core = core;
    this.network = network;
    this.id = id;
    this.name = name;
    this.program = program;
    this.cpu = new Weather(weatherKey(core.seed, `cpu/${name}`), CPU);
    this.disks = new Mounts(
      [ROOT_MOUNT, ...mountPoints].map((point) => new FileSystem(core, id, name, listeners, point)),
    );
  }

  /** The process that takes up new connections, if the machine has one that listens and does not refuse them. */
  listenerFor(purpose: number): Incarnation | null {
    return this.refusals > 0 || this.running?.process.listensFor(purpose) !== true ? null : this.running;
  }

  refuseSetups(on: boolean): void {
    this.refusals = Math.max(0, this.refusals + (on ? 1 : -1));
  }

  start(): void {
    if (this.running !== null) return;
    if (!this.hasPower) {
      this.hasPower = true;
      this.network.power(this.id, true);
    }
    const incarnation = new Incarnation(this.core, this, this.network, ++this.incarnations);
    this.running = incarnation;
    this.announce(KernelProbe.processStarted, this.incarnations);
    const process = this.program(incarnation);
    incarnation.run(process);
    if (incarnation.alive) process.start();
  }

  kill(): void {
    if (this.running !== null) this.endProcess('killed');
  }

  /** The process is dropped with all it knew. Its sockets are the machine's now: what was written goes out, then the end. */
  endProcess(why: 'killed' | 'halt' | 'exit'): void {
    const dead = this.running;
    if (dead === null) return;
    this.running = null;
    dead.alive = false;
    this.announce(KernelProbe.processKilled, dead.incarnation, why === 'killed' ? KILLED : ENDED_ITSELF);
    for (const socket of dead.sockets) socket.letGo(ORPHAN);
  }

  losePower(): void {
    if (!this.hasPower) return;
    this.hasPower = false;
    this.network.power(this.id, false);
    const dead = this.running;
    this.running = null;
    if (dead !== null) {
      dead.alive = false;
      for (const socket of dead.sockets) socket.discard();
    }
    for (const socket of this.orphans) socket.discard();
    const entriesLost = this.disks.losePower();
    this.announce(KernelProbe.powerLost, entriesLost);
  }

  pause(): void {
    if (this.running === null || this.running.paused) return;
    this.running.paused = true;
    this.announce(KernelProbe.paused);
  }

  resume(): void {
    if (this.running === null || !this.running.paused) return;
    this.announce(KernelProbe.resumed);
    this.running.resume(createStream(this.core.seed, `resume/${this.name}/${++this.resumes}`));
  }

  driftClock(partsPerMillion: number): void {
    const before = this.clock.rate;
    this.clock.drift(this.core.now, partsPerMillion);
    this.running?.retimeTimers(before);
  }

  private announce(kind: number, a = 0, b = 0): void {
    this.core.probes.emit(kind, this.id, NO_KEY, a, b);
  }
}
