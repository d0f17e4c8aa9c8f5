/**
 * What a trace tells of one partition, arranged for the questions that licences ask: which replica held which record
 * when, who was elected why, what was promised to whom, and when a broker learnt of a change.
 *
 * Moments are indexes of trace records. TraceTimeline fills it, all partitions in one pass over the trace, when the first
 * licence asks.
 */

import { LogStarts } from './log-starts.js';
import { TopicSettings } from './topic-settings.js';

/** What makes a record this very record: the same on every replica that holds it. */
export interface RecordIdentity {
  readonly offset: number;
  readonly leaderEpoch: number;
  readonly value: number;
}

/** A record's time on one replica: from its append until it was cut off, lost or damaged. */
export interface Stay extends RecordIdentity {
  readonly machine: number;
  readonly from: number;
  /** Infinity: to the end. */
  to: number;
  /** It ended because the disk damaged it: bit rot. */
  damaged: boolean;
  /** It ended by the disk: damage, a loss, or the recovery after it; not by the protocol. */
  byDisk: boolean;
  /** When the log gave the place up that it takes, damaged or not: cut off or lost. Infinity: it did not. */
  cutOff: number;
  readonly asLeader: boolean;
  /** The leader that it was fetched from, or itself, which appended it; -1: it was left on its own disk by a loss of data. */
  readonly source: number;
  /** What stood at this offset of this replica before. */
  readonly before: Stay | null;
}

/**
 * The controller gave a partition a leader; or, under ZooKeeper, a broker that was restarted unnoticed began to lead once
 * more in the epoch in which it had led (KAFKA-7235): nobody was elected, and what it has lost since nobody knows.
 */
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
  /** It led in this epoch before. */
  readonly isReturn: boolean;
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

/** What the cleaner of a replica removed. */
export interface Removal extends RecordIdentity {
  readonly index: number;
  readonly machine: number;
  /** Offset of the later record of its key; or RemovedAs. */
  readonly supersededBy: number;
}

/** A replica lost records from this offset on; of bit rot, recovery decides how much above it goes too. */
export interface LossOfData {
  readonly index: number;
  readonly machine: number;
  readonly from: number;
  /** LossReason of model/kafka/probes.ts. */
  readonly reason: number;
}

export class PartitionTimeline {
  readonly elections: Election[] = [];
  /** When replicas of the partition lost data, before the final read, in order. */
  readonly lossesOfData: LossOfData[] = [];
  readonly logStarts = new LogStarts();
  readonly settings = new TopicSettings();
  /** By offset: what compaction removed there, on whatever replica, in order. */
  private readonly removals = new Map<number, Removal[]>();
  private readonly logs: (Stay | undefined)[][] = [];
  private readonly ends: number[] = [];
  private readonly commitments: Commitment[][] = [];
  private readonly leaderAppends = new Map<number, Stay[]>();
  private readonly leaderAppendsInOrder: Stay[] = [];
  /** By machine: when it applied which leader epoch (become-leader, become-follower). */
  private readonly applied: {
    readonly index: number;
    readonly leaderEpoch: number;
    readonly leader: number;
    readonly asLeader: boolean;
  }[][] = [];
  /** By machine: its disk lost data, and it has not loaded its log since. */
  private readonly lostData: boolean[] = [];
  /** By machine: it has loaded its log and applied no leader epoch since. */
  private readonly restarted: boolean[] = [];
  private readonly isrs: { readonly index: number; readonly isr: number }[] = [];

  append(index: number, machine: number, offset: number, leaderEpoch: number, value: number, asLeader: boolean): void {
    const log = (this.logs[machine] ??= []);
    if (offset < (this.ends[machine] ?? 0)) this.cut(index, machine, offset, false);
    const before = log[offset] ?? null;
    const stay: Stay = {
      machine,
      offset,
      leaderEpoch,
      value,
      from: index,
      to: Infinity,
      damaged: false,
      byDisk: false,
      cutOff: Infinity,
      asLeader,
      source: this.lostData[machine] === true ? -1 : (this.applied[machine]?.at(-1)?.leader ?? machine),
      before,
    };
    log[offset] = stay;
    this.ends[machine] = offset + 1;
    if (asLeader) {
      this.leaderAppendsInOrder.push(stay);
      const appends = this.leaderAppends.get(value);
      if (appends === undefined) this.leaderAppends.set(value, [stay]);
      else appends.push(stay);
    }
  }

  /**
   * Compaction removed a record of a replica. It goes on to count as held: if it is missed, then because the record is lost
   * that superseded it.
   */
  compact(removal: Removal): void {
    const all = this.removals.get(removal.offset);
    if (all === undefined) this.removals.set(removal.offset, [removal]);
    else all.push(removal);
  }

