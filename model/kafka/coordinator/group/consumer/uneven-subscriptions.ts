/**
 * The uniform assignor where members subscribe to different topics: UniformHeterogeneousAssignmentBuilder. What nobody has goes
 * to the least loaded subscriber; then, topic by topic, the most loaded subscribers give partitions to the least loaded.
 */
import type { ServerAssignor } from './server-assignors.js';

/** Rounds over all topics; more would not make it much better. */
const MAX_ROUNDS = 16;

interface Topic {
  readonly number: number;
  readonly partitions: readonly number[];
  /** Indexes of the members that subscribe to it. */
  readonly subscribers: readonly number[];
}

export const unevenAssignment: ServerAssignor = (members, partitionsOf) => {
  const numbers = [...new Set(members.flatMap(({ subscribedTopics }) => subscribedTopics))];
  const topics = numbers.map((number): Topic => {
    const subscribers = members.flatMap((member, index) => (member.subscribedTopics.includes(number) ? [index] : []));
    return { number, partitions: partitionsOf(number), subscribers };
  });
  topics.sort(heaviestFirst);
  /** By partition: the index of its member. */
  const owners = new Map<number, number>();
  const loads = members.map(() => 0);
  const assign = (partition: number, member: number): void => {
    const former = owners.get(partition);
    if (former !== undefined) loads[former]--;
    owners.set(partition, member);
    loads[member]++;
  };
  members.forEach(({ target, subscribedTopics }, index) => {
    const subscribed = new Set(subscribedTopics.flatMap(partitionsOf));
    for (const partition of target) if (subscribed.has(partition)) assign(partition, index);
  });
  for (const { partitions, subscribers } of topics) {
    const order = byLoad(subscribers, loads);
    for (const partition of partitions) if (!owners.has(partition)) assign(partition, leastLoaded(order, loads));
  }
  balance(topics, owners, loads, assign);
  const assignment = new Map<string, number[]>(members.map(({ memberId }) => [memberId, []]));
  for (const [partition, member] of owners) assignment.get(members[member].memberId)!.push(partition);
  for (const partitions of assignment.values()) partitions.sort((a, b) => a - b);
  return assignment;
};

/** Most partitions for each subscriber; then fewest subscribers. */
function heaviestFirst(one: Topic, other: Topic): number {
  const density = other.partitions.length / other.subscribers.length - one.partitions.length / one.subscribers.length;
  if (density !== 0) return density;
  return one.subscribers.length - other.subscribers.length || one.number - other.number;
}

/** balanceTopics: until a whole round has moved nothing. */
function balance(
  topics: readonly Topic[],
  owners: ReadonlyMap<number, number>,
  loads: readonly number[],
  assign: (partition: number, member: number) => void,
): void {
  const shared = topics.filter(({ subscribers }) => subscribers.length > 1);
  for (let round = 0; round < MAX_ROUNDS; round++) {
    let moved = 0;
    for (const topic of shared) moved += balanceTopic(topic, owners, loads, assign);
    if (moved === 0) return;
  }
}

/** @returns how many partitions have moved */
function balanceTopic(
  { partitions, subscribers }: Topic,
  owners: ReadonlyMap<number, number>,
  loads: readonly number[],
  assign: (partition: number, member: number) => void,
): number {
  const order = byLoad(subscribers, loads);
  /** By member: what it had when this began; what it gets meanwhile it keeps. */
  const own = new Map(
    order.map((member) => [member, partitions.filter((partition) => owners.get(partition) === member)]),
  );
  for (let moved = 0; ; moved++) {
    const givers = order.filter((member) => own.get(member)!.length > 0);
    if (givers.length === 0) return moved;
    const from = mostLoaded(givers, loads);
    const to = leastLoaded(order, loads);
    if (loads[from] - loads[to] <= 1) return moved;
    assign(own.get(from)!.pop()!, to);
  }
}

function byLoad(members: readonly number[], loads: readonly number[]): readonly number[] {
  return members.toSorted((one, other) => loads[one] - loads[other] || one - other);
}

/** Of equals the first. */
function leastLoaded(order: readonly number[], loads: readonly number[]): number {
  return order.reduce((least, member) => (loads[member] < loads[least] ? member : least));
}

/** Of equals the last. */
function mostLoaded(order: readonly number[], loads: readonly number[]): number {
  return order.reduce((most, member) => (loads[member] >= loads[most] ? member : most));
}
