/** Members ask for what they are to have, and the leader says it: GroupCoordinator.handleSyncGroup. */
import type { RequestChannel } from '../../broker/request-channel.js';
import { KafkaError, type ErrorCode } from '../../protocol/errors.js';
import type { SyncGroupRequest } from '../../protocol/group-messages.js';
import type { Announcements } from './announcements.js';
import { answerSync, refuseSync } from './answers.js';
import type { GroupMetadata } from './group-metadata.js';
import type { GroupWrites } from './group-writes.js';
import { NO_ASSIGNMENT, type MemberMetadata } from './member-metadata.js';
import type { Rebalances } from './rebalances.js';
import type { Sessions } from './sessions.js';
import { checkGeneration } from './validation.js';

export class SyncRequests {
  readonly #writes: GroupWrites;
  readonly #sessions: Sessions;
  readonly #rebalances: Rebalances;
  readonly #announce: Announcements;

  constructor(writes: GroupWrites, sessions: Sessions, rebalances: Rebalances, announce: Announcements) {
    this.#writes = writes;
    this.#sessions = sessions;
    this.#rebalances = rebalances;
    this.#announce = announce;
  }

  /**
   * There is no such group here. While it is being loaded, the rebalance that the request belonged to is lost: the member
   * joins again, without a look for its coordinator.
   */
  refuseAbsent(channel: RequestChannel, request: SyncGroupRequest, error: ErrorCode): void {
    const isLoading = error === KafkaError.COORDINATOR_LOAD_IN_PROGRESS;
    const absence = error === KafkaError.NONE ? KafkaError.UNKNOWN_MEMBER_ID : error;
    this.#refuse(channel, request, isLoading ? KafkaError.REBALANCE_IN_PROGRESS : absence);
  }

  handle(channel: RequestChannel, request: SyncGroupRequest, group: GroupMetadata): void {
    const error = this.#check(group, request);
    if (error !== KafkaError.NONE) {
      this.#refuse(channel, request, error);
      return;
    }
    const member = group.members.get(request.memberId)!;
    switch (group.state) {
      case 'PreparingRebalance':
        this.#refuse(channel, request, KafkaError.REBALANCE_IN_PROGRESS);
        return;
      case 'CompletingRebalance':
        member.awaitingSync = { channel, request };
        this.#rebalances.synced(group, member);
        if (group.isLeader(member.memberId)) this.#assign(group, request);
        return;
      case 'Stable':
        this.#rebalances.synced(group, member);
        answerSync(channel, request, group, member.assignment);
        this.#sessions.extend(group, member);
        return;
      default:
        this.#refuse(channel, request, KafkaError.UNKNOWN_MEMBER_ID);
    }
  }

  #check(group: GroupMetadata, request: SyncGroupRequest): ErrorCode {
    const { protocolType, protocolName } = request;
    const error = checkGeneration(group, request, request.generationId);
    if (error !== KafkaError.NONE) return error;
    const isOther =
      (protocolType !== null && protocolType !== group.protocolType) ||
      (protocolName !== null && protocolName !== group.protocolName);
    return isOther ? KafkaError.INCONSISTENT_GROUP_PROTOCOL : KafkaError.NONE;
  }

  /** The leader has decided. It counts once it is stored, unless the group has gone on meanwhile. */
  #assign(group: GroupMetadata, { assignments }: SyncGroupRequest): void {
    const { generationId } = group;
    const decided = new Map(assignments.map(({ memberId, assignment }) => [memberId, assignment]));
    const assignmentOf = ({ memberId }: MemberMetadata) => decided.get(memberId) ?? NO_ASSIGNMENT;
    this.#writes.generation(group, group.generation(assignmentOf), (error) => {
      if (!group.is('CompletingRebalance') || group.generationId !== generationId) return;
      if (error !== KafkaError.NONE) {
        this.#rebalances.failSyncs(group, error);
        this.#rebalances.prepare(group);
        return;
      }
      for (const member of group.members.values()) member.assignment = assignmentOf(member);
      this.#rebalances.propagateAssignment(group);
      this.#rebalances.transition(group, 'Stable');
      this.#announce.assigned(group);
    });
  }

  #refuse(channel: RequestChannel, request: SyncGroupRequest, error: ErrorCode): void {
    this.#announce.refused(request.groupId, request.kind, error, channel.peer);
    refuseSync(channel, request, error);
  }
}
