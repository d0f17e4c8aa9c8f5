/** Plays the rebalances that were played to Kafka's assignors to the model's. */
import type { AssignableTopic, Assignor, GroupMember } from '../../../../model/kafka/clients/assignors/assignor.js';
import { createAssignor, type AssignorName } from '../../../../model/kafka/clients/assignors/assignors.js';

/** ../rebalances.mjs says what each field means. */
export interface Rebalances {
  readonly topics: Readonly<Record<string, number>>;
  readonly racks?: readonly (readonly (readonly string[])[])[];
  readonly rounds: readonly { readonly members: readonly Joining[] }[];
  /** By round: by member; or how Kafka's assignor failed. */
  readonly answers: readonly (readonly (readonly number[])[] | { readonly failed: string })[];
}

interface Joining {
  readonly id: string;
  readonly instance?: string;
  readonly rack?: string;
  readonly topics: readonly number[];
  readonly misses?: true;
  readonly told?: { readonly partitions: readonly number[]; readonly generation: number };
}

interface Member {
  readonly assignor: Assignor;
  owned: readonly number[];
  generation: number;
}

export class ModelGroup {
  private readonly name: AssignorName;
  private readonly topics: readonly AssignableTopic[];
  private readonly members = new Map<string, Member>();
  private generation = 0;

  constructor(name: AssignorName, { topics, racks }: Rebalances) {
    this.name = name;
    let next = 0;
    this.topics = Object.entries(topics).map(([topic, count], at) => ({
      name: topic,
      partitions: Array.from({ length: count }, () => next++),
      racks: racks?.[at] ?? [],
    }));
  }

  /** What each member is assigned. */
  rebalance(joining: readonly Joining[]): readonly (readonly number[])[] {
    this.generation++;
    const members = joining.map((each) => this.subscribe(each));
    const assignment = this.members.get(joining[0].id)!.assignor.assign(this.topics, members);
    return joining.map(({ id, misses }) => {
      const assigned = assignment.get(id)!;
      if (!misses) this.tell(id, this.asReceived(assigned), this.generation);
      return assigned;
    });
  }

  private subscribe({ id, instance, rack, topics, told }: Joining): GroupMember {
    if (!this.members.has(id)) this.members.set(id, { assignor: createAssignor(this.name), owned: [], generation: -1 });
    if (told !== undefined) this.tell(id, told.partitions, told.generation);
    const { assignor, owned, generation } = this.members.get(id)!;
    const ownedPartitions = assignor.protocols.includes('cooperative') ? owned : [];
    const rackId = rack ?? null;
    const userData = assignor.userData();
    return {
      memberId: id,
      groupInstanceId: instance ?? null,
      subscription: { topics, ownedPartitions, generation, rackId, userData },
    };
  }

  private tell(id: string, partitions: readonly number[], generation: number): void {
    const member = this.members.get(id)!;
    member.assignor.onAssignment(partitions, generation);
    member.owned = partitions;
    member.generation = generation;
  }

  /** Topic by topic, as an assignment travels (ConsumerProtocol.serializeAssignment). */
  private asReceived(assigned: readonly number[]): readonly number[] {
    const topicOf = (partition: number): number =>
      this.topics.findIndex(({ partitions }) => partitions.includes(partition));
    const topics = new Set(assigned.map(topicOf));
    return [...topics].flatMap((topic) => assigned.filter((partition) => topicOf(partition) === topic));
  }
}
