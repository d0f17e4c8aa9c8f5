/**
 * How the leader of a classic group divides partitions among its members (ConsumerPartitionAssignor, KIP-429).
 *
 * A consumer has one instance of each assignor that it offers: some remember. They answer as Kafka's own do, to the order
 * of the partitions in each list (runs/conformance/clients).
 */

/** eager: a member gives up all that it owns before it joins. cooperative: it keeps that, and gives up only what it is told to. */
export type RebalanceProtocol = 'eager' | 'cooperative';

/** A topic as the leader's metadata knows it. */
export interface AssignableTopic {
  /** Names decide order. */
  readonly name: string;
  /** The numbers of its partitions, by index; empty: the metadata does not know the topic. */
  readonly partitions: readonly number[];
  /** By index of the partition: broker.rack of each of its replicas; empty: no broker says (KIP-881). */
  readonly racks: readonly (readonly string[])[];
}

/** What a member tells the leader when it joins (ConsumerProtocolSubscription). */
export interface Subscription {
  /** Numbers of topics, each once. */
  readonly topics: readonly number[];
  /** Numbers of the partitions that it owns while it joins: none under an eager protocol. */
  readonly ownedPartitions: readonly number[];
  /** In which it came to own them; -1: it is in none, or says nothing (before version 2 of the subscription, 3.4). */
  readonly generation: number;
  /** client.rack; null or empty: none. */
  readonly rackId: string | null;
  /** From the member's own instance of the assignor; null: it adds nothing. */
  readonly userData: UserData | null;
}

/** What sticky assignors hand on from one rebalance to the next. */
export interface UserData {
  /** The partitions of the member's last assignment; empty under cooperative-sticky, where `ownedPartitions` says it. */
  readonly partitions: readonly number[];
  /** In which the member was assigned them; -1: it was never assigned any. */
  readonly generation: number;
}

export interface GroupMember {
  readonly memberId: string;
  /** group.instance.id; null: a dynamic member. */
  readonly groupInstanceId: string | null;
  readonly subscription: Subscription;
}

/** By member id: numbers of partitions, in the order in which the member takes them up. Each member is in it. */
export type Assignment = ReadonlyMap<string, readonly number[]>;

export interface Assignor {
  /** As group protocols are called in JoinGroup. */
  readonly name: string;
  /** Those that it supports, the preferred one first. */
  readonly protocols: readonly RebalanceProtocol[];
  /** What goes into the member's own next subscription. */
  userData(): UserData | null;
  /** The member was assigned these partitions (ConsumerPartitionAssignor.onAssignment). */
  onAssignment(partitions: readonly number[], generation: number): void;
  /**
   * @param topics by topic number: every topic that a member subscribes to
   * @param members at least one, in the order of the JoinGroup response
   */
  assign(topics: readonly AssignableTopic[], members: readonly GroupMember[]): Assignment;
}
