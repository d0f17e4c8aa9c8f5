/**
 * How a group comes to its next generation: members are called to join, then the leader's assignment is waited for
 * (GroupCoordinator.prepareRebalance, onCompleteJoin; DelayedJoin, InitialDelayedJoin, DelayedSync).
 */
import { KafkaError, type ErrorCode } from '../../protocol/errors.js';
import { Api } from '../../protocol/messages.js';
import type { MemberLeft } from '../../probes.js';
import type { Announcements } from './announcements.js';
import { answerJoin, answerSync, refuseJoin, refuseSync } from './answers.js';
import type { GroupMetadata } from './group-metadata.js';
import type { GroupWrites } from './group-writes.js';
import { NO_ASSIGNMENT, type MemberMetadata } from './member-metadata.js';
import { GroupTimer, nowMs, type GroupServices } from './services.js';
import type { Sessions } from './sessions.js';

/** The wait for members to join. */
export interface Join {
  readonly group: GroupMetadata;
  /** Of a group that was empty: it waits the whole time, so that its first members come into one generation (KIP-134). */
  readonly isInitial: boolean;
  /** How much longer an initial wait may become if further members come. */
  readonly remainingMs: number;
}

/** The wait for the members of a generation to ask for their assignments. */
export interface SyncWait {
  readonly group: GroupMetadata;
}

export class Rebalances {
  readonly #services: GroupServices;
  readonly #writes: GroupWrites;
  readonly #sessions: Sessions;
  readonly #announce: Announcements;

  constructor(services: GroupServices, writes: GroupWrites, sessions: Sessions, announce: Announcements) {
    this.#services = services;
    this.#writes = writes;
    this.#sessions = sessions;
    this.#announce = announce;
  }

  // ---------------------------------------------------------------------- it begins

  maybePrepare(group: GroupMetadata): void {
    if (group.canRebalance) this.prepare(group);
  }

  prepare(group: GroupMetadata): void {
    if (group.is('CompletingRebalance')) this.failSyncs(group, KafkaError.REBALANCE_IN_PROGRESS);
    this.endSyncWait(group);
    const isInitial = group.is('Empty');
    this.transition(group, 'PreparingRebalance');
    const { rebalanceTimeoutMs } = group;
    if (isInitial) {
      const delayMs = this.#services.settings['group.initial.rebalance.delay.ms'];
      this.#await(group, true, delayMs, Math.max(rebalanceTimeoutMs - delayMs, 0));
    } else {
      this.#await(group, false, rebalanceTimeoutMs, 0);
      this.tryComplete(group);
    }
  }

  transition(group: GroupMetadata, state: 'PreparingRebalance' | 'Stable' | 'Dead'): void {
    group.transitionTo(state, nowMs(this.#services.host));
    this.#announce.state(group);
  }

  #await(group: GroupMetadata, isInitial: boolean, delayMs: number, remainingMs: number): void {
    const join: Join = { group, isInitial, remainingMs };
    group.join = join;
    this.#services.host.timer(GroupTimer.join, delayMs * 1000, 0, join);
  }

  // ---------------------------------------------------------------------- members join, or do not

  /** Somebody has joined or gone: are all there now? */
  tryComplete(group: GroupMetadata): void {
    if (group.is('PreparingRebalance') && group.join?.isInitial === false && group.hasAllMembersJoined) {
      this.#complete(group);
    }
  }

  onJoinTimer(join: Join): void {
    const { group, isInitial, remainingMs } = join;
    if (group.join !== join || group.is('Dead')) return;
    if (isInitial && group.newMemberAdded && remainingMs > 0) {
      group.newMemberAdded = false;
      const delayMs = this.#services.settings['group.initial.rebalance.delay.ms'];
      this.#await(group, true, Math.min(delayMs, remainingMs), Math.max(remainingMs - delayMs, 0));
    } else {
      this.#complete(group);
    }
  }

  /** onCompleteJoin: those that did not come are out, but for static members. */
  #complete(group: GroupMetadata): void {
    group.join = null;
    for (const member of group.members.values()) {
      if (member.awaitingJoin === null && !member.isStatic) this.#drop(group, member, 'rebalanceTimeout');
    }
    if (!group.maybeElectJoinedLeader() && group.members.size > 0) {
      // Static members alone, and none has come: until their sessions are over.
      this.#await(group, false, group.rebalanceTimeoutMs, 0);
      return;
    }
    group.initNextGeneration(nowMs(this.#services.host));
    this.#announce.state(group);
    if (group.is('Empty')) {
      // If it cannot be stored, the last generation will be loaded, and expire member by member.
      this.#writes.generation(
        group,
        group.generation(() => NO_ASSIGNMENT),
        () => {},
      );
    } else {
      this.#answerJoins(group);
    }
  }

  #answerJoins(group: GroupMetadata): void {
    for (const member of group.members.values()) {
      const { awaitingJoin, memberId } = member;
      member.awaitingJoin = null;
      if (awaitingJoin !== null) {
        answerJoin(awaitingJoin.channel, awaitingJoin.request, group, memberId, group.leaderId!);
      }
      this.#sessions.extend(group, member);
      member.isNew = false;
      member.owesSync = true;
    }
    const wait: SyncWait = { group };
    group.syncWait = wait;
    this.#services.host.timer(GroupTimer.sync, group.rebalanceTimeoutMs * 1000, 0, wait);
  }

