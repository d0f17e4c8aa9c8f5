/**
 * The transactions of a producer, from state to state: TransactionManager (clients.md §4.4). Sequences are the affair of
 * `TransactionManager`, in which the rest of Kafka's class of that name is; how requests get to coordinators, of
 * `TransactionalRequestSender`.
 */
import { assert } from '../../kernel/assert.js';
import type { MachineId } from '../../kernel/process.js';
import type { ProducerSettings } from '../cluster-spec.js';
import { KafkaError, type ErrorCode } from '../protocol/errors.js';
import type { FindCoordinatorResponse, InitProducerIdResponse, Response } from '../protocol/messages.js';
import type { OffsetToCommit } from '../protocol/group-messages.js';
import type {
  AddOffsetsToTxnResponse,
  AddPartitionsToTxnResponse,
  EndTxnResponse,
  TxnOffsetCommitResponse,
} from '../protocol/transaction-messages.js';
import type { Rules } from '../protocol/versions/rules.js';
import { isRetriable } from './error-classes.js';
import type { Metadata } from './metadata.js';
import type { NetworkClient } from './network-client.js';
import type { TransactionManager } from './transaction-manager.js';
import { mayFollow, type ProducerState } from './transaction-state.js';
import { TransactionalRequestSender, type RequestWriter } from './transactional-request-sender.js';
import {
  isOfTransaction,
  requestFor,
  type ConsumerGroupMetadata,
  type CoordinatorRequest,
  type PendingOffsets,
  type TransactionalRequest,
} from './transactional-requests.js';

const DEFAULT_TIMEOUT_MS = 60_000;
/** TransactionManager.ADD_PARTITIONS_RETRY_BACKOFF_MS: the last transaction is being completed, which takes no time. */
const ADD_PARTITIONS_BACKOFF_MICROS = 20_000;

/** What the lifecycle asks of its producer. */
export interface LifecycleOwner {
  /** Some batch of this producer is not done. */
  hasIncomplete(): boolean;
  /** Batches that were never sent fail. */
  abortUnsent(): void;
  onProducerId(producerId: number, producerEpoch: number): void;
}

export class TransactionLifecycle implements RequestWriter {
  readonly #transactionalId: string;
  readonly #timeoutMs: number;
  readonly #rules: Rules;
  readonly #network: NetworkClient;
  readonly #sequences: TransactionManager;
  readonly #owner: LifecycleOwner;
  readonly #sender: TransactionalRequestSender;
  state: ProducerState = 'uninitialized';
  /** Of the transaction under way; NONE: no error. */
  lastError: ErrorCode = KafkaError.NONE;
  /** EndTxn(commit) of the transaction under way was sent: nobody but the coordinator knows how it ends. */
  commitWasSent = false;
  #pendingOffsets: PendingOffsets | null = null;
  /** Added on the client, not asked for yet. */
  #newPartitions: number[] = [];
  readonly #partitions = new Set<number>();
  /** Something was added to the transaction: the coordinator knows of it, or will. */
  #started = false;
  #needsBump = false;

  constructor(
    settings: ProducerSettings,
    rules: Rules,
    network: NetworkClient,
    metadata: Metadata,
    sequences: TransactionManager,
    owner: LifecycleOwner,
  ) {
    this.#transactionalId = settings['transactional.id']!;
    this.#timeoutMs = settings['transaction.timeout.ms'] ?? DEFAULT_TIMEOUT_MS;
    this.#rules = rules;
    this.#network = network;
    this.#sequences = sequences;
    this.#owner = owner;
    this.#sender = new TransactionalRequestSender(settings, network, metadata, this);
  }

  // ---------------------------------------------------------------------- what the application calls

  initTransactions(): void {
    this.#enter('initializing');
    this.#sender.queue.add({ kind: 'init-producer-id' });
  }

  beginTransaction(): void {
    this.#enter('in-transaction');
    this.commitWasSent = false;
  }

