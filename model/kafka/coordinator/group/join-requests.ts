/** Who joins a group: GroupCoordinator.handleJoinGroup. New members, known ones, and static members that come back. */
import type { RequestChannel } from '../../broker/request-channel.js';
import type { Stream } from '../../../kernel/random.js';
import { Api } from '../../protocol/messages.js';
import { KafkaError, type ErrorCode } from '../../protocol/errors.js';
import { NO_MEMBER_ID, type JoinGroupRequest } from '../../protocol/group-messages.js';
import type { Announcements } from './announcements.js';
import { answerJoin, refuseJoin } from './answers.js';
import type { ClassicMembers } from './consumer/classic-members.js';
import type { GroupMetadata } from './group-metadata.js';
import type { GroupMetadataManager } from './group-metadata-manager.js';
import type { GroupWrites } from './group-writes.js';
import { MemberMetadata } from './member-metadata.js';
import type { Rebalances } from './rebalances.js';
import type { GroupServices } from './services.js';
import type { Sessions } from './sessions.js';
import { checkMember } from './validation.js';

/** A member id as it says that none is known. */
const NOBODY = '';

export class JoinRequests {
  readonly #services: GroupServices;
  readonly #store: GroupMetadataManager;
  readonly #writes: GroupWrites;
  readonly #sessions: Sessions;
  readonly #rebalances: Rebalances;
  readonly #announce: Announcements;
  readonly #classic: ClassicMembers;
  /** Stands for random UUIDs. */
  readonly #memberIds: Stream;

  constructor(
    services: GroupServices,
    store: GroupMetadataManager,
    writes: GroupWrites,
    sessions: Sessions,
    rebalances: Rebalances,
    announce: Announcements,
    classic: ClassicMembers,
  ) {
    this.#services = services;
    this.#store = store;
    this.#writes = writes;
    this.#sessions = sessions;
    this.#rebalances = rebalances;
    this.#announce = announce;
    this.#classic = classic;
    this.#memberIds = services.host.dice('member-ids');
  }

  handle(channel: RequestChannel, received: JoinGroupRequest): void {
    // Before KIP-345 there were no instance ids in the request.
    const request = this.#services.rules.staticMembership ? received : { ...received, groupInstanceId: null };
    const { groupId, memberId, sessionTimeoutMs } = request;
    const { settings } = this.#services;
    const found = this.#store.find(groupId);
    const isInRange =
      sessionTimeoutMs >= settings['group.min.session.timeout.ms'] &&
      sessionTimeoutMs <= settings['group.max.session.timeout.ms'];
    const isUnknown = memberId === NO_MEMBER_ID;
    if (found.error !== KafkaError.NONE) {
      this.#refuse(channel, request, found.error, memberId);
      return;
    }
    if (!isInRange) {
      this.#refuse(channel, request, KafkaError.INVALID_SESSION_TIMEOUT, memberId);
      return;
    }
    if (found.group?.kind === 'consumer' && !found.group.isEmpty) {
      this.#classic.join(channel, request, found.group, isUnknown ? `${this.#hex()}${this.#hex()}` : memberId);
      return;
    }
    const group = this.#store.classicGroup(groupId, isUnknown);
    if (group !== null) this.#join(channel, request, group, isUnknown);
    // There is none that the member could know.
    else this.#refuse(channel, request, KafkaError.UNKNOWN_MEMBER_ID, memberId);
  }

