/**
 * The cluster that would have announced a trace: what its views would show after each record. Beside a fold that the
 * invariants keep for themselves, so that traces by hand can be checked from scratch too. Replicas do what their probes say.
 */
import type { HistoryHeader } from '../../../histories/operation.js';
import type { KafkaView, PartitionView, ReplicaView } from '../../../model/kafka/views.js';
import { createBudget, type Budget } from '../budget.js';
import {
  LostBy,
  probeKinds,
  StartedBy,
  type NamedProbes,
  type ProbeKinds,
  type ProbeListener,
} from '../probe-kinds.js';

interface HeldRecord {
  readonly leaderEpoch: number;
  readonly value: number;
}

class ReplayedReplica implements ReplicaView {
  readonly log: (HeldRecord | undefined)[] = [];
  /** What was cut off: an undone truncation brings it back. */
  readonly cutOff: (HeldRecord | undefined)[] = [];
  readonly fetched = new Map<number, number>();
  logStart = 0;
  highWatermark = 0;
  leaderEpoch = -1;
  partitionEpoch = -1;
  isLeader = false;
  isr = 0;
  proposed = 0;
  leaderEpochStartOffset = -1;
  /** Its broker hosts it: the process runs, has loaded the log and been told of a role, as it is before it is unfenced. */
  isHosted = true;

  get logEnd(): number {
    return this.log.length;
  }
  get lastStable(): number {
    return this.highWatermark;
  }
  get maximalIsr(): number {
    return this.isr | this.proposed;
  }

  fetchedBy(follower: number): number {
    return this.fetched.get(follower) ?? -1;
  }

  hashBelow(offset: number): number {
    let hash = 0;
    for (let i = 0; i < Math.min(offset, this.log.length); i++) {
      const record = this.log[i];
      hash = (Math.imul(hash, 31) + (record?.value ?? -1)) | 0;
      hash = (Math.imul(hash, 31) + (record?.leaderEpoch ?? -1)) | 0;
    }
    return hash;
  }

  damagedFrom(): number {
    return -1;
  }

  recordAt(offset: number): HeldRecord | undefined {
    return offset < this.logStart ? undefined : this.log[offset];
  }

  cut(end: number): void {
    for (let offset = end; offset < this.log.length; offset++) this.cutOff[offset] = this.log[offset];
    this.log.length = Math.min(this.log.length, end);
    this.highWatermark = Math.min(this.highWatermark, end);
  }

  load(end: number, highWatermark: number): void {
    this.cut(end);
    while (this.log.length < end) this.log.push(this.cutOff[this.log.length]);
    this.highWatermark = highWatermark;
    this.logStart = 0;
    this.forgetRole();
  }

  /** -1: as the topic was created with it. */
  minInsyncReplicas = -1;

  forgetRole(): void {
    this.isLeader = false;
    this.leaderEpoch = -1;
    this.partitionEpoch = -1;
    this.isr = 0;
    this.proposed = 0;
    this.fetched.clear();
  }

  lead(leaderEpoch: number, isr: number, partitionEpoch: number): void {
    if (!this.isLeader) this.fetched.clear();
    Object.assign(this, { isHosted: true, isLeader: true, leaderEpoch, isr, proposed: 0, partitionEpoch });
  }

  follow(leaderEpoch: number, partitionEpoch: number): void {
    Object.assign(this, { isHosted: true, isLeader: false, leaderEpoch, isr: 0, proposed: 0, partitionEpoch });
  }
}

const NOT_DECIDED: PartitionView = {
  leader: -1,
  leaderEpoch: -1,
  partitionEpoch: -1,
  isr: [],
  elr: [],
  lastKnownElr: [],
  isBeingReassigned: false,
  removing: [],
};
/** The error by which the controller refuses an ISR for certain. */
const INELIGIBLE_REPLICA = 107;

export class ReplayedView implements KafkaView, ProbeListener {
  readonly keys: readonly string[];
  readonly brokers: readonly number[];
  readonly committedMetadata: object[] = Array.from({ length: 100 }, () => ({}));
  readonly #header: HistoryHeader;
  readonly #kinds: ProbeKinds;
  readonly #budget: Budget;
  readonly #decided: PartitionView[] = [];
  /** By key: min.insync.replicas, once it was altered. */
  readonly #altered: number[] = [];
  readonly #assigned: (readonly number[])[] = [];
  readonly #hosted: ReplayedReplica[][] = [];
  readonly #fenced = new Set<number>();
  readonly #incarnations: number[] = [];

  constructor(keys: readonly string[], header: HistoryHeader, probes: NamedProbes) {
    this.keys = keys;
    this.brokers = header.topology?.brokers ?? [];
    this.#header = header;
    this.#kinds = probeKinds(probes);
    this.#budget = createBudget(probes);
  }

  controller(key: number): PartitionView {
    return this.#decided[key] ?? NOT_DECIDED;
  }

  replica(machine: number, key: number): ReplicaView | undefined {
    const replica = this.#replica(machine, key);
    return replica.isHosted ? replica : undefined;
  }

