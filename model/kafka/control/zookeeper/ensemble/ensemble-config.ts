/** zookeeper.properties of an ensemble. All servers have the same. */
import type { MachineId } from '../../../../kernel/process.js';

export interface EnsembleConfig {
  /** server.N: the machines, by id. */
  readonly servers: readonly MachineId[];
  /** tickTime, in microseconds: the unit of the limits below, and of session expiry. */
  readonly tickMicros: number;
  /** Ticks for a follower to connect and catch up with a leader. */
  readonly initLimit: number;
  /** Ticks without a word after which leader and follower give each other up. */
  readonly syncLimit: number;
}

/** conf/zoo_sample.cfg of ZooKeeper, which every guide to an ensemble copies. */
export function ensembleConfig(servers: readonly MachineId[]): EnsembleConfig {
  return { servers, tickMicros: 2_000_000, initLimit: 10, syncLimit: 5 };
}

/** Servers of which any two sets overlap. */
export function majorityOf(servers: readonly unknown[]): number {
  return Math.floor(servers.length / 2) + 1;
}

/** minSessionTimeout and maxSessionTimeout: 2 and 20 ticks. */
export function negotiate(timeoutMicros: number, { tickMicros }: EnsembleConfig): number {
  return Math.min(Math.max(timeoutMicros, 2 * tickMicros), 20 * tickMicros);
}
