/**
 * What a simulated program sees of its world: a process lives on a host, and learns of others by messages alone.
 *
 * A process is an object built from its machine's disk and its configuration. Volatile state lives in it and dies with
 * it: timers, sockets and yields of a dead process never run.
 */
import type { Connection, Net } from './network.js';
import type { Disk } from './disk.js';
import type { Probes } from './probes.js';
import type { Stream } from './random.js';
import type { OperationRecorder } from './recorder.js';

/** A machine's number: 1, 2, ... in the order in which the world was furnished. 0 stands for "no machine". */
export type MachineId = number;
/** Names a timer until it fires or is cancelled. 0 is never a timer. */
export type TimerId = number;

/** Sent by reference and shared by all who hold it, so immutable by type. `bytes` is its size on the wire. */
export interface Message {
  readonly kind: number;
  readonly bytes: number;
}

/** Why a connection broke, as this end sees it. */
export type BrokenReason = 'reset' | 'closed' | 'timeout' | 'refused';

export abstract class Process {
  readonly host: Host;
  /** Its port is open. While it is not, the machine refuses whoever wants to connect. */
  listening = true;
  constructor(host: Host) {
    this.host = host;
  }
  /** Of a process with several ports: whether that for connections of this purpose is open. */
  listensFor(_purpose: number): boolean {
    return this.listening;
  }
  /** Runs once when the machine starts the process. Reads what it knows from `host.disk`. */
  abstract start(): void;
  /** A peer has connected to this process. */
  abstract onConnection(connection: Connection): void;
  /** A connection that this process asked for is established: from now on what it sends is written to a socket. */
  abstract onConnected(connection: Connection): void;
  abstract onMessage(connection: Connection, message: Message): void;
  /** The peer closed or reset, the setup was refused or timed out, or retransmission gave up. Never follows one's own close(). */
  abstract onBroken(connection: Connection, why: BrokenReason): void;
  /** A timer, a yield (`later`) or a completed fsync. `kind` and `arg` are those given when it was asked for. */
  abstract onTimer(kind: number, arg: number, payload: unknown): void;
}

/** Everything a process may touch. Kernel time is not visible: clocks lie. */
export interface Host {
  readonly id: MachineId;
  /** 1 for the first process on this machine, one more at each restart. */
  readonly incarnation: number;
  readonly disk: Disk;
  readonly net: Net;
  readonly probes: Probes;
  readonly recorder: OperationRecorder;
  /** Wall clock in microseconds: offset, drift and jumps of this machine included. */
  wallMicros(): number;
  /** Monotonic clock in microseconds: this machine's drift included; never jumps, goes on while the process is paused. */
  monotonicMicros(): number;
  /** Calls `onTimer(kind, arg, payload)` once, `afterMicros` of this machine's monotonic time from now. */
  timer(kind: number, afterMicros: number, arg: number, payload?: unknown): TimerId;
  cancel(timer: TimerId): void;
  /** A yield: a CPU-time delay drawn from the machine's weather, then `onTimer`. Yields of one process run in the order asked. */
  later(kind: number, arg: number, payload?: unknown): void;
  /** The process ends itself. Volatile state is dropped; the machine and its page cache live on. */
  die(why: 'halt' | 'exit'): void;
  /** A named stream of random choices, new for each incarnation and purpose. */
  dice(purpose: string): Stream;
}
