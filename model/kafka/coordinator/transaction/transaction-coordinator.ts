/**
 * TransactionCoordinator: the leader of a partition of __transaction_state decides for the ids that fall into it (clients.md
 * §4.3). An end is decided when its Prepare record is replicated; the client is told so before any marker is written.
 */
import type { RequestChannel } from '../../broker/request-channel.js';
import { KafkaError, type ErrorCode } from '../../protocol/errors.js';
import type { InitProducerIdRequest } from '../../protocol/messages.js';
import { NO_PRODUCER_EPOCH, NO_PRODUCER_ID } from '../../protocol/records.js';
import type {
  AddOffsetsToTxnRequest,
  AddPartitionsToTxnRequest,
  EndTxnRequest,
} from '../../protocol/transaction-messages.js';
import { answerAddOffsets, answerAddPartitions, answerEndTxn, answerInitProducerId } from './answers.js';
import { checkEnd, isExpectedProducer } from './end-of-transaction.js';
import { MarkerChannels, type Completion } from './marker-channels.js';
import { nowMs, TransactionTimer, type CoordinatorServices } from './services.js';
import { isEpochExhausted, type TransactionMetadata, type TransactionRecord } from './transaction-metadata.js';
import {
  TransactionStateManager,
  type Found,
  type StateChange,
  type StateListener,
} from './transaction-state-manager.js';

/** What a change of state is for, and who is answered when it is in the log. */
type Purpose =
  | { readonly kind: 'init'; readonly channel: RequestChannel; readonly request: InitProducerIdRequest }
  | { readonly kind: 'add'; readonly channel: RequestChannel; readonly request: AddPartitionsToTxnRequest }
  | { readonly kind: 'add-offsets'; readonly channel: RequestChannel; readonly request: AddOffsetsToTxnRequest }
  | { readonly kind: 'end'; readonly channel: RequestChannel; readonly request: EndTxnRequest }
  /** The abort that fences a producer: `init` asked for it, or nobody did but the clock. */
  | { readonly kind: 'fence'; readonly init: { channel: RequestChannel; request: InitProducerIdRequest } | null }
  | { readonly kind: 'complete'; readonly completion: Completion };

/** Who a request says that it is from. */
type Producer = Pick<AddPartitionsToTxnRequest, 'producerId' | 'producerEpoch'>;

/** After a complete record could not be written (TransactionMarkerChannelManager.txnLogAppendRetryQueue). */
const RETRY_COMPLETION_MICROS = 100_000;

export class TransactionCoordinator implements StateListener<Purpose> {
  readonly #services: CoordinatorServices;
  readonly #states: TransactionStateManager<Purpose>;
  readonly #markers: MarkerChannels;

  constructor(services: CoordinatorServices) {
    this.#services = services;
    this.#states = new TransactionStateManager(services, this);
    this.#markers = new MarkerChannels(services);
  }

  /** Serving begins. */
  start(): void {
    this.#scheduleAborts();
  }

  rolesChanged(): void {
    this.#states.rolesChanged();
  }

  onTimer(kind: number, payload: unknown): void {
    switch (kind) {
      case TransactionTimer.loadChunk:
        this.#states.loadChunk(payload);
        return;
      case TransactionTimer.complete:
      case TransactionTimer.retryCompletion:
        this.#complete(payload as Completion);
        return;
      case TransactionTimer.abortTimedOut:
        this.#abortTimedOut();
        this.#scheduleAborts();
        return;
      case TransactionTimer.retryMarkers:
        this.#markers.onRetry();
        return;
      default:
        this.#markers.onChannelTimer(kind);
    }
  }

  // ---------------------------------------------------------------------- requests

  /** With a transactional id. */
  initProducerId(channel: RequestChannel, request: InitProducerIdRequest): void {
    const error = this.#prepareInit(channel, request);
    if (error !== KafkaError.NONE) answerInitProducerId(channel, request, error, null);
  }

