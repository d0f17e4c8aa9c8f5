/** The groups of one partition of __consumer_offsets while its log is being read: doLoadGroupsAndOffsets. */
import type { RecordBatch } from '../../protocol/records.js';
import type { CoordinatorRecord, Generation } from './group-log.js';
import { ConsumerGroup } from './consumer/consumer-group.js';
import { replay } from './consumer/consumer-group-log.js';
import type { ConsumerGroupState } from './consumer/consumer-group-state.js';
import { GroupMetadata } from './group-metadata.js';
import { GroupOffsets } from './group-offsets.js';

interface LoadingGroup {
  /** The last that was stored; null: none, or the group was removed. */
  generation: Generation | null;
  /** Of KIP-848's protocol; null: it is not of that. */
  consumer: ConsumerGroupState | null;
  readonly offsets: GroupOffsets;
}

export class LoadingGroups {
  /** By id. */
  readonly #groups = new Map<string, LoadingGroup>();

  get size(): number {
    return this.#groups.size;
  }

  /** Batches come in the order of the log. */
  takeIn({ producerId, marker, isTransactional, baseOffset, records }: RecordBatch): void {
    if (marker !== undefined) {
      for (const { offsets } of this.#groups.values()) offsets.complete(producerId, marker.committed);
      return;
    }
    for (const { state } of records) {
      const record = state as CoordinatorRecord;
      const group = this.#group(record.groupId);
      if (record.kind === 'group') group.generation = record.generation;
      else if (record.kind !== 'offset') group.consumer = replay(group.consumer, record);
      else group.offsets.load(record.partition, record.committed, baseOffset, isTransactional ? producerId : -1);
    }
  }

  /** The groups as the log has them; those that have only offsets are empty groups. */
  *finish(coordinatorEpoch: number, nowMs: number): Generator<GroupMetadata | ConsumerGroup> {
    for (const [groupId, { generation, consumer, offsets }] of this.#groups) {
      if (consumer !== null) yield new ConsumerGroup(groupId, consumer, offsets);
      else if (generation !== null) yield GroupMetadata.load(groupId, coordinatorEpoch, generation, offsets);
      else if (!offsets.isEmpty) yield new GroupMetadata(groupId, coordinatorEpoch, nowMs, offsets);
    }
    this.#groups.clear();
  }

  #group(groupId: string): LoadingGroup {
    let group = this.#groups.get(groupId);
    if (group === undefined) {
      group = { generation: null, consumer: null, offsets: new GroupOffsets() };
      this.#groups.set(groupId, group);
    }
    return group;
  }
}
