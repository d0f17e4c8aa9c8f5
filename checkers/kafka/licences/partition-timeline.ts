/**
 * What a trace tells of one partition, arranged for the questions that licences ask: which replica held which record
 * when, who was elected why, what was promised to whom, and when a broker learnt of a change.
 *
 * Moments are indexes of trace records. Built in one pass, and only when there is an anomaly to judge.
 */

/** What makes a record this very record: the same on every replica that holds it. */
export interface RecordIdentity {
  readonly offset: number;
  readonly leaderEpoch: number;
  readonly value: number;
}

/** A record's time on one replica: from its append until it was cut off or lost. */
export interface Stay extends RecordIdentity {
  readonly machine: number;
  readonly from: number;
  /** Infinity: to the end. */
  to: number;
  /** It ended because the disk damaged it. */
  damaged: boolean;
  readonly asLeader: boolean;
  /** What stood at this offset of this replica before. */
  readonly before: Stay | null;
}

/** The controller gave a partition a leader. */
export interface Election {
  readonly index: number;
  readonly leader: number;
  readonly leaderEpoch: number;
  /** ElectionReason of model/kafka/probes.ts. */
  readonly reason: number;
  readonly leaderImpaired: boolean;
  /** Replicas of the partition that were impaired then. */
  readonly impaired: number;
  /** In the final read, in which nothing licenses anything. */
  readonly inFinalRead: boolean;
  /** When the elected broker began to lead in this epoch; -1: it never did. */
  begun: number;
}

/**
 * A moment from which on a record must not get lost: a leader acknowledged it (acks -1, 0 or 1), or its high watermark
 * passed it, so that consumers could read it.
 */
export interface Commitment {
  readonly index: number;
  readonly machine: number;
  readonly leaderEpoch: number;
  readonly by: 'acknowledged' | 'high-watermark';
  readonly acks: number;
}

/** A replica lost records from this offset on; of bit rot, recovery decides how much above it goes too. */
export interface LossOfData {
  readonly index: number;
  readonly machine: number;
  readonly from: number;
}

export class PartitionTimeline {
  readonly elections: Election[] = [];
  /** When replicas of the partition lost data, before the final read, in order. */
  readonly lossesOfData: LossOfData[] = [];
  private readonly logs: (Stay | undefined)[][] = [];
  private readonly ends: number[] = [];
  private readonly commitments: Commitment[][] = [];
  private readonly leaderAppends = new Map<number, Stay[]>();
  /** By machine: when it applied which leader epoch (become-leader, become-follower). */
  private readonly applied: { readonly index: number; readonly leaderEpoch: number }[][] = [];
  private readonly isrs: { readonly index: number; readonly isr: number }[] = [];

  append(index: number, machine: number, offset: number, leaderEpoch: number, value: number, asLeader: boolean): void {
    const log = (this.logs[machine] ??= []);
    if (offset < (this.ends[machine] ?? 0)) this.cut(index, machine, offset);
    const before = log[offset] ?? null;
    const from = index;
    const to = Infinity;
    const stay: Stay = { machine, offset, leaderEpoch, value, from, to, damaged: false, asLeader, before };
    log[offset] = stay;
    this.ends[machine] = offset + 1;
    if (asLeader) {
      const appends = this.leaderAppends.get(value);
      if (appends === undefined) this.leaderAppends.set(value, [stay]);
      else appends.push(stay);
    }
  }

  /** The replica's log ends at `logEnd` from this moment on. */
  cut(index: number, machine: number, logEnd: number): void {
    this.endStays(index, machine, logEnd, this.ends[machine] ?? 0, false);
    this.ends[machine] = Math.min(this.ends[machine] ?? 0, logEnd);
  }

  /** The disk damaged what lies between these offsets; the log is as long as before. */
  damage(index: number, machine: number, from: number, to: number): void {
    this.endStays(index, machine, from, to, true);
  }

  private endStays(index: number, machine: number, from: number, to: number, damaged: boolean): void {
    const log = this.logs[machine] ?? [];
    for (let offset = from; offset < to; offset++) {
      const stay = log[offset];
      if (stay === undefined || stay.to !== Infinity) continue;
      stay.to = index;
      stay.damaged = damaged;
    }
  }

  elect(election: Election): void {
    this.elections.push(election);
  }

  apply(index: number, machine: number, leaderEpoch: number, asLeader: boolean): void {
    (this.applied[machine] ??= []).push({ index, leaderEpoch });
    if (!asLeader) return;
    for (const election of this.elections) {
      const isThis = election.leader === machine && election.leaderEpoch === leaderEpoch;
      if (isThis && election.begun < 0) election.begun = index;
    }
  }

  changeIsr(index: number, isr: number): void {
    this.isrs.push({ index, isr });
  }

  commit(from: number, to: number, commitment: Commitment): void {
    for (let offset = from; offset < to; offset++) (this.commitments[offset] ??= []).push(commitment);
  }

  /** Whether a replica held this very record at any moment from `from` to `to`. */
  heldWithin(machine: number, record: RecordIdentity, from: number, to: number): boolean {
    for (let stay = this.logs[machine]?.[record.offset] ?? null; stay !== null; stay = stay.before) {
      if (isSame(stay, record) && stay.from <= to && from < stay.to) return true;
    }
    return false;
  }

  /** A leader goes on to commit what stands in its log, damaged or not: it does not read it again. */
  private damagedBefore(machine: number, record: RecordIdentity, index: number): boolean {
    for (let stay = this.logs[machine]?.[record.offset] ?? null; stay !== null; stay = stay.before) {
      if (isSame(stay, record) && stay.damaged && stay.to <= index) return true;
    }
    return false;
  }

  /** When the disk damaged a replica's copy of this very record, if it has not got it anew since; -1: it did not. */
  damagedOn(machine: number, record: RecordIdentity): number {
    for (let stay = this.logs[machine]?.[record.offset] ?? null; stay !== null; stay = stay.before) {
      if (isSame(stay, record)) return stay.damaged ? stay.to : -1;
    }
    return -1;
  }

  /** When a replica that held this very record first lost data at or below its offset, after a moment; -1: none did. */
  lossOf(record: RecordIdentity, after: number): number {
    const loss = this.lossesOfData.find(
      ({ index, machine, from }) =>
        index > after && from <= record.offset && this.heldWithin(machine, record, index - 1, index - 1),
    );
    return loss?.index ?? -1;
  }

  /** Every time that a leader appended the value, in order. */
  appendsOf(value: number): readonly Stay[] {
    return this.leaderAppends.get(value) ?? [];
  }

  /** When this very record was committed, by brokers that held it then, in order. */
  commitmentsOf(record: RecordIdentity): readonly Commitment[] {
    const all = this.commitments[record.offset] ?? [];
    return all.filter(
      ({ machine, index }) =>
        this.heldWithin(machine, record, index, index) || this.damagedBefore(machine, record, index),
    );
  }

  /** Whether a broker had applied this leader epoch, or a later one, before a moment. */
  hasApplied(machine: number, leaderEpoch: number, before: number): boolean {
    return (this.applied[machine] ?? []).some((step) => step.index < before && step.leaderEpoch >= leaderEpoch);
  }

  /** The controller's ISR at a moment, as a bit mask; 0: not known. */
  isrAt(index: number): number {
    let isr = 0;
    for (const change of this.isrs) if (change.index <= index) isr = change.isr;
    return isr;
  }
}

function isSame(x: RecordIdentity, y: RecordIdentity): boolean {
  return x.offset === y.offset && x.leaderEpoch === y.leaderEpoch && x.value === y.value;
}