  minInsyncReplicas(key: number): number {
    const altered = this.#altered[key];
    if (altered !== undefined) return altered;
    return this.#header.topology?.partitions[key]?.minInsyncReplicas ?? 1;
  }

  replicas(key: number): readonly number[] {
    return this.#assigned[key] ?? this.#header.topology?.partitions[key]?.replicas ?? [];
  }

  isFenced(broker: number): boolean {
    return this.#fenced.has(broker);
  }

  impaired(key: number, machine: number): boolean {
    return this.#budget.impaired(key, machine);
  }

  stoppedUncleanly(key: number, machine: number): boolean {
    return this.#budget.stoppedUncleanly(key, machine);
  }

  onProbe(kind: number, machine: number, key: number, a: number, b: number, c: number, d: number): void {
    this.#budget.onProbe(kind, machine, key, a, b, c, d);
    if (key < 0) this.#ofMachine(kind, machine, a, c);
    else if (kind === this.#kinds.replicaDeleted || kind === this.#kinds.replicaOffline)
      this.#dropReplica(machine, key);
    else if (!this.#ofController(kind, key, a, b, c, d)) this.#ofReplica(kind, this.#replica(machine, key), a, b, c, d);
  }

  #replica(machine: number, key: number): ReplayedReplica {
    const ofMachine = (this.#hosted[machine] ??= []);
    return (ofMachine[key] ??= new ReplayedReplica());
  }

  /** The next one of the partition is another. */
  #dropReplica(machine: number, key: number): void {
    this.#replica(machine, key).isHosted = false;
    this.#hosted[machine]![key] = Object.assign(new ReplayedReplica(), { isHosted: false });
  }

  #ofMachine(kind: number, machine: number, a: number, c: number): void {
    const kinds = this.#kinds;
    const stops: readonly number[] = [kinds.processKilled, kinds.powerLost, kinds.processStarted];
    if (stops.includes(kind)) for (const replica of this.#hosted[machine] ?? []) replica.isHosted = false;
    if (kind === kinds.brokerFenced) this.#fenced.add(a);
    else if (kind === kinds.brokerUnfenced) {
      this.#fenced.delete(a);
      for (const replica of this.#hosted[a] ?? []) replica.isHosted = true;
    } else if (kind === kinds.brokerRegistered) {
      if (this.#incarnations[a] !== c) this.#fenced.add(a);
      this.#incarnations[a] = c;
    } else if (kind === kinds.metadataLost) this.committedMetadata.splice(a, Infinity, {});
  }

  #ofController(kind: number, key: number, a: number, b: number, c: number, d: number): boolean {
    const kinds = this.#kinds;
    const before = this.controller(key);
    if (kind === kinds.partitionChanged) {
      this.#decided[key] = { ...before, leader: a, leaderEpoch: b, isr: brokersOf(c), partitionEpoch: d };
    } else if (kind === kinds.elrChanged) {
      this.#decided[key] = { ...before, elr: brokersOf(a) };
    } else if (kind === kinds.assignmentChanged) {
      this.#assigned[key] = brokersOf(a);
      this.#decided[key] = { ...before, isBeingReassigned: (b | c) !== 0, removing: brokersOf(c) };
    } else if (kind === kinds.topicSettingsAltered) {
      this.#altered[key] = a;
    } else if (kind === kinds.alterPartitionRefused) {
      if (b === INELIGIBLE_REPLICA) this.#replica(a, key).proposed = 0;
    } else return false;
    return true;
  }

  #ofReplica(kind: number, replica: ReplayedReplica, a: number, b: number, c: number, d: number): void {
    const kinds = this.#kinds;
    switch (kind) {
      case kinds.append:
        replica.log.length = a;
        replica.log[a] = { leaderEpoch: b, value: c };
        return;
      case kinds.logGap:
        replica.log.length = b;
        return;
      case kinds.compacted:
        replica.log[a] = undefined;
        return;
      case kinds.truncate:
        return replica.cut(a);
      case kinds.dataLost:
        if (c !== LostBy.corrupt) replica.cut(a);
        return;
      case kinds.logLoaded:
        return replica.load(a, b);
      case kinds.logStart:
        replica.logStart = a;
        // Emptied: it ends there, too.
        if (c === StartedBy.restarted) replica.log.length = a;
        return;
      case kinds.highWatermark:
        replica.highWatermark = a;
        return;
      case kinds.becomeLeader:
        return replica.lead(a, c, d);
      case kinds.becomeFollower:
        return replica.follow(a, d);
      case kinds.followerFetched:
        replica.fetched.set(a, b);
        return;
      case kinds.topicSettingsApplied:
        replica.minInsyncReplicas = a;
        return;
      case kinds.isrPending:
        replica.proposed = a;
        return;
      case kinds.isrNotAttempted:
        replica.proposed = 0;
        return;
      case kinds.isrAdopted:
        replica.isr = a;
        replica.proposed = 0;
        return;
    }
  }
}

function brokersOf(mask: number): readonly number[] {
  return Array.from({ length: 31 }, (_, broker) => broker).filter((broker) => (mask & (1 << broker)) !== 0);
}