  // ---------------------------------------------------------------------- members sync, or do not

  /** The member has asked for its assignment. */
  synced(group: GroupMetadata, member: MemberMetadata): void {
    member.owesSync = false;
    if ([...group.members.values()].every(({ owesSync }) => !owesSync)) group.syncWait = null;
  }

  endSyncWait(group: GroupMetadata): void {
    group.clearOwedSyncs();
    group.syncWait = null;
  }

  /** Those that have not asked for their assignments in time are out (onExpirePendingSync). */
  onSyncTimer(wait: SyncWait): void {
    const { group } = wait;
    if (group.syncWait !== wait || group.is('Dead')) return;
    for (const member of group.members.values()) {
      if (member.owesSync) this.#drop(group, member, 'syncTimeout');
    }
    this.prepare(group);
  }

  /** The assignment is stored. */
  propagateAssignment(group: GroupMetadata): void {
    for (const member of group.members.values()) {
      const { awaitingSync } = member;
      if (awaitingSync === null) continue;
      member.awaitingSync = null;
      answerSync(awaitingSync.channel, awaitingSync.request, group, member.assignment);
      // A session that ran out while its member waited was not counted.
      this.#sessions.extend(group, member);
    }
  }

  /** There will be no assignment in this generation (resetAndPropagateAssignmentError). */
  failSyncs(group: GroupMetadata, error: ErrorCode): void {
    for (const member of group.members.values()) {
      member.assignment = NO_ASSIGNMENT;
      if (this.refuseSyncOf(group, member, error)) this.#sessions.extend(group, member);
    }
  }

  // ---------------------------------------------------------------------- members go

  /** It left, or was not heard any more. */
  remove(group: GroupMetadata, member: MemberMetadata, reason: keyof typeof MemberLeft): void {
    // A new member may be counted out while it waits: it will come again, if it is there.
    this.refuseJoinOf(group, member, KafkaError.UNKNOWN_MEMBER_ID, '');
    this.#drop(group, member, reason);
    if (group.is('PreparingRebalance')) this.tryComplete(group);
    else this.#prepareAfterLoss(group);
  }

  /** Nothing else follows from it. */
  evict(group: GroupMetadata, memberId: string, reason: keyof typeof MemberLeft): void {
    const member = group.members.get(memberId);
    if (member === undefined) group.remove(memberId);
    else this.#drop(group, member, reason);
  }

  /** An id that was given out is not joined with, or given back. */
  removePending(group: GroupMetadata, memberId: string): void {
    group.remove(memberId);
    this.tryComplete(group);
  }

  #prepareAfterLoss(group: GroupMetadata): void {
    if (group.is('Stable') || group.is('CompletingRebalance')) this.prepare(group);
  }

  #drop(group: GroupMetadata, member: MemberMetadata, reason: keyof typeof MemberLeft): void {
    this.#sessions.end(member);
    group.remove(member.memberId);
    this.#announce.left(group, member.memberId, reason);
  }

  // ---------------------------------------------------------------------- groups go over to the other protocol (KIP-848)

  /** Its members are to join another group of the same id: who waits is told to. */
  callAgain(group: GroupMetadata): void {
    for (const member of group.members.values()) {
      this.refuseJoinOf(group, member, KafkaError.REBALANCE_IN_PROGRESS, member.memberId);
      this.refuseSyncOf(group, member, KafkaError.REBALANCE_IN_PROGRESS);
    }
  }

  /** It is a group of KIP-848 now. */
  retire(group: GroupMetadata): void {
    group.transitionTo('Dead', nowMs(this.#services.host));
    group.isConverted = true;
    for (const member of group.members.values()) this.#sessions.end(member);
    group.join = null;
    this.endSyncWait(group);
  }

  /** It was a group of KIP-848. @param isRebalanced its members are called to join */
  takeOver(group: GroupMetadata, isRebalanced: boolean): void {
    for (const member of group.members.values()) this.#sessions.extend(group, member);
    if (isRebalanced) this.prepare(group);
    else this.#announce.state(group);
  }

  // ---------------------------------------------------------------------- requests that wait

  refuseJoinOf(group: GroupMetadata, member: MemberMetadata, error: ErrorCode, memberId: string): void {
    const { awaitingJoin } = member;
    if (awaitingJoin === null) return;
    member.awaitingJoin = null;
    this.#announce.refused(group.groupId, Api.joinGroup, error, awaitingJoin.channel.peer);
    refuseJoin(awaitingJoin.channel, awaitingJoin.request, error, memberId);
  }

  /** @returns whether it waited */
  refuseSyncOf(group: GroupMetadata, member: MemberMetadata, error: ErrorCode): boolean {
    const { awaitingSync } = member;
    if (awaitingSync === null) return false;
    member.awaitingSync = null;
    this.#announce.refused(group.groupId, Api.syncGroup, error, awaitingSync.channel.peer);
    refuseSync(awaitingSync.channel, awaitingSync.request, error);
    return true;
  }
}
