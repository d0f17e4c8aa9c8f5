/**
 * KafkaProducer as a process: takes sends, chooses partitions, blocks for metadata and memory, and reports each send's
 * outcome to the recorder. What happens to batches is the Sender's.
 */
import type { Host, MachineId } from '../../kernel/process.js';
import type { Outcome } from '../../kernel/recorder.js';
import type { Stream } from '../../kernel/random.js';
import type { ProducerSettings } from '../cluster-spec.js';
import { Probe } from '../probes.js';
import { KafkaError } from '../protocol/errors.js';
import {
  Api,
  type InitProducerIdResponse,
  type ProduceRequest,
  type ProduceResponse,
  type Request,
  type Response,
} from '../protocol/messages.js';
import { BATCH_OVERHEAD_BYTES, recordSizeUpperBound, type ProducerRecord } from '../protocol/records.js';
import type { PartitionTable, ProducerConfig, ProducerSurface } from './api.js';
import type { ProducerApplication } from './producer-application.js';
import { CalledTransactions } from './called-transactions.js';
import { BlockedSends } from './blocked-sends.js';
import { ClientProcess } from './client-process.js';
import { retryBackoff } from './exponential-backoff.js';
import { KeyPartitioner, StickyPartitioner, type PartitionAvailability } from './partitioner.js';
import { partitioningOf, type Partitioning } from './partitioning.js';
import type { ProducerBatch } from './producer-batch.js';
import { ProducerIdManager, type ProducerIdListener } from './producer-id-manager.js';
import { RecordAccumulator, type AppendResult } from './record-accumulator.js';
import { recordedSend } from './recorded-send.js';
import { Sender, type BatchListener, type NodeReadiness } from './sender.js';
import { TransactionLifecycle, type LifecycleOwner } from './transaction-lifecycle.js';
import { newTransactionManager } from './producer-id-reset.js';
import type { TransactionManager } from './transaction-manager.js';
import type { TransactionalProducer, TransactionalSend } from './producer-application.js';
import { TransactionalApplication } from './transactional-application.js';

