/**
 * Where the replicas of a new topic go: AdminUtils.assignReplicasToBrokers. First replicas go round the brokers from a
 * random one on; the others follow at a distance that grows with each round. With racks the brokers are lined up rack by
 * rack in turn, and a rack is used again only when all have been.
 */
import type { Stream } from '../../../../kernel/random.js';
import type { LiveBroker } from './context.js';

/** @returns by partition; throws if there are fewer brokers than replicas */
export function assignReplicas(
  brokers: readonly LiveBroker[],
  partitions: number,
  replicationFactor: number,
  dice: Stream,
): number[][] {
  const start = dice.int(brokers.length);
  const from = { partition: 0, start, shift: dice.int(brokers.length) };
  return assignFrom(from, brokers, partitions, replicationFactor);
}

/**
 * Of partitions that are added: they go on where the topic's first partition began.
 * @param first who had the first replica of the topic's first partition when it was assigned last
 * @param index of the first that is added
 */
export function assignAddedReplicas(
  brokers: readonly LiveBroker[],
  first: number,
  index: number,
  partitions: number,
  replicationFactor: number,
): number[][] {
  const start = Math.max(
    0,
    brokers.findIndex(({ id }) => id >= first),
  );
  return assignFrom({ partition: index, start, shift: start }, brokers, partitions, replicationFactor);
}

interface From {
  /** Index of the first partition. */
  readonly partition: number;
  /** Where in the line of brokers partition 0 has, or had, its first replica. */
  readonly start: number;
  readonly shift: number;
}

function assignFrom(
  from: From,
  brokers: readonly LiveBroker[],
  partitions: number,
  replicationFactor: number,
): number[][] {
  if (replicationFactor > brokers.length) throw new Error('INVALID_REPLICATION_FACTOR');
  const isRackAware = brokers.every(({ rack }) => rack !== null);
  const line = isRackAware ? alternateRacks(brokers) : brokers;
  const racks = isRackAware ? new Set(line.map(({ rack }) => rack)).size : line.length;
  let { shift } = from;
  const assignments: number[][] = [];
  for (let partition = from.partition; partition < from.partition + partitions; partition++) {
    if (partition > 0 && partition % line.length === 0) shift++;
    const first = (partition + from.start) % line.length;
    const distance = isRackAware ? shift * racks : shift;
    assignments.push(replicasFrom(line, first, distance, replicationFactor, racks, isRackAware));
  }
  return assignments;
}

function replicasFrom(
  line: readonly LiveBroker[],
  first: number,
  distance: number,
  replicationFactor: number,
  racks: number,
  isRackAware: boolean,
): number[] {
  const chosen = [line[first]];
  const usedRacks = new Set([line[first].rack]);
  for (let step = 0; chosen.length < replicationFactor; step++) {
    const candidate = line[indexAt(first, distance, step, line.length)];
    const isRackFree = !isRackAware || !usedRacks.has(candidate.rack) || usedRacks.size === racks;
    if (!isRackFree || chosen.includes(candidate)) continue;
    chosen.push(candidate);
    usedRacks.add(candidate.rack);
  }
  return chosen.map(({ id }) => id);
}

/** AdminUtils.replicaIndex */
function indexAt(first: number, distance: number, step: number, brokers: number): number {
  const shift = 1 + ((distance + step) % Math.max(1, brokers - 1));
  return (first + shift) % brokers;
}

/** getRackAlternatedBrokerList: the first of each rack, then the second of each, ... */
function alternateRacks(brokers: readonly LiveBroker[]): LiveBroker[] {
  const racks = [...new Set(brokers.map(({ rack }) => rack!))].sort();
  const byRack = racks.map((rack) => brokers.filter((broker) => broker.rack === rack));
  const line: LiveBroker[] = [];
  for (let round = 0; line.length < brokers.length; round++) {
    for (const members of byRack) if (round < members.length) line.push(members[round]);
  }
  return line;
}
