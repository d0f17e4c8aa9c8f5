/**
 * The cluster as probes tell it: each replica's log and role, the controller's decisions, who runs and who may be
 * elected. One fold, shared by all invariants; it runs beside a trial and over a stored trace alike, and trusts no
 * broker's word about another.
 */
import type { ReplicaView } from '../../../model/kafka/views.js';
import { createBudget, type Budget } from '../budget.js';
import { LostBy, probeKinds, StartedBy, type NamedProbes, type ProbeKinds } from '../probe-kinds.js';
import { ProducerBatches } from './producer-batches.js';
import {
  adoptIsr,
  becomeFollower,
  becomeLeader,
  cutLog,
  forgetLog,
  forgetRole,
  moveHighWatermark,
  newReplica,
  type Replica,
} from './replica.js';

/** Looks at a running replica; undefined where there is none, or where only a trace is left. */
export type LookUp = (machine: number, key: number) => ReplicaView | undefined;

/** A partition: the controller's committed decision, and the replicas by machine. */
export interface Partition {
  readonly key: number;
  leader: number;
  leaderEpoch: number;
  isr: number;
  /** Eligible leader replicas (KIP-966). */
  elr: number;
  /** min.insync.replicas, once it was altered: as was decided, whoever has heard of it; -1: it was not. */
  minInsyncReplicas: number;
  /** Its replicas, once they have been reassigned (KIP-455); 0: not yet. */
  reassigned: number;
  /** Those of them that a reassignment under way is to remove. */
  removing: number;
  /**
   * Under ZooKeeper: replicas that a reassignment was to add, until it was cancelled or another took its place. Their leader
   * hears of it in its next epoch (KafkaController.onPartitionReassignment, A1 and B3) and may count them until then.
   */
  takenBack: number;
  readonly replicas: (Replica | undefined)[];
  /** Of producers and coordinators, whoever holds them. */
  readonly batches: ProducerBatches;
  /**
   * What compaction removed last at an offset, on whatever replica; null: nothing. Logs go on to count it as held, here and
   * where it is missing from what a follower copies: replicas differ in what their cleaners have removed so far, and that
   * is no difference that matters. A loss is that of the record because of which it went, which W23 asks for.
   */
  compacted: Map<number, CompactedRecord> | null;
  /**
   * What lies below was deleted by policy or on request on some replica, and is promised by none. A follower that was away
   * may even hold something else there: its leader's epochs begin at its log start, and no longer tell (KIP-101).
   */
  deletedBelow: number;
}

interface CompactedRecord {
  readonly leaderEpoch: number;
  readonly value: number;
}

/** The error by which the controller refuses an ISR for certain, so that the leader drops its proposal. */
const INELIGIBLE_REPLICA = 107;

export class ClusterFold {
  readonly kinds: ProbeKinds;
  readonly budget: Budget;
  readonly partitions: (Partition | undefined)[] = [];
  private readonly stopped: boolean[] = [];
  /** Fenced, or started and not unfenced since. */
  private readonly fenced: boolean[] = [];
  /** Fenced by the controller's decision, as a bit mask. */
  private fencedByController = 0;
  /** By broker: the incarnation that is registered. */
  private readonly incarnations: number[] = [];
  private readonly transactionalIds = new Set<number>();
  private readonly lookUp: LookUp;
  private readonly underZooKeeper: boolean;
  private restored = 0;

  constructor(probes: NamedProbes, lookUp: LookUp, underZooKeeper: boolean) {
    this.kinds = probeKinds(probes);
    this.lookUp = lookUp;
    this.underZooKeeper = underZooKeeper;
    this.budget = createBudget(probes);
  }

  partition(key: number): Partition {
    return (this.partitions[key] ??= {
      key,
      leader: -1,
      leaderEpoch: -1,
      isr: 0,
      elr: 0,
      minInsyncReplicas: -1,
      reassigned: 0,
      removing: 0,
      takenBack: 0,
      replicas: [],
      batches: new ProducerBatches(),
      compacted: null,
      deletedBelow: 0,
    });
  }

  replica(machine: number, key: number): Replica {
    const { replicas } = this.partition(key);
    return (replicas[machine] ??= newReplica(machine));
  }

  isRunning(machine: number): boolean {
    return this.stopped[machine] !== true;
  }

  /** Runs, and is unfenced since it started: what it lacks now, the partition lacks when it is elected. */
  isElectable(machine: number): boolean {
    return this.isRunning(machine) && this.fenced[machine] !== true;
  }

