/**
 * How a group goes over from one protocol to the other while it is in use (KIP-848): to KIP-848's when the first member comes
 * that speaks it, back when the last one is gone. group.consumer.migration.policy says what is allowed.
 */
import { KafkaError, type ErrorCode } from '../../../protocol/errors.js';
import { CONSUMER_PROTOCOL_TYPE } from '../../../protocol/group-messages.js';
import type { GroupSettings } from '../../../cluster-spec.js';
import { GroupMetadata } from '../group-metadata.js';
import { MemberMetadata } from '../member-metadata.js';
import { staticMember, type ConsumerGroupState, type ConsumerMember } from './consumer-group-state.js';
import type { ConsumerGroup } from './consumer-group.js';

/** ConsumerGroupMigrationPolicy */
const POLICIES: Readonly<Record<string, { readonly upgrade: boolean; readonly downgrade: boolean }>> = {
  bidirectional: { upgrade: true, downgrade: true },
  upgrade: { upgrade: true, downgrade: false },
  downgrade: { upgrade: false, downgrade: true },
  disabled: { upgrade: false, downgrade: false },
};

function policyOf(settings: GroupSettings) {
  return POLICIES[settings['group.consumer.migration.policy'].toLowerCase()] ?? POLICIES.disabled;
}

// ---------------------------------------------------------------------- to KIP-848

/**
 * What a member of KIP-848 is told that would make a consumer group of this one; NONE: it does (validateOnlineUpgrade,
 * ConsumerGroup.fromClassicGroup).
 */
export function upgradeError(group: GroupMetadata, settings: GroupSettings): ErrorCode {
  const isAllowed = policyOf(settings).upgrade && group.protocolType === CONSUMER_PROTOCOL_TYPE;
  const isTooLarge = group.members.size > settings['group.consumer.max.size'];
  if (!isAllowed || isTooLarge) return KafkaError.GROUP_ID_NOT_FOUND;
  // Its members were never in a generation, so that none of their protocols was chosen: Optional.get throws.
  if (group.protocolName === null) return KafkaError.UNKNOWN_SERVER_ERROR;
  // An assignor of one's own would lose what it told its members.
  const loses = [...group.members.values()].some(({ assignment }) => (assignment.userData?.length ?? 0) > 0);
  return loses ? KafkaError.GROUP_ID_NOT_FOUND : KafkaError.NONE;
}

/** Its generation is the epoch of all: each has what the last assignment gave it (ConsumerGroup.fromClassicGroup). */
export function upgraded(group: GroupMetadata): ConsumerGroupState {
  const { generationId, protocolName } = group;
  const members = [...group.members.values()].map((member): ConsumerMember => {
    const { memberId, groupInstanceId, clientId, clientHost, rebalanceTimeoutMs, sessionTimeoutMs, protocols } = member;
    return {
      memberId,
      instanceId: groupInstanceId,
      clientHost,
      rebalanceTimeoutMs,
      subscribedTopics: member.metadata(protocolName!).topics,
      serverAssignor: null,
      classic: { clientId, sessionTimeoutMs, protocols },
      memberEpoch: generationId,
      previousMemberEpoch: generationId,
      state: 'stable',
      assigned: [...member.assignment.assignedPartitions].sort((a, b) => a - b),
      pendingRevocation: [],
    };
  });
  return {
    groupEpoch: generationId,
    assignmentEpoch: generationId,
    members: new Map(members.map((member) => [member.memberId, member])),
    targets: new Map(members.map(({ memberId, assigned }) => [memberId, assigned])),
  };
}

// ---------------------------------------------------------------------- back

/**
 * The last member that spoke KIP-848 is gone, or another of the classic protocol has its instance id
 * (validateOnlineDowngradeWithFencedMembers, ...WithReplacedMember).
 */
export function isDowngrade(before: ConsumerGroupState, after: ConsumerGroupState, settings: GroupSettings): boolean {
  const size = after.members.size;
  if (size === 0 || size > settings['group.max.size'] || !policyOf(settings).downgrade) return false;
  return isSpoken(before) && !isSpoken(after);
}

function isSpoken({ members }: ConsumerGroupState): boolean {
  for (const { classic } of members.values()) if (classic === undefined) return true;
  return false;
}

/**
 * The group epoch is its generation, and each has what it was to have (ClassicGroup.fromConsumerGroup).
 * @param after its members from now on; all else is as of before
 */
export function downgraded(
  { groupId, state, offsets }: ConsumerGroup,
  after: ConsumerGroupState,
  coordinatorEpoch: number,
  nowMs: number,
): GroupMetadata {
  const members = [...after.members.values()].map((consumer) => {
    const { memberId, instanceId, clientHost, rebalanceTimeoutMs } = consumer;
    const identity = { memberId, groupInstanceId: instanceId, clientHost, rebalanceTimeoutMs };
    const member = new MemberMetadata({ ...identity, ...consumer.classic! });
    const isReplacement = instanceId !== null && !state.members.has(memberId);
    const formerId = isReplacement ? staticMember(state, instanceId)!.memberId : memberId;
    member.assignment = { assignedPartitions: state.targets.get(formerId) ?? [], userData: null };
    return member;
  });
  return GroupMetadata.converted(groupId, coordinatorEpoch, state.groupEpoch, members, offsets, nowMs);
}
