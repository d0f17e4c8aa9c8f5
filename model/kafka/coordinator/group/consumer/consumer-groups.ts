/** Groups of KIP-848's protocol: what their members ask for, and how a classic group becomes one (GroupMetadataManager). */
import type { RequestChannel } from '../../../broker/request-channel.js';
import { KafkaError, type ErrorCode } from '../../../protocol/errors.js';
import {
  JOIN_GROUP_MEMBER_EPOCH,
  type ConsumerGroupHeartbeatRequest,
  type ConsumerGroupHeartbeatResponse,
} from '../../../protocol/group-messages.js';
import { RESPONSE } from '../../../protocol/messages.js';
import type { Announcements } from '../announcements.js';
import type { GroupMetadata } from '../group-metadata.js';
import type { GroupMetadataManager } from '../group-metadata-manager.js';
import type { GroupWrites } from '../group-writes.js';
import type { Rebalances } from '../rebalances.js';
import type { GroupServices } from '../services.js';
import { ClassicMembers } from './classic-members.js';
import { ConsumerGroup } from './consumer-group.js';
import type { ConsumerGroupState, ConsumerMember } from './consumer-group-state.js';
import { GroupChanges } from './group-changes.js';
import { heartbeat, type HeartbeatOutcome } from './heartbeat.js';
import type { GroupLimits } from './member-update.js';
import type { MemberTimers } from './member-timers.js';
import { upgraded, upgradeError } from './migration.js';
import { serverAssignorName } from './server-assignors.js';

const RESPONSE_BYTES = 60;
const PARTITION_BYTES = 8;

type Accepted = HeartbeatOutcome & { readonly kind: 'accepted' };

export class ConsumerGroups {
  /** Members of such groups that speak the classic protocol. */
  readonly classic: ClassicMembers;
  readonly timers: MemberTimers;
  readonly #services: GroupServices;
  readonly #store: GroupMetadataManager;
  readonly #rebalances: Rebalances;
  readonly #announce: Announcements;
  readonly #limits: GroupLimits;
  readonly #changes: GroupChanges;

