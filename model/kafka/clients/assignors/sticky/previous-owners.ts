/** Whose each partition was before its present owner's generation (AbstractStickyAssignor.prepopulateCurrentAssignments). */
import type { TopicPartition } from '../topic-partition.js';
import { NO_GENERATION, type GroupState } from './group-state.js';

/** Of claims older than the newest, the newest to each partition; of two of one generation the first. By member id. */
export function previousOwners(state: GroupState): Map<TopicPartition, string> {
  const owners = new Map<TopicPartition, string>();
  const generations = new Map<TopicPartition, number>();
  for (const [memberId, claim] of state.claims) {
    const { partitions, generation = NO_GENERATION } = claim;
    if (generation >= state.maxGeneration) continue;
    for (const partition of partitions) {
      if (generation <= (generations.get(partition) ?? -Infinity)) continue;
      owners.set(partition, memberId);
      generations.set(partition, generation);
    }
  }
  return owners;
}
