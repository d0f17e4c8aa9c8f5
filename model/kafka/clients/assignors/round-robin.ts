/** Round robin: all partitions of all topics, dealt to the members in turn; who is not subscribed is passed over (RoundRobinAssignor). */
import type { AssignableTopic, Assignment, Assignor, GroupMember } from './assignor.js';
import { compareMembers, compareStrings, subscribedTopics } from './topic-partition.js';

export class RoundRobinAssignor implements Assignor {
  readonly name = 'roundrobin';
  readonly protocols = ['eager'] as const;

  userData(): null {
    return null;
  }

  onAssignment(): void {}

  assign(topics: readonly AssignableTopic[], members: readonly GroupMember[]): Assignment {
    const partitions = subscribedTopics(topics, members);
    const circle = members.toSorted(compareMembers);
    const assignment = new Map(members.map(({ memberId }) => [memberId, [] as number[]]));
    let next = 0;
    for (const name of partitions.keys().sort(compareStrings)) {
      const isSubscribed = circle.map(({ subscription }) =>
        subscription.topics.some((topic) => topics[topic].name === name),
      );
      for (const { number } of partitions.get(name)!) {
        while (!isSubscribed[next]) next = (next + 1) % circle.length;
        assignment.get(circle[next].memberId)!.push(number);
        next = (next + 1) % circle.length;
      }
    }
    return assignment;
  }
}
