/**
 * Sticky: shares as equal as can be, and as few partitions as can be that change hands (KIP-54; StickyAssignor). Its
 * members give up everything before they join, so each tells the leader in its user data what it had.
 */
import type { AssignableTopic, Assignment, Assignor, GroupMember, UserData } from '../assignor.js';
import { assignConstrained } from './constrained.js';
import { assignGeneral } from './general.js';
import { groupState, NO_GENERATION, type Claim, type Claims } from './group-state.js';
import { javaHash } from '../../../protocol/java-hash.js';
import { JavaHashMap } from '../java-hash-map.js';
import type { TopicPartition } from '../topic-partition.js';
import { numbersOf } from './numbers.js';

export class StickyAssignor implements Assignor {
  readonly name = 'sticky';
  readonly protocols = ['eager'] as const;
  private last: UserData | null = null;
  private maxGeneration = NO_GENERATION;

  userData(): UserData | null {
    return this.last;
  }

  onAssignment(partitions: readonly number[], generation: number): void {
    this.last = { partitions, generation };
  }

  assign(topics: readonly AssignableTopic[], members: readonly GroupMember[]): Assignment {
    const state = groupState(topics, members, claims, this.maxGeneration);
    this.maxGeneration = state.maxGeneration;
    return numbersOf(state.subscriptionsEqual ? assignConstrained(state).lists : assignGeneral(state));
  }
}

const claims: Claims = {
  of({ subscription }: GroupMember): Claim {
    return subscription.userData ?? { partitions: [], generation: undefined };
  },

  /** Topic by topic, in the order of a map of them (StickyAssignor.serializeTopicPartitionAssignment). */
  arrange(partitions: readonly TopicPartition[]): TopicPartition[] {
    const byTopic = new JavaHashMap<string, TopicPartition[]>(javaHash);
    for (const partition of partitions) byTopic.getOrCreate(partition.topic, () => []).push(partition);
    return byTopic.keys().flatMap((topic) => byTopic.get(topic)!);
  },
};
