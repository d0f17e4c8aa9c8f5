/** Members in order of how many partitions they have, then of their ids (AbstractStickyAssignor.SubscriptionComparator). */
import { compareStrings, type TopicPartition } from '../topic-partition.js';

/** A member is taken out before its list changes, and put back after it. */
export class MembersByLoad {
  private readonly lists: ReadonlyMap<string, readonly TopicPartition[]>;
  private readonly sorted: string[] = [];

  constructor(lists: ReadonlyMap<string, readonly TopicPartition[]>) {
    this.lists = lists;
    for (const memberId of lists.keys()) this.add(memberId);
  }

  /** The one with the fewest comes first. */
  get inOrder(): readonly string[] {
    return this.sorted;
  }

  add(memberId: string): void {
    const place = this.sorted.findIndex((other) => this.compare(memberId, other) <= 0);
    if (place < 0) this.sorted.push(memberId);
    else if (this.sorted[place] !== memberId) this.sorted.splice(place, 0, memberId);
  }

  remove(memberId: string): void {
    const place = this.sorted.indexOf(memberId);
    if (place >= 0) this.sorted.splice(place, 1);
  }

  private compare(one: string, other: string): number {
    return this.lists.get(one)!.length - this.lists.get(other)!.length || compareStrings(one, other);
  }
}
