/** Topics and partitions as an assignor walks, sorts and hashes them. */
import type { AssignableTopic, GroupMember } from './assignor.js';
import { javaHash } from '../../protocol/java-hash.js';
import { JavaHashMap } from './java-hash-map.js';

/** One object for each partition of an assignment: they are compared by identity. */
export interface TopicPartition {
  readonly topic: string;
  readonly index: number;
  /** In the model; what an assignment speaks of. */
  readonly number: number;
  readonly hash: number;
  /** broker.rack of each replica's broker, as far as it has one. */
  readonly racks: ReadonlySet<string>;
}

/** Topics by name, in the order of Kafka's map of them; each has at least one partition. */
export type PartitionsByTopic = JavaHashMap<string, readonly TopicPartition[]>;

const NO_RACKS: ReadonlySet<string> = new Set();

/** The subscribed topics that the metadata knows (AbstractPartitionAssignor.assign). */
export function subscribedTopics(
  topics: readonly AssignableTopic[],
  members: readonly GroupMember[],
): PartitionsByTopic {
  const subscribed = new JavaHashMap<string, AssignableTopic>(javaHash);
  for (const { subscription } of inOrderOfMap(members)) {
    const own = subscription.topics.map((topic) => topics[topic]);
    own.sort((one, other) => compareStrings(one.name, other.name)); // as a subscription travels
    for (const topic of own) subscribed.set(topic.name, topic);
  }
  const known: PartitionsByTopic = new JavaHashMap(javaHash);
  for (const name of subscribed.keys()) {
    const topic = subscribed.get(name)!;
    if (topic.partitions.length > 0) known.set(name, partitionsOf(topic));
  }
  return known;
}

function partitionsOf({ name, partitions, racks }: AssignableTopic): TopicPartition[] {
  const topicHash = javaHash(name);
  return partitions.map((number, index) => ({
    topic: name,
    index,
    number,
    hash: (Math.imul(31 + index, 31) + topicHash) | 0, // TopicPartition.hashCode
    racks: racks.length === 0 ? NO_RACKS : new Set(racks[index]),
  }));
}

/** Members in the order of Kafka's map of subscriptions (ConsumerCoordinator.onLeaderElected). */
export function inOrderOfMap(members: readonly GroupMember[]): GroupMember[] {
  const byId = new JavaHashMap<string, GroupMember>(javaHash);
  for (const member of members) byId.set(member.memberId, member);
  return byId.keys().map((memberId) => byId.get(memberId)!);
}

/** Static members first, by group.instance.id, then the others by member id (AbstractPartitionAssignor.MemberInfo). */
export function compareMembers(one: GroupMember, other: GroupMember): number {
  if (one.groupInstanceId !== null && other.groupInstanceId !== null) {
    return compareStrings(one.groupInstanceId, other.groupInstanceId);
  }
  if (one.groupInstanceId !== null) return -1;
  if (other.groupInstanceId !== null) return 1;
  return compareStrings(one.memberId, other.memberId);
}

/** By UTF-16 code units, as String.compareTo. */
export function compareStrings(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

export function byTopicThenIndex(one: TopicPartition, other: TopicPartition): number {
  return one.topic === other.topic ? one.index - other.index : compareStrings(one.topic, other.topic);
}

export function byIndexThenTopic(one: TopicPartition, other: TopicPartition): number {
  return one.index - other.index || compareStrings(one.topic, other.topic);
}
