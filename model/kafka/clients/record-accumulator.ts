/**
 * Queues of batches, one for each partition, between KafkaProducer.send and the network thread (RecordAccumulator).
 * Partitions are visited in the order of their numbers, where the Java client follows its hash maps.
 */
import { clear, lastOf } from '../../kernel/arrays.js';
import type { MachineId } from '../../kernel/process.js';
import type { ProducerSettings } from '../cluster-spec.js';
import { BATCH_OVERHEAD_BYTES, recordSizeUpperBound, type ProducerRecord } from '../protocol/records.js';
import type { Rules } from '../protocol/versions/rules.js';
import type { PartitionTable } from './api.js';
import { batchExpiry, type BatchExpiry } from './batch-expiry.js';
import { BufferPool } from './buffer-pool.js';
import type { ExponentialBackoff } from './exponential-backoff.js';
import type { Metadata } from './metadata.js';
import { NodeAvailability } from './node-availability.js';
import type { StickyPartitioner } from './partitioner.js';
import { ProducerBatch } from './producer-batch.js';
import type { TransactionManager } from './transaction-manager.js';

/** joined: into an open batch. began: a new batch, or the batch is full: the network thread is to look. no-memory: nothing happened. */
export type AppendResult = 'joined' | 'began' | 'no-memory';

/** Never filled. */
const NO_BATCHES: ProducerBatch[] = [];

export class RecordAccumulator {
  private readonly metadata: Metadata;
  /** null without idempotence. */
  private readonly transactions: TransactionManager | null;
  private readonly retryBackoff: ExponentialBackoff;
  private readonly pool: BufferPool;
  private readonly availability: NodeAvailability;
  private readonly batchSize: number;
  private readonly lingerMicros: number;
  private readonly expiry: BatchExpiry;
  private readonly maxRequestSize: number;
  private readonly adaptive: boolean;
  private readonly endsBackoffWithLeader: boolean;
  /** By partition. */
  private readonly queues: ProducerBatch[][];
  /** By partition: ever had a batch (the Java client creates its deques lazily, and adaptive partitioning asks for that). */
  private readonly used: boolean[];
  private readonly muted: boolean[];
  /** By topic; holes where no record without a key was sent. */
  private readonly sticky: (StickyPartitioner | undefined)[] = [];
  /** By node: the partition at which the last drain ended. */
  private readonly drainIndexes: number[] = [];
  /** By node: the partitions that it leads, as of `leadersVersion`. */
  private readonly led: (number[] | undefined)[] = [];
  private leadersVersion = -1;
  /** Batches in all queues. */
  private queued = 0;

  /** A send waits for buffer memory: every batch is sendable at once (BufferPool.queued). */
  memoryExhausted = false;
  /** A transaction is being ended: every batch is sendable at once (TransactionManager.isCompleting). */
  flushing = false;

  // What `ready` found.
  /** Leaders of partitions with sendable batches. */
  readonly readyNodes: MachineId[] = [];
  /** When a batch that is not sendable yet will be. */
  nextReadyAt = Infinity;
  /** There are batches for a partition whose leader is not known. */
  leaderUnknown = false;

  constructor(
    table: PartitionTable,
    settings: ProducerSettings,
    rules: Pick<Rules, 'batchExpiry' | 'leaderHints'>,
    metadata: Metadata,
    transactions: TransactionManager | null,
    retryBackoff: ExponentialBackoff,
  ) {
    this.metadata = metadata;
    this.transactions = transactions;
    this.retryBackoff = retryBackoff;
    this.pool = new BufferPool(settings['buffer.memory']);
    this.availability = new NodeAvailability(settings['partitioner.availability.timeout.ms'] * 1000);
    // batch.size 0 means batches of one record (KafkaProducer).
    this.batchSize = Math.max(1, settings['batch.size']);
    this.lingerMicros = settings['linger.ms'] * 1000;
    this.expiry = batchExpiry(rules, settings);
    this.endsBackoffWithLeader = rules.leaderHints;
    this.maxRequestSize = settings['max.request.size'];
    this.adaptive = settings['partitioner.adaptive.partitioning.enable'];
    this.queues = table.topicOf.map(() => []);
    this.used = table.topicOf.map(() => false);
    this.muted = table.topicOf.map(() => false);
  }

  /** Where the last record went. */
  lastAppended = -1;

  /** Appends to the last open batch of the partition, or to a new one. */
  append(partition: number, record: ProducerRecord, operation: number, now: number): AppendResult {
    this.lastAppended = partition;
    const queue = this.queues[partition]!;
    const last = lastOf(queue);
    if (last !== undefined && last.tryAppend(record, operation, now)) {
      return queue.length > 1 || last.isFull ? 'began' : 'joined';
    }
    const capacity = Math.max(this.batchSize, BATCH_OVERHEAD_BYTES + recordSizeUpperBound(record.bytes));
    if (!this.pool.tryAllocate(capacity)) return 'no-memory';
    const batch = new ProducerBatch(partition, now, capacity, false);
    batch.tryAppend(record, operation, now);
    queue.push(batch);
    this.queued++;
    this.used[partition] = true;
    return 'began';
  }

