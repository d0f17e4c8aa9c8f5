/**
 * GroupCoordinator: the leader of a partition of __consumer_offsets keeps the groups that fall into it (clients.md §5.3). It knows
 * who is there and in which generation; what a generation's members are assigned, one of them decides, the leader.
 */
import { KafkaError, type ErrorCode } from '../../protocol/errors.js';
import {
  NO_MEMBER_ID,
  type ConsumerGroupHeartbeatRequest,
  type HeartbeatRequest,
  type JoinGroupRequest,
  type LeaveGroupRequest,
  type MemberIdentity,
  type SyncGroupRequest,
} from '../../protocol/group-messages.js';
import type { RequestChannel } from '../../broker/request-channel.js';
import { Announcements } from './announcements.js';
import { answerHeartbeat, answerLeave } from './answers.js';
import type { MemberTimer } from './consumer/consumer-group.js';
import { ConsumerGroups } from './consumer/consumer-groups.js';
import type { GroupMetadata } from './group-metadata.js';
import {
  GroupMetadataManager,
  type Group,
  type GroupListener,
  type TransactionCompletion,
} from './group-metadata-manager.js';
import { GroupWrites } from './group-writes.js';
import { JoinRequests } from './join-requests.js';
import type { MemberMetadata } from './member-metadata.js';
import { OffsetRequests } from './offset-requests.js';
import { Rebalances, type Join, type SyncWait } from './rebalances.js';
import { GroupTimer, type GroupServices } from './services.js';
import { Sessions, type Session, type SessionListener } from './sessions.js';
import { SyncRequests } from './sync-requests.js';
import { checkGeneration, checkMember } from './validation.js';

export class GroupCoordinator implements GroupListener, SessionListener {
  readonly offsets: OffsetRequests;
  readonly #services: GroupServices;
  readonly #store: GroupMetadataManager;
  readonly #sessions: Sessions;
  readonly #rebalances: Rebalances;
  readonly #joins: JoinRequests;
  readonly #syncs: SyncRequests;
  readonly #consumers: ConsumerGroups;
  readonly #announce: Announcements;

  constructor(services: GroupServices) {
    this.#services = services;
    this.#announce = new Announcements(services);
    const writes = new GroupWrites(services, this.#announce);
    this.#store = new GroupMetadataManager(services, writes, this.#announce, this);
    this.#sessions = new Sessions(services, this);
    this.#rebalances = new Rebalances(services, writes, this.#sessions, this.#announce);
    this.#consumers = new ConsumerGroups(services, this.#store, writes, this.#rebalances, this.#announce);
    const { classic } = this.#consumers;
    this.#joins = new JoinRequests(
      services,
      this.#store,
      writes,
      this.#sessions,
      this.#rebalances,
      this.#announce,
      classic,
    );
    this.#syncs = new SyncRequests(writes, this.#sessions, this.#rebalances, this.#announce);
    this.offsets = new OffsetRequests(services, this.#store, writes, this.#sessions, this.#announce);
  }

  /** Serving begins. */
  start(): void {
    this.#scheduleExpiry();
  }

  rolesChanged(): void {
    this.#store.rolesChanged();
  }

  /** A marker is replicated in a partition of __consumer_offsets. */
  transactionCompleted(completion: TransactionCompletion): void {
    this.#store.completeLater(completion);
  }

  onTimer(kind: number, payload: unknown): void {
    switch (kind) {
      case GroupTimer.loadChunk:
        this.#store.loadChunk(payload);
        return;
      case GroupTimer.completeTransaction:
        this.#store.complete(payload as TransactionCompletion);
        return;
      case GroupTimer.session:
        this.#sessions.onTimer(payload as Session);
        return;
      case GroupTimer.join:
        this.#rebalances.onJoinTimer(payload as Join);
        return;
      case GroupTimer.sync:
        this.#rebalances.onSyncTimer(payload as SyncWait);
        return;
      case GroupTimer.consumerMember:
        this.#consumers.timers.onTimer(payload as MemberTimer);
        return;
      case GroupTimer.expireOffsets:
        this.#store.expire();
        this.#scheduleExpiry();
    }
  }

  #scheduleExpiry(): void {
    const { host, settings } = this.#services;
    host.timer(GroupTimer.expireOffsets, settings['offsets.retention.check.interval.ms'] * 1000, 0);
  }

  // ---------------------------------------------------------------------- requests of members

  join(channel: RequestChannel, request: JoinGroupRequest): void {
    this.#joins.handle(channel, request);
  }

