/**
 * Sticky assignment where members subscribe to different topics (AbstractStickyAssignor.GeneralAssignmentBuilder): what
 * can be kept is kept, each other partition goes to the member with the fewest, and then partitions move from the fuller
 * to the emptier until nothing improves; unless all that moving leaves the whole no better balanced than it was.
 */
import type { TopicPartition } from '../topic-partition.js';
import { remove, type GroupState } from './group-state.js';
import { MembersByLoad } from './members-by-load.js';
import { PartitionMovements } from './partition-movements.js';
import { previousOwners } from './previous-owners.js';
import { TopicSubscribers } from './topic-subscribers.js';

type Lists = Map<string, TopicPartition[]>;

export function assignGeneral(state: GroupState): ReadonlyMap<string, TopicPartition[]> {
  return new GeneralAssignment(state).build();
}

class GeneralAssignment {
  private readonly state: GroupState;
  private readonly subscribers: TopicSubscribers;
  /** Members whose partitions none else could have, and that have all they could, are taken out while it is balanced. */
  private lists: Lists;
  private readonly ownerOf = new Map<TopicPartition, string>();
  private readonly byLoad: MembersByLoad;
  private readonly previousOwners: ReadonlyMap<TopicPartition, string>;
  private readonly movements = new PartitionMovements();
  /** Something that was owned cannot be kept. */
  private revokes = false;

  constructor(state: GroupState) {
    this.state = state;
    this.subscribers = new TopicSubscribers(state);
    this.previousOwners = previousOwners(state);
    this.lists = new Map(state.memberIds.map((memberId) => [memberId, this.keepOwned(memberId)]));
    this.byLoad = new MembersByLoad(this.lists);
  }

  build(): ReadonlyMap<string, TopicPartition[]> {
    const { inOrder } = this.byLoad;
    const beganEmpty = this.lists.get(inOrder[inOrder.length - 1])!.length === 0;
    const all = this.subscribers.partitionsInOrder();
    const unassigned = all.filter((partition) => !this.ownerOf.has(partition));
    this.assign(unassigned);

    const fixed = this.takeOutFixed();
    const before = this.copy();
    const movable = (partition: TopicPartition): boolean => this.subscribers.areSeveral(partition.topic);
    if (!this.revokes) this.reassign(unassigned.filter(movable));
    const reassigned = this.reassign(all.filter(movable));
    if (!beganEmpty && reassigned && imbalance(this.lists) >= imbalance(before)) this.lists = before;
    for (const [memberId, list] of fixed) this.lists.set(memberId, list);
    return this.lists;
  }

  private keepOwned(memberId: string): TopicPartition[] {
    const topics = this.state.topicsOf.get(memberId)!;
    const owned = this.state.owned.get(memberId)!;
    const kept = owned.filter(
      (partition) => topics.has(partition.topic) && !this.state.racks.mismatch(memberId, partition),
    );
    if (kept.length < owned.length) this.revokes = true;
    for (const partition of kept) this.ownerOf.set(partition, memberId);
    return kept;
  }

  private copy(): Lists {
    return new Map([...this.lists].map(([memberId, list]) => [memberId, list.slice()]));
  }

  // ---------------------------------------------------------------------- what nobody has

  private assign(unassigned: readonly TopicPartition[]): void {
    const rest = this.state.racks.matter
      ? unassigned.filter((partition) => !this.assignToFewest(partition, true))
      : unassigned;
    for (const partition of rest) this.assignToFewest(partition, false);
  }

  /** False: only members in other racks could have it. */
  private assignToFewest(partition: TopicPartition, withinRack: boolean): boolean {
    const memberId = this.byLoad.inOrder.find(
      (candidate) =>
        this.subscribers.isSubscribed(candidate, partition.topic) &&
        !(withinRack && this.state.racks.mismatch(candidate, partition)),
    );
    if (memberId === undefined) return false;
    this.byLoad.remove(memberId);
    this.lists.get(memberId)!.push(partition);
    this.ownerOf.set(partition, memberId);
    this.byLoad.add(memberId);
    return true;
  }

