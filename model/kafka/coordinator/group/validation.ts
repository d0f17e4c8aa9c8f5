/** Is a request from a member of the group, and of its present generation? */
import { KafkaError, type ErrorCode } from '../../protocol/errors.js';
import { NO_MEMBER_ID, type MemberIdentity } from '../../protocol/group-messages.js';
import type { GroupMetadata } from './group-metadata.js';
import type { Group } from './group-metadata-manager.js';

/** An instance id whose member is another by now is fenced (KIP-345; GroupCoordinator.validateCurrentMember). */
export function checkMember(group: GroupMetadata, { memberId, groupInstanceId }: MemberIdentity): ErrorCode {
  if (groupInstanceId !== null) {
    const current = group.staticMemberId(groupInstanceId);
    if (current === undefined) return KafkaError.UNKNOWN_MEMBER_ID;
    if (current !== memberId) return KafkaError.FENCED_INSTANCE_ID;
  }
  return group.members.has(memberId) ? KafkaError.NONE : KafkaError.UNKNOWN_MEMBER_ID;
}

/** validateSyncGroup, validateHeartbeat. */
export function checkGeneration(group: GroupMetadata, identity: MemberIdentity, generationId: number): ErrorCode {
  if (group.is('Dead')) return KafkaError.COORDINATOR_NOT_AVAILABLE;
  const error = checkMember(group, identity);
  if (error !== KafkaError.NONE) return error;
  return generationId === group.generationId ? KafkaError.NONE : KafkaError.ILLEGAL_GENERATION;
}

/** Who commits, and in which generation; -1, '' and null: it does not say. */
export interface Committer extends MemberIdentity {
  readonly generationId: number;
}

/**
 * validateOffsetCommit. A group without members takes offsets from anyone who names no generation: from consumers whose
 * partitions are assigned by hand. A transaction that names nothing is taken always: so it was before KIP-447.
 */
export function checkCommit(group: Group, committer: Committer, isTransactional: boolean): ErrorCode {
  if (group.kind === 'consumer') return group.checkCommit(committer, isTransactional);
  const { generationId, memberId, groupInstanceId } = committer;
  if (group.is('Dead')) return KafkaError.COORDINATOR_NOT_AVAILABLE;
  if (generationId < 0 && group.is('Empty')) return KafkaError.NONE;
  if (generationId >= 0 || memberId !== NO_MEMBER_ID || groupInstanceId !== null) {
    return checkGeneration(group, committer, generationId);
  }
  return isTransactional || group.is('Empty') ? KafkaError.NONE : KafkaError.UNKNOWN_MEMBER_ID;
}