  /** False: the next record of so many bytes begins a batch there, and the last one takes no more (`abortOnNewBatch`). */
  hasRoom(partition: number, bytes: number): boolean {
    const queue = this.queues[partition]!;
    return queue.length > 0 && queue[queue.length - 1]!.hasRoomFor(bytes);
  }

  /** The same for a record without partition: to the topic's sticky partition. */
  appendSticky(
    sticky: StickyPartitioner,
    topic: number,
    record: ProducerRecord,
    operation: number,
    now: number,
  ): AppendResult {
    this.sticky[topic] = sticky;
    // A switch that was put off because the last batch had room is made up for here (RecordAccumulator.partitionChanged).
    if (this.allBatchesFull(sticky.peek())) sticky.appended(0, true);
    const partition = sticky.peek();
    const queue = this.queues[partition]!;
    const batches = queue.length;
    const result = this.append(partition, record, operation, now);
    if (result !== 'no-memory') {
      const appended = record.bytes + (queue.length > batches ? BATCH_OVERHEAD_BYTES : 0);
      sticky.appended(appended, this.allBatchesFull(partition));
    }
    return result;
  }

  /** Which nodes have something to be sent to now: fills readyNodes, nextReadyAt and leaderUnknown. */
  ready(now: number): void {
    clear(this.readyNodes);
    this.nextReadyAt = Infinity;
    this.leaderUnknown = false;
    if (this.queued === 0 && this.sticky.length === 0) return;
    for (let partition = 0; partition < this.queues.length; partition++) {
      const queue = this.queues[partition]!;
      if (queue.length === 0) continue;
      const head = queue[0]!;
      const backingOff = this.isBackingOff(head, now);
      const leader = this.metadata.leaderOf(partition);
      if (leader < 0) {
        this.leaderUnknown = true;
      } else if (!this.muted[partition] && !this.readyNodes.includes(leader)) {
        this.checkBatch(head, queue.length, leader, backingOff, now);
      }
    }
    if (this.sticky.length > 0) this.updateLoad();
  }

  /** The network client says whether a node with sendable batches takes a request now. */
  noteNode(node: MachineId, takesRequests: boolean, now: number): void {
    this.availability.note(node, takesRequests, now);
  }

  /** Takes at most one batch of each partition that the node leads, round robin from where the last drain ended, up to max.request.size. */
  drain(node: MachineId, now: number): ProducerBatch[] {
    let drained: ProducerBatch[] = NO_BATCHES;
    const partitions = this.partitionsLedBy(node);
    const start = (this.drainIndexes[node] ?? 0) % partitions.length;
    let size = 0;
    for (let i = 0; i < partitions.length; i++) {
      const index = (start + i) % partitions.length;
      this.drainIndexes[node] = index;
      const partition = partitions[index]!;
      const head = this.queues[partition]![0];
      if (head === undefined || this.muted[partition]) continue;
      if (this.isBackingOff(head, now)) continue;
      if (size + head.bytes > this.maxRequestSize && drained.length > 0) break;
      // Not `continue`: the drain of the whole node ends here (RecordAccumulator.drainBatchesForOneNode).
      if (this.transactions !== null && !this.transactions.mayDrain(head)) break;
      this.queues[partition]!.shift();
      this.queued--;
      if (this.transactions !== null && !head.hasSequence) this.transactions.assignSequence(head);
      head.closed = true;
      head.sequenceHasBeenReset = false;
      size += head.bytes;
      // Most drains take one batch: the list begins as large as that.
      if (drained.length === 0) drained = [head];
      else drained.push(head);
    }
    return drained;
  }

  /** Takes out the batches that expired in the queue. */
  expireQueued(now: number, expired: ProducerBatch[]): void {
    if (this.queued === 0) return;
    for (let partition = 0; partition < this.queues.length; partition++) {
      const queue = this.queues[partition]!;
      while (this.queueExpiryAt(partition) <= now) {
        const batch = queue.shift()!;
        this.queued--;
        batch.closed = true;
        expired.push(batch);
      }
    }
  }

  /** When a batch that was sent expires. */
  expiryOf(batch: ProducerBatch): number {
    return this.expiry.inFlight(batch);
  }

  get expiryError(): string {
    return this.expiry.error;
  }

  /** When the first of all queued batches expires; Infinity if none will. */
  nextExpiryAt(): number {
    let next = Infinity;
    if (this.queued === 0) return next;
    for (let partition = 0; partition < this.queues.length; partition++) {
      next = Math.min(next, this.queueExpiryAt(partition));
    }
    return next;
  }