  // ---------------------------------------------------------------------- balance

  private takeOutFixed(): Lists {
    const fixed: Lists = new Map();
    for (const memberId of this.state.memberIds) {
      const list = this.lists.get(memberId)!;
      if (list.length < this.subscribers.mostPartitions(memberId)) continue;
      if (list.some(({ topic }) => this.subscribers.areSeveral(topic))) continue;
      this.byLoad.remove(memberId);
      this.lists.delete(memberId);
      fixed.set(memberId, list);
    }
    return fixed;
  }

  /** Again and again until nothing moves (performReassignments). True: something did. */
  private reassign(partitions: readonly TopicPartition[]): boolean {
    let reassigned = false;
    for (let moved = true; moved;) {
      moved = false;
      for (const partition of partitions) {
        if (this.isBalanced()) break;
        if (this.reassignOne(partition)) moved = true;
      }
      reassigned ||= moved;
    }
    return reassigned;
  }

  /**
   * A previous owner has it back even if it does not subscribe to the topic any more, as in Kafka; which fails with a
   * NullPointerException where that one is taken out.
   */
  private reassignOne(partition: TopicPartition): boolean {
    const owner = this.ownerOf.get(partition)!;
    const previous = this.previousOwners.get(partition);
    if (previous !== undefined && this.lists.has(previous) && this.hasTwoMore(owner, previous)) {
      this.move(partition, previous);
      return true;
    }
    // Kafka asks first among those in the partition's racks, with the same consequence.
    if (!this.subscribers.of(partition.topic).some((candidate) => this.hasTwoMore(owner, candidate))) return false;
    const fewest = this.byLoad.inOrder.find((candidate) => this.subscribers.isSubscribed(candidate, partition.topic))!;
    this.move(partition, fewest);
    return true;
  }

  /** If a partition moved from one to the other, their shares would be more alike. */
  private hasTwoMore(memberId: string, other: string): boolean {
    return this.lists.get(memberId)!.length > this.lists.get(other)!.length + 1;
  }

  /** Moves the partition, or one of its topic that came the other way. */
  private move(partition: TopicPartition, to: string): void {
    const moving = this.movements.toMoveFor(partition, this.ownerOf.get(partition)!, to);
    const from = this.ownerOf.get(moving)!;
    this.byLoad.remove(from);
    this.byLoad.remove(to);
    this.movements.moved(moving, from, to);
    remove(this.lists.get(from)!, moving);
    this.lists.get(to)!.push(moving);
    this.ownerOf.set(moving, to);
    this.byLoad.add(to);
    this.byLoad.add(from);
  }

  /** No member could have a partition of one that has two more than it. */
  private isBalanced(): boolean {
    const { inOrder } = this.byLoad;
    const fewest = this.lists.get(inOrder[0])!.length;
    const most = this.lists.get(inOrder[inOrder.length - 1])!.length;
    if (fewest >= most - 1) return true;
    return inOrder.every((memberId) => {
      const count = this.lists.get(memberId)!.length;
      if (count === this.subscribers.mostPartitions(memberId)) return true;
      return this.subscribers.everyPartition(memberId, (partition) => {
        const owner = this.ownerOf.get(partition)!;
        return owner === memberId || count + 1 >= this.lists.get(owner)!.length;
      });
    });
  }
}

/** The differences in size of all pairs of lists (getBalanceScore); 0: all have as many. */
function imbalance(lists: Lists): number {
  const sizes = [...lists.values()].map(({ length }) => length);
  let sum = 0;
  sizes.forEach((size, at) => {
    for (let other = at + 1; other < sizes.length; other++) sum += Math.abs(size - sizes[other]);
  });
  return sum;
}
