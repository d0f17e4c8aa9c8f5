/** Racks as sticky assignors see them: they matter to all topics or to none (AbstractStickyAssignor.RackInfo). */
import type { GroupMember } from '../assignor.js';
import { rackOf, racksMatter } from '../racks.js';
import type { TopicPartition } from '../topic-partition.js';

export class Racks {
  readonly matter: boolean;
  private readonly rackOfMember = new Map<string, string>();
  /** By rack. */
  private readonly memberCounts = new Map<string, number>();

  constructor(partitions: readonly TopicPartition[], members: readonly GroupMember[]) {
    for (const { memberId, subscription } of members) {
      const rack = rackOf(subscription);
      if (rack === null) continue;
      this.rackOfMember.set(memberId, rack);
      this.memberCounts.set(rack, (this.memberCounts.get(rack) ?? 0) + 1);
    }
    this.matter = racksMatter(new Set(this.memberCounts.keys()), partitions);
  }

  /** The member's rack has a replica. */
  match(memberId: string, partition: TopicPartition): boolean {
    const rack = this.rackOfMember.get(memberId);
    return this.matter && rack !== undefined && partition.racks.has(rack);
  }

  /** The member has a rack, without a replica. */
  mismatch(memberId: string, partition: TopicPartition): boolean {
    const rack = this.rackOfMember.get(memberId);
    return this.matter && rack !== undefined && !partition.racks.has(rack);
  }

  /** Those that the fewest members have in their rack come first. */
  sort(partitions: readonly TopicPartition[]): TopicPartition[] {
    if (!this.matter) return partitions.slice();
    return partitions.toSorted((one, other) => this.membersNear(one) - this.membersNear(other));
  }

  private membersNear({ racks }: TopicPartition): number {
    let count = 0;
    for (const rack of racks) count += this.memberCounts.get(rack) ?? 0;
    return count;
  }
}