  /** Back for another attempt: to the front, or with idempotence to its place by sequence. */
  reenqueue(batch: ProducerBatch, now: number): void {
    batch.reenqueued(now, this.retryBackoff.next(batch.attempts));
    this.putBack(batch);
  }

  /** Puts the pieces of a batch that was too large in its place. */
  splitAndReenqueue(batch: ProducerBatch): void {
    const pieces = batch.split(this.batchSize);
    for (let i = pieces.length - 1; i >= 0; i--) {
      this.transactions?.addInFlight(pieces[i]!);
      this.putBack(pieces[i]!);
    }
  }

  /** With max.in.flight.requests.per.connection=1: no drain of the partition until its batch is answered. */
  mute(partition: number, on: boolean): void {
    this.muted[partition] = on;
  }

  /** The batch is complete: its memory is free again. */
  release(batch: ProducerBatch): void {
    if (!batch.isSplit) this.pool.release(batch.capacity);
  }

  /** Takes everything out (a fatal error of the producer). */
  takeAll(): ProducerBatch[] {
    this.queued = 0;
    return this.queues.flatMap((queue) => queue.splice(0));
  }

  get hasQueued(): boolean {
    return this.queued > 0;
  }

  /** Takes out the batches that were never sent (abortUndrainedBatches). */
  takeUnsent(): ProducerBatch[] {
    if (this.queued === 0) return NO_BATCHES;
    const unsent: ProducerBatch[] = [];
    for (let partition = 0; partition < this.queues.length; partition++) {
      const queue = this.queues[partition]!;
      for (const batch of queue) if (!batch.hasSequence) unsent.push(batch);
      this.queues[partition] = queue.filter((batch) => batch.hasSequence);
    }
    this.queued -= unsent.length;
    return unsent;
  }

  private queueExpiryAt(partition: number): number {
    const queue = this.queues[partition]!;
    if (queue.length === 0 || (this.expiry.sparesMuted && this.muted[partition])) return Infinity;
    return this.expiry.inQueue(queue[0]!, queue.length > 1 || queue[0]!.isFull);
  }

  private isBackingOff(batch: ProducerBatch, now: number): boolean {
    const leaderEpoch = this.endsBackoffWithLeader ? this.metadata.leaderEpochOf(batch.partition) : -1;
    return batch.isBackingOff(leaderEpoch, now);
  }

  private checkBatch(head: ProducerBatch, queued: number, leader: MachineId, backingOff: boolean, now: number): void {
    const waitMicros = backingOff ? head.backoffMicros : this.lingerMicros;
    const waited = head.waitedMicros(now);
    const sendable = queued > 1 || head.isFull || waited >= waitMicros || this.memoryExhausted || this.flushing;
    if (sendable && !backingOff) this.readyNodes.push(leader);
    else this.nextReadyAt = Math.min(this.nextReadyAt, now + Math.max(waitMicros - waited, 0));
  }

  private allBatchesFull(partition: number): boolean {
    const queue = this.queues[partition]!;
    return queue.length === 0 || queue[queue.length - 1]!.isFull;
  }

  private putBack(batch: ProducerBatch): void {
    const queue = this.queues[batch.partition]!;
    let at = 0;
    if (this.transactions !== null) {
      if (!batch.hasSequence) throw new Error('With idempotence only batches with a sequence are put back');
      while (at < queue.length && queue[at]!.hasSequence && queue[at]!.baseSequence < batch.baseSequence) at++;
    }
    queue.splice(at, 0, batch);
    this.queued++;
  }

  private partitionsLedBy(node: MachineId): readonly number[] {
    if (this.leadersVersion !== this.metadata.version) {
      this.leadersVersion = this.metadata.version;
      this.led.length = 0;
      for (let partition = 0; partition < this.queues.length; partition++) {
        const leader = this.metadata.leaderOf(partition);
        if (leader >= 0) (this.led[leader] ??= []).push(partition);
      }
    }
    return this.led[node] ?? [];
  }

  /** Queue lengths for adaptive partitioning, once every partition of the topic had a batch. */
  private updateLoad(): void {
    for (let topic = 0; topic < this.sticky.length; topic++) {
      const sticky = this.sticky[topic];
      if (sticky === undefined) continue;
      const all = this.metadata.partitionsOf(topic);
      if (!this.adaptive || !all.every((partition) => this.used[partition])) {
        sticky.forgetLoad();
        continue;
      }
      const candidates = all.filter((partition) => {
        const leader = this.metadata.leaderOf(partition);
        return leader >= 0 && !this.availability.isUnavailable(leader);
      });
      sticky.updateLoad(
        candidates,
        candidates.map((partition) => this.queues[partition]!.length),
        all.length,
      );
    }
  }
}