  /** Those of these brokers that the controller has fenced, as a bit mask. */
  fencedOf(brokers: number): number {
    return brokers & this.fencedByController;
  }

  /**
   * Members of the ISR for whom its leader does not wait: their replicas are about to go. Once the target of a reassignment
   * is in the ISR, a ZooKeeper-mode controller first tells the leader who its replicas are, and takes the others out of the
   * ISR only then (KafkaController.onPartitionReassignment, B3 and B4). If one of them is elected meanwhile, W1 asks what it
   * has. KRaft does both in one record (PartitionReassignmentReplicas.maybeCompleteReassignment): there nobody is.
   */
  leaving(key: number): number {
    if (!this.underZooKeeper) return 0;
    const { isr, reassigned, removing } = this.partition(key);
    if (reassigned === 0) return 0;
    const target = reassigned & ~removing;
    return (isr & target) === target ? ~target : ~reassigned;
  }

  /** A coordinator knows the producer id: its batches are parts of transactions. */
  isTransactional(producerId: number): boolean {
    return this.transactionalIds.has(producerId);
  }

  apply(kind: number, machine: number, key: number, a: number, b: number, c: number, d: number): void {
    const { kinds } = this;
    this.budget.onProbe(kind, machine, key, a, b, c, d);
    if (key < 0) return this.applyToMachine(kind, machine, a, c);
    if (this.restored > 0) this.restore(machine, key);
    switch (kind) {
      case kinds.append:
        return this.append(this.replica(machine, key), key, a, b, c);
      case kinds.compacted:
        (this.partition(key).compacted ??= new Map()).set(a, { leaderEpoch: b, value: c });
        return;
      case kinds.logGap:
        return this.fillGap(this.replica(machine, key), key, b);
      case kinds.truncate:
        return cutLog(this.replica(machine, key), a, true);
      case kinds.dataLost:
        // What bit rot spares, recovery decides about: see log-loaded.
        if (c !== LostBy.corrupt) cutLog(this.replica(machine, key), a, false);
        return;
      case kinds.replicaDeleted:
        return forgetLog(this.replica(machine, key));
      case kinds.replicaOffline:
        return forgetRole(this.replica(machine, key));
      case kinds.logLoaded:
        return this.load(this.replica(machine, key), a, b);
      case kinds.logStart:
        this.replica(machine, key).logStart = a;
        if (c === StartedBy.segmentDeletion || c === StartedBy.clientDeletion) {
          const partition = this.partition(key);
          partition.deletedBelow = Math.max(partition.deletedBelow, a);
        }
        return;
      case kinds.highWatermark:
        return moveHighWatermark(this.replica(machine, key), a);
      case kinds.becomeLeader:
        return becomeLeader(this.replica(machine, key), a, c);
      case kinds.becomeFollower:
        return becomeFollower(this.replica(machine, key), a);
      case kinds.followerFetched:
        this.replica(machine, key).fetched[a] = b;
        return;
      case kinds.isrPending:
        this.replica(machine, key).proposed = a;
        return;
      case kinds.isrNotAttempted:
        this.replica(machine, key).proposed = 0;
        return;
      case kinds.isrAdopted:
        return adoptIsr(this.replica(machine, key), a);
      case kinds.alterPartitionRefused:
        // The proposer hears of it later: until then it counts more replicas than it must, which harms nobody.
        if (b === INELIGIBLE_REPLICA) this.replica(a, key).proposed = 0;
        return;
      case kinds.batchAppended:
        if (c >= 0) this.addBatch(machine, key, a, b, c, d);
        return;
      case kinds.transactionMarker:
        return this.addBatch(machine, key, a, a, b, -1);
      case kinds.transactionPending:
        this.transactionalIds.add(a);
        return;
      case kinds.elrChanged:
        this.partition(key).elr = a;
        return;
      case kinds.topicSettingsAltered:
        this.partition(key).minInsyncReplicas = a;
        return;
      case kinds.topicSettingsApplied:
        this.replica(machine, key).minInsyncReplicas = a;
        return;
      case kinds.assignmentChanged:
        return this.reassign(this.partition(key), a, c);
      case kinds.partitionChanged:
        return decide(this.partition(key), a, b, c);
    }
  }

