/** What the group coordinator announces through probes: groups by their index in the spec, members by a hash of their ids. */
import { MemberLeft, Probe } from '../../probes.js';
import type { ErrorCode } from '../../protocol/errors.js';
import { javaHash } from '../../protocol/java-hash.js';
import type { ConsumerGroup } from './consumer/consumer-group.js';
import {
  phaseOf,
  type ConsumerGroupState,
  type ConsumerMember,
  type GroupPhase,
} from './consumer/consumer-group-state.js';
import type { CommittedOffset } from './group-log.js';
import type { GroupMetadata, GroupState } from './group-metadata.js';
import type { MemberMetadata } from './member-metadata.js';
import type { GroupServices } from './services.js';

const STATE: Readonly<Record<GroupState | GroupPhase, number>> = {
  Empty: 0,
  PreparingRebalance: 1,
  CompletingRebalance: 2,
  Stable: 3,
  Dead: 4,
  Assigning: 5,
  Reconciling: 6,
};

/** How probes name a member. */
export function memberNumber(memberId: string): number {
  return javaHash(memberId) >>> 0;
}

export class Announcements {
  readonly #services: GroupServices;

  constructor(services: GroupServices) {
    this.#services = services;
  }

  state(group: GroupMetadata): void {
    const { groupId, state, generationId, members } = group;
    this.#emit(Probe.groupState, this.#home(groupId), groupId, STATE[state], generationId, members.size);
  }

  joined({ groupId }: GroupMetadata, { memberId, clientHost, isStatic }: MemberMetadata): void {
    const member = memberNumber(memberId);
    this.#emit(Probe.memberJoined, this.#home(groupId), groupId, member, clientHost, isStatic ? 1 : 0);
  }

  left({ groupId, generationId }: GroupMetadata, memberId: string, reason: keyof typeof MemberLeft): void {
    const member = memberNumber(memberId);
    this.#emit(Probe.memberLeft, this.#home(groupId), groupId, member, generationId, MemberLeft[reason]);
  }

  /** One for each partition of each member. */
  assigned({ groupId, generationId, members }: GroupMetadata): void {
    for (const { memberId, clientHost, assignment } of members.values()) {
      for (const partition of assignment.assignedPartitions) {
        this.#emit(Probe.partitionAssigned, partition, groupId, generationId, memberNumber(memberId), clientHost);
      }
    }
  }

  // ---------------------------------------------------------------------- groups of KIP-848

  /** As it is replicated. Its state follows from its members; its generation is the group epoch. */
  consumerGroup({ groupId, announced: state, isDead }: ConsumerGroup): void {
    const phase = isDead ? 'Dead' : phaseOf(state);
    this.#emit(Probe.groupState, this.#home(groupId), groupId, STATE[phase], state.groupEpoch, state.members.size);
  }

  consumerJoined({ groupId }: ConsumerGroup, { memberId, clientHost, instanceId }: ConsumerMember): void {
    const member = memberNumber(memberId);
    this.#emit(Probe.memberJoined, this.#home(groupId), groupId, member, clientHost, instanceId === null ? 0 : 1);
  }

  consumerLeft({ groupId, announced: state }: ConsumerGroup, memberId: string, reason: keyof typeof MemberLeft): void {
    const member = memberNumber(memberId);
    this.#emit(Probe.memberLeft, this.#home(groupId), groupId, member, state.groupEpoch, MemberLeft[reason]);
  }

  /** Partitions that members have given up, or lost, and those that they have got: in this order. */
  moved({ groupId, announced: state }: ConsumerGroup, before: ConsumerGroupState): void {
    for (const former of before.members.values()) {
      const member = state.members.get(former.memberId);
      const kept = member === undefined ? [] : held(member);
      for (const partition of held(former)) {
        if (kept.includes(partition)) continue;
        this.#emit(Probe.partitionReleased, partition, groupId, state.groupEpoch, memberNumber(former.memberId), 0);
      }
    }
    for (const member of state.members.values()) {
      const had = before.members.get(member.memberId)?.assigned ?? [];
      const got = member.assigned.filter((partition) => !had.includes(partition));
      this.#has(groupId, member, got);
    }
  }

  /** What members have in a group that was loaded: its last coordinator may not have come to announce it. */
  held({ groupId, announced }: ConsumerGroup): void {
    for (const member of announced.members.values()) this.#has(groupId, member, held(member));
  }

  #has(groupId: string, { memberId, memberEpoch, clientHost }: ConsumerMember, partitions: readonly number[]): void {
    const member = memberNumber(memberId);
    for (const partition of partitions) {
      this.#emit(Probe.partitionAssigned, partition, groupId, memberEpoch, member, clientHost);
    }
  }

  /** It was a group of the classic protocol: what its members had in the last generation they have until they give it up. */
  upgraded(group: ConsumerGroup, converted: ConsumerGroupState): void {
    this.consumerGroup(group);
    for (const member of converted.members.values()) this.#has(group.groupId, member, held(member));
  }

  // ---------------------------------------------------------------------- requests, offsets

  /** A request of a member was refused. */
  refused(groupId: string, api: number, error: ErrorCode, machine: number): void {
    this.#emit(Probe.groupRefused, this.#home(groupId), groupId, api, error, machine);
  }

  offsetPending(groupId: string, partition: number, offset: number, generationId: number, current: number): void {
    this.#emit(Probe.offsetPending, partition, groupId, offset, generationId, current);
  }

  /** @param producerId of the transaction that it was committed in; -1: none */
  offsetCommitted(groupId: string, partition: number, { offset }: CommittedOffset, producerId: number): void {
    this.#emit(Probe.offsetCommitted, partition, groupId, offset, producerId, 0);
  }

  offsetRefused(groupId: string, partition: number, error: ErrorCode, generationId: number, machine: number): void {
    this.#emit(Probe.offsetRefused, partition, groupId, error, generationId, machine);
  }

  offsetExpired(groupId: string, partition: number): void {
    this.#emit(Probe.offsetExpired, partition, groupId, 0, 0, 0);
  }

  #home(groupId: string): number {
    return this.#services.topic.partitionOf(groupId)!;
  }

  #emit(kind: number, key: number, groupId: string, b: number, c: number, d: number): void {
    const { host, ids } = this.#services;
    host.probes.emit(kind, host.id, key, ids.indexOf(groupId), b, c, d);
  }
}

/** Until a member says that it has given a partition up it may have it. */
function held({ assigned, pendingRevocation }: ConsumerMember): readonly number[] {
  return [...assigned, ...pendingRevocation];
}
