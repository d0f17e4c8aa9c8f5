/**
 * KafkaProducer as a process: takes the calls of its application, and reports each send's outcome to the recorder. A send
 * finds its batch in send-calls.ts; what happens to batches is the Sender's.
 */
import type { Host, MachineId } from '../../kernel/process.js';
import type { Outcome } from '../../kernel/recorder.js';
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
import type { ProducerRecord } from '../protocol/records.js';
import type { ProducerConfig, ProducerSurface } from './api.js';
import { CalledTransactions } from './called-transactions.js';
import { ClientProcess } from './client-process.js';
import { retryBackoff } from './exponential-backoff.js';
import type { ProducerApplication, TransactionalProducer, TransactionalSend } from './producer-application.js';
import type { ProducerBatch } from './producer-batch.js';
import { ProducerIdManager, type ProducerIdListener } from './producer-id-manager.js';
import { RecordAccumulator } from './record-accumulator.js';
import { RecordPartitioner } from './record-partitioner.js';
import { recordedSend } from './recorded-send.js';
import { SendCalls } from './send-calls.js';
import { Sender, type BatchListener, type NodeReadiness } from './sender.js';
import { TransactionLifecycle, type LifecycleOwner } from './transaction-lifecycle.js';
import { newTransactionManager } from './producer-id-reset.js';
import type { TransactionManager } from './transaction-manager.js';
import { TransactionalApplication } from './transactional-application.js';

/** timestamp -1: no batch ever took it. */
type CompletedRecord = Pick<ProducerRecord, 'key' | 'value' | 'timestamp'> & {
  readonly isTombstone?: true | undefined;
};