  /** A replica took over from its leader that compaction has left nothing up to here. */
  fillGap(index: number, machine: number, end: number): void {
    for (let offset = this.ends[machine] ?? 0; offset < end; offset++) {
      const removal = this.removals.get(offset)?.at(-1);
      if (removal === undefined) continue;
      this.append(index, machine, offset, removal.leaderEpoch, removal.value, false);
    }
    this.ends[machine] = end;
  }

  /** When compaction removed this very record, on whatever replica; in order. */
  removalsOf(record: RecordIdentity): readonly Removal[] {
    return (this.removals.get(record.offset) ?? []).filter((removal) => isSame(removal, record));
  }

  /** The record that a replica held at an offset when compaction removed another because of it. */
  superseding({ index, machine, supersededBy }: Removal): Stay | null {
    let stay = this.logs[machine]?.[supersededBy] ?? null;
    while (stay !== null && stay.from > index) stay = stay.before;
    return stay;
  }

  /** The replica's log ends at `logEnd` from this moment on. @param byDisk and not because another leader's differs */
  cut(index: number, machine: number, logEnd: number, byDisk: boolean): void {
    const end = this.ends[machine] ?? 0;
    this.endStays(index, machine, logEnd, end, false, byDisk);
    for (let offset = logEnd; offset < end; offset++) {
      const stay = this.logs[machine]?.[offset];
      if (stay !== undefined && stay.cutOff === Infinity) stay.cutOff = index;
    }
    this.ends[machine] = Math.min(end, logEnd);
  }

  /** The disk damaged what lies between these offsets; the log is as long as before. */
  damage(index: number, machine: number, from: number, to: number): void {
    this.endStays(index, machine, from, to, true, true);
  }

  private endStays(index: number, machine: number, from: number, to: number, damaged: boolean, byDisk: boolean): void {
    const log = this.logs[machine] ?? [];
    for (let offset = from; offset < to; offset++) {
      const stay = log[offset];
      if (stay === undefined || stay.to !== Infinity) continue;
      stay.to = index;
      stay.damaged = damaged;
      stay.byDisk = byDisk;
    }
  }

  /** A broker's process began anew: it loaded its log, which ends at `logEnd`. */
  load(index: number, machine: number, logEnd: number): void {
    this.cut(index, machine, logEnd, true);
    this.logStarts.load(index, machine);
    this.restarted[machine] = true;
    this.lostData[machine] = false;
  }

  /** The disk lost what lies from an offset on; what it announces next, until the log is loaded, it still has. */
  lose(index: number, machine: number, from: number): void {
    this.cut(index, machine, from, true);
    this.lostData[machine] = true;
  }

  /** Does a broker that begins to lead now return, restarted, to the epoch in which it led before? */
  returns(machine: number, leaderEpoch: number): boolean {
    const last = this.applied[machine]?.at(-1);
    return this.restarted[machine] === true && last?.leaderEpoch === leaderEpoch && last.asLeader;
  }

  elect(election: Election): void {
    this.elections.push(election);
  }

  apply(index: number, machine: number, leaderEpoch: number, leader: number): void {
    const asLeader = leader === machine;
    (this.applied[machine] ??= []).push({ index, leaderEpoch, leader, asLeader });
    this.restarted[machine] = false;
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

  /** Brokers that ever held a record of it. */
  get machines(): readonly number[] {
    return this.logs.flatMap((log, machine) => (log === undefined ? [] : [machine]));
  }

  /** Whether a replica held this very record at any moment from `from` to `to`. */
  heldWithin(machine: number, record: RecordIdentity, from: number, to: number): boolean {
    for (let stay = this.logs[machine]?.[record.offset] ?? null; stay !== null; stay = stay.before) {
      if (isSame(stay, record) && stay.from <= to && from < stay.to) return true;
    }
    return false;
  }

  /** The next record that a broker appended as leader, from a moment on; null: it appended no more. */
  appendedFrom(machine: number, at: number): Stay | null {
    const appends = this.leaderAppendsInOrder;
    let low = 0;
    let high = appends.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (appends[middle]!.from < at) low = middle + 1;
      else high = middle;
    }
    while (low < appends.length && appends[low]!.machine !== machine) low++;
    return appends[low] ?? null;
  }

  /** Whether this very record stands in a replica's log to the end; left out which: in any. */
  isHeldInTheEnd(record: RecordIdentity, machine?: number): boolean {
    if (machine === undefined) return this.logs.some((_, replica) => this.isHeldInTheEnd(record, replica));
    const newest = this.logs[machine]?.[record.offset];
    return newest !== undefined && isSame(newest, record) && newest.to === Infinity;
  }

