/**
 * One run of a machine's program, from start to death: the host that its process sees.
 *
 * Whatever is scheduled for an incarnation names it, and is dropped when it is dead: a dead process never acts.
 */
import { monotonicSpan, type Clock } from './clock.js';
import type { Core } from './core.js';
import type { Disk } from './disk.js';
import { Recipient, type EventHandler, type EventId } from './event-queue.js';
import type { Machine } from './machine.js';
import type { Net } from './network.js';
import type { Probes } from './probes.js';
import type { Connection } from './network.js';
import type { Host, MachineId, Message, Process, TimerId } from './process.js';
import { createStream, type Stream } from './random.js';
import type { OperationRecorder } from './recorder.js';
import { ProcessNet, type SimulatedNetwork } from './simulated-network.js';
import { Socket } from './socket.js';
import { YieldLane } from './yield-lane.js';

/** A timer, yield or completion that came due while the process was paused. */
interface Overdue {
  /** Its id while it was a timer; 0 for others. */
  readonly id: EventId;
  readonly recipient: Recipient;
  readonly kind: number;
  readonly arg: number;
  readonly payload: unknown;
}

export class Incarnation implements Host, EventHandler {
  readonly id: MachineId;
  readonly incarnation: number;
  readonly disk: Disk;
  readonly net: Net;
  readonly probes: Probes;
  readonly recorder: OperationRecorder;

  process!: Process;
  /** Of the process, at hand: to look them up on one of many classes, at each event, costs more than the call. */
  private onTimer!: Process['onTimer'];
  private onMessage!: Process['onMessage'];
  alive = true;
  paused = false;
  /** Ends that the process knows, in the order in which they were made. */
  readonly sockets = new Set<Socket>();
  /** Ends that the machine keeps when the process has let go of them. */
  readonly orphans: Set<Socket>;

  private readonly core: Core;
  private readonly machine: Machine;
  private readonly clock: Clock;
  private readonly yields: YieldLane;
  private readonly streams = new Map<string, Stream>();
  private readonly recipient = new Recipient(this);
  private overdue: Overdue[] = [];
  /** Timers that were overdue at a resume, by the id under which the process knows them. */
  private readonly renamed = new Map<TimerId, EventId>();

  constructor(core: Core, machine: Machine, network: SimulatedNetwork, incarnation: number) {
    this.core = core;
    this.machine = machine;
    this.clock = machine.clock;
    this.id = machine.id;
    this.incarnation = incarnation;
    this.disk = machine.disks.view(this);
    this.net = new ProcessNet(network, this);
    this.probes = core.probes;
    this.recorder = core.recorder;
    this.orphans = machine.orphans;
    this.yields = new YieldLane(core, this, machine.cpu);
  }

  wallMicros(): number {
    return this.clock.wall(this.core.now);
  }

  monotonicMicros(): number {
    return this.clock.monotonic(this.core.now);
  }

  timer(kind: number, afterMicros: number, arg: number, payload?: unknown): TimerId {
    if (!this.alive) return 0;
    const { core } = this;
    const delay = afterMicros > 0 ? this.clock.virtual(afterMicros) : 0;
    return core.queue.push(core.now + delay, this.recipient, kind, arg, payload);
  }

  cancel(timer: TimerId): void {
    let event: EventId = timer;
    if (this.renamed.size > 0) while (this.renamed.has(event)) event = this.renamed.get(event)!;
    this.core.queue.cancel(event);
  }

  later(kind: number, arg: number, payload?: unknown): void {
    if (this.alive) this.yields.push(kind, arg, payload);
  }

  die(why: 'halt' | 'exit'): void {
    if (this.alive) this.machine.endProcess(why);
  }

  dice(purpose: string): Stream {
    let stream = this.streams.get(purpose);
    if (stream === undefined) {
      stream = createStream(this.core.seed, `process/${this.machine.name}/${this.incarnation}/${purpose}`);
      this.streams.set(purpose, stream);
    }
    return stream;
  }

  // What follows is for the kernel.

  /** The process that the program made. */
  run(process: Process): void {
    this.process = process;
    /* oxlint-disable typescript/unbound-method -- called with the process, always. */
    this.onTimer = process.onTimer;
    this.onMessage = process.onMessage;
    /* oxlint-enable typescript/unbound-method */
  }

  /** The process is told that a timer, a yield or what it had asked for is over. */
  expire(kind: number, arg: number, payload: unknown): void {
    this.onTimer.call(this.process, kind, arg, payload);
  }

  /** The process reads a message. */
  read(connection: Connection, message: Message): void {
    this.onMessage.call(this.process, connection, message);
  }

  /** A timer has expired. */
  onEvent(kind: number, arg: number, payload: unknown): void {
    if (!this.alive) return;
    if (this.paused) this.postpone(this.recipient, kind, arg, payload);
    else this.expire(kind, arg, payload);
  }

  /** An event of this process came due while it is paused: it waits for the resume. */
  postpone(recipient: Recipient, kind: number, arg: number, payload: unknown): void {
    const id = recipient === this.recipient ? this.core.queue.takenId : 0;
    this.overdue.push({ id, recipient, kind, arg, payload });
  }

  /** Something that the process had asked for is done. */
  complete(kind: number, arg: number, payload: unknown): void {
    this.onEvent(kind, arg, payload);
  }

  /** Timers run on the machine's monotonic clock: now that its rate has changed, so do the times at which they expire. */
  retimeTimers(oldRate: number): void {
    const { core, clock } = this;
    core.queue.retime(this.recipient, (time) => core.now + clock.virtual(monotonicSpan(time - core.now, oldRate)));
  }

  /** Goes on: every overdue timer and every readable socket runs once, in this order; yields keep theirs. */
  resume(order: Stream): void {
    this.paused = false;
    const yields = this.overdue.filter((item) => item.recipient === this.yields.recipient);
    const waiting: (Overdue | Socket)[] = [...this.overdue, ...this.sockets];
    this.overdue = [];
    let nextYield = 0;
    for (const item of order.shuffle(waiting)) {
      if (item instanceof Socket) item.wake();
      else this.rerun(item.recipient === this.yields.recipient ? yields[nextYield++] : item);
    }
  }

  private rerun({ id, recipient, kind, arg, payload }: Overdue): void {
    const event = this.core.queue.push(this.core.now, recipient, kind, arg, payload);
    if (id !== 0) this.renamed.set(id, event);
  }
}
