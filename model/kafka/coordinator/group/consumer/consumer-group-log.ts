/**
 * What the partitions of __consumer_offsets hold of a group of KIP-848: a record for each thing that changes by itself
 * (ConsumerGroupMetadataKey, ...MemberMetadataKey, ...TargetAssignmentMetadataKey, ...TargetAssignmentMemberKey,
 * ...CurrentMemberAssignmentKey).
 */
import { newMember, type ConsumerGroupState, type ConsumerMember } from './consumer-group-state.js';

type Subscription = Pick<
  ConsumerMember,
  'instanceId' | 'clientHost' | 'rebalanceTimeoutMs' | 'subscribedTopics' | 'serverAssignor' | 'classic'
>;
type Current = Pick<ConsumerMember, 'memberEpoch' | 'previousMemberEpoch' | 'state' | 'assigned' | 'pendingRevocation'>;

interface OfMember<Kind, Value> {
  readonly kind: Kind;
  readonly groupId: string;
  readonly memberId: string;
  /** null: the member is gone. */
  readonly value: Value | null;
}

export type ConsumerGroupRecord =
  /** null: the group is gone. */
  | { readonly kind: 'group-epoch'; readonly groupId: string; readonly value: number | null }
  | { readonly kind: 'assignment-epoch'; readonly groupId: string; readonly value: number | null }
  | OfMember<'member-subscription', Subscription>
  | OfMember<'member-target', readonly number[]>
  | OfMember<'member-assignment', Current>;

/** What is to be written when a group becomes another; null: it is not there before, or after. */
export function changes(
  groupId: string,
  before: ConsumerGroupState | null,
  after: ConsumerGroupState | null,
): readonly ConsumerGroupRecord[] {
  const records: ConsumerGroupRecord[] = [];
  const memberIds = new Set([...(before?.members.keys() ?? []), ...(after?.members.keys() ?? [])]);
  for (const memberId of memberIds) {
    const [former, member] = [before?.members.get(memberId) ?? null, after?.members.get(memberId) ?? null];
    const ofMember = { groupId, memberId };
    if (!isSame(subscription(former), subscription(member))) {
      records.push({ kind: 'member-subscription', ...ofMember, value: subscription(member) });
    }
    if (!isSame(current(former), current(member))) {
      records.push({ kind: 'member-assignment', ...ofMember, value: current(member) });
    }
    const [formerTarget, target] = [before?.targets.get(memberId) ?? null, after?.targets.get(memberId) ?? null];
    if (!isSame(formerTarget, target)) records.push({ kind: 'member-target', ...ofMember, value: target });
  }
  if (before?.groupEpoch !== after?.groupEpoch) {
    records.push({ kind: 'group-epoch', groupId, value: after?.groupEpoch ?? null });
  }
  if (before?.assignmentEpoch !== after?.assignmentEpoch) {
    records.push({ kind: 'assignment-epoch', groupId, value: after?.assignmentEpoch ?? null });
  }
  return records;
}

/** The group once more, from the log (ConsumerGroup.replay); null: there is none. */
export function replay(group: ConsumerGroupState | null, record: ConsumerGroupRecord): ConsumerGroupState | null {
  switch (record.kind) {
    case 'group-epoch':
      return record.value === null ? null : { ...orEmpty(group), groupEpoch: record.value };
    case 'assignment-epoch':
      return record.value === null ? group : { ...orEmpty(group), assignmentEpoch: record.value };
    case 'member-target': {
      const targets = new Map(orEmpty(group).targets);
      if (record.value === null) targets.delete(record.memberId);
      else targets.set(record.memberId, record.value);
      return group === null && record.value === null ? null : { ...orEmpty(group), targets };
    }
    case 'member-subscription':
    case 'member-assignment':
      return withChange(group, record.memberId, record.value);
  }
}

/** A member is gone with either of its records. */
function withChange(
  group: ConsumerGroupState | null,
  memberId: string,
  change: Partial<ConsumerMember> | null,
): ConsumerGroupState | null {
  if (group === null && change === null) return null;
  const members = new Map(orEmpty(group).members);
  if (change === null) members.delete(memberId);
  else members.set(memberId, { ...(members.get(memberId) ?? newMember(memberId)), ...change });
  return { ...orEmpty(group), members };
}

function orEmpty(group: ConsumerGroupState | null): ConsumerGroupState {
  return group ?? { groupEpoch: 0, assignmentEpoch: 0, members: new Map(), targets: new Map() };
}

function subscription(member: ConsumerMember | null): Subscription | null {
  if (member === null) return null;
  const { instanceId, clientHost, rebalanceTimeoutMs, subscribedTopics, serverAssignor, classic } = member;
  return { instanceId, clientHost, rebalanceTimeoutMs, subscribedTopics, serverAssignor, classic };
}

function current(member: ConsumerMember | null): Current | null {
  if (member === null) return null;
  const { memberEpoch, previousMemberEpoch, state, assigned, pendingRevocation } = member;
  return { memberEpoch, previousMemberEpoch, state, assigned, pendingRevocation };
}

/** Of plain data, written with its fields in one order. */
function isSame(one: unknown, other: unknown): boolean {
  return one === other || JSON.stringify(one) === JSON.stringify(other);
}
