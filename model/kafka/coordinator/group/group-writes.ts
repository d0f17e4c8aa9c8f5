/**
 * What the group coordinator writes into __consumer_offsets. It counts once it is replicated; an offset is applied then, whoever
 * else is waited for is told.
 */
import { InternalAppend, type AppendListener } from '../../broker/internal-append.js';
import type { VerificationGuard } from '../../log/verification-guards.js';
import { KafkaError, type ErrorCode } from '../../protocol/errors.js';
import type { OffsetToCommit } from '../../protocol/group-messages.js';
import type { RecordBatch } from '../../protocol/records.js';
import type { Announcements } from './announcements.js';
import { changeError, commitError, storeError } from '../append-errors.js';
import {
  offsetsBatch,
  recordsBatch,
  type CommittedOffset,
  type CoordinatorRecord,
  type Generation,
  type OffsetsProducer,
} from './group-log.js';
import type { GroupMetadata } from './group-metadata.js';
import type { Group } from './group-metadata-manager.js';
import { GroupTimer, nowMs, type GroupServices } from './services.js';

const APPEND_TIMERS = { check: GroupTimer.checkAppend, done: GroupTimer.appendDone } as const;
/** Of tombstones, which are not waited for. */
const NO_ACKS = 0;

/** @param offset where the change was appended; -1: it was not */
export type ChangeDone = (error: ErrorCode, offset: number) => void;

interface Offsets {
  readonly kind: 'offsets';
  readonly group: Group;
  readonly committed: readonly { readonly partition: number; readonly offset: CommittedOffset }[];
  readonly producer: OffsetsProducer | null;
  readonly done: (error: ErrorCode) => void;
}

type Purpose =
  | { readonly kind: 'group'; readonly done: (error: ErrorCode) => void }
  | { readonly kind: 'change'; readonly done: ChangeDone }
  | { readonly kind: 'tombstones' }
  | Offsets;

export class GroupWrites implements AppendListener {
  readonly #services: GroupServices;
  readonly #announce: Announcements;
  /** B86, GroupMetadata.prepareTxnOffsetCommit, failPendingTxnOffsetCommit: neither asks whose offset is there. */
  readonly #hasOnePending: boolean;

  constructor(services: GroupServices, announce: Announcements) {
    this.#services = services;
    this.#hasOnePending = services.rules.defects.B86;
    this.#announce = announce;
  }

  generation({ groupId }: GroupMetadata, generation: Generation, done: (error: ErrorCode) => void): void {
    const batch = recordsBatch([{ kind: 'group', groupId, generation }], nowMs(this.#services.host));
    this.#append(groupId, batch, { kind: 'group', done });
  }

  /**
   * @param done replicated, or not in time: then the change stands
   * @returns the error with which it was refused; nothing else follows then
   */
  change(groupId: string, records: readonly CoordinatorRecord[], done: ChangeDone): ErrorCode {
    const batch = recordsBatch(records, nowMs(this.#services.host));
    let isRefused = false;
    const error = this.#append(groupId, batch, {
      kind: 'change',
      done: (late, offset) => void (isRefused || done(late, offset)),
    });
    isRefused = error !== KafkaError.NONE;
    if (isRefused) done(changeError(error), -1);
    return error;
  }

  /** Whether what was appended for the group at this offset is replicated by now. */
  isReplicated(groupId: string, offset: number): boolean {
    const { replicas, topic } = this.#services;
    const partition = replicas.partition(topic.partitionOf(groupId)!);
    return partition?.isLeader === true && partition.log.highWatermark > offset;
  }

  /**
   * @param producer of the transaction that they are committed in; null: none
   * @param guard what the verification of that transaction left behind; null: nobody asked
   */
  offsets(
    group: Group,
    offsets: readonly OffsetToCommit[],
    producer: OffsetsProducer | null,
    guard: VerificationGuard | null,
    done: (error: ErrorCode) => void,
  ): void {
    const { groupId } = group;
    const batch = offsetsBatch(groupId, offsets, producer, nowMs(this.#services.host));
    const committed = batch.records.map(({ state }) => {
      const { partition, committed: offset } = state as CoordinatorRecord & { readonly kind: 'offset' };
      if (producer === null) group.offsets.prepare(partition, offset!);
      else this.#prepareTransactional(group, producer.producerId, partition, offset!);
      return { partition, offset: offset! };
    });
    this.#append(groupId, batch, { kind: 'offsets', group, committed, producer, done }, guard);
  }

  #prepareTransactional(group: Group, producerId: number, partition: number, offset: CommittedOffset): void {
    if (this.#hasOnePending) group.offsets.forgetTransactional(producerId, partition);
    group.offsets.prepareTransactional(producerId, partition, offset);
  }

  /** Nobody waits for them: whoever does not find them will remove the same again (cleanupGroupMetadata). */
  tombstones(groupId: string, records: readonly CoordinatorRecord[]): void {
    if (records.length === 0) return;
    this.#append(groupId, recordsBatch(records, nowMs(this.#services.host)), { kind: 'tombstones' });
  }

  /** @returns why it was not appended; the listener is told in a step of its own all the same */
  #append(groupId: string, batch: RecordBatch, purpose: Purpose, guard: VerificationGuard | null = null): ErrorCode {
    const { replicas, settings } = this.#services;
    const timeoutMs = settings['offsets.commit.timeout.ms'];
    const partition = this.#services.topic.partitionOf(groupId)!;
    const append = new InternalAppend(replicas, APPEND_TIMERS, partition, timeoutMs, this, purpose);
    const acks = purpose.kind === 'tombstones' ? NO_ACKS : settings['offsets.commit.required.acks'];
    append.begin(batch, guard, acks);
    return append.error;
  }

  /** putCacheCallback: a group that was unloaded meanwhile is Dead, and not changed; but one that goes on as another is. */
  onAppended({ error, baseOffset, context }: InternalAppend): void {
    const purpose = context as Purpose;
    switch (purpose.kind) {
      case 'group':
        purpose.done(storeError(error));
        return;
      case 'change':
        purpose.done(changeError(error), baseOffset);
        return;
      case 'offsets':
        if (!purpose.group.isDead || purpose.group.isConverted) this.#applyOffsets(purpose, error, baseOffset);
        purpose.done(commitError(error));
        return;
      case 'tombstones':
    }
  }

  #applyOffsets({ group, committed, producer }: Offsets, error: ErrorCode, logOffset: number): void {
    const { groupId, offsets } = group;
    for (const { partition, offset } of committed) {
      if (producer !== null) {
        const { producerId } = producer;
        if (error === KafkaError.NONE) offsets.logged(producerId, partition, offset, logOffset);
        else if (this.#hasOnePending) offsets.forgetTransactional(producerId, partition);
        else offsets.giveUpTransactional(producerId, partition, offset);
      } else if (error !== KafkaError.NONE) {
        offsets.giveUp(partition, offset);
      } else if (offsets.apply(partition, offset, logOffset)) {
        this.#announce.offsetCommitted(groupId, partition, offset, -1);
      }
    }
  }
}
