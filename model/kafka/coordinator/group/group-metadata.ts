/**
 * A group as its coordinator knows it: GroupMetadata. Who its members are, in which generation, and how far the rebalance
 * that makes the next one has come. All of it is memory; what the log has is the last generation that was stored.
 */
import { assert } from '../../../kernel/assert.js';
import {
  CONSUMER_PROTOCOL_TYPE,
  type ConsumerProtocolAssignment,
  type JoinGroupProtocol,
} from '../../protocol/group-messages.js';
import type { Generation } from './group-log.js';
import { GroupOffsets } from './group-offsets.js';
import { MemberMetadata } from './member-metadata.js';
import type { Join, SyncWait } from './rebalances.js';

/** Dead: the coordinator has moved away, or the group is gone. Nobody changes it any more. */
export type GroupState = 'Empty' | 'PreparingRebalance' | 'CompletingRebalance' | 'Stable' | 'Dead';

const PREDECESSORS: Readonly<Record<GroupState, readonly GroupState[]>> = {
  Empty: ['PreparingRebalance'],
  PreparingRebalance: ['Stable', 'CompletingRebalance', 'Empty'],
  CompletingRebalance: ['PreparingRebalance'],
  Stable: ['CompletingRebalance'],
  Dead: ['Stable', 'PreparingRebalance', 'CompletingRebalance', 'Empty', 'Dead'],
};

export class GroupMetadata {
  readonly kind = 'classic';
  readonly groupId: string;
  /** Leader epoch of the partition of __consumer_offsets under which it was made or loaded. */
  readonly coordinatorEpoch: number;
  readonly offsets: GroupOffsets;
  generationId = 0;
  protocolType: string | null = null;
  protocolName: string | null = null;
  leaderId: string | null = null;
  /** Wall clock, milliseconds. */
  stateMs: number;
  /** Of the consumers in it; null: not known. */
  subscribedTopics: ReadonlySet<number> | null = null;
  /** By member id. */
  readonly members = new Map<string, MemberMetadata>();
  /** Member ids that were given out and have not been joined with (KIP-394). */
  readonly pendingMembers = new Set<string>();
  /** It goes on as a group of KIP-848, with the same offsets. */
  isConverted = false;
  /** Another one has come while the group waits for its first members. */
  newMemberAdded = false;
  /** The rebalance that waits for members to join; null: none is. */
  join: Join | null = null;
  /** The wait for members to sync; null: none is. */
  syncWait: SyncWait | null = null;
  /** By group.instance.id: the member id. */
  readonly #staticMembers = new Map<string, string>();
  #state: GroupState;

  constructor(groupId: string, coordinatorEpoch: number, nowMs: number, offsets = new GroupOffsets()) {
    this.groupId = groupId;
    this.coordinatorEpoch = coordinatorEpoch;
    this.offsets = offsets;
    this.stateMs = nowMs;
    this.#state = 'Empty';
  }

  /** As the log has it (GroupMetadata.loadGroup): Stable if it has members, whatever its rebalance had come to. */
  static load(groupId: string, coordinatorEpoch: number, generation: Generation, offsets: GroupOffsets): GroupMetadata {
    const group = new GroupMetadata(groupId, coordinatorEpoch, generation.stateMs, offsets);
    group.generationId = generation.generationId;
    const { protocolType, protocolName, leaderId, members } = generation;
    for (const record of members) group.add(MemberMetadata.load(record, protocolName!), protocolType);
    group.protocolType = protocolType;
    group.protocolName = protocolName;
    group.leaderId = leaderId;
    group.#state = members.length === 0 ? 'Empty' : 'Stable';
    group.subscribedTopics = group.#computeSubscribedTopics();
    return group;
  }

  /** Of a group of KIP-848 of which all members speak the classic protocol: Stable, in the generation of its epoch. */
  static converted(
    groupId: string,
    coordinatorEpoch: number,
    generationId: number,
    members: readonly MemberMetadata[],
    offsets: GroupOffsets,
    nowMs: number,
  ): GroupMetadata {
    const group = new GroupMetadata(groupId, coordinatorEpoch, nowMs, offsets);
    group.generationId = generationId;
    for (const member of members) group.add(member, CONSUMER_PROTOCOL_TYPE);
    group.protocolName = group.selectProtocol();
    group.#state = 'Stable';
    group.subscribedTopics = group.#computeSubscribedTopics();
    return group;
  }

  get state(): GroupState {
    return this.#state;
  }
  is(state: GroupState): boolean {
    return this.#state === state;
  }

  get isDead(): boolean {
    return this.is('Dead');
  }
  /** Nobody is in it, though its offsets may be wanted again. */
  get isEmpty(): boolean {
    return this.is('Empty');
  }

