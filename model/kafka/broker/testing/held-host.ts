/** A host whose yields can be held, so that a test decides what falls between two steps of a handler. */
import type { Disk } from '../../../kernel/disk.js';
import type { Net } from '../../../kernel/network.js';
import type { Probes } from '../../../kernel/probes.js';
import type { Host, MachineId, Process, TimerId } from '../../../kernel/process.js';
import type { Stream } from '../../../kernel/random.js';
import type { OperationRecorder } from '../../../kernel/recorder.js';

interface Yield {
  readonly kind: number;
  readonly arg: number;
  readonly payload: unknown;
}

export class HeldHost implements Host {
  readonly id: MachineId;
  readonly incarnation: number;
  readonly disk: Disk;
  readonly net: Net;
  readonly probes: Probes;
  readonly recorder: OperationRecorder;
  process!: Process;
  readonly #host: Host;
  readonly #held: Yield[] = [];
  readonly #postponed: Yield[] = [];
  #holding = false;

  constructor(host: Host) {
    this.#host = host;
    this.id = host.id;
    this.incarnation = host.incarnation;
    this.disk = host.disk;
    this.net = host.net;
    this.probes = host.probes;
    this.recorder = host.recorder;
  }

  /** From now on yields wait for `step`. */
  hold(): void {
    this.#holding = true;
  }

  /** Runs what waits, and from now on each yield by itself. */
  release(): void {
    this.#holding = false;
    this.#held.push(...this.#postponed.splice(0));
    while (this.#held.length > 0) this.step();
  }

  /** Kinds of the yields that wait, in the order in which they would run. */
  get waiting(): readonly number[] {
    return this.#held.map(({ kind }) => kind);
  }

  /** Runs the first of them. */
  step(): void {
    const { kind, arg, payload } = this.#held.shift()!;
    this.process.onTimer(kind, arg, payload);
  }

  /** Keeps the first waiting yield of this kind back until `release`, as if another thread had been given its CPU. */
  postpone(kind: number): void {
    const index = this.#held.findIndex((held) => held.kind === kind);
    this.#postponed.push(...this.#held.splice(index, 1));
  }

  /** Runs the yield that was postponed first. */
  stepPostponed(): void {
    const { kind, arg, payload } = this.#postponed.shift()!;
    this.process.onTimer(kind, arg, payload);
  }

  later(kind: number, arg: number, payload?: unknown): void {
    if (this.#holding) this.#held.push({ kind, arg, payload });
    else this.#host.later(kind, arg, payload);
  }

  wallMicros(): number {
    return this.#host.wallMicros();
  }
  monotonicMicros(): number {
    return this.#host.monotonicMicros();
  }
  timer(kind: number, afterMicros: number, arg: number, payload?: unknown): TimerId {
    return this.#host.timer(kind, afterMicros, arg, payload);
  }
  cancel(timer: TimerId): void {
    this.#host.cancel(timer);
  }
  die(why: 'halt' | 'exit'): void {
    this.#host.die(why);
  }
  dice(purpose: string): Stream {
    return this.#host.dice(purpose);
  }
}