  /** KafkaProducer.send: the partition belongs to the transaction from its first record on (maybeAddPartition). */
  addPartition(partition: number): void {
    if (this.#partitions.has(partition) || this.#newPartitions.includes(partition)) return;
    if (this.#bumpsEpoch) {
      // The leader tells the coordinator (transaction version 2).
      this.#partitions.add(partition);
      this.#started = true;
    } else {
      this.#newPartitions.push(partition);
    }
  }

  /** KafkaProducer.sendOffsetsToTransaction; it returns when `hasPendingOffsets` is false, or the state says so. */
  sendOffsetsToTransaction(offsets: readonly OffsetToCommit[], group: ConsumerGroupMetadata): void {
    assert(this.state === 'in-transaction', 'offsets are sent in a transaction');
    this.#pendingOffsets = { group, offsets };
    if (this.#bumpsEpoch) {
      // The group's coordinator tells the transaction's (transaction version 2).
      this.#started = true;
      this.#sender.queue.add({ kind: 'commit-offsets' });
    } else {
      this.#sender.queue.add({ kind: 'add-offsets' });
    }
  }

  get hasPendingOffsets(): boolean {
    return this.#pendingOffsets !== null;
  }

  commitTransaction(): void {
    this.#enter('committing');
    this.#sender.queue.add({ kind: 'end-txn', committed: true });
  }

  abortTransaction(): void {
    const { lastError } = this;
    this.#enter('aborting');
    this.#newPartitions = [];
    // Of an id that it does not know the coordinator ends nothing.
    if (lastError !== KafkaError.INVALID_PRODUCER_ID_MAPPING)
      this.#sender.queue.add({ kind: 'end-txn', committed: false });
    if (this.#needsBump) this.#sender.queue.add({ kind: 'epoch-bump' });
  }

  // ---------------------------------------------------------------------- what the network thread asks

  get isCompleting(): boolean {
    return this.state === 'committing' || this.state === 'aborting';
  }

  /** May records go to this partition now? (isSendToPartitionAllowed) */
  mayDrain(partition: number): boolean {
    return this.state !== 'fatal-error' && this.#partitions.has(partition);
  }

  /** A batch failed for good (maybeTransitionToErrorState). */
  batchFailed(error: ErrorCode): void {
    const isStaleEpoch = error === KafkaError.INVALID_PRODUCER_EPOCH;
    if (error === KafkaError.PRODUCER_FENCED || (isStaleEpoch && this.#rules.staleProducerEpoch === 'fatal')) {
      this.#fatal(error);
      return;
    }
    if (this.state !== 'in-transaction' && this.state !== 'committing') return;
    if (this.#mayBump && !this.isCompleting) this.#needsBump = true;
    this.#abortable(error);
  }

  /** Sequences are lost track of: what is under way cannot be committed, and the next begins in another epoch. */
  sequencesLost(): void {
    if (this.#mayBump) this.#needsBump = true;
    this.batchFailed(KafkaError.OUT_OF_ORDER_SEQUENCE_NUMBER);
  }

  /** Before KIP-360 there was no way on: nobody knows whether a batch that was given up has taken its sequence. */
  sequencesUnknown(): void {
    if (this.state !== 'fatal-error') this.#fatal(KafkaError.OUT_OF_ORDER_SEQUENCE_NUMBER);
  }

  /**
   * True: the thread is busy with the coordinator, and does nothing else.
   * @param ready whether a node takes a request now (connects to it if need be)
   */
  isBusy(now: number, ready: (node: MachineId, now: number) => boolean): boolean {
    if (this.#sender.isBusy(now)) return true;
    if (this.state === 'abortable-error' || this.state === 'aborting') this.#owner.abortUnsent();
    const next = this.#next();
    if (next === undefined) return false;
    const sent = this.#sender.send(next, now, ready);
    if (sent?.kind === 'end-txn' && sent.committed) this.commitWasSent = true;
    return true;
  }

  nextDeadline(): number {
    return this.#sender.nextDeadline();
  }

  /** TransactionManager.nextRequest: the end of a transaction waits until every batch is done. */
  #next(): TransactionalRequest | undefined {
    if (this.#newPartitions.length > 0 && this.state !== 'abortable-error') {
      this.#sender.queue.add({ kind: 'add-partitions', partitions: this.#newPartitions });
      this.#newPartitions = [];
    }
    let head = this.#sender.queue.head;
    if (head?.kind === 'end-txn') {
      if (this.#owner.hasIncomplete()) return undefined;
      if (!this.#started) {
        // Nothing was added: there is nothing that the coordinator could end.
        this.#sender.queue.shift();
        this.#complete();
        head = this.#sender.queue.head;
      }
    }
    return head;
  }

  requestFor(next: TransactionalRequest): CoordinatorRequest {
    return requestFor(next, {
      transactionalId: this.#transactionalId,
      producerId: this.#sequences.producerId,
      producerEpoch: this.#sequences.producerEpoch,
      timeoutMs: this.#timeoutMs,
      offsets: this.#pendingOffsets,
      correlationId: this.#network.nextCorrelationId(),
    });
  }

  // ---------------------------------------------------------------------- what the coordinator answers

  /** The connection broke: silently tried again, wherever the coordinator is by then. It may have done what was asked. */
  handleRequestLost(now: number): void {
    const sent = this.#sender.ended();
    if (this.state === 'fatal-error') return;
    this.#sender.forgetCoordinatorOf(sent);
    this.#again(sent, now);
  }

  handleResponse(response: Response, now: number): void {
    const sent = this.#sender.ended();
    if (this.state === 'fatal-error') return;
    switch (sent.kind) {
      case 'find-coordinator':
      case 'find-group-coordinator':
        if (!this.#sender.found(sent, response as FindCoordinatorResponse)) this.#again(sent, now);
        return;
      case 'init-producer-id':
      case 'epoch-bump':
        this.#initialized(sent, response as InitProducerIdResponse, now);
        return;
      case 'add-partitions':
        this.#added(sent.partitions, sent, response as AddPartitionsToTxnResponse, now);
        return;
      case 'add-offsets':
        this.#offsetsAdded(sent, response as AddOffsetsToTxnResponse, now);
        return;
      case 'commit-offsets':
        this.#offsetsCommitted(sent, response as TxnOffsetCommitResponse, now);
        return;
      case 'end-txn':
        this.#ended(sent, response as EndTxnResponse, now);
    }
  }

  #initialized(
    sent: TransactionalRequest,
    { error, producerId, producerEpoch }: InitProducerIdResponse,
    now: number,
  ): void {
    if (error !== KafkaError.NONE) {
      this.#refused(sent, error, now);
      return;
    }
    this.#setProducerId(producerId, producerEpoch);
    this.lastError = KafkaError.NONE;
    if (this.state === 'aborting') this.#complete();
    else this.#enter('ready');
  }

  #added(
    partitions: readonly number[],
    sent: TransactionalRequest,
    response: AddPartitionsToTxnResponse,
    now: number,
  ): void {
    const refused = response.partitions.filter(({ error }) => error !== KafkaError.NONE);
    // Those that were not looked at say nothing: it is another partition that was at fault.
    const refusal = refused.find(({ error }) => error !== KafkaError.OPERATION_NOT_ATTEMPTED) ?? refused[0];
    if (refusal === undefined) {
      for (const partition of partitions) this.#partitions.add(partition);
      this.#started = true;
      return;
    }
    const isFirst = refusal.error === KafkaError.CONCURRENT_TRANSACTIONS && this.#partitions.size === 0;
    const usual = this.#sender.retryBackoffMicros;
    const backoff = isFirst ? Math.min(ADD_PARTITIONS_BACKOFF_MICROS, usual) : usual;
    this.#refused(sent, refusal.error, now, backoff);
  }

  #offsetsAdded(sent: TransactionalRequest, { error }: AddOffsetsToTxnResponse, now: number): void {
    if (error !== KafkaError.NONE) {
      this.#refused(sent, error, now);
      return;
    }
    this.#started = true;
    if (this.#pendingOffsets !== null) this.#sender.queue.add({ kind: 'commit-offsets' });
  }

  /** TransactionManager.TxnOffsetCommitHandler. */
  #offsetsCommitted(sent: TransactionalRequest, { partitions }: TxnOffsetCommitResponse, now: number): void {
    const refusal = partitions.find(({ error }) => error !== KafkaError.NONE);
    switch (refusal?.error) {
      case undefined:
        this.#pendingOffsets = null;
        return;
      case KafkaError.COORDINATOR_NOT_AVAILABLE:
      case KafkaError.NOT_COORDINATOR:
      case KafkaError.REQUEST_TIMED_OUT:
        this.#sender.forgetCoordinatorOf(sent);
        this.#again(sent, now);
        return;
      case KafkaError.CONCURRENT_TRANSACTIONS:
        this.#again(sent, now);
        return;
      case KafkaError.UNKNOWN_MEMBER_ID:
      case KafkaError.ILLEGAL_GENERATION:
      case KafkaError.FENCED_INSTANCE_ID:
      case KafkaError.TRANSACTION_ABORTABLE:
        // CommitFailedException: another member has the partitions. If the transaction is being aborted, all is said.
        if (this.state === 'in-transaction') this.#abortable(refusal!.error);
        return;
      default:
        if (isRetriable(refusal!.error)) this.#again(sent, now);
        else if (refusal!.error === KafkaError.INVALID_PRODUCER_EPOCH) this.#fatal(KafkaError.PRODUCER_FENCED);
        else this.#fatal(refusal!.error);
    }
  }

  #ended(sent: TransactionalRequest, { error, producerId, producerEpoch }: EndTxnResponse, now: number): void {
    if (error !== KafkaError.NONE) {
      this.#refused(sent, error, now);
      return;
    }
    if (producerId >= 0) this.#setProducerId(producerId, producerEpoch);
    this.#complete();
  }

  /** The table of clients.md §4.4. */
  #refused(sent: TransactionalRequest, error: ErrorCode, now: number, backoffMicros?: number): void {
    switch (error) {
      case KafkaError.COORDINATOR_NOT_AVAILABLE:
      case KafkaError.NOT_COORDINATOR:
        this.#sender.forgetCoordinatorOf(sent);
        this.#again(sent, now);
        return;
      case KafkaError.CONCURRENT_TRANSACTIONS:
        this.#again(sent, now, backoffMicros);
        return;
      case KafkaError.UNKNOWN_PRODUCER_ID:
      case KafkaError.INVALID_PRODUCER_ID_MAPPING:
        if (!this.#mayBump || sent.kind === 'init-producer-id' || sent.kind === 'epoch-bump') {
          this.#fatal(error);
        } else {
          this.#needsBump = true;
          this.#abortable(error);
        }
        return;
      case KafkaError.TRANSACTION_ABORTABLE:
        this.#abortable(error);
        return;
      default:
        if (isRetriable(error)) this.#again(sent, now);
        else this.#fatal(error === KafkaError.INVALID_PRODUCER_EPOCH ? KafkaError.PRODUCER_FENCED : error);
    }
  }

  #again(sent: TransactionalRequest, now: number, backoffMicros?: number): void {
    // What only served a transaction that has failed since is not asked for again.
    if (isOfTransaction(sent) && this.state === 'abortable-error') return;
    this.#sender.again(sent, now, backoffMicros);
  }

  #setProducerId(producerId: number, producerEpoch: number): void {
    this.#sequences.setProducerId(producerId, producerEpoch);
    this.#sequences.resetSequences();
    this.#owner.onProducerId(producerId, producerEpoch);
  }

