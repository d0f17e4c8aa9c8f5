/** What sticky assignors begin with: who owns what, as far as that can be believed (AbstractStickyAssignor.allSubscriptionsEqual). */
import type { AssignableTopic, GroupMember } from '../assignor.js';
import { javaHash } from '../../../protocol/java-hash.js';
import { JavaHashMap } from '../java-hash-map.js';
import { Racks } from './racks.js';
import { inOrderOfMap, subscribedTopics, type PartitionsByTopic, type TopicPartition } from '../topic-partition.js';

/** In no generation. */
export const NO_GENERATION = -1;

/** Partitions that a member says it owns, and the generation in which it came to own them; undefined: it does not say. */
export interface Claim<Partition = number> {
  readonly partitions: readonly Partition[];
  readonly generation: number | undefined;
}

/** How an assignor's members say what they own. */
export interface Claims {
  of(member: GroupMember): Claim;
  /** In the order in which they stand in what the member sends. */
  arrange(partitions: readonly TopicPartition[]): TopicPartition[];
}

export interface GroupState {
  readonly members: ReadonlyMap<string, GroupMember>;
  /** Member ids in the order of Kafka's map of subscriptions. */
  readonly memberIds: readonly string[];
  readonly claims: ReadonlyMap<string, Claim<TopicPartition>>;
  readonly partitions: PartitionsByTopic;
  readonly partitionByNumber: ReadonlyMap<number, TopicPartition>;
  /** By member: names of topics. */
  readonly topicsOf: ReadonlyMap<string, ReadonlySet<string>>;
  /** Every member subscribes to the same topics. */
  readonly subscriptionsEqual: boolean;
  /** Each member's claims that no newer one contradicts. */
  readonly owned: JavaHashMap<string, TopicPartition[]>;
  /** Claimed by two members of one generation: neither is believed. */
  readonly claimedTwice: ReadonlySet<TopicPartition>;
  /** The newest generation of any claim, in this rebalance or, with the same leader, before. */
  readonly maxGeneration: number;
  readonly racks: Racks;
}

/** @param newestBefore the assignor's last `maxGeneration` */
export function groupState(
  topics: readonly AssignableTopic[],
  members: readonly GroupMember[],
  claims: Claims,
  newestBefore: number,
): GroupState {
  const partitions = subscribedTopics(topics, members);
  const inOrder = inOrderOfMap(members);
  const all = partitions.keys().flatMap((name) => partitions.get(name)!);
  const partitionByNumber = new Map(all.map((partition) => [partition.number, partition]));
  const claimed = new Map(inOrder.map((member) => [member.memberId, known(claims, member, partitionByNumber)]));
  const generations = [...claimed.values()].map(({ generation }) => generation ?? NO_GENERATION);
  const topicNames = inOrder.map(({ subscription }) => subscription.topics.map((topic) => topics[topic].name));
  return {
    members: new Map(inOrder.map((member) => [member.memberId, member])),
    memberIds: inOrder.map(({ memberId }) => memberId),
    claims: claimed,
    partitions,
    partitionByNumber,
    topicsOf: new Map(inOrder.map(({ memberId }, at) => [memberId, new Set(topicNames[at])])),
    subscriptionsEqual: areEqual(topicNames),
    ...believedClaims(inOrder, claimed),
    maxGeneration: Math.max(newestBefore, ...generations),
    racks: new Racks(all, inOrder),
  };
}

/** Without partitions of topics that nobody subscribes to any more, or that are gone. */
function known(
  claims: Claims,
  member: GroupMember,
  partitionByNumber: ReadonlyMap<number, TopicPartition>,
): Claim<TopicPartition> {
  const { partitions, generation } = claims.of(member);
  const found = partitions
    .map((number) => partitionByNumber.get(number))
    .filter((partition) => partition !== undefined);
  return { partitions: claims.arrange(found), generation };
}

/** Members before the first that subscribes to anything are passed over, as in Kafka. */
function areEqual(subscriptions: readonly (readonly string[])[]): boolean {
  const first = subscriptions.findIndex((topics) => topics.length > 0);
  if (first < 0) return true;
  const same = new Set(subscriptions[first]);
  return subscriptions
    .slice(first)
    .every((topics) => topics.length === same.size && topics.every((topic) => same.has(topic)));
}

/**
 * Of two claims to a partition the one of the newer generation counts; of two of one generation, neither. The claim that
 * stood before is dated by the subscription's own field, also under `sticky`, whose claims are dated by its user data.
 */
function believedClaims(
  members: readonly GroupMember[],
  claims: ReadonlyMap<string, Claim<TopicPartition>>,
): Pick<GroupState, 'owned' | 'claimedTwice'> {
  const owned = new JavaHashMap<string, TopicPartition[]>(javaHash);
  const claimedTwice = new Set<TopicPartition>();
  const owners = new Map<TopicPartition, GroupMember>();
  for (const member of members) {
    const own: TopicPartition[] = [];
    owned.set(member.memberId, own);
    const { partitions, generation = NO_GENERATION } = claims.get(member.memberId)!;
    for (const partition of partitions) {
      const other = owners.get(partition);
      if (other !== undefined) {
        if (generation < other.subscription.generation) continue;
        if (generation === other.subscription.generation) claimedTwice.add(partition);
        remove(owned.get(other.memberId)!, partition);
      }
      if (other === undefined || generation > other.subscription.generation) own.push(partition);
      owners.set(partition, member);
    }
  }
  return { owned, claimedTwice };
}

/** Takes out one of them, if there is one. */
export function remove<T>(list: T[], item: T): void {
  const at = list.indexOf(item);
  if (at >= 0) list.splice(at, 1);
}