export class ProducerClient
  extends ClientProcess
  implements ProducerSurface, BatchListener, NodeReadiness, ProducerIdListener, LifecycleOwner, TransactionalProducer
{
  private readonly config: ProducerConfig;
  private transactions!: TransactionManager | null;
  private producerIds!: ProducerIdManager | null;
  private accumulator!: RecordAccumulator;
  private sender!: Sender;
  private partitioner!: RecordPartitioner;
  private sends!: SendCalls;
  /** null: sends are operations of their own. */
  private application: ProducerApplication | null = null;
  /** The same, where an application outside calls for transactions. */
  private called: CalledTransactions | null = null;
  private openPlainSends = 0;

  constructor(host: Host, config: ProducerConfig) {
    super(host, config, config.settings, config.settings['max.in.flight.requests.per.connection']);
    this.config = config;
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
    const { config, host, network, metadata } = this;
    const { settings, rules, partitions, recordBytes } = config;
    const partitionCount = partitions.topicOf.length;
    const transactions = settings['enable.idempotence'] ? newTransactionManager(partitionCount, rules) : null;
    this.transactions = transactions;
    this.producerIds = null;
    if (transactions !== null && settings['transactional.id'] !== undefined) {
      transactions.lifecycle = new TransactionLifecycle(settings, rules, network, metadata, transactions, this);
    } else if (transactions !== null) {
      this.producerIds = new ProducerIdManager(network, metadata, transactions, settings, this);
    }
    const backoff = retryBackoff(rules, settings, host.dice('retry-backoff'));
    const accumulator = new RecordAccumulator(partitions, settings, rules, metadata, transactions, backoff);
    const partitioner = new RecordPartitioner(settings, rules, metadata, host.dice('sticky-partition'));
    this.accumulator = accumulator;
    this.partitioner = partitioner;
    this.sender = new Sender(host, settings, partitionCount, network, this, metadata, accumulator, transactions, this);
    this.sends = new SendCalls({
      settings,
      recordBytes,
      metadata,
      partitioner,
      accumulator,
      lifecycle: transactions?.lifecycle ?? null,
      onThrown: ({ recordKey: key, value, tombstone: isTombstone }, partition, operation, error) => {
        this.completeSend(operation, { key, value, timestamp: -1, isTombstone }, partition, -1, 'fail', error);
      },
      wakeup: () => this.wakeup(),
    });
  }

  override get session(): number {
    return this.config.session ?? super.session;
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
    const chosen = partition >= 0 ? partition : this.partitioner.partitionByKey(topic, recordKey);
    const send = { topic, partition: chosen, recordKey, value };
    if (this.called === null) this.invoke(send);
    else this.called.send(send);
  }

  get lifecycle(): TransactionLifecycle {
    return this.transactions!.lifecycle!;
  }

  get hasBlocked(): boolean {
    return this.sends.areBlocked;
  }

  sendUnder(send: TransactionalSend, operation: number): void {
    this.sends.call(send, operation, this.host.wallMicros());
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
    const send = { topic, partition: this.partitioner.partitionByKey(topic, recordKey), recordKey, value };
    this.invoke(isTombstone ? { ...send, tombstone: true } : send);
  }

  sendToPartition(partition: number, recordKey: string | null, value: number): void {
    this.invoke({ topic: this.config.partitions.topicOf[partition]!, partition, recordKey, value });
  }

  nodeReady(node: MachineId, now: number): boolean {
    return this.ready(node, now);
  }

  onProducerId(producerId: number, producerEpoch: number): void {
    this.host.probes.emit(Probe.producerIdLearnt, this.host.id, -1, producerId, producerEpoch);
  }

  onBatchDone(batch: ProducerBatch, outcome: Outcome, baseOffset: number, error: string | undefined): void {
    for (let i = 0; i < batch.records.length; i++) {
      const offset = outcome === 'ok' && baseOffset >= 0 ? baseOffset + i : -1;
      this.completeSend(batch.operations[i]!, batch.records[i]!, batch.partition, offset, outcome, error);
    }
  }

  /** Sender.runOnce. */
  protected override turn(now: number): number {
    this.sends.proceed(now);
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
        return Math.min(this.producerIds.nextDeadline(), this.sends.deadline());
      const { lifecycle } = this.transactions;
      if (lifecycle?.isBusy(now, this.isReady) === true) {
        return Math.min(lifecycle.nextDeadline(), this.sends.deadline(), applicationNext);
      }
    }
    if (this.application !== null) {
      this.accumulator.flushing = this.application.isFlushing || this.transactions?.lifecycle?.isCompleting === true;
    }
    const next = this.sender.sendProducerData(now);
    // Batches that were completed have released memory.
    if (this.accumulator.memoryExhausted && this.sends.proceed(now)) this.wakeup();
    // What was done, or failed, may let the application go on.
    if (this.application !== null && this.application.mayProceed) this.wakeup();
    return Math.min(next, this.sends.deadline(), applicationNext);
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

  private get isTransactional(): boolean {
    return this.config.settings['transactional.id'] !== undefined;
  }

  /** One function for the life of the process: `isFetching` asks in every turn. */
  private readonly isReady = (node: MachineId, now: number): boolean => this.ready(node, now);

  private invoke(send: TransactionalSend): void {
    if (this.application !== null) {
      // A record by itself is a transaction of its own.
      this.transactOne('send', [send], true);
      return;
    }
    const { partition, value, recordKey, tombstone } = send;
    const recorded = recordedSend(partition, -1, value, recordKey, tombstone === true);
    this.openPlainSends++;
    this.sendUnder(send, this.host.recorder.invoke(this.host.id, this.session, 'send', recorded));
  }

  private completeSend(
    operation: number,
    { key, value, timestamp, isTombstone }: CompletedRecord,
    partition: number,
    offset: number,
    outcome: Outcome,
    error: string | undefined,
  ): void {
    if (this.application !== null) {
      this.application.onSendDone(value, partition, offset, outcome, error, timestamp);
      return;
    }
    this.openPlainSends--;
    const send = recordedSend(partition, offset, value, key, isTombstone === true);
    this.host.recorder.complete(operation, outcome, send, error);
    this.config.listener?.onSendCompleted(value, partition, outcome, offset, timestamp, error);
  }
}
