/**
 * The groups of the partitions of __consumer_offsets that this broker leads: GroupMetadataManager. Loaded from the log when it
 * comes to lead one, dropped when it ceases to; made when somebody asks for them, removed when their offsets are expired.
 */
import { assert } from '../../../kernel/assert.js';
import type { Stream } from '../../../kernel/random.js';
import { KafkaError, type ErrorCode } from '../../protocol/errors.js';
import type { RecordBatch } from '../../protocol/records.js';
import { LedPartitions, type LedPartition, type StateOwner } from '../led-partitions.js';
import type { Announcements } from './announcements.js';
import { ConsumerGroup } from './consumer/consumer-group.js';
import { changes } from './consumer/consumer-group-log.js';
import { EMPTY_CONSUMER_GROUP } from './consumer/consumer-group-state.js';
import type { CoordinatorRecord } from './group-log.js';
import { GroupMetadata } from './group-metadata.js';
import { GroupOffsets } from './group-offsets.js';
import type { GroupWrites } from './group-writes.js';
import { LoadingGroups } from './loading-groups.js';
import { GroupTimer, nowMs, type GroupServices } from './services.js';

/** How long the thread that loads groups may be busy when a transaction ends. */
const COMPLETION_DELAY_MAX_MICROS = 50_000;

/** Of the classic protocol, or of KIP-848's. */
export type Group = GroupMetadata | ConsumerGroup;

export interface FoundGroup {
  readonly error: ErrorCode;
  /** null with NONE: there is no such group. */
  readonly group: Group | null;
}

/** What becomes of groups besides what their members ask for. */
export interface GroupListener {
  onGroupLoaded(group: Group): void;
  /** This broker does not coordinate it any more. */
  onGroupUnloaded(group: Group): void;
}

interface GroupsOfPartition {
  readonly loading: LoadingGroups;
  /** By id. */
  readonly groups: Map<string, Group>;
}

/** A marker is in the log of a partition; its offsets are not applied yet. */
export interface TransactionCompletion {
  readonly producerId: number;
  readonly partition: number;
  readonly committed: boolean;
  readonly done: () => void;
}

export class GroupMetadataManager implements StateOwner<GroupsOfPartition> {
  readonly #services: GroupServices;
  readonly #writes: GroupWrites;
  readonly #announce: Announcements;
  readonly #listener: GroupListener;
  readonly #led: LedPartitions<GroupsOfPartition>;
  #completionDelays: Stream | null = null;

  constructor(services: GroupServices, writes: GroupWrites, announce: Announcements, listener: GroupListener) {
    this.#services = services;
    this.#writes = writes;
    this.#announce = announce;
    this.#listener = listener;
    this.#led = new LedPartitions(services.replicas, services.topic.numbers, GroupTimer.loadChunk, this);
  }

  /** May this broker speak for the group? (validateGroupStatus) */
  find(groupId: string): FoundGroup {
    if (groupId === '') return { error: KafkaError.INVALID_GROUP_ID, group: null };
    const partition = this.#led.get(this.#partitionOf(groupId));
    if (partition === undefined) return { error: KafkaError.NOT_COORDINATOR, group: null };
    if (partition.isLoading) return { error: KafkaError.COORDINATOR_LOAD_IN_PROGRESS, group: null };
    return { error: KafkaError.NONE, group: partition.state.groups.get(groupId) ?? null };
  }

  /**
   * The group of this id, if it is of the classic protocol. One that is not there is made, and so is one of the other protocol
   * without members (getOrMaybeCreateClassicGroup). In memory only, until something of it is stored.
   * @returns null: there is none and none was wanted, or it has members of the other protocol
   */
  classicGroup(groupId: string, isCreated: boolean): GroupMetadata | null {
    const { coordinatorEpoch, state } = this.#led.get(this.#partitionOf(groupId))!;
    const known = state.groups.get(groupId);
    if (known?.kind === 'classic') return known;
    if (!isCreated || known?.isEmpty === false) return null;
    const group = new GroupMetadata(groupId, coordinatorEpoch, nowMs(this.#services.host), known?.offsets);
    if (known !== undefined) this.#replace(known);
    state.groups.set(groupId, group);
    return group;
  }

  /** The same for KIP-848's protocol (getOrMaybeCreateConsumerGroup). */
  consumerGroup(groupId: string, isCreated: boolean): ConsumerGroup | null {
    const { state } = this.#led.get(this.#partitionOf(groupId))!;
    const known = state.groups.get(groupId);
    if (known?.kind === 'consumer') return known;
    if (!isCreated || known?.isEmpty === false) return null;
    const group = new ConsumerGroup(groupId, EMPTY_CONSUMER_GROUP, known?.offsets ?? new GroupOffsets());
    if (known !== undefined) this.#replace(known);
    state.groups.set(groupId, group);
    return group;
  }

  /** Its offsets are another's now. */
  #replace(group: Group): void {
    const tombstones = tombstonesOf(group);
    group.isConverted = true;
    this.#listener.onGroupUnloaded(group);
    this.#writes.tombstones(group.groupId, tombstones);
  }

  /** The group of this id is of the other protocol from now on. */
  adopt(group: Group): void {
    this.#led.get(this.#partitionOf(group.groupId))!.state.groups.set(group.groupId, group);
  }

  /** Of the partition of a group that this broker speaks for. */
  coordinatorEpoch(groupId: string): number {
    return this.#led.get(this.#partitionOf(groupId))!.coordinatorEpoch;
  }

  #partitionOf(groupId: string): number {
    const number = this.#services.topic.partitionOf(groupId);
    assert(number !== undefined, 'the cluster has the partition of every group in use');
    return number;
  }

