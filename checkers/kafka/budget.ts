/**
 * The budget of assumptions: which replicas are *impaired* now, as one fold over probes. During
 * a trial a live instance tells the nemesis, and whoever asks the system's views, how far it may go.
 *
 * A replica is impaired from the moment it loses unsynced, corrupted or wiped data until it re-enters an ISR that it had
 * left: then it has caught up with a leader. Whoever enters it by being elected has caught up with nobody. The last member
 * of an ISR is never dropped from it (without eligible leader replicas), so that a frozen ISR of one proves nothing. With flush.messages=1 nothing unsynced is lost: no `data-lost`,
 * nobody impaired.
 */
import { probeKinds, type NamedProbes, type ProbeKinds, type ProbeListener } from './probe-kinds.js';

export interface Budget extends ProbeListener {
  /** The probes that it listens to. */
  readonly kinds: readonly number[];
  impaired(key: number, machine: number): boolean;
  /** It was killed or lost power, and has not entered an ISR since: with eligible leader replicas, no candidate (KIP-966). */
  stoppedUncleanly(key: number, machine: number): boolean;
  /** How many replicas of the partition are impaired now. */
  impairedCount(key: number): number;
}

/** For a running trial: knows the probes by name from the system's list, or from a trace's header. */
export function createBudget(probes: NamedProbes): Budget {
  return new ImpairmentFold(probeKinds(probes));
}

/** `process-killed`: why. A process that ends by itself has mostly stopped in order. */
const KILLED = 0;

/** Sets of brokers are bit masks, by key. */
class ImpairmentFold implements Budget {
  readonly kinds: readonly number[];
  private readonly dataLost: number;
  private readonly partitionChanged: number;
  private readonly assignmentChanged: number;
  private readonly processKilled: number;
  private readonly powerLost: number;
  private readonly impairedSet: number[] = [];
  private readonly uncleanSet: number[] = [];
  /** Impaired replicas that left the ISR, or were out of it, since they were impaired. */
  private readonly outSince: number[] = [];
  private readonly isr: number[] = [];

  constructor(kinds: ProbeKinds) {
    this.dataLost = kinds.dataLost;
    this.partitionChanged = kinds.partitionChanged;
    this.assignmentChanged = kinds.assignmentChanged;
    this.processKilled = kinds.processKilled;
    this.powerLost = kinds.powerLost;
    const { dataLost, partitionChanged, assignmentChanged, processKilled, powerLost } = this;
    const all = [dataLost, partitionChanged, assignmentChanged, processKilled, powerLost];
    this.kinds = all.filter((kind) => kind >= 0);
  }

  impaired(key: number, machine: number): boolean {
    return ((this.impairedSet[key] ?? 0) & (1 << machine)) !== 0;
  }

  stoppedUncleanly(key: number, machine: number): boolean {
    return ((this.uncleanSet[key] ?? 0) & (1 << machine)) !== 0;
  }

  impairedCount(key: number): number {
    let count = 0;
    for (let set = this.impairedSet[key] ?? 0; set !== 0; set &= set - 1) count++;
    return count;
  }

  onProbe(kind: number, machine: number, key: number, a: number, b: number, c: number): void {
    if (kind === this.dataLost) this.onDataLost(machine, key, a, b);
    else if (kind === this.partitionChanged) this.onIsr(key, a, c);
    else if (kind === this.assignmentChanged) this.onAssignment(key, a);
    else if (kind === this.powerLost || (kind === this.processKilled && b === KILLED)) this.onUncleanStop(machine);
  }

  /** Of every partition: of one that it does not host, nobody asks. */
  private onUncleanStop(machine: number): void {
    for (let key = 0; key < this.isr.length; key++) {
      if (this.isr[key] !== undefined) this.uncleanSet[key] = (this.uncleanSet[key] ?? 0) | (1 << machine);
    }
  }

  private onDataLost(machine: number, key: number, firstOffset: number, oldLogEnd: number): void {
    if (firstOffset >= oldLogEnd) return;
    const replica = 1 << machine;
    const isMember = ((this.isr[key] ?? ~0) & replica) !== 0;
    this.impairedSet[key] = (this.impairedSet[key] ?? 0) | replica;
    this.outSince[key] = isMember ? (this.outSince[key] ?? 0) & ~replica : (this.outSince[key] ?? 0) | replica;
  }

  /** Who has no replica any more lacks nothing: another that it may get begins outside the ISR. */
  private onAssignment(key: number, replicas: number): void {
    this.impairedSet[key] = (this.impairedSet[key] ?? 0) & replicas;
    this.uncleanSet[key] = (this.uncleanSet[key] ?? 0) & replicas;
  }

  private onIsr(key: number, leader: number, isr: number): void {
    const entering = isr & ~(this.isr[key] ?? ~0);
    this.isr[key] = isr;
    this.uncleanSet[key] = (this.uncleanSet[key] ?? 0) & ~entering;
    const impaired = this.impairedSet[key] ?? 0;
    if (impaired === 0) return;
    const out = this.outSince[key]! | (impaired & ~isr);
    const reEntered = out & isr;
    const elected = leader < 0 ? 0 : reEntered & entering & (1 << leader);
    this.impairedSet[key] = impaired & ~(reEntered & ~elected);
    this.outSince[key] = out & ~reEntered;
  }
}
