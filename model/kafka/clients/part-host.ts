/**
 * The host as one of several clients in a process sees it. An application that consumes and produces has a consumer and a
 * producer, which share its machine, its clocks and its fate; timers and connections are each one's own.
 */
import type { Connection, Net } from '../../kernel/network.js';
import type { Disk } from '../../kernel/disk.js';
import type { Host, MachineId, TimerId } from '../../kernel/process.js';
import type { Probes } from '../../kernel/probes.js';
import type { Stream } from '../../kernel/random.js';
import type { OperationRecorder } from '../../kernel/recorder.js';

/** Kinds of timers that a client may have. */
const KINDS = 16;

/** Whom a timer of the process belongs to. */
export function partOfTimer(kind: number): number {
  return Math.floor(kind / KINDS);
}

/** Its kind, as its owner knows it. */
export function kindWithinPart(kind: number): number {
  return kind % KINDS;
}

export interface PartOwner {
  readonly host: Host;
  /** This part has made a connection: what happens on it is its own. */
  onPartConnects(part: number, connection: Connection): void;
  /** This part has come to its end by itself. */
  onPartEnds(part: number, why: 'halt' | 'exit'): void;
}

export class PartHost implements Host {
  readonly id: MachineId;
  readonly incarnation: number;
  readonly disk: Disk;
  readonly probes: Probes;
  readonly recorder: OperationRecorder;
  readonly net: Net;
  private readonly owner: PartOwner;
  private readonly part: number;

  /** @param part a number that no other part of the process has or had */
  constructor(owner: PartOwner, part: number) {
    const { host } = owner;
    this.owner = owner;
    this.part = part;
    this.id = host.id;
    this.incarnation = host.incarnation;
    this.disk = host.disk;
    this.probes = host.probes;
    this.recorder = host.recorder;
    this.net = {
      connect: (peer, purpose, timeoutMicros) => {
        const connection = host.net.connect(peer, purpose, timeoutMicros);
        owner.onPartConnects(part, connection);
        return connection;
      },
    };
  }

  wallMicros(): number {
    return this.owner.host.wallMicros();
  }

  monotonicMicros(): number {
    return this.owner.host.monotonicMicros();
  }

  timer(kind: number, afterMicros: number, arg: number, payload?: unknown): TimerId {
    return this.owner.host.timer(this.part * KINDS + kind, afterMicros, arg, payload);
  }

  cancel(timer: TimerId): void {
    this.owner.host.cancel(timer);
  }

  later(kind: number, arg: number, payload?: unknown): void {
    this.owner.host.later(this.part * KINDS + kind, arg, payload);
  }

  die(why: 'halt' | 'exit'): void {
    this.owner.onPartEnds(this.part, why);
  }

  dice(purpose: string): Stream {
    return this.owner.host.dice(`${this.part}/${purpose}`);
  }
}