  // ---------------------------------------------------------------------- transactions end

  /** The marker is replicated; its offsets are applied in a step of the one thread that also loads (scheduleHandleTxnCompletion). */
  completeLater(completion: TransactionCompletion): void {
    const { host, rules } = this.#services;
    // If the marker was acknowledged already, it matters how long that thread is busy with something else.
    if (rules.defects['KAFKA-17507']) {
      this.#completionDelays ??= host.dice('completion-delays');
      host.timer(
        GroupTimer.completeTransaction,
        this.#completionDelays.int(COMPLETION_DELAY_MAX_MICROS),
        0,
        completion,
      );
    } else {
      host.later(GroupTimer.completeTransaction, 0, completion);
    }
  }

  complete(completion: TransactionCompletion): void {
    for (const { isLoading } of this.#led.all()) {
      if (!isLoading) continue;
      this.completeLater(completion);
      return;
    }
    const { producerId, partition, committed, done } = completion;
    for (const group of this.#led.get(partition)?.state.groups.values() ?? []) {
      for (const [of, offset] of group.offsets.complete(producerId, committed)) {
        this.#announce.offsetCommitted(group.groupId, of, offset, producerId);
      }
    }
    done();
  }

  // ---------------------------------------------------------------------- expiry

  /** offsets.retention.minutes (cleanupGroupMetadata): of groups without members, and of topics that nobody subscribes to. */
  expire(): void {
    for (const { isLoading, state } of this.#led.all()) {
      if (isLoading) continue;
      for (const group of state.groups.values()) this.#expireOffsets(group, state.groups);
    }
  }

  #expireOffsets(group: Group, groups: Map<string, Group>): void {
    const { groupId } = group;
    const { host, settings, topicOf } = this.#services;
    const now = nowMs(host);
    const retentionMs = settings['offsets.retention.minutes'] * 60_000;
    const expired = group.removeExpiredOffsets(now, retentionMs, topicOf);
    const tombstones: CoordinatorRecord[] = expired.map((partition) => {
      this.#announce.offsetExpired(groupId, partition);
      return { kind: 'offset', groupId, partition, committed: null };
    });
    if (group.isEmpty && group.offsets.isEmpty) {
      tombstones.push(...tombstonesOf(group));
      groups.delete(groupId);
      this.#listener.onGroupUnloaded(group);
    }
    this.#writes.tombstones(groupId, tombstones);
  }

  // ---------------------------------------------------------------------- leadership

  rolesChanged(): void {
    this.#led.rolesChanged();
  }

  loadChunk(payload: unknown): void {
    this.#led.loadChunk(payload);
  }

  emptyState(): GroupsOfPartition {
    return { loading: new LoadingGroups(), groups: new Map() };
  }

  takeIn(batch: RecordBatch, { loading }: GroupsOfPartition): void {
    loading.takeIn(batch);
  }

  keyCount({ loading }: GroupsOfPartition): number {
    return loading.size;
  }

  onLoaded({ coordinatorEpoch, state }: LedPartition<GroupsOfPartition>): void {
    for (const group of state.loading.finish(coordinatorEpoch, nowMs(this.#services.host))) {
      state.groups.set(group.groupId, group);
      this.#listener.onGroupLoaded(group);
    }
  }

  onResigned({ state }: LedPartition<GroupsOfPartition>): void {
    for (const group of state.groups.values()) this.#listener.onGroupUnloaded(group);
  }
}

/** Of a classic group that only ever kept offsets here there is no generation in the log. */
export function tombstonesOf(group: Group): readonly CoordinatorRecord[] {
  const { groupId } = group;
  if (group.kind === 'consumer') return changes(groupId, group.state, null);
  return group.generationId > 0 ? [{ kind: 'group', groupId, generation: null }] : [];
}
