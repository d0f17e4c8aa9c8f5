/**
 * Range: of each topic, every member gets a run of partitions, the first members one more (RangeAssignor). If racks
 * matter, those that can be had in a member's own rack come first, and topics with the same members and as many
 * partitions stay aligned (KIP-881).
 */
import type { AssignableTopic, Assignment, Assignor, GroupMember } from './assignor.js';
import { rackOf, racksMatter } from './racks.js';
import {
  byTopicThenIndex,
  compareMembers,
  inOrderOfMap,
  subscribedTopics,
  type TopicPartition,
} from './topic-partition.js';

/** By member id. */
type Lists = ReadonlyMap<string, TopicPartition[]>;

export class RangeAssignor implements Assignor {
  readonly name = 'range';
  readonly protocols = ['eager'] as const;

  userData(): null {
    return null;
  }

  onAssignment(): void {}

  assign(topics: readonly AssignableTopic[], members: readonly GroupMember[]): Assignment {
    const partitions = subscribedTopics(topics, members);
    const subscribers = subscribersByTopic(topics, members);
    const ranges = partitions.keys().map((name) => new TopicRange(partitions.get(name)!, subscribers.get(name)!));
    const lists = new Map(members.map(({ memberId }) => [memberId, [] as TopicPartition[]]));
    const rackAware = ranges.some(({ isRackAware }) => isRackAware);
    if (rackAware) assignWithinRacks(ranges, lists);
    for (const range of ranges) assignRange(range, false, lists);
    if (rackAware) for (const list of lists.values()) list.sort(byTopicThenIndex);
    return new Map([...lists].map(([memberId, list]) => [memberId, list.map(({ number }) => number)]));
  }
}

function subscribersByTopic(
  topics: readonly AssignableTopic[],
  members: readonly GroupMember[],
): Map<string, GroupMember[]> {
  const subscribers = new Map<string, GroupMember[]>();
  for (const member of inOrderOfMap(members)) {
    for (const topic of member.subscription.topics) {
      const { name } = topics[topic];
      const known = subscribers.get(name);
      if (known === undefined) subscribers.set(name, [member]);
      else known.push(member);
    }
  }
  return subscribers;
}

/** A topic while it is divided (RangeAssignor.TopicAssignmentState). */
class TopicRange {
  /** All of them, by index. */
  readonly partitions: readonly TopicPartition[];
  readonly members: readonly GroupMember[];
  /** Some member names one. */
  readonly hasRacks: boolean;
  readonly isRackAware: boolean;
  /** By index. */
  unassigned: TopicPartition[];
  private readonly assigned: Map<GroupMember, number>;
  private readonly share: number;
  /** How many members may still have one more than `share`. */
  private extras: number;

  constructor(partitions: readonly TopicPartition[], members: readonly GroupMember[]) {
    this.partitions = partitions;
    this.unassigned = partitions.slice();
    this.members = members.toSorted(compareMembers);
    this.assigned = new Map(members.map((member) => [member, 0]));
    this.share = Math.floor(partitions.length / members.length);
    this.extras = partitions.length % members.length;
    const racks = members.map(({ subscription }) => rackOf(subscription)).filter((rack) => rack !== null);
    this.hasRacks = racks.length > 0;
    this.isRackAware = racksMatter(new Set(racks), partitions);
  }

  /** True also of a member that names no rack. */
  racksMatch(member: GroupMember, partition: TopicPartition): boolean {
    const rack = rackOf(member.subscription);
    return rack === null || partition.racks.has(rack);
  }

  room(member: GroupMember): number {
    return Math.max(0, this.share + (this.extras > 0 ? 1 : 0) - this.assigned.get(member)!);
  }

  take(member: GroupMember, taken: readonly TopicPartition[]): void {
    const count = this.assigned.get(member)! + taken.length;
    this.assigned.set(member, count);
    if (count > this.share) this.extras--;
    this.unassigned = this.unassigned.filter((partition) => !taken.includes(partition));
  }
}

function assignRange(range: TopicRange, withinRack: boolean, lists: Lists): void {
  for (const member of range.members) {
    if (range.unassigned.length === 0) return;
    const assignable = range.unassigned.filter((partition) => !withinRack || range.racksMatch(member, partition));
    const taken = assignable.slice(0, range.room(member));
    if (taken.length > 0) assignTo(member, taken, range, lists);
  }
}

function assignWithinRacks(ranges: readonly TopicRange[], lists: Lists): void {
  for (const aligned of coPartitioned(ranges)) {
    if (aligned.length > 1) assignAligned(aligned, lists);
    else if (aligned[0].isRackAware) assignRange(aligned[0], true, lists);
  }
}

/** Topics with the same members and as many partitions; without those of which no member names a rack. */
function coPartitioned(ranges: readonly TopicRange[]): TopicRange[][] {
  const groups = new Map<string, TopicRange[]>();
  for (const range of ranges) {
    if (!range.hasRacks) continue;
    const alike = JSON.stringify([range.partitions.length, range.members.map(({ memberId }) => memberId)]);
    const group = groups.get(alike);
    if (group === undefined) groups.set(alike, [range]);
    else group.push(range);
  }
  return [...groups.values()];
}

/** Partition 0 of all topics to one member, partition 1, and so on, as far as racks allow. */
function assignAligned(ranges: readonly TopicRange[], lists: Lists): void {
  const { members, partitions } = ranges[0];
  const remaining = new Set(members);
  for (let index = 0; index < partitions.length && remaining.size > 0; index++) {
    for (const member of remaining) {
      const matches = (range: TopicRange): boolean => range.racksMatch(member, range.partitions[index]);
      if (!ranges.every((range) => range.room(member) > 0 && matches(range))) continue;
      for (const range of ranges) assignTo(member, [range.partitions[index]], range, lists);
      if (ranges.every((range) => range.room(member) === 0)) remaining.delete(member);
      break;
    }
  }
}

function assignTo(member: GroupMember, taken: readonly TopicPartition[], range: TopicRange, lists: Lists): void {
  lists.get(member.memberId)!.push(...taken);
  range.take(member, taken);
}
