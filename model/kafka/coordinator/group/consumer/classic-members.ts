/** Members of a group of KIP-848 that speak the classic protocol: their requests, and how long they are waited for. */
import type { RequestChannel } from '../../../broker/request-channel.js';
import { KafkaError, type ErrorCode } from '../../../protocol/errors.js';
import type {
  HeartbeatRequest,
  JoinGroupRequest,
  LeaveGroupRequest,
  SyncGroupRequest,
} from '../../../protocol/group-messages.js';
import type { Announcements } from '../announcements.js';
import { answerClassicJoin, answerHeartbeat, answerLeave, answerSync, refuseJoin, refuseSync } from '../answers.js';
import { checkSync, classicJoin, classicMember, leavingMember, mustRejoin } from './classic-requests.js';
import type { ConsumerGroup } from './consumer-group.js';
import { withoutMembers, type ConsumerMember } from './consumer-group-state.js';
import type { GroupChanges } from './group-changes.js';
import type { GroupLimits } from './member-update.js';

export class ClassicMembers {
  readonly #changes: GroupChanges;
  readonly #limits: GroupLimits;
  readonly #announce: Announcements;

  constructor(changes: GroupChanges, limits: GroupLimits, announce: Announcements) {
    this.#changes = changes;
    this.#limits = limits;
    this.#announce = announce;
  }

  /** @param memberId of the request, or a new one */
  join(channel: RequestChannel, request: JoinGroupRequest, group: ConsumerGroup, memberId: string): void {
    const outcome = classicJoin(group.state, request, memberId, channel.peer, this.#limits);
    if (outcome.kind === 'refused') {
      this.#refuseJoin(channel, request, outcome.error, memberId);
      return;
    }
    const { group: next, member } = outcome;
    this.#changes.become(group, next, 'left', (answered) => {
      if (answered === KafkaError.NONE) this.#joined(channel, request, group, member);
      else this.#refuseJoin(channel, request, answered, memberId);
    });
  }

  #joined(channel: RequestChannel, request: JoinGroupRequest, group: ConsumerGroup, member: ConsumerMember): void {
    const { timers } = this.#changes;
    const { memberId, memberEpoch } = member;
    if (group.state.members.has(memberId) && !group.isDead) {
      timers.end(group, memberId, 'join');
      timers.session(group, memberId, request.sessionTimeoutMs);
      timers.sync(group, member);
    }
    answerClassicJoin(channel, request, memberId, memberEpoch);
  }

  /** What it has by now; the rest comes when others have given it up, and it joins again. */
  sync(channel: RequestChannel, request: SyncGroupRequest, group: ConsumerGroup): void {
    const { state } = group;
    const member = classicMember(state, request);
    const error = typeof member === 'number' ? member : checkSync(state, member, request);
    if (typeof member === 'number' || error !== KafkaError.NONE) {
      if (error === KafkaError.REBALANCE_IN_PROGRESS) this.#changes.timers.join(group, member as ConsumerMember);
      this.#refuseSync(channel, request, error);
      return;
    }
    this.#changes.answerUnchanged(group, (answered) => {
      if (answered !== KafkaError.NONE) {
        this.#refuseSync(channel, request, answered);
        return;
      }
      this.#heard(group, member);
      this.#changes.timers.end(group, member.memberId, 'sync');
      const assignment = { assignedPartitions: member.assigned, userData: null };
      answerSync(channel, request, request, assignment);
    });
  }

  heartbeat(channel: RequestChannel, request: HeartbeatRequest, group: ConsumerGroup): void {
    const member = classicMember(group.state, request);
    if (typeof member === 'number') {
      this.#answerHeartbeat(channel, request, member);
      return;
    }
    if (request.generationId !== member.memberEpoch) {
      this.#answerHeartbeat(channel, request, KafkaError.ILLEGAL_GENERATION);
      return;
    }
    this.#heard(group, member);
    const isCalled = mustRejoin(group.state, member);
    if (isCalled) this.#changes.timers.join(group, member);
    this.#changes.answerUnchanged(group, (answered) => {
      const called = isCalled ? KafkaError.REBALANCE_IN_PROGRESS : KafkaError.NONE;
      this.#answerHeartbeat(channel, request, answered === KafkaError.NONE ? called : answered);
    });
  }

  #heard(group: ConsumerGroup, { memberId, classic }: ConsumerMember): void {
    if (group.isDead || !group.state.members.has(memberId)) return;
    this.#changes.timers.session(group, memberId, classic!.sessionTimeoutMs);
  }

  leave(channel: RequestChannel, request: LeaveGroupRequest, group: ConsumerGroup): void {
    const found = request.members.map((identity) => leavingMember(group.state, identity));
    const leaving = found.filter((member) => typeof member !== 'number').map(({ memberId }) => memberId);
    const next = leaving.length === 0 ? group.state : withoutMembers(group.state, leaving);
    const errors = found.map((member) => (typeof member === 'number' ? member : KafkaError.NONE));
    this.#changes.become(group, next, 'left', (answered) => answerLeave(channel, request, answered, errors));
  }

  // ---------------------------------------------------------------------- refusals

  /** Whoever has no member id yet is told one to join with (KIP-394). */
  #refuseJoin(channel: RequestChannel, request: JoinGroupRequest, error: ErrorCode, memberId: string): void {
    this.#announce.refused(request.groupId, request.kind, error, channel.peer);
    refuseJoin(channel, request, error, error === KafkaError.MEMBER_ID_REQUIRED ? memberId : request.memberId);
  }

  #refuseSync(channel: RequestChannel, request: SyncGroupRequest, error: ErrorCode): void {
    this.#announce.refused(request.groupId, request.kind, error, channel.peer);
    refuseSync(channel, request, error);
  }

  #answerHeartbeat(channel: RequestChannel, request: HeartbeatRequest, error: ErrorCode): void {
    if (error !== KafkaError.NONE) this.#announce.refused(request.groupId, request.kind, error, channel.peer);
    answerHeartbeat(channel, request, error);
  }
}