  /** Of KIP-848's protocol. */
  consumerHeartbeat(channel: RequestChannel, request: ConsumerGroupHeartbeatRequest): void {
    this.#consumers.handle(channel, request);
  }

  sync(channel: RequestChannel, request: SyncGroupRequest): void {
    const { error, group } = this.#store.find(request.groupId);
    if (error !== KafkaError.NONE || group === null) this.#syncs.refuseAbsent(channel, request, error);
    else if (group.kind === 'classic') this.#syncs.handle(channel, request, group);
    else this.#consumers.classic.sync(channel, request, group);
  }

  heartbeat(channel: RequestChannel, request: HeartbeatRequest): void {
    const { error, group } = this.#store.find(request.groupId);
    if (group?.kind === 'consumer') {
      this.#consumers.classic.heartbeat(channel, request, group);
      return;
    }
    const answer =
      error === KafkaError.NONE
        ? this.#heartbeat(group, request)
        : error === KafkaError.COORDINATOR_LOAD_IN_PROGRESS
          ? KafkaError.NONE
          : error;
    if (answer !== KafkaError.NONE) this.#announce.refused(request.groupId, request.kind, answer, channel.peer);
    answerHeartbeat(channel, request, answer);
  }

  leave(channel: RequestChannel, request: LeaveGroupRequest): void {
    const { error, group } = this.#store.find(request.groupId);
    if (group?.kind === 'consumer') {
      this.#consumers.classic.leave(channel, request, group);
      return;
    }
    const errors = error === KafkaError.NONE ? request.members.map((member) => this.#leave(group, member)) : [];
    answerLeave(channel, request, error, errors);
  }

  // ---------------------------------------------------------------------- Heartbeat, LeaveGroup

  #heartbeat(group: GroupMetadata | null, request: HeartbeatRequest): ErrorCode {
    if (group === null) return KafkaError.UNKNOWN_MEMBER_ID;
    const error = checkGeneration(group, request, request.generationId);
    if (error !== KafkaError.NONE) return error;
    this.#sessions.extend(group, group.members.get(request.memberId)!);
    return group.is('PreparingRebalance') ? KafkaError.REBALANCE_IN_PROGRESS : KafkaError.NONE;
  }

  /** An administrator removes a static member by its instance id alone. */
  #leave(group: GroupMetadata | null, { memberId, groupInstanceId }: MemberIdentity): ErrorCode {
    if (group === null) return KafkaError.UNKNOWN_MEMBER_ID;
    if (group.pendingMembers.has(memberId)) {
      this.#rebalances.removePending(group, memberId);
      return KafkaError.NONE;
    }
    const isByInstance = memberId === NO_MEMBER_ID && groupInstanceId !== null;
    const leaving = isByInstance ? (group.staticMemberId(groupInstanceId) ?? NO_MEMBER_ID) : memberId;
    const error = checkMember(group, { memberId: leaving, groupInstanceId });
    if (error === KafkaError.NONE) this.#rebalances.remove(group, group.members.get(leaving)!, 'left');
    return error;
  }

  // ---------------------------------------------------------------------- what nobody asked for

  /** onExpireHeartbeat */
  onExpired(group: GroupMetadata, member: MemberMetadata): void {
    this.#rebalances.remove(group, member, 'sessionExpired');
  }

  onPendingExpired(group: GroupMetadata, memberId: string): void {
    this.#rebalances.removePending(group, memberId);
  }

  /** The members' sessions begin anew, whatever was left of them with the last coordinator. */
  onGroupLoaded(group: Group): void {
    if (group.kind === 'consumer') {
      this.#consumers.onLoaded(group);
      return;
    }
    this.#announce.state(group);
    if (group.members.size > this.#services.settings['group.max.size']) this.#rebalances.prepare(group);
    for (const member of group.members.values()) this.#sessions.extend(group, member);
  }

  /** Requests that wait here are told that their coordinator has moved. */
  onGroupUnloaded(group: Group): void {
    if (group.kind === 'consumer') {
      this.#consumers.onUnloaded(group);
      return;
    }
    this.#rebalances.transition(group, 'Dead');
    for (const member of group.members.values()) {
      this.#rebalances.refuseJoinOf(group, member, KafkaError.NOT_COORDINATOR, member.memberId);
      this.#rebalances.refuseSyncOf(group, member, KafkaError.NOT_COORDINATOR);
      this.#sessions.end(member);
    }
    group.join = null;
    this.#rebalances.endSyncWait(group);
  }
}
