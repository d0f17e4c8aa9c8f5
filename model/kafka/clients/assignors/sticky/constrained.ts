/**
 * Sticky assignment where every member subscribes to the same topics (AbstractStickyAssignor.ConstrainedAssignmentBuilder).
 * Each member has `minQuota` partitions, some have one more (`maxQuota`). Members keep what they own as far as that allows;
 * what is left is dealt to those with too few, in order of their ids: within racks first, if racks matter.
 */
import { assert } from '../../../../kernel/assert.js';
import { byIndexThenTopic, compareStrings, type TopicPartition } from '../topic-partition.js';
import { remove, type GroupState } from './group-state.js';

export interface StickyAssignment {
  /** By member id, in the order in which they were assigned. */
  readonly lists: ReadonlyMap<string, TopicPartition[]>;
  /** Partitions that another member has to give up first, with those that are to have them. */
  readonly changingHands: ReadonlyMap<TopicPartition, string>;
}

export function assignConstrained(state: GroupState): StickyAssignment {
  return new ConstrainedAssignment(state).build();
}

class ConstrainedAssignment {
  private readonly state: GroupState;
  private readonly lists: Map<string, TopicPartition[]>;
  private readonly changingHands = new Map<TopicPartition, string>();
  private readonly kept = new Set<TopicPartition>();
  /** Partitions that their owner, so far, does not keep. */
  private readonly perhapsRevoked = new Map<TopicPartition, string>();
  /** Members with fewer than minQuota. */
  private readonly underMin: string[] = [];
  /** Members with minQuota that may still get one more. */
  private readonly atMin: string[] = [];
  private readonly minQuota: number;
  private readonly maxQuota: number;
  /** How many members are to have more than minQuota; 0: the quotas are the same. */
  private readonly overMinExpected: number;
  private overMin = 0;

  constructor(state: GroupState) {
    this.state = state;
    const memberCount = state.memberIds.length;
    const partitionCount = state.partitionByNumber.size;
    this.lists = new Map(state.memberIds.map((memberId) => [memberId, []]));
    this.minQuota = Math.floor(partitionCount / memberCount);
    this.overMinExpected = partitionCount % memberCount;
    this.maxQuota = this.minQuota + (this.overMinExpected > 0 ? 1 : 0);
  }

  build(): StickyAssignment {
    for (const memberId of this.state.owned.keys()) this.keepOwned(memberId);
    this.underMin.sort(compareStrings);
    this.atMin.sort(compareStrings);
    let unassigned = this.state.racks.sort(this.unassigned());
    if (this.state.racks.matter) unassigned = unassigned.filter((partition) => !this.assignWithinRack(partition));
    this.deal(unassigned);
    return { lists: this.lists, changingHands: this.changingHands };
  }

  private keepOwned(memberId: string): void {
    const { racks, claimedTwice } = this.state;
    const claimed = this.state.owned.get(memberId)!;
    for (const partition of claimed) {
      if (racks.mismatch(memberId, partition)) this.perhapsRevoked.set(partition, memberId);
    }
    const owned = claimed
      .filter((partition) => !racks.mismatch(memberId, partition) && !claimedTwice.has(partition))
      .sort(byIndexThenTopic);
    const keeps = this.quotaOf(memberId, owned.length);
    for (const partition of owned.slice(0, keeps)) this.kept.add(partition);
    for (const partition of owned.slice(keeps)) this.perhapsRevoked.set(partition, memberId);
    this.lists.get(memberId)!.push(...owned.slice(0, keeps));
  }

  /** How many it keeps; and whether it is to get more. */
  private quotaOf(memberId: string, owned: number): number {
    if (owned < this.minQuota) {
      this.underMin.push(memberId);
      return owned;
    }
    const mayExceed = this.overMin < this.overMinExpected;
    if (owned >= this.maxQuota && mayExceed) {
      this.exceeds();
      return this.maxQuota;
    }
    if (mayExceed) this.atMin.push(memberId);
    return this.minQuota;
  }

  /** One more member has maxQuota; with the last of these nobody at minQuota gets more. */
  private exceeds(): void {
    this.overMin++;
    if (this.overMin === this.overMinExpected) this.atMin.length = 0;
  }

  private unassigned(): TopicPartition[] {
    const { partitions } = this.state;
    const all = partitions
      .keys()
      .sort(compareStrings)
      .flatMap((topic) => partitions.get(topic)!);
    return all.filter((partition) => !this.kept.has(partition));
  }

  /** Where the next search for a member with too few begins. */
  private nextUnderMin = 0;

  private assignWithinRack(partition: TopicPartition): boolean {
    const { underMin, atMin } = this;
    const at = this.nearFrom(this.nextUnderMin, underMin, partition);
    if (at >= 0) {
      const memberId = underMin[at];
      const count = this.assign(partition, memberId);
      if (count >= this.minQuota) {
        underMin.splice(at, 1);
        if (count < this.maxQuota && this.overMin < this.overMinExpected) atMin.push(memberId);
      }
      const next = count >= this.minQuota ? at : at + 1;
      this.nextUnderMin = underMin.length === 0 ? 0 : next % underMin.length;
      return true;
    }
    const first = this.nearFrom(0, atMin, partition);
    if (first < 0) return false;
    const [memberId] = atMin.splice(first, 1);
    this.assign(partition, memberId);
    this.exceeds();
    return true;
  }

  /** The first member, from this place on and round again, in whose rack the partition has a replica; -1: there is none. */
  private nearFrom(start: number, memberIds: readonly string[], partition: TopicPartition): number {
    for (let i = 0; i < memberIds.length; i++) {
      const at = (start + i) % memberIds.length;
      if (this.state.racks.match(memberIds[at], partition)) return at;
    }
    return -1;
  }

  /** Round and round those with too few; when each has minQuota, one more to each in turn. */
  private deal(unassigned: readonly TopicPartition[]): void {
    let next = 0;
    for (const partition of unassigned) {
      if (next >= this.underMin.length) next = 0;
      const isUnderMin = this.underMin.length > 0;
      const memberId = isUnderMin ? this.underMin[next] : this.atMin.shift();
      assert(memberId !== undefined, 'quotas leave room for every partition');
      const count = this.assign(partition, memberId);
      if (count === this.minQuota) {
        remove(this.underMin, memberId);
        this.atMin.push(memberId);
      } else if (isUnderMin) {
        next++;
      }
    }
  }

  /** How many the member has now. */
  private assign(partition: TopicPartition, memberId: string): number {
    const list = this.lists.get(memberId)!;
    list.push(partition);
    const from = this.perhapsRevoked.get(partition);
    if ((from !== undefined && from !== memberId) || this.state.claimedTwice.has(partition)) {
      this.changingHands.set(partition, memberId);
    }
    return list.length;
  }
}