  get canRebalance(): boolean {
    return PREDECESSORS.PreparingRebalance.includes(this.#state);
  }

  transitionTo(state: GroupState, nowMs: number): void {
    assert(PREDECESSORS[state].includes(this.#state), `${state} does not follow ${this.#state}`);
    this.#state = state;
    this.stateMs = nowMs;
  }

  // ---------------------------------------------------------------------- members

  add(member: MemberMetadata, protocolType: string | null): void {
    const { memberId, groupInstanceId } = member;
    if (this.members.size === 0) this.protocolType = protocolType;
    if (groupInstanceId !== null) {
      assert(!this.#staticMembers.has(groupInstanceId), 'an instance id has one member');
      this.#staticMembers.set(groupInstanceId, memberId);
    }
    this.leaderId ??= memberId;
    this.members.set(memberId, member);
    this.pendingMembers.delete(memberId);
  }

  remove(memberId: string): void {
    const member = this.members.get(memberId);
    this.members.delete(memberId);
    this.pendingMembers.delete(memberId);
    if (member !== undefined && member.groupInstanceId !== null) this.#staticMembers.delete(member.groupInstanceId);
    if (this.leaderId === memberId) this.leaderId = first(this.members.keys());
  }

  /** The member that has this instance id; undefined: nobody has. */
  staticMemberId(groupInstanceId: string): string | undefined {
    return this.#staticMembers.get(groupInstanceId);
  }

  /** A static member came back, and goes on under another member id (KIP-345). */
  replaceStaticMember(groupInstanceId: string, oldMemberId: string, newMemberId: string): MemberMetadata {
    const member = this.members.get(oldMemberId)!;
    this.members.delete(oldMemberId);
    member.memberId = newMemberId;
    this.members.set(newMemberId, member);
    if (this.leaderId === oldMemberId) this.leaderId = newMemberId;
    this.#staticMembers.set(groupInstanceId, newMemberId);
    return member;
  }

  isLeader(memberId: string): boolean {
    return this.leaderId === memberId;
  }

  get awaitingJoinCount(): number {
    let count = 0;
    for (const { awaitingJoin } of this.members.values()) if (awaitingJoin !== null) count++;
    return count;
  }

  get hasAllMembersJoined(): boolean {
    return this.pendingMembers.size === 0 && this.awaitingJoinCount === this.members.size;
  }

  /** The longest that a member asks for. */
  get rebalanceTimeoutMs(): number {
    let longest = 0;
    for (const { rebalanceTimeoutMs } of this.members.values()) longest = Math.max(longest, rebalanceTimeoutMs);
    return longest;
  }

  /**
   * The leader stays, if it has joined; else another takes its place.
   * @returns false: the group has no members, or none of them has joined
   */
  maybeElectJoinedLeader(): boolean {
    if (this.leaderId === null) return false;
    if (this.members.get(this.leaderId)!.awaitingJoin !== null) return true;
    for (const { memberId, awaitingJoin } of this.members.values()) {
      if (awaitingJoin === null) continue;
      this.leaderId = memberId;
      return true;
    }
    return false;
  }

  // ---------------------------------------------------------------------- protocols, generations

  /** Is there a protocol that this member and all others support? */
  supportsProtocols(protocolType: string, protocols: readonly JoinGroupProtocol[]): boolean {
    if (this.is('Empty')) return protocolType !== '' && protocols.length > 0;
    return protocolType === this.protocolType && protocols.some(({ name }) => this.#isSupportedByAll(name));
  }

  /** The most votes; of equals, the one that was voted for first. */
  selectProtocol(): string {
    const candidates = [...this.members.values()][0].protocols.map(({ name }) => name);
    const common = candidates.filter((name) => this.#isSupportedByAll(name));
    const votes = new Map<string, number>();
    for (const member of this.members.values()) {
      const name = member.vote(common);
      votes.set(name, (votes.get(name) ?? 0) + 1);
    }
    let chosen = '';
    for (const [name, count] of votes) if (count > (votes.get(chosen) ?? 0)) chosen = name;
    return chosen;
  }

  #isSupportedByAll(protocolName: string): boolean {
    for (const member of this.members.values()) if (!member.supports(protocolName)) return false;
    return true;
  }

  initNextGeneration(nowMs: number): void {
    this.generationId++;
    const isEmpty = this.members.size === 0;
    this.protocolName = isEmpty ? null : this.selectProtocol();
    this.subscribedTopics = this.#computeSubscribedTopics();
    this.transitionTo(isEmpty ? 'Empty' : 'CompletingRebalance', nowMs);
    this.clearOwedSyncs();
  }

  clearOwedSyncs(): void {
    for (const member of this.members.values()) member.owesSync = false;
  }

  /** What is stored of the group, once its members are to have these assignments. Left out: those that they have. */
  generation(
    assignmentOf: (member: MemberMetadata) => ConsumerProtocolAssignment = ({ assignment }) => assignment,
  ): Generation {
    const { protocolType, generationId, protocolName, leaderId, stateMs } = this;
    const members = [...this.members.values()].map((member) => member.record(protocolName!, assignmentOf(member)));
    return { protocolType, generationId, protocolName, leaderId, stateMs, members };
  }

  /**
   * Offsets that nobody has needed for offsets.retention.minutes: of a group without members counted from when it lost the
   * last, of topics that no member subscribes to from the commit (removeExpiredOffsets, KIP-211).
   * @returns their partitions
   */
  removeExpiredOffsets(nowMs: number, retentionMs: number, topicOf: (partition: number) => number): readonly number[] {
    const { protocolType, subscribedTopics, stateMs } = this;
    if (protocolType === null) {
      return this.offsets.removeWhere((_, { committedMs }) => nowMs - committedMs >= retentionMs);
    }
    if (this.is('Empty')) return nowMs - stateMs < retentionMs ? [] : this.offsets.removeWhere(() => true);
    if (!this.is('Stable') || subscribedTopics === null) return [];
    return this.offsets.removeWhere(
      (partition, { committedMs }) => !subscribedTopics.has(topicOf(partition)) && nowMs - committedMs >= retentionMs,
    );
  }

  #computeSubscribedTopics(): ReadonlySet<number> | null {
    const { protocolName } = this;
    if (this.protocolType !== CONSUMER_PROTOCOL_TYPE) return null;
    if (this.members.size === 0) return new Set();
    if (protocolName === null) return null;
    return new Set([...this.members.values()].flatMap((member) => member.metadata(protocolName).topics));
  }
}

function first(ids: Iterable<string>): string | null {
  for (const id of ids) return id;
  return null;
}