  addPartitions(channel: RequestChannel, request: AddPartitionsToTxnRequest): void {
    const found = this.#states.find(request.transactionalId);
    if (request.verifyOnly) {
      if (!this.#services.rules.transactionVerification) {
        // Version 4 came with KIP-890: nothing is sent to a coordinator that does not know it, and the answer is the sender's own.
        answerAddPartitions(channel, request, KafkaError.UNSUPPORTED_VERSION);
        return;
      }
      this.#answerVerification(channel, request, found);
      return;
    }
    const outcome = this.#prepareAdd(found, request, request.partitions);
    if (typeof outcome === 'number') answerAddPartitions(channel, request, outcome);
    else this.#append(found.coordinatorEpoch, outcome, { kind: 'add', channel, request });
  }

  /** @param partition of __consumer_offsets: the one that the group's offsets go to */
  addOffsets(channel: RequestChannel, request: AddOffsetsToTxnRequest, partition: number): void {
    const found = this.#states.find(request.transactionalId);
    const outcome = this.#prepareAdd(found, request, [partition]);
    if (typeof outcome === 'number') answerAddOffsets(channel, request, outcome);
    else this.#append(found.coordinatorEpoch, outcome, { kind: 'add-offsets', channel, request });
  }

  #answerVerification(channel: RequestChannel, request: AddPartitionsToTxnRequest, found: Found): void {
    const error = this.#checkTransaction(found, request);
    if (error !== KafkaError.NONE) {
      answerAddPartitions(channel, request, error);
      return;
    }
    const { current } = found.metadata!;
    if (isDeciding(current)) {
      answerAddPartitions(channel, request, KafkaError.CONCURRENT_TRANSACTIONS);
      return;
    }
    const missing = request.partitions.filter((partition) => !current.partitions.includes(partition));
    answerAddPartitions(channel, request, KafkaError.NONE, missing);
  }

  /** What is to be written so that the transaction has these partitions; an answer if nothing is: NONE, it has them all. */
  #prepareAdd(found: Found, producer: Producer, partitions: readonly number[]): TransactionRecord | ErrorCode {
    const error = this.#checkTransaction(found, producer);
    if (error !== KafkaError.NONE) return error;
    const metadata = found.metadata!;
    const { current } = metadata;
    if (isDeciding(current) || metadata.pendingState !== null) return KafkaError.CONCURRENT_TRANSACTIONS;
    const hasAll = partitions.every((partition) => current.partitions.includes(partition));
    if (current.state === 'Ongoing' && hasAll) return KafkaError.NONE;
    return metadata.prepareAddPartitions(partitions, this.#bumpsEpoch, nowMs(this.#services.host));
  }

  endTxn(channel: RequestChannel, request: EndTxnRequest): void {
    const found = this.#states.find(request.transactionalId);
    const { metadata, coordinatorEpoch } = found;
    if (metadata === null) {
      answerEndTxn(channel, request, this.#absence(found), null);
      return;
    }
    const verdict = checkEnd(metadata, request, this.#bumpsEpoch);
    if (verdict.kind === 'answer') {
      answerEndTxn(channel, request, this.#clientError(verdict.error), metadata.current);
      return;
    }
    const next = this.#nextProducerId(metadata);
    if (next === null) {
      answerEndTxn(channel, request, KafkaError.COORDINATOR_LOAD_IN_PROGRESS, null);
      return;
    }
    const record = metadata.prepareEnd(request.committed, this.#bumpsEpoch, next, nowMs(this.#services.host));
    this.#append(coordinatorEpoch, record, { kind: 'end', channel, request });
  }

  /** Answers itself when it is done; an error is the caller's to answer (handleInitProducerId). */
  #prepareInit(channel: RequestChannel, request: InitProducerIdRequest): ErrorCode {
    const { transactionalId = '', transactionTimeoutMs = 0 } = request;
    const maxTimeoutMs = this.#services.settings['transaction.max.timeout.ms'];
    if (transactionTimeoutMs <= 0 || transactionTimeoutMs > maxTimeoutMs) return KafkaError.INVALID_TRANSACTION_TIMEOUT;
    const found = this.#states.find(transactionalId);
    if (found.error !== KafkaError.NONE) return found.error;
    const metadata = found.metadata ?? this.#create(transactionalId, transactionTimeoutMs);
    if (metadata === null) return KafkaError.COORDINATOR_LOAD_IN_PROGRESS;
    if (metadata.pendingState !== null) return KafkaError.CONCURRENT_TRANSACTIONS;
    if (!isExpectedProducer(metadata.current, request)) return this.#clientError(KafkaError.PRODUCER_FENCED);
    switch (metadata.state) {
      case 'PrepareCommit':
      case 'PrepareAbort':
        return KafkaError.CONCURRENT_TRANSACTIONS;
      case 'Ongoing':
        this.#fence(metadata, found.coordinatorEpoch, { channel, request });
        return KafkaError.NONE;
      default:
        return this.#beginAnew(metadata, found.coordinatorEpoch, channel, request);
    }
  }

  #create(transactionalId: string, timeoutMs: number): TransactionMetadata | null {
    const producerId = this.#services.producerIds.next();
    return producerId < 0 ? null : this.#states.create(transactionalId, producerId, timeoutMs);
  }

  #beginAnew(
    metadata: TransactionMetadata,
    coordinatorEpoch: number,
    channel: RequestChannel,
    request: InitProducerIdRequest,
  ): ErrorCode {
    const { producerEpoch } = metadata.current;
    const { transactionTimeoutMs = 0, producerEpoch: expected = NO_PRODUCER_EPOCH } = request;
    const now = nowMs(this.#services.host);
    let record: TransactionRecord | null;
    if (isEpochExhausted(producerEpoch) && (expected < 0 || expected === producerEpoch)) {
      const producerId = this.#services.producerIds.next();
      if (producerId < 0) return KafkaError.COORDINATOR_LOAD_IN_PROGRESS;
      record = metadata.prepareProducerIdRotation(producerId, transactionTimeoutMs, expected >= 0, now);
    } else {
      record = metadata.prepareIncrementProducerEpoch(transactionTimeoutMs, expected, now);
    }
    if (record === null) return this.#clientError(KafkaError.PRODUCER_FENCED);
    this.#append(coordinatorEpoch, record, { kind: 'init', channel, request });
    return KafkaError.NONE;
  }

  #checkTransaction(found: Found, request: Producer): ErrorCode {
    if (found.metadata === null) return this.#absence(found);
    const { producerId, producerEpoch } = found.metadata.current;
    if (request.producerId !== producerId) return KafkaError.INVALID_PRODUCER_ID_MAPPING;
    return request.producerEpoch === producerEpoch ? KafkaError.NONE : this.#clientError(KafkaError.PRODUCER_FENCED);
  }

  #absence({ error }: Found): ErrorCode {
    return error === KafkaError.NONE ? KafkaError.INVALID_PRODUCER_ID_MAPPING : error;
  }

  /** Old clients know no PRODUCER_FENCED (KIP-588, 2.7). */
  #clientError(error: ErrorCode): ErrorCode {
    const isOld = this.#services.rules.staleProducerEpoch === 'fatal';
    return isOld && error === KafkaError.PRODUCER_FENCED ? KafkaError.INVALID_PRODUCER_EPOCH : error;
  }

  get #bumpsEpoch(): boolean {
    return this.#services.rules.transactionVersion === 2;
  }

  /** For whom the bump of this end is the last: another id, and none at hand is null. -1: no need of one. */
  #nextProducerId({ current }: TransactionMetadata): number | null {
    if (!this.#bumpsEpoch || !isEpochExhausted(current.producerEpoch)) return NO_PRODUCER_ID;
    const producerId = this.#services.producerIds.next();
    return producerId < 0 ? null : producerId;
  }

  // ---------------------------------------------------------------------- fencing

  /** Every ten seconds: Ongoing for longer than the producer asked for (abortTimedOutTransactions). */
  #abortTimedOut(): void {
    const now = nowMs(this.#services.host);
    for (const { coordinatorEpoch, metadata } of this.#states.loaded()) {
      const { state, startMs, timeoutMs } = metadata.current;
      const isOverdue = state === 'Ongoing' && startMs + timeoutMs < now;
      if (isOverdue && metadata.pendingState === null) this.#fence(metadata, coordinatorEpoch, null);
    }
  }

  #scheduleAborts(): void {
    const { host, settings } = this.#services;
    const everyMs = settings['transaction.abort.timed.out.transaction.cleanup.interval.ms'];
    host.timer(TransactionTimer.abortTimedOut, everyMs * 1000, 0);
  }

  #fence(
    metadata: TransactionMetadata,
    coordinatorEpoch: number,
    init: { channel: RequestChannel; request: InitProducerIdRequest } | null,
  ): void {
    const now = nowMs(this.#services.host);
    metadata.fence(metadata.prepareFenceProducerEpoch(now).producerEpoch);
    this.#append(coordinatorEpoch, metadata.prepareEnd(false, false, NO_PRODUCER_ID, now), { kind: 'fence', init });
  }

  // ---------------------------------------------------------------------- what became of changes

  #append(coordinatorEpoch: number, record: TransactionRecord, context: Purpose): void {
    this.#states.append({ coordinatorEpoch, record, isRetried: context.kind === 'complete', context });
  }

  onChanged(change: StateChange<Purpose>, error: ErrorCode): void {
    const { context, record } = change;
    switch (context.kind) {
      case 'init':
        answerInitProducerId(context.channel, context.request, error, record);
        return;
      case 'add':
        answerAddPartitions(context.channel, context.request, error);
        return;
      case 'add-offsets':
        answerAddOffsets(context.channel, context.request, error);
        return;
      case 'end':
        if (error === KafkaError.NONE) this.#sendMarkers(change);
        answerEndTxn(context.channel, context.request, error, record);
        return;
      case 'fence':
        this.#fenced(change, context.init, error);
        return;
      case 'complete':
        if (error !== KafkaError.COORDINATOR_NOT_AVAILABLE) return;
        this.#services.host.timer(TransactionTimer.retryCompletion, RETRY_COMPLETION_MICROS, 0, context.completion);
    }
  }

  #fenced(
    change: StateChange<Purpose>,
    init: { channel: RequestChannel; request: InitProducerIdRequest } | null,
    error: ErrorCode,
  ): void {
    if (error === KafkaError.NONE) {
      this.#sendMarkers(change);
    } else {
      const { metadata, coordinatorEpoch } = this.#states.find(change.record.transactionalId);
      if (metadata !== null && coordinatorEpoch === change.coordinatorEpoch) metadata.hasFailedEpochFence = true;
    }
    if (init === null) return;
    // The producer asks again, until the abort is through.
    const answer = error === KafkaError.NONE ? KafkaError.CONCURRENT_TRANSACTIONS : error;
    answerInitProducerId(init.channel, init.request, answer, null);
  }

  #sendMarkers({ record, coordinatorEpoch }: StateChange<Purpose>): void {
    this.#completeLater(this.#states.find(record.transactionalId).metadata!, coordinatorEpoch);
  }

  /** The complete record is prepared before the first marker leaves: until it is written the id is busy. */
  #completeLater(metadata: TransactionMetadata, coordinatorEpoch: number): void {
    const decided = metadata.current;
    const completed = metadata.prepareComplete(nowMs(this.#services.host));
    this.#markers.send({ coordinatorEpoch, metadata, decided, completed });
  }

  /** last marker | complete record */
  #complete(completion: Completion): void {
    const { coordinatorEpoch, metadata, completed } = completion;
    const found = this.#states.find(completed.transactionalId);
    if (found.metadata !== metadata || found.coordinatorEpoch !== coordinatorEpoch) return;
    this.#append(coordinatorEpoch, completed, { kind: 'complete', completion });
  }

  /** What was decided and not completed under the last coordinator is carried through by this one. */
  onLoaded(coordinatorEpoch: number, transactions: Iterable<TransactionMetadata>): void {
    for (const metadata of transactions) {
      if (isDeciding(metadata.current)) this.#completeLater(metadata, coordinatorEpoch);
    }
  }

  onResigned(isOfPartition: (transactionalId: string) => boolean): void {
    this.#markers.forget(isOfPartition);
  }
}

function isDeciding({ state }: TransactionRecord): boolean {
  return state === 'PrepareCommit' || state === 'PrepareAbort';
}