export class ProducerClient
  extends ClientProcess
  implements
    ProducerSurface,
    BatchListener,
    NodeReadiness,
    PartitionAvailability,
    ProducerIdListener,
    LifecycleOwner,
    TransactionalProducer
{
  private readonly config: ProducerConfig;
  private readonly settings: ProducerSettings;
  private readonly table: PartitionTable;
  private transactions!: TransactionManager | null;
  private producerIds!: ProducerIdManager | null;
  private accumulator!: RecordAccumulator;
  private sender!: Sender;
  /** null: sends are operations of their own. */
  private application: ProducerApplication | null = null;
  /** The same, where an application outside calls for transactions. */
  private called: CalledTransactions | null = null;
  private readonly keys = new KeyPartitioner();
  private partitioning!: Partitioning;
  private readonly sticky: (StickyPartitioner | undefined)[] = [];
  private readonly stickyDice: Stream;
  private readonly retryBackoffDice: Stream;
  private readonly blocked = new BlockedSends();
  /** The version of the metadata that the head of the blocked sends has looked at. */
  private metadataSeen = -1;
  private openPlainSends = 0;
  private readonly isTransactional: boolean;
  /** Values whose record is sent with null in its place; a value is sent once. */
  private readonly tombstones = new Set<number>();

  constructor(host: Host, config: ProducerConfig) {
    super(host, config, config.settings, config.settings['max.in.flight.requests.per.connection']);
    this.config = config;
    this.settings = config.settings;
    this.table = config.partitions;
    this.isTransactional = config.settings['transactional.id'] !== undefined;
    this.stickyDice = host.dice('sticky-partition');
    this.retryBackoffDice = host.dice('retry-backoff');
    this.open();
    const { calls, listener, application } = config;
    if (application !== undefined) {
      this.application = application(this);
    } else if (config.settings['transactional.id'] !== undefined) {
      if (calls !== undefined) this.called = new CalledTransactions(host, this, listener, calls);
      this.application ??= this.called ?? new TransactionalApplication(host, this, listener);
    }
  }

  /** What a new KafkaProducer has: no session, nothing to send. */
  private open(): void {
    const { config, host } = this;
    this.transactions = config.settings['enable.idempotence']
      ? newTransactionManager(this.table.topicOf.length, config.rules)
      : null;
    if (this.transactions !== null && config.settings['transactional.id'] !== undefined) {
      const { network, metadata, transactions } = this;
      transactions.lifecycle = new TransactionLifecycle(
        config.settings,
        config.rules,
        network,
        metadata,
        transactions,
        this,
      );
    }
    this.producerIds =
      this.transactions === null || this.transactions.lifecycle !== null
        ? null
        : new ProducerIdManager(this.network, this.metadata, this.transactions, config.settings, this);
    this.partitioning = partitioningOf(config.rules, config.settings, this, this.stickyDice);
    this.accumulator = new RecordAccumulator(
      this.table,
      config.settings,
      config.rules,
      this.metadata,
      this.transactions,
      retryBackoff(config.rules, config.settings, this.retryBackoffDice),
    );
    this.sender = new Sender(
      host,
      config.settings,
      this.table.topicOf.length,
      this.network,
      this,
      this.metadata,
      this.accumulator,
      this.transactions,
      this,
    );
  }

  /** Sends invoked and not completed. */
  get openSends(): number {
    return this.application === null ? this.openPlainSends : this.application.openSends;
  }

  // ---------------------------------------------------------------------- transactions

  /** One transaction; it is invoked now and begins when those before it have ended. */
  transact(sends: readonly TransactionalSend[], commits: boolean): void {
    this.transactOne('txn', sends, commits);
  }

  /** Calls of an application outside; it hears what came of them. */
  callTransactions(
    f: 'init-transactions' | 'begin-transaction' | 'commit-transaction' | 'abort-transaction',
    call: number,
  ): void {
    if (this.called === null) {
      // TransactionManager.ensureTransactional
      this.config.calls?.onCallDone(call, 'IllegalStateException: no transactional.id');
      return;
    }
    this.called.call(f, call);
    this.wakeup();
  }

  /** KafkaProducer.send by an application outside: with transactional.id, in the transaction that it has begun. */
  callSend(topic: number, partition: number, recordKey: string | null, value: number): void {
    const chosen = partition >= 0 ? partition : this.partitionByKey(topic, recordKey);
    if (this.called === null) this.invoke(topic, chosen, recordKey, value);
    else this.called.send({ topic, partition: chosen, recordKey, value });
  }

  get lifecycle(): TransactionLifecycle {
    return this.transactions!.lifecycle!;
  }

  get hasBlocked(): boolean {
    return this.blocked.length > 0;
  }

  sendUnder({ topic, partition, recordKey, value, tombstone }: TransactionalSend, operation: number): void {
    if (tombstone !== undefined) this.tombstones.add(value);
    const chosen = partition >= 0 ? partition : this.partitionByKey(topic, recordKey);
    this.sendAs(operation, topic, chosen, recordKey, value);
  }

  hasIncomplete(): boolean {
    return this.sender.hasIncomplete;
  }

  abortUnsent(): void {
    this.sender.abortUnsent();
  }

  reopen(): void {
    const now = this.host.wallMicros();
    this.sender.abortAll(this.lifecycle.lastError);
    this.network.closeAll(now);
    this.blocked.clear();
    this.sticky.length = 0;
    this.open();
  }

  /** Nothing of it goes on; what was written still arrives. */
  close(): void {
    this.network.closeAll(this.host.wallMicros());
  }

  private transactOne(f: 'send' | 'txn', sends: readonly TransactionalSend[], commits: boolean): void {
    this.application!.transact(f, sends, commits);
    this.wakeup();
  }

  // ---------------------------------------------------------------------- sends

  send(topic: number, recordKey: string | null, value: number, isTombstone = false): void {
    if (isTombstone) this.tombstones.add(value);
    this.invoke(topic, this.partitionByKey(topic, recordKey), recordKey, value);
  }

  /** -1: the partitioner is to choose. */
  private partitionByKey(topic: number, recordKey: string | null): number {
    const partitions = this.metadata.partitionsOf(topic);
    const keyed = recordKey !== null && !this.partitioning.ignoresKeys;
    return keyed ? partitions[this.keys.partitionFor(recordKey, partitions.length)]! : -1;
  }

  sendToPartition(partition: number, recordKey: string | null, value: number): void {
    this.invoke(this.table.topicOf[partition]!, partition, recordKey, value);
  }

  nodeReady(node: MachineId, now: number): boolean {
    return this.ready(node, now);
  }

  available(topic: number): readonly number[] {
    return this.metadata.partitionsOf(topic).filter((partition) => this.metadata.leaderOf(partition) >= 0);
  }

  all(topic: number): readonly number[] {
    return this.metadata.partitionsOf(topic);
  }

  onProducerId(producerId: number, producerEpoch: number): void {
    this.host.probes.emit(Probe.producerIdLearnt, this.host.id, -1, producerId, producerEpoch);
  }

  onBatchDone(batch: ProducerBatch, outcome: Outcome, baseOffset: number, error: string | undefined): void {
    for (let i = 0; i < batch.records.length; i++) {
      const { key, value, timestamp } = batch.records[i]!;
      const offset = outcome === 'ok' && baseOffset >= 0 ? baseOffset + i : -1;
      this.completeSend(batch.operations[i]!, batch.partition, key, value, offset, outcome, error, timestamp);
    }
  }

  /** Sender.runOnce. */
  protected override turn(now: number): number {
    this.proceedBlocked(now);
    // Before the application hears that its commit failed: its abort bumps the epoch if sequences are lost
    // (maybeResolveSequences comes before maybeTerminateRequestWithError).
    this.transactions?.resolveSequences();
    const applicationNext = this.application?.proceed(now) ?? Infinity;
    if (this.transactions !== null) {
      if (this.transactions.bumpEpochIfRequired() && this.transactions.hasProducerId) {
        this.onProducerId(this.transactions.producerId, this.transactions.producerEpoch);
      }
      if (this.transactions.fatalError !== KafkaError.NONE) this.sender.abortAll(this.transactions.fatalError);
      if (this.producerIds?.isFetching(now, this.isReady) === true)
        return Math.min(this.producerIds.nextDeadline(), this.blockedDeadline());
      const { lifecycle } = this.transactions;
      if (lifecycle !== null) {
        if (lifecycle.isBusy(now, this.isReady)) {
          return Math.min(lifecycle.nextDeadline(), this.blockedDeadline(), applicationNext);
        }
      }
    }
    if (this.application !== null) {
      this.accumulator.flushing = this.application.isFlushing || (this.isTransactional && this.lifecycle.isCompleting);
    }
    const next = this.sender.sendProducerData(now);
    // Batches that were completed have released memory.
    if (this.accumulator.memoryExhausted && this.proceedBlocked(now)) this.wakeup();
    // What was done, or failed, may let the application go on.
    if (this.application !== null && this.application.mayProceed) this.wakeup();
    return Math.min(next, this.blockedDeadline(), applicationNext);
  }

  protected override handleResponse(
    _node: MachineId,
    request: Request,
    response: Response | null,
    context: unknown,
  ): void {
    const now = this.host.wallMicros();
    if (request.kind !== Api.produce && this.isTransactional) {
      this.lifecycle.handleResponse(response!, now);
    } else if (request.kind === Api.initProducerId) {
      this.producerIds!.handleResponse(response as InitProducerIdResponse, now);
    } else {
      this.sender.handleResponse(
        request as ProduceRequest,
        response as ProduceResponse | null,
        context as ProducerBatch[],
        now,
      );
    }
  }

  protected override handleRequestLost(_node: MachineId, request: Request, context: unknown, timedOut: boolean): void {
    const now = this.host.wallMicros();
    if (request.kind !== Api.produce && this.isTransactional) this.lifecycle.handleRequestLost(now);
    else if (request.kind === Api.initProducerId) this.producerIds!.handleRequestLost(now);
    else this.sender.handleRequestLost(context as ProducerBatch[], timedOut, now);
  }

  /** One function for the life of the process: `isFetching` asks in every turn. */
  private readonly isReady = (node: MachineId, now: number): boolean => this.ready(node, now);

  private invoke(topic: number, partition: number, recordKey: string | null, value: number): void {
    if (this.application !== null) {
      // A record by itself is a transaction of its own.
      const send = { topic, partition, recordKey, value };
      this.transactOne('send', [this.isTombstone(value) ? { ...send, tombstone: true } : send], true);
      return;
    }
    const operation = this.host.recorder.invoke(
      this.host.id,
      this.session,
      'send',
      recordedSend(partition, -1, value, recordKey, this.isTombstone(value)),
    );
    this.openPlainSends++;
    this.sendAs(operation, topic, partition, recordKey, value);
  }

  /** @param operation what is completed with it */
  private sendAs(operation: number, topic: number, partition: number, recordKey: string | null, value: number): void {
    const now = this.host.wallMicros();
    if (this.isTooLarge) {
      this.completeSend(operation, partition, recordKey, value, -1, 'fail', 'RecordTooLargeException');
      return;
    }
    this.metadata.addTopic(topic);
    const known = this.metadata.knowsPartition(topic, partition);
    if (!known) this.awaitMetadata(topic);
    const mayProceed = this.blocked.length === 0 && known;
    const chosen = mayProceed ? this.place(topic, partition) : partition;
    if (mayProceed && this.append(topic, chosen, recordKey, value, operation, now)) return;
    const deadline = now + this.settings['max.block.ms'] * 1000;
    this.blocked.push({ topic, partition: chosen, placed: mayProceed, recordKey, value, operation, deadline });
    this.wakeup();
  }

  /** KafkaProducer.ensureValidRecordSize. All records have one size. */
  private get isTooLarge(): boolean {
    const bytes = BATCH_OVERHEAD_BYTES + recordSizeUpperBound(this.config.recordBytes);
    return bytes > this.settings['max.request.size'] || bytes > this.settings['buffer.memory'];
  }

  /** Asks the partitioner, and once more where the record would begin a new batch (KafkaProducer.doSend). -1: the accumulator is to choose. */
  private place(topic: number, partition: number): number {
    const { partitioner, hearsOfNewBatches } = this.partitioning;
    if (partitioner === null) return partition;
    const chosen = partition >= 0 ? partition : partitioner.partition(topic);
    if (!hearsOfNewBatches || this.accumulator.hasRoom(chosen, this.config.recordBytes)) return chosen;
    partitioner.onNewBatch(topic, chosen);
    return partition >= 0 ? partition : partitioner.partition(topic);
  }

  /** False: there is no memory for a new batch. */
  private append(
    topic: number,
    partition: number,
    recordKey: string | null,
    value: number,
    operation: number,
    now: number,
  ): boolean {
    const timestamp = Math.floor(now / 1000);
    const plain: ProducerRecord = { key: recordKey, value, timestamp, bytes: this.config.recordBytes };
    const record: ProducerRecord = this.isTombstone(value) ? { ...plain, isTombstone: true } : plain;
    const result: AppendResult =
      partition >= 0
        ? this.accumulator.append(partition, record, operation, now)
        : this.accumulator.appendSticky(this.stickyFor(topic), topic, record, operation, now);
    if (this.isTransactional && result !== 'no-memory') {
      // The batch may have gone to the sticky partition: it is the last one begun or joined.
      this.lifecycle.addPartition(partition >= 0 ? partition : this.accumulator.lastAppended);
    }
    if (result === 'began') this.wakeup();
    this.accumulator.memoryExhausted = result === 'no-memory';
    return result !== 'no-memory';
  }

  /** Lets blocked sends through, in order, as far as metadata and memory allow; fails those that waited max.block.ms. True if any went through. */
  private proceedBlocked(now: number): boolean {
    let proceeded = false;
    for (let head = this.blocked.head; head !== undefined; head = this.blocked.head) {
      const { topic, recordKey, value, operation, deadline } = head;
      const known = this.metadata.knowsPartition(topic, head.partition);
      if (deadline <= now) {
        const error = known ? 'BufferExhaustedException' : 'TimeoutException: max.block.ms';
        this.completeSend(operation, head.partition, recordKey, value, -1, 'fail', error);
      } else if (!known) {
        this.awaitMetadata(topic);
        return proceeded;
      } else {
        if (!head.placed) head.partition = this.place(topic, head.partition);
        head.placed = true;
        if (!this.append(topic, head.partition, recordKey, value, operation, now)) return proceeded;
        proceeded = true;
      }
      this.blocked.shift();
      this.accumulator.memoryExhausted = false;
    }
    return proceeded;
  }

  /** KafkaProducer.waitOnMetadata asks again after each answer that does not know the topic, or not the partition. */
  private awaitMetadata(topic: number): void {
    if (this.metadataSeen === this.metadata.version) return;
    this.metadataSeen = this.metadata.version;
    this.metadata.requestUpdateForTopic(topic);
  }

  private blockedDeadline(): number {
    return this.blocked.head?.deadline ?? Infinity;
  }

  private isTombstone(value: number): boolean {
    return this.tombstones.size > 0 && this.tombstones.has(value);
  }

  private stickyFor(topic: number): StickyPartitioner {
    let sticky = this.sticky[topic];
    if (sticky === undefined) {
      sticky = new StickyPartitioner(topic, Math.max(1, this.settings['batch.size']), this, this.stickyDice);
      this.sticky[topic] = sticky;
    }
    return sticky;
  }

  private completeSend(
    operation: number,
    partition: number,
    recordKey: string | null,
    value: number,
    offset: number,
    outcome: Outcome,
    error: string | undefined,
    timestamp = -1,
  ): void {
    if (this.application !== null) {
      this.application.onSendDone(value, partition, offset, outcome, error, timestamp);
      return;
    }
    this.openPlainSends--;
    const send = recordedSend(partition, offset, value, recordKey, this.isTombstone(value));
    this.host.recorder.complete(operation, outcome, send, error);
    this.config.listener?.onSendCompleted(value, partition, outcome, offset, timestamp, error);
  }
}
