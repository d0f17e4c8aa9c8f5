/** Who may have partitions of which topic, for a general sticky assignment. */
import { compareStrings, type TopicPartition } from '../topic-partition.js';
import type { GroupState } from './group-state.js';

export class TopicSubscribers {
  private readonly state: GroupState;
  /** By topic that the metadata knows: member ids. */
  private readonly subscribers = new Map<string, string[]>();
  /** By member id: how many partitions its topics have in all. */
  private readonly most = new Map<string, number>();

  constructor(state: GroupState) {
    this.state = state;
    for (const topic of state.partitions.keys()) {
      this.subscribers.set(
        topic,
        state.memberIds.filter((memberId) => this.isSubscribed(memberId, topic)),
      );
    }
    for (const [memberId, topics] of state.topicsOf) {
      let count = 0;
      for (const topic of topics) count += state.partitions.get(topic)?.length ?? 0;
      this.most.set(memberId, count);
    }
  }

  of(topic: string): readonly string[] {
    return this.subscribers.get(topic)!;
  }

  /** Its partitions may move from one member to another. */
  areSeveral(topic: string): boolean {
    return this.of(topic).length > 1;
  }

  isSubscribed(memberId: string, topic: string): boolean {
    return this.state.topicsOf.get(memberId)!.has(topic);
  }

  /** How many partitions the member could have. */
  mostPartitions(memberId: string): number {
    return this.most.get(memberId)!;
  }

  /** Whether this holds of every partition that the member could have. */
  everyPartition(memberId: string, holds: (partition: TopicPartition) => boolean): boolean {
    for (const topic of this.state.topicsOf.get(memberId)!) {
      if (this.state.partitions.get(topic)?.every(holds) === false) return false;
    }
    return true;
  }

  /** All partitions, those first that the fewest members could have (AbstractStickyAssignor.TopicComparator). */
  partitionsInOrder(): TopicPartition[] {
    const topics = [...this.subscribers.keys()].sort(
      (one, other) => this.of(one).length - this.of(other).length || compareStrings(one, other),
    );
    return topics.flatMap((topic) => this.state.partitions.get(topic)!);
  }
}