  /** Of whom a completed reassignment removes, the leader has been told; KRaft takes both out in one record. */
  private reassign(partition: Partition, replicas: number, removing: number): void {
    const { reassigned, takenBack } = partition;
    if (this.underZooKeeper) partition.takenBack = (takenBack | (reassigned & ~partition.removing)) & ~replicas;
    partition.reassigned = replicas;
    partition.removing = removing;
  }

  private addBatch(
    machine: number,
    key: number,
    offset: number,
    lastOffset: number,
    producerId: number,
    baseSequence: number,
  ): void {
    const leaderEpoch = this.replica(machine, key).log.epochAt(offset);
    this.partition(key).batches.add(offset, { leaderEpoch, producerId, lastOffset, baseSequence });
  }

  private append(replica: Replica, key: number, offset: number, leaderEpoch: number, value: number): void {
    const { log } = replica;
    if (offset > log.end) this.fillGap(replica, key, offset);
    log.append(offset, leaderEpoch, value);
  }

  /** Where compaction removed something, a follower takes that over; what is missing for no such reason is missing. */
  private fillGap(replica: Replica, key: number, end: number): void {
    const { log } = replica;
    const { compacted } = this.partition(key);
    for (let offset = log.end; offset < end && compacted !== null; offset++) {
      const record = compacted.get(offset);
      if (record !== undefined) log.append(offset, record.leaderEpoch, record.value);
    }
    log.skipTo(end);
  }

  private load(replica: Replica, end: number, highWatermark: number): void {
    replica.endBeforeLoad = replica.log.end;
    cutLog(replica, end, false);
    // Where it begins now, another probe says; nothing said, it begins at 0.
    replica.logStart = 0;
    replica.highWatermark = highWatermark;
    if (replica.restoredEnd >= 0) this.restored--;
    replica.restoredEnd = end > replica.log.end ? end : -1;
    if (replica.restoredEnd >= 0) this.restored++;
  }

  /** Records that came back from the disk: as the broker has them, else as they were cut off. */
  private restore(machine: number, key: number): void {
    const replica = this.partition(key).replicas[machine];
    if (replica === undefined || replica.restoredEnd < 0) return;
    const { log, cutOff, restoredEnd } = replica;
    const seen = this.lookUp(machine, key);
    for (let offset = log.end; offset < restoredEnd; offset++) {
      const record = seen?.recordAt(offset) ?? cutOff[offset];
      if (record !== undefined) this.append(replica, key, offset, record.leaderEpoch, record.value);
    }
    if (this.partition(key).compacted !== null) this.fillGap(replica, key, restoredEnd);
    replica.restoredEnd = -1;
    this.restored--;
  }

  private applyToMachine(kind: number, machine: number, a: number, c: number): void {
    const { kinds } = this;
    switch (kind) {
      case kinds.processStarted:
        this.stopped[machine] = false;
        // A broker that starts is of no use to the controller before it has registered and caught up.
        this.fenced[machine] = true;
        return this.forgetRoles(machine);
      case kinds.processKilled:
      case kinds.powerLost:
        this.stopped[machine] = true;
        return;
      case kinds.brokerRegistered:
        // One that asks twice stays what it is (ClusterControlManager.registerBroker: "amending registration").
        if (this.incarnations[a] !== c) this.fence(a, true);
        this.incarnations[a] = c;
        return;
      case kinds.brokerFenced:
        return this.fence(a, true);
      case kinds.brokerUnfenced:
        return this.fence(a, false);
    }
  }

  private fence(broker: number, isFenced: boolean): void {
    this.fenced[broker] = isFenced;
    const bit = 1 << broker;
    this.fencedByController = isFenced ? this.fencedByController | bit : this.fencedByController & ~bit;
  }

  private forgetRoles(machine: number): void {
    for (const partition of this.partitions) {
      const replica = partition?.replicas[machine];
      if (replica !== undefined) forgetRole(replica);
    }
  }
}

function decide(partition: Partition, leader: number, leaderEpoch: number, isr: number): void {
  if (leaderEpoch > partition.leaderEpoch) partition.takenBack = 0;
  partition.leader = leader;
  partition.leaderEpoch = leaderEpoch;
  partition.isr = isr;
}

/** The lowest member of a bit mask that is not empty: `for (let rest = mask; rest !== 0; rest &= rest - 1)` visits all. */
export function lowestMember(mask: number): number {
  return 31 - Math.clz32(mask & -mask);
}

export function memberCount(mask: number): number {
  let count = 0;
  for (let rest = mask; rest !== 0; rest &= rest - 1) count++;
  return count;
}