  constructor(
    services: GroupServices,
    store: GroupMetadataManager,
    writes: GroupWrites,
    rebalances: Rebalances,
    announce: Announcements,
  ) {
    const { settings, rules, partitionsOf } = services;
    const names = settings['group.consumer.assignors'].split(',').map(serverAssignorName);
    const defaultAssignor = names.find((name) => name !== undefined) ?? 'uniform';
    this.#services = services;
    this.#store = store;
    this.#rebalances = rebalances;
    this.#announce = announce;
    const refusesRejoin = rules.defects['KAFKA-19233'];
    this.#limits = { defaultAssignor, maxSize: settings['group.consumer.max.size'], refusesRejoin, partitionsOf };
    this.#changes = new GroupChanges(services, store, writes, rebalances, announce);
    this.classic = new ClassicMembers(this.#changes, this.#limits, announce);
    this.timers = this.#changes.timers;
  }

  handle(channel: RequestChannel, request: ConsumerGroupHeartbeatRequest): void {
    const { groupId, memberEpoch } = request;
    const found = this.#store.find(groupId);
    if (found.error !== KafkaError.NONE) {
      this.#refuse(channel, request, found.error);
      return;
    }
    const group = this.#store.consumerGroup(groupId, memberEpoch === JOIN_GROUP_MEMBER_EPOCH);
    if (group !== null) this.#heartbeat(channel, request, group);
    else if (found.group?.kind === 'classic' && memberEpoch === JOIN_GROUP_MEMBER_EPOCH) {
      this.#upgrade(channel, request, found.group);
    } else this.#refuse(channel, request, KafkaError.GROUP_ID_NOT_FOUND);
  }

  #heartbeat(channel: RequestChannel, request: ConsumerGroupHeartbeatRequest, group: ConsumerGroup): void {
    const outcome = this.#outcome(channel, request, group.state);
    if (outcome.kind === 'refused') return;
    const error = this.#changes.become(group, outcome.group, 'left', (answered) =>
      this.#answer(channel, request, outcome, answered),
    );
    if (error === KafkaError.NONE) this.#count(group, outcome.member);
  }

  /** The first member that speaks KIP-848 comes: the others stay in, by the protocol that they speak. */
  #upgrade(channel: RequestChannel, request: ConsumerGroupHeartbeatRequest, former: GroupMetadata): void {
    const reason = upgradeError(former, this.#services.settings);
    if (reason !== KafkaError.NONE) {
      this.#refuse(channel, request, reason);
      return;
    }
    this.#rebalances.callAgain(former);
    const group = new ConsumerGroup(former.groupId, upgraded(former), former.offsets);
    const outcome = this.#outcome(channel, request, group.state);
    if (outcome.kind === 'refused') return;
    const error = this.#changes.upgrade(former, group, outcome.group, (answered) =>
      this.#answer(channel, request, outcome, answered),
    );
    if (error === KafkaError.NONE) this.#count(group, outcome.member);
  }

  /** Refused: it is answered. */
  #outcome(
    channel: RequestChannel,
    request: ConsumerGroupHeartbeatRequest,
    state: ConsumerGroupState,
  ): HeartbeatOutcome {
    const outcome = heartbeat(state, request, channel.peer, this.#limits);
    if (outcome.kind === 'refused') this.#refuse(channel, request, outcome.error);
    return outcome;
  }

  /** From now on the member's session counts, and the time that it has to give up partitions. */
  #count(group: ConsumerGroup, member: ConsumerMember | null): void {
    // A static member that is away for a while keeps the session that it has.
    if (member === null) return;
    this.timers.session(group, member.memberId);
    if (member.state === 'unrevoked-partitions') this.timers.revocation(group, member);
    else this.timers.end(group, member.memberId, 'revocation');
  }

  /** All have the session that the brokers give, whichever protocol they speak (GroupMetadataManager.onLoaded). */
  onLoaded(group: ConsumerGroup): void {
    this.#announce.consumerGroup(group);
    this.#announce.held(group);
    for (const member of group.state.members.values()) this.#count(group, member);
  }

  onUnloaded(group: ConsumerGroup): void {
    group.isDead = true;
    this.timers.endAll(group);
    this.#announce.consumerGroup(group);
  }

  // ---------------------------------------------------------------------- answers

  #answer(
    channel: RequestChannel,
    request: ConsumerGroupHeartbeatRequest,
    { member, tellsAssignment }: Accepted,
    error: ErrorCode,
  ): void {
    if (error !== KafkaError.NONE) {
      this.#refuse(channel, request, error);
      return;
    }
    const epoch = member?.memberEpoch ?? request.memberEpoch;
    this.#respond(channel, request, KafkaError.NONE, epoch, tellsAssignment ? (member?.assigned ?? null) : null);
  }

  #refuse(channel: RequestChannel, request: ConsumerGroupHeartbeatRequest, error: ErrorCode): void {
    this.#announce.refused(request.groupId, request.kind, error, channel.peer);
    this.#respond(channel, request, error, request.memberEpoch, null);
  }

  #respond(
    channel: RequestChannel,
    { kind, correlationId, memberId }: ConsumerGroupHeartbeatRequest,
    error: ErrorCode,
    memberEpoch: number,
    assignment: readonly number[] | null,
  ): void {
    const response: ConsumerGroupHeartbeatResponse = {
      kind: kind + RESPONSE,
      bytes: RESPONSE_BYTES + PARTITION_BYTES * (assignment?.length ?? 0),
      correlationId,
      error,
      memberId,
      memberEpoch,
      heartbeatIntervalMs: this.#services.settings['group.consumer.heartbeat.interval.ms'],
      assignment,
    };
    channel.respond(response);
  }
}
