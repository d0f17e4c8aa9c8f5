/**
 * Where a consumer stands in a partition that it is assigned, and whether it may fetch (SubscriptionState.TopicPartitionState).
 *
 * initializing: of a group, whose committed offset is asked for. await-reset: the position is asked for with ListOffsets. await-validation: the leader changed, and it has to say where the
 * epoch of the last record read ended, so that a truncation does not go unnoticed (KIP-320). fetching: the position is good.
 */
import type { MachineId } from '../../kernel/process.js';

export type FetchState = 'initializing' | 'await-reset' | 'await-validation' | 'fetching';

/** What came back for a partition: the position that a request was sent with must still be the position when it is answered. */
export interface FetchPosition {
  readonly offset: number;
  /** The leader epoch of the record before; -1: none read, or not known. */
  readonly offsetEpoch: number;
  /** -1: none known. */
  readonly leader: MachineId;
  readonly leaderEpoch: number;
}

export class AssignedPartition {
  readonly partition: number;
  state: FetchState = 'await-reset';
  /** null while it is being reset. */
  position: FetchPosition | null = null;
  /** As of the last fetch; -1: not heard of. */
  highWatermark = -1;
  /** Records of it were fetched and not returned by a poll yet: until then it is not fetched again. */
  isBuffered = false;
  /** Of a group: it is about to be given up, and nothing of it is fetched or returned any more. */
  isPendingRevocation = false;
  /** KafkaConsumer.pause: it keeps its position, and nothing of it is fetched. */
  isPaused = false;
  /** Not asked about before this: reset or validation after an error or while under way, a fetch after an exception. */
  nextRetryAt = -Infinity;
  /** KIP-392: the follower that the leader named, to be asked until `preferredUntil`; -1: none. */
  private preferredReadReplica: MachineId = -1;
  private preferredUntil = -Infinity;

  constructor(partition: number) {
    this.partition = partition;
  }

  get isFetchable(): boolean {
    return this.state === 'fetching' && !this.isBuffered && !this.isPaused && !this.isPendingRevocation;
  }

  mayFetch(now: number): boolean {
    return this.isFetchable && this.nextRetryAt <= now;
  }

  /** Whom to fetch from: the preferred follower while its lease lasts, else the leader (AbstractFetch.selectReadReplica). */
  readReplica(now: number): MachineId {
    if (this.preferredReadReplica >= 0 && now >= this.preferredUntil) this.preferredReadReplica = -1;
    return this.preferredReadReplica >= 0 ? this.preferredReadReplica : this.position!.leader;
  }

  prefer(replica: MachineId, until: number): void {
    this.preferredReadReplica = replica;
    this.preferredUntil = until;
  }

  /** Back to the leader. False: there was no follower to give up. */
  clearPreferredReadReplica(): boolean {
    const hadOne = this.preferredReadReplica >= 0;
    this.preferredReadReplica = -1;
    return hadOne;
  }

  requestReset(): void {
    this.state = 'await-reset';
    this.position = null;
    this.preferredReadReplica = -1;
    this.nextRetryAt = -Infinity;
  }

  /** Of a group: it begins again at the committed offset. */
  requestCommitted(): void {
    this.requestReset();
    this.state = 'initializing';
  }

  /** The answer to a reset, or the way back after a truncation. */
  seek(position: FetchPosition): void {
    this.state = 'fetching';
    this.position = position;
    this.preferredReadReplica = -1;
    this.nextRetryAt = -Infinity;
  }

  /** A committed offset: the log may have been truncated below it since (SubscriptionState.seekUnvalidated). */
  seekUnvalidated(position: FetchPosition): void {
    this.seek(position);
    if (position.offsetEpoch >= 0 && position.leaderEpoch >= 0) this.state = 'await-validation';
  }

  /** Records were returned up to here; who leads has not changed by that. */
  advance(offset: number, offsetEpoch: number): void {
    const { leader, leaderEpoch } = this.position!;
    this.position = { offset, offsetEpoch, leader, leaderEpoch };
  }

  /** The metadata may name another leader or epoch: then the position has to be validated, if it has an epoch to be validated by. */
  maybeValidate(leader: MachineId, leaderEpoch: number): void {
    if (this.position === null || leader < 0) return;
    if (this.position.leader === leader && this.position.leaderEpoch === leaderEpoch) return;
    // The new leader may know a better follower (KAFKA-14379).
    this.preferredReadReplica = -1;
    const { offset, offsetEpoch } = this.position;
    this.position = { offset, offsetEpoch, leader, leaderEpoch };
    this.state = offsetEpoch >= 0 && leaderEpoch >= 0 ? 'await-validation' : 'fetching';
    this.nextRetryAt = -Infinity;
  }

  completeValidation(): void {
    this.state = 'fetching';
    this.nextRetryAt = -Infinity;
  }
}

export function samePosition(a: FetchPosition, b: FetchPosition): boolean {
  return (
    a.offset === b.offset && a.offsetEpoch === b.offsetEpoch && a.leader === b.leader && a.leaderEpoch === b.leaderEpoch
  );
}

/** null: everything below the last high watermark that it heard of was returned. */
export function lagOf({ position, highWatermark }: AssignedPartition): string | null {
  if (position === null) return 'has no position yet';
  if (highWatermark < 0) return 'has not fetched yet';
  return position.offset < highWatermark ? `has read up to ${position.offset} of ${highWatermark}` : null;
}
