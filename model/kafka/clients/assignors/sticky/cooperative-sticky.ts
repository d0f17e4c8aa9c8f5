/**
 * Cooperative sticky (KIP-429; CooperativeStickyAssignor): as sticky, but members keep what they own while they join, so
 * what is to go from one to another is assigned to nobody yet: its owner gives it up, joins again, and only then the next
 * one has it.
 */
import type { AssignableTopic, Assignment, Assignor, GroupMember, UserData } from '../assignor.js';
import { byTopicThenIndex, type TopicPartition } from '../topic-partition.js';
import { assignConstrained } from './constrained.js';
import { assignGeneral } from './general.js';
import { groupState, NO_GENERATION, remove, type Claim, type Claims, type GroupState } from './group-state.js';
import { numbersOf } from './numbers.js';

export class CooperativeStickyAssignor implements Assignor {
  readonly name = 'cooperative-sticky';
  readonly protocols = ['cooperative', 'eager'] as const;
  private generation = NO_GENERATION;
  private maxGeneration = NO_GENERATION;

  userData(): UserData {
    return { partitions: [], generation: this.generation };
  }

  onAssignment(_partitions: readonly number[], generation: number): void {
    this.generation = generation;
  }

  assign(topics: readonly AssignableTopic[], members: readonly GroupMember[]): Assignment {
    const state = groupState(topics, members, claims, this.maxGeneration);
    this.maxGeneration = state.maxGeneration;
    if (state.subscriptionsEqual) {
      const { lists, changingHands } = assignConstrained(state);
      for (const [partition, memberId] of changingHands) remove(lists.get(memberId)!, partition);
      return numbersOf(lists);
    }
    const lists = assignGeneral(state);
    withholdOwned(state, lists);
    return numbersOf(lists);
  }
}

const claims: Claims = {
  /** Dated by the subscription's own field (3.4) or, where the member does not fill that in, by its user data. */
  of({ subscription }: GroupMember): Claim {
    const { ownedPartitions, generation, userData } = subscription;
    return { partitions: ownedPartitions, generation: generation >= 0 ? generation : userData?.generation };
  },

  /** ConsumerProtocol.serializeSubscription. */
  arrange(partitions: readonly TopicPartition[]): TopicPartition[] {
    return partitions.toSorted(byTopicThenIndex);
  },
};

/** Takes out what is new to one member while another, by its own word, owns it (computePartitionsTransferringOwnership). */
function withholdOwned(state: GroupState, lists: ReadonlyMap<string, TopicPartition[]>): void {
  const revoked = new Set<TopicPartition>();
  const added = new Map<TopicPartition, string>();
  for (const [memberId, list] of lists) {
    const numbers = state.members.get(memberId)!.subscription.ownedPartitions;
    const owned = new Set(numbers.map((number) => state.partitionByNumber.get(number)));
    for (const partition of list) if (!owned.delete(partition)) added.set(partition, memberId);
    for (const partition of owned) if (partition !== undefined) revoked.add(partition);
  }
  for (const [partition, memberId] of added) {
    if (revoked.has(partition)) remove(lists.get(memberId)!, partition);
  }
}
