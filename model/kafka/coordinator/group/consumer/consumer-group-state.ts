/**
 * A group of KIP-848's protocol as its coordinator knows it: ConsumerGroup, ConsumerGroupMember. Immutable: a request makes
 * another one of it, which is stored before anybody is told.
 */
import type { JoinGroupProtocol } from '../../../protocol/group-messages.js';

/** MemberState: how far a member has come on the way to what it is to have. */
export type MemberState = 'stable' | 'unrevoked-partitions' | 'unreleased-partitions';

/** What a member of the classic protocol said when it joined: ClassicMemberMetadata. */
export interface ClassicMembership {
  readonly clientId: string;
  readonly sessionTimeoutMs: number;
  /** In the order of its preference. */
  readonly protocols: readonly JoinGroupProtocol[];
}

export interface ConsumerMember {
  readonly memberId: string;
  /** group.instance.id; null: a dynamic member. */
  readonly instanceId: string | null;
  /** The machine. */
  readonly clientHost: number;
  readonly rebalanceTimeoutMs: number;
  /** Topic numbers, ascending. */
  readonly subscribedTopics: readonly number[];
  /** null: it leaves the choice to the coordinator. */
  readonly serverAssignor: string | null;
  /** Left out: it speaks KIP-848's protocol. */
  readonly classic?: ClassicMembership | undefined;
  /** -2: a static member that has said that it will be back. */
  readonly memberEpoch: number;
  readonly previousMemberEpoch: number;
  readonly state: MemberState;
  /** Partition numbers, ascending: what it is told to have. */
  readonly assigned: readonly number[];
  /** It had them, and has not said yet that it gave them up. */
  readonly pendingRevocation: readonly number[];
}

export interface ConsumerGroupState {
  /** Bumped with every change of the members and their subscriptions. */
  readonly groupEpoch: number;
  /** The group epoch that `targets` were computed for. */
  readonly assignmentEpoch: number;
  /** By member id. */
  readonly members: ReadonlyMap<string, ConsumerMember>;
  /** By member id: the partitions that a member is to have in the end, ascending. */
  readonly targets: ReadonlyMap<string, readonly number[]>;
}

export const EMPTY_CONSUMER_GROUP: ConsumerGroupState = {
  groupEpoch: 0,
  assignmentEpoch: 0,
  members: new Map(),
  targets: new Map(),
};

export function newMember(memberId: string): ConsumerMember {
  return {
    memberId,
    instanceId: null,
    clientHost: 0,
    rebalanceTimeoutMs: -1,
    subscribedTopics: [],
    serverAssignor: null,
    memberEpoch: 0,
    previousMemberEpoch: -1,
    state: 'stable',
    assigned: [],
    pendingRevocation: [],
  };
}

/** The member that has this instance id; undefined: nobody has. */
export function staticMember({ members }: ConsumerGroupState, instanceId: string): ConsumerMember | undefined {
  for (const member of members.values()) if (member.instanceId === instanceId) return member;
  return undefined;
}

/** Some member has it, or has not said that it gave it up (currentPartitionEpoch is not -1). */
export function isOwned({ members }: ConsumerGroupState, partition: number): boolean {
  for (const { assigned, pendingRevocation } of members.values()) {
    if (assigned.includes(partition) || pendingRevocation.includes(partition)) return true;
  }
  return false;
}

export function isReconciledTo({ state, memberEpoch }: ConsumerMember, assignmentEpoch: number): boolean {
  return state === 'stable' && memberEpoch === assignmentEpoch;
}

/** Without this member (consumerGroupFenceMember). */
export function withoutMember(group: ConsumerGroupState, memberId: string): ConsumerGroupState {
  return withoutMembers(group, [memberId]);
}

/** Without these members (consumerGroupFenceMembers). Their partitions go to others with the next target. */
export function withoutMembers(group: ConsumerGroupState, memberIds: readonly string[]): ConsumerGroupState {
  const members = new Map(group.members);
  const targets = new Map(group.targets);
  for (const memberId of memberIds) {
    members.delete(memberId);
    targets.delete(memberId);
  }
  return { ...group, groupEpoch: group.groupEpoch + 1, members, targets };
}

/** The member in place of the one with this id, which may be its own. */
export function withMember(group: ConsumerGroupState, formerId: string, member: ConsumerMember): ConsumerGroupState {
  const members = new Map(group.members);
  if (formerId === member.memberId) {
    members.set(member.memberId, member);
    return { ...group, members };
  }
  const targets = new Map(group.targets);
  const target = targets.get(formerId);
  members.delete(formerId);
  targets.delete(formerId);
  members.set(member.memberId, member);
  if (target !== undefined) targets.set(member.memberId, target);
  return { ...group, members, targets };
}

export type GroupPhase = 'Empty' | 'Assigning' | 'Reconciling' | 'Stable';

/** ConsumerGroupState, from its members (maybeUpdateGroupState). */
export function phaseOf({ groupEpoch, assignmentEpoch, members }: ConsumerGroupState): GroupPhase {
  if (members.size === 0) return 'Empty';
  if (groupEpoch > assignmentEpoch) return 'Assigning';
  for (const member of members.values()) if (!isReconciledTo(member, assignmentEpoch)) return 'Reconciling';
  return 'Stable';
}

export function isSameList(one: readonly number[], other: readonly number[]): boolean {
  return one.length === other.length && one.every((value, index) => value === other[index]);
}