  #join(channel: RequestChannel, request: JoinGroupRequest, group: GroupMetadata, isUnknown: boolean): void {
    if (!this.#accepts(group, request.memberId)) {
      this.#rebalances.evict(group, request.memberId, 'groupFull');
      this.#refuse(channel, request, KafkaError.GROUP_MAX_SIZE_REACHED, NOBODY);
    } else if (!group.supportsProtocols(request.protocolType, request.protocols)) {
      this.#refuse(channel, request, KafkaError.INCONSISTENT_GROUP_PROTOCOL, request.memberId);
    } else if (isUnknown) {
      this.#joinNew(channel, request, group);
    } else {
      this.#joinKnown(channel, request, group);
    }
    this.#rebalances.tryComplete(group);
  }

  /** group.max.size (KIP-389); while members are called to join it counts those that have come. */
  #accepts(group: GroupMetadata, memberId: string): boolean {
    const maxSize = this.#services.settings['group.max.size'];
    const member = group.members.get(memberId);
    switch (group.state) {
      case 'PreparingRebalance':
        return (member !== undefined && member.awaitingJoin !== null) || group.awaitingJoinCount < maxSize;
      case 'CompletingRebalance':
      case 'Stable':
        return member !== undefined || group.members.size < maxSize;
      default:
        return true;
    }
  }

  // ---------------------------------------------------------------------- without a member id

  #joinNew(channel: RequestChannel, request: JoinGroupRequest, group: GroupMetadata): void {
    const { groupInstanceId, clientId, sessionTimeoutMs } = request;
    const memberId = `${groupInstanceId ?? clientId}-${this.#hex()}${this.#hex()}`;
    const formerId = groupInstanceId === null ? undefined : group.staticMemberId(groupInstanceId);
    if (formerId !== undefined) {
      this.#replaceStatic(channel, request, group, formerId, memberId);
    } else if (groupInstanceId === null && this.#services.rules.memberIdRequired) {
      group.pendingMembers.add(memberId);
      this.#sessions.awaitJoin(group, memberId, sessionTimeoutMs);
      this.#refuse(channel, request, KafkaError.MEMBER_ID_REQUIRED, memberId);
    } else {
      this.#add(channel, request, group, memberId);
    }
  }

  #hex(): string {
    return (this.#memberIds.bits() >>> 0).toString(16).padStart(8, '0');
  }

  /** addMemberAndRebalance */
  #add(channel: RequestChannel, request: JoinGroupRequest, group: GroupMetadata, memberId: string): void {
    const { groupInstanceId, clientId, rebalanceTimeoutMs, sessionTimeoutMs, protocols, protocolType } = request;
    const identity = { memberId, groupInstanceId, clientId, clientHost: channel.peer };
    const member = new MemberMetadata({ ...identity, rebalanceTimeoutMs, sessionTimeoutMs, protocols });
    member.isNew = true;
    if (group.is('PreparingRebalance') && group.generationId === 0) group.newMemberAdded = true;
    group.add(member, protocolType);
    member.awaitingJoin = { channel, request };
    this.#sessions.awaitFirstGeneration(group, member);
    this.#announce.joined(group, member);
    this.#rebalances.maybePrepare(group);
  }

  // ---------------------------------------------------------------------- with one

  #joinKnown(channel: RequestChannel, request: JoinGroupRequest, group: GroupMetadata): void {
    const { memberId, protocols } = request;
    if (group.pendingMembers.has(memberId)) {
      this.#add(channel, request, group, memberId);
      return;
    }
    const error = checkMember(group, request);
    if (error !== KafkaError.NONE) {
      this.#refuse(channel, request, error, memberId);
      return;
    }
    const member = group.members.get(memberId)!;
    // The leader may call for a rebalance whatever it says of itself: the partitions of a topic may have changed.
    const mustRebalance =
      group.is('PreparingRebalance') || !member.matches(protocols) || (group.is('Stable') && group.isLeader(memberId));
    if (mustRebalance) this.#update(channel, request, group, member);
    // It has not heard of the present generation.
    else answerJoin(channel, request, group, memberId, group.leaderId!);
  }

  /** updateMemberAndRebalance */
  #update(channel: RequestChannel, request: JoinGroupRequest, group: GroupMetadata, member: MemberMetadata): void {
    this.#takeOver(channel, request, member);
    this.#rebalances.maybePrepare(group);
  }

  #takeOver(channel: RequestChannel, request: JoinGroupRequest, member: MemberMetadata): void {
    member.protocols = request.protocols;
    member.rebalanceTimeoutMs = request.rebalanceTimeoutMs;
    member.sessionTimeoutMs = request.sessionTimeoutMs;
    member.clientHost = channel.peer;
    member.awaitingJoin = { channel, request };
  }

  // ---------------------------------------------------------------------- static members that come back

  /** The former holder of the instance id is fenced; the group is not disturbed if nothing else changes (KIP-345). */
  #replaceStatic(
    channel: RequestChannel,
    request: JoinGroupRequest,
    group: GroupMetadata,
    formerId: string,
    memberId: string,
  ): void {
    const formerLeader = group.leaderId!;
    const member = group.members.get(formerId)!;
    const { protocols, rebalanceTimeoutMs, sessionTimeoutMs } = member;
    this.#rebalances.refuseJoinOf(group, member, KafkaError.FENCED_INSTANCE_ID, formerId);
    this.#rebalances.refuseSyncOf(group, member, KafkaError.FENCED_INSTANCE_ID);
    group.replaceStaticMember(request.groupInstanceId!, formerId, memberId);
    this.#announce.left(group, formerId, 'replaced');
    this.#sessions.extend(group, member);
    this.#takeOver(channel, request, member);
    this.#announce.joined(group, member);
    if (group.is('CompletingRebalance')) {
      // The leader may have the former member id, and assign to that.
      this.#rebalances.prepare(group);
    } else if (group.is('Stable') && group.selectProtocol() !== group.protocolName) {
      this.#rebalances.maybePrepare(group);
    } else if (group.is('Stable')) {
      this.#writes.generation(group, group.generation(), (error) => {
        if (error === KafkaError.NONE) {
          this.#welcomeBack(group, member, formerLeader);
          return;
        }
        // It is as if it had not come.
        Object.assign(member, { protocols, rebalanceTimeoutMs, sessionTimeoutMs });
        if (group.members.has(memberId)) group.replaceStaticMember(request.groupInstanceId!, memberId, formerId);
        this.#sessions.extend(group, member);
        this.#rebalances.refuseJoinOf(group, member, error, NOBODY);
      });
    }
  }

  /** Into the same generation. Before KIP-814 (3.2) a leader that came back was kept from thinking that it is one. */
  #welcomeBack(group: GroupMetadata, member: MemberMetadata, formerLeader: string): void {
    const { awaitingJoin, memberId } = member;
    if (awaitingJoin === null) return;
    member.awaitingJoin = null;
    const { channel, request } = awaitingJoin;
    const skips = this.#services.rules.staticLeaderSkipsAssignment;
    const skipsAssignment = skips && group.isLeader(memberId);
    answerJoin(channel, request, group, memberId, skips ? group.leaderId! : formerLeader, skipsAssignment);
  }

  #refuse(channel: RequestChannel, request: JoinGroupRequest, error: ErrorCode, memberId: string): void {
    this.#announce.refused(request.groupId, Api.joinGroup, error, channel.peer);
    refuseJoin(channel, request, error, memberId);
  }
}