  /** The transaction has ended; a bump of the epoch may still be due (completeTransaction). */
  #complete(): void {
    if (this.#sender.queue.has('epoch-bump')) this.#enter('initializing');
    else this.#enter('ready');
    this.lastError = KafkaError.NONE;
    this.#needsBump = false;
    this.#started = false;
    this.#newPartitions = [];
    this.#partitions.clear();
    this.#pendingOffsets = null;
  }

  /** The coordinator knows InitProducerId with id and epoch (KIP-360), and the client has to bump the epoch itself. */
  get #mayBump(): boolean {
    return this.#rules.producerEpochRecovery && !this.#bumpsEpoch;
  }

  get #bumpsEpoch(): boolean {
    return this.#rules.transactionVersion === 2;
  }

  #abortable(error: ErrorCode): void {
    if (this.state === 'aborting') {
      // An abort that cannot be made is the end.
      this.#fatal(error);
      return;
    }
    this.#sender.queue.clear();
    this.lastError = error;
    this.#enter('abortable-error');
  }

  #fatal(error: ErrorCode): void {
    this.#sender.queue.clear();
    this.lastError = error;
    this.#sequences.fatalError = error;
    this.#enter('fatal-error');
  }

  #enter(state: ProducerState): void {
    assert(mayFollow(state, this.state), `${state} does not follow ${this.state}`);
    this.state = state;
  }
}
