/**
 * TCP between machines. A connection delivers in order, exactly once, or breaks; it never duplicates or reorders.
 *
 * A cut stalls it (retransmission with backoff): what was in flight arrives after the heal, unless the retransmission
 * limit was reached. `close()` queues FIN behind the bytes already written: they still arrive and are processed after
 * the sender has forgotten them. Bytes are lost only by power loss or reset at the sender, death of the receiver, or
 * the retransmission limit.
 */
import type { MachineId, Message } from './process.js';

/** One end of a connection. Each end is an object of its own. */
export interface Connection {
  /** The same at both ends. */
  readonly id: number;
  readonly peer: MachineId;
  /** What the connecting side said it is for, in its own numbering; both ends see it. */
  readonly purpose: number;
  /** Established and not yet closed or broken, as this end knows. */
  readonly open: boolean;
  /** For the owning process: whatever it keeps about this connection. */
  state: unknown;
  /** FIFO. Before the connection is established the bytes wait in this end. After close() or a break it is ignored. */
  send(message: Message): void;
  /** Orderly: bytes already written still go out, then FIN. This end hears nothing more. */
  close(): void;
  /** Abrupt: bytes not yet delivered are dropped at both ends. What had reached the peer's machine can still be read there, before the break. */
  reset(): void;
  /** Stop taking messages from the socket: how a broker takes one request at a time. Bytes wait, up to the window, then at the peer. */
  pauseReading(): void;
  resumeReading(): void;
}

export interface Net {
  /** Starts a handshake. `onConnected` or `onBroken` ('refused', 'timeout') follows. `timeoutMicros` bounds the setup; Kafka's own defaults are the caller's. */
  connect(peer: MachineId, purpose: number, timeoutMicros: number): Connection;
}

export interface MessageMatch {
  readonly from?: MachineId;
  readonly to?: MachineId;
  /** Message.kind. */
  readonly kind?: number;
  /** Only the nth match from when the rule was set (1 = the next). Absent: every match. */
  readonly nth?: number;
}

export type RuleId = number;

/** How the nemesis bends the network. Cuts, black holes and refusals count: two cuts need two heals. A machine's loopback is exempt from cuts and black holes. */
export interface NetFaults {
  /** Directed. While on, nothing sent from `from` reaches `to`; TCP retransmits with backoff. */
  cut(from: MachineId, to: MachineId, on: boolean): void;
  /** Messages and connection setups that cuts have held up on this directed link so far: whether a cut had an effect. */
  held(from: MachineId, to: MachineId): number;
  /** Accepts nothing and answers nothing: connection setups and bytes to and from this machine vanish. */
  blackHole(machine: MachineId, on: boolean): void;
  /** Connection setups to this machine are refused at once. */
  refuse(machine: MachineId, on: boolean): void;
  /** Multiplies the latency of a directed link and adds up to `jitterMicros`. Factor 1 and jitter 0 end it. */
  slow(from: MachineId, to: MachineId, factor: number, jitterMicros: number): void;
  /** About messages sent from now on. hold: the match and all behind it on its connection wait until the rule is dropped. delay: by `arg` µs. reset-before: the connection is reset and the match lost. */
  rule(match: MessageMatch, act: 'hold' | 'delay' | 'reset-before', arg: number): RuleId;
  /** Ends a rule; returns how many messages it acted on. Ending it twice is allowed and returns the same. */
  dropRule(rule: RuleId): number;
}