  /** When the disk damaged the copy of this very record that a replica holds to the end; -1: it did not, or holds none. */
  damagedOn(machine: number, record: RecordIdentity): number {
    for (let stay = this.logs[machine]?.[record.offset] ?? null; stay !== null; stay = stay.before) {
      if (isSame(stay, record)) return stay.damaged && stay.cutOff === Infinity ? stay.to : -1;
    }
    return -1;
  }

  /**
   * The loss of data that left a hole where a replica had this very record, or that left it in the log from which the
   * replica copied what lies behind; null: there is no such hole at that moment. Nobody notices one: recovery takes every
   * batch whose checksum is right, and offsets may have gaps.
   */
  holeOf(machine: number, record: RecordIdentity, at: number): LossOfData | null {
    if (this.occupantAt(machine, record.offset, at) !== null) return null;
    const behind = this.firstBehind(machine, record.offset, at);
    if (behind === null || behind.source === machine) return null;
    return behind.source < 0
      ? this.lossToDisk(machine, record, behind.from)
      : this.holeOf(behind.source, record, behind.from);
  }

  /** The place of this very record is its own in a replica's log at a moment, damaged or not. */
  stands(machine: number, record: RecordIdentity, at: number): boolean {
    const stay = this.occupantAt(machine, record.offset, at);
    return stay !== null && isSame(stay, record);
  }

  /** What takes the place at an offset of a replica's log at a moment, damaged or not; null: nothing does. */
  occupantAt(machine: number, offset: number, at: number): Stay | null {
    for (let stay = this.logs[machine]?.[offset] ?? null; stay !== null; stay = stay.before) {
      if (stay.from <= at && at < stay.cutOff) return stay;
    }
    return null;
  }

  /** What a replica held next above an offset at a moment; null: its log ended there. */
  private firstBehind(machine: number, offset: number, at: number): Stay | null {
    const log = this.logs[machine] ?? [];
    for (let above = offset + 1; above < log.length; above++) {
      const stay = this.occupantAt(machine, above, at);
      if (stay !== null) return stay;
    }
    return null;
  }

  /** When the disk damaged records that stood in a replica's log at a moment, damaged still; -1: it had not. */
  damageOf(machine: number, at: number): number {
    for (const newest of this.logs[machine] ?? []) {
      for (let stay = newest ?? null; stay !== null; stay = stay.before) {
        if (stay.damaged && stay.to <= at && at < stay.cutOff) return stay.to;
      }
    }
    return -1;
  }

  /**
   * The loss of data by which a replica lost its copy of this very record, and has not got it anew before a moment; null:
   * the disk below it did not take it.
   */
  lossToDisk(machine: number, record: RecordIdentity, before: number): LossOfData | null {
    for (let stay = this.logs[machine]?.[record.offset] ?? null; stay !== null; stay = stay.before) {
      if (!isSame(stay, record) || stay.from >= before) continue;
      if (!stay.byDisk || stay.to > before) return null;
      const { to } = stay;
      const isOfThis = (loss: LossOfData): boolean =>
        loss.machine === machine && loss.from <= record.offset && loss.index <= to;
      return this.lossesOfData.findLast(isOfThis) ?? null;
    }
    return null;
  }

  /** Every time that a leader appended the value, in order. */
  appendsOf(value: number): readonly Stay[] {
    return this.leaderAppends.get(value) ?? [];
  }

  /** When this very record was committed, by brokers that held it then, in order. */
  commitmentsOf(record: RecordIdentity): readonly Commitment[] {
    // A leader goes on to commit what stands in its log, damaged or not: it does not read it again.
    return (this.commitments[record.offset] ?? []).filter(({ machine, index }) => this.stands(machine, record, index));
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

  /** When the controller changed its state last, before a moment; -1: it had not. */
  changedBefore(index: number): number {
    return this.isrs.findLast((change) => change.index < index)?.index ?? -1;
  }

  /** Since when the controller's ISR is empty at a moment; -1: it is not. */
  emptyIsrSince(at: number): number {
    let since = -1;
    for (const { index, isr } of this.isrs) {
      if (index > at) break;
      if (isr !== 0) since = -1;
      else if (since < 0) since = index;
    }
    return since;
  }
}

function isSame(x: RecordIdentity, y: RecordIdentity): boolean {
  return x.offset === y.offset && x.leaderEpoch === y.leaderEpoch && x.value === y.value;
}
