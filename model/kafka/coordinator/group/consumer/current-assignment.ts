/**
 * The next step of a member towards what it is to have: CurrentAssignmentBuilder (KIP-848). It first gives up what goes to others,
 * and says so; then it moves to the epoch of the target and gets what others have given up, as it becomes free.
 */
import { isReconciledTo, type ConsumerMember } from './consumer-group-state.js';

export interface Target {
  readonly epoch: number;
  readonly partitions: readonly number[];
}

/**
 * @param owned what the member says that it has; null: it does not say
 * @param isTaken whether a partition is another member's still, or this one's that it has not given up
 */
export function nextAssignment(
  member: ConsumerMember,
  target: Target,
  owned: readonly number[] | null,
  isTaken: (partition: number) => boolean,
): ConsumerMember {
  switch (member.state) {
    case 'stable':
      return isReconciledTo(member, target.epoch)
        ? member
        : compute(member, member.memberEpoch, target, owned, isTaken);
    case 'unrevoked-partitions':
      if (ownsAny(member.pendingRevocation, owned)) return member;
      return compute(member, member.memberEpoch + 1, target, owned, isTaken);
    case 'unreleased-partitions':
      return compute(member, member.memberEpoch, target, owned, isTaken);
  }
}

/** Until it says what it has, it may have all of them. */
function ownsAny(partitions: readonly number[], owned: readonly number[] | null): boolean {
  return owned === null || partitions.some((partition) => owned.includes(partition));
}

/** computeNextAssignment @param memberEpoch where it stays if it has something to give up */
function compute(
  member: ConsumerMember,
  memberEpoch: number,
  { epoch, partitions: target }: Target,
  owned: readonly number[] | null,
  isTaken: (partition: number) => boolean,
): ConsumerMember {
  const kept = member.assigned.filter((partition) => target.includes(partition));
  const revoked = member.assigned.filter((partition) => !target.includes(partition));
  const previousMemberEpoch = member.memberEpoch;
  if (revoked.length > 0 && ownsAny(revoked, owned)) {
    const state = 'unrevoked-partitions';
    return { ...member, state, memberEpoch, previousMemberEpoch, assigned: kept, pendingRevocation: revoked };
  }
  const wanted = target.filter((partition) => !kept.includes(partition));
  const free = wanted.filter((partition) => !isTaken(partition));
  return {
    ...member,
    state: free.length < wanted.length ? 'unreleased-partitions' : 'stable',
    memberEpoch: epoch,
    previousMemberEpoch,
    assigned: [...kept, ...free].sort((a, b) => a - b),
    pendingRevocation: [],
  };
}
