/** When assignors look at racks (KIP-881, 3.5). */
import type { Subscription } from './assignor.js';
import type { TopicPartition } from './topic-partition.js';

/** null: it names none. */
export function rackOf({ rackId }: Subscription): string | null {
  return rackId === '' ? null : rackId;
}

/**
 * Racks count if some member is in the rack of some replica, and not every partition is in all racks
 * (AbstractPartitionAssignor.useRackAwareAssignment).
 */
export function racksMatter(memberRacks: ReadonlySet<string>, partitions: readonly TopicPartition[]): boolean {
  if (memberRacks.size === 0) return false;
  const partitionRacks = new Set<string>();
  for (const { racks } of partitions) for (const rack of racks) partitionRacks.add(rack);
  if (![...memberRacks].some((rack) => partitionRacks.has(rack))) return false;
  return partitions.some(({ racks }) => racks.size < partitionRacks.size);
}
