/**
 * Which running brokers believe that they lead a partition, as their own probes say; and who of them was deposed: another
 * running broker has begun to lead it in a later epoch.
 */
import { KernelProbe } from '../kernel/probes.js';
import type { MachineId } from '../kernel/process.js';
import { Probe } from './probes.js';

const FOLLOWED = [Probe.becomeLeader, Probe.becomeFollower, KernelProbe.processKilled, KernelProbe.powerLost];

export class DeposedLeaders {
  /** By key, then machine: the leader epoch in which it leads; undefined: it does not. */
  private readonly epochs: (number | undefined)[][] = [];
  /** By key, then machine: the last offset that it wrote as leader. */
  private readonly written: number[][] = [];

  /** The kinds of probes to listen to: those followed here, and these. */
  static kinds(deeds: readonly number[]): readonly number[] {
    return [...FOLLOWED, ...deeds];
  }

  /** True if the probe was about who leads. */
  follow(kind: number, machine: MachineId, key: number, leaderEpoch: number): boolean {
    switch (kind) {
      case Probe.becomeLeader:
        (this.epochs[key] ??= [])[machine] = leaderEpoch;
        return true;
      case Probe.becomeFollower:
        if (this.epochs[key] !== undefined) this.epochs[key][machine] = undefined;
        return true;
      case KernelProbe.processKilled:
      case KernelProbe.powerLost:
        for (const ofKey of this.epochs) if (ofKey !== undefined) ofKey[machine] = undefined;
        return true;
      default:
        return false;
    }
  }

  appended(machine: MachineId, key: number, offset: number): void {
    (this.written[key] ??= [])[machine] = offset;
  }

  /** This leader has written an offset that another, which it deposed and which still runs, has written too. */
  isForkedAt(machine: MachineId, key: number, offset: number): boolean {
    const epochs = this.epochs[key];
    const own = epochs?.[machine];
    if (epochs === undefined || own === undefined) return false;
    for (let other = 0; other < epochs.length; other++) {
      const epoch = epochs[other];
      if (epoch !== undefined && epoch < own && (this.written[key][other] ?? -1) >= offset) return true;
    }
    return false;
  }

  isDeposed(machine: MachineId, key: number): boolean {
    const ofKey = this.epochs[key];
    const own = ofKey?.[machine];
    if (ofKey === undefined || own === undefined) return false;
    for (const other of ofKey) if (other !== undefined && other > own) return true;
    return false;
  }
}
