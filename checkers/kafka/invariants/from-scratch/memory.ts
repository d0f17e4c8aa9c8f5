/**
 * What no view shows any more and a rule goes by all the same: what was committed, what was written, who led, and which
 * brokers are back. Kept as plainly as can be, for each partition and for the cluster.
 */
import type { KafkaView } from '../../../../model/kafka/views.js';
import type { ProbeKinds } from '../../probe-kinds.js';
import type { HeldRecord, PartitionNow, ReplicaNow } from './look.js';
import type { RulesInForce } from './rule.js';

export interface Announcement {
  readonly kind: number;
  readonly machine: number;
  readonly key: number;
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly d: number;
}

/** What a replica holds. */
export type Held = Pick<ReplicaNow, 'logStart' | 'logEnd' | 'records'>;

/** Of one partition. */
export class PartitionMemory {
  /** By offset: every record that was ever below the high watermark of a leader by whom the controller stood, and not lost since. */
  readonly committed = new Map<number, HeldRecord>();
  /** One more than the highest offset that was committed. */
  committedEnd = 0;
  /** The latest offset at which the log of such a leader has begun: what stands below was deleted. */
  deletedBelow = 0;
  /** Offsets at which some replica's cleaner has removed a record. */
  readonly compacted = new Set<number>();
  /** By "offset, leader epoch": the value that was first seen there. */
  readonly written = new Map<string, number>();
  /** By leader epoch: who was first seen to lead. */
  readonly leaders = new Map<number, number>();
  /** By leader epoch: the highest high watermark that its leader had. */
  readonly highWatermarks = new Map<number, number>();
  /** The assignment that was announced last, and those of it who were to go; bit masks. */
  #assigned = { replicas: 0, removing: 0 };
  /** Brokers whose replicas were taken back in this leader epoch, before a reassignment had come to its end. */
  readonly takenBack = new Set<number>();
  /** Brokers that have deleted their replica, and have made no other since: they hold nothing. */
  readonly deleted = new Set<number>();
  #leaderEpoch = -1;

  hearAssignment(replicas: number, removing: number): void {
    const before = this.#assigned;
    for (let broker = 0; broker < 32; broker++) {
      const isIn = (mask: number): boolean => (mask & (1 << broker)) !== 0;
      if (isIn(replicas)) this.takenBack.delete(broker);
      else if (isIn(before.replicas) && !isIn(before.removing)) this.takenBack.add(broker);
    }
    this.#assigned = { replicas, removing };
  }

  hearDecision(leaderEpoch: number): void {
    if (leaderEpoch > this.#leaderEpoch) this.takenBack.clear();
    this.#leaderEpoch = leaderEpoch;
  }

  /** From where on a replica has to hold what is committed. */
  startFor({ logStart }: Held): number {
    return Math.max(logStart, this.deletedBelow);
  }

  /** Offsets below `end` at which something is committed and the replica does not hold it. */
  lackedBy(replica: Held, end: number): readonly number[] {
    const lacked: number[] = [];
    for (let offset = this.startFor(replica); offset < Math.min(end, this.committedEnd); offset++) {
      const committed = this.committed.get(offset);
      if (committed === undefined) continue;
      const held = replica.records[offset];
      const isCompacted = held === undefined && offset < replica.logEnd && this.compacted.has(offset);
      if (!isCompacted && !isSameRecord(held, committed)) lacked.push(offset);
    }
    return lacked;
  }

  /**
   * What is committed follows the leader by whom the controller stands: what that lacks is lost and forgotten, from the
   * first offset on where it holds another record, or ends; what is below its high watermark is committed from now on.
   * @returns the offsets that are lost
   */
  follow(leader: ReplicaNow): readonly number[] {
    this.deletedBelow = Math.max(this.deletedBelow, leader.logStart);
    const lost = this.lackedBy(leader, this.committedEnd);
    const cut = lost.find((offset) => offset >= leader.logEnd || leader.records[offset] !== undefined);
    if (cut !== undefined) {
      for (let offset = cut; offset < this.committedEnd; offset++) this.committed.delete(offset);
      this.committedEnd = cut;
    }
    for (; this.committedEnd < Math.min(leader.highWatermark, leader.logEnd); this.committedEnd++) {
      const record = leader.records[this.committedEnd];
      if (record !== undefined) this.committed.set(this.committedEnd, record);
    }
    return lost;
  }
}

function isSameRecord(one: HeldRecord | undefined, other: HeldRecord): boolean {
  return one?.leaderEpoch === other.leaderEpoch && one.value === other.value;
}

/** Who leads by the controller's decision, and knows it; undefined: nobody. */
export function leaderOf({ controller, replicas }: PartitionNow): ReplicaNow | undefined {
  return replicas.find(
    ({ machine, isLeader, leaderEpoch }) =>
      machine === controller.leader && isLeader && leaderEpoch === controller.leaderEpoch,
  );
}

/** Of the whole cluster. */
export class ClusterMemory {
  readonly #partitions: PartitionMemory[] = [];
  /** Started, fenced or registered anew, and not unfenced since: of no use to the controller. */
  readonly #notBack = new Set<number>();
  readonly #stopped = new Set<number>();
  readonly #incarnations = new Map<number, number>();
  readonly #kinds: ProbeKinds;

  constructor(kinds: ProbeKinds) {
    this.#kinds = kinds;
  }

  partition(key: number): PartitionMemory {
    return (this.#partitions[key] ??= new PartitionMemory());
  }

  isBack(broker: number): boolean {
    return !this.#notBack.has(broker);
  }

  isRunning(broker: number): boolean {
    return !this.#stopped.has(broker);
  }

  hear({ kind, machine, key, a, b, c }: Announcement): void {
    const kinds = this.#kinds;
    if (kind === kinds.compacted) this.partition(key).compacted.add(a);
    else if (kind === kinds.assignmentChanged) this.partition(key).hearAssignment(a, c);
    else if (kind === kinds.partitionChanged) this.partition(key).hearDecision(b);
    else if (kind === kinds.replicaDeleted) this.partition(key).deleted.add(machine);
    else if (kind === kinds.logLoaded) this.partition(key).deleted.delete(machine);
    else this.#hearOfMachine(kind, machine, a, c);
  }

  #hearOfMachine(kind: number, machine: number, a: number, c: number): void {
    const kinds = this.#kinds;
    if (kind === kinds.processKilled || kind === kinds.powerLost) this.#stopped.add(machine);
    else if (kind === kinds.processStarted) {
      this.#stopped.delete(machine);
      this.#notBack.add(machine);
    } else if (kind === kinds.brokerFenced) this.#notBack.add(a);
    else if (kind === kinds.brokerUnfenced) this.#notBack.delete(a);
    else if (kind === kinds.brokerRegistered) {
      if (this.#incarnations.get(a) !== c) this.#notBack.add(a);
      this.#incarnations.set(a, c);
    }
  }
}

/** Under ZooKeeper, members of the ISR for whom its leader does not wait, as they are about to go (KIP-455); a bit mask. */
export function leavingOf(
  view: KafkaView,
  { key, controller }: PartitionNow,
  { underZooKeeper }: RulesInForce,
): number {
  if (!underZooKeeper) return 0;
  const replicas = view.replicas(key);
  if (replicas.length === 0) return 0;
  const target = replicas.filter((replica) => !controller.removing.includes(replica));
  const stay = target.every((replica) => controller.isr.includes(replica)) ? target : replicas;
  return stay.reduce((mask, replica) => mask & ~(1 << replica), ~0);
}
