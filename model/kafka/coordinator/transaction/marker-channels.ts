/**
 * Tells the leaders of a transaction's partitions how it ended: TransactionMarkerChannelManager. Markers are sent again
 * until each leader has taken its own, or says that it never will; then the transaction may be completed.
 */
import { InterBrokerChannel, type ChannelUser } from '../../broker/inter-broker-channel.js';
import { KafkaError, type ErrorCode } from '../../protocol/errors.js';
import { Api, Purpose, type Response } from '../../protocol/messages.js';
import type {
  TxnMarker,
  WriteTxnMarkersRequest,
  WriteTxnMarkersResponse,
} from '../../protocol/transaction-messages.js';
import { FIRST_MARKER_TIMER, TransactionTimer, type CoordinatorServices } from './services.js';
import type { TransactionMetadata, TransactionRecord } from './transaction-metadata.js';

/** request.timeout.ms of a broker. */
const REQUEST_TIMEOUT_MICROS = 30_000_000;
const RECONNECT_BACKOFF_MAX_MICROS = 1_000_000;
/**
 * Kafka sends refused markers again at once, and those without a leader whenever its thread wakes. Without this wait a
 * leader that was deposed would be asked thousands of times a second.
 */
const RETRY_BACKOFF_MICROS = 100_000;
const REQUEST_BYTES = 40;
const MARKER_BYTES = 24;
const PARTITION_BYTES = 8;

/** PendingCompleteTxn: a transaction whose end is decided, and the record that is written when every leader knows. */
export interface Completion {
  readonly coordinatorEpoch: number;
  readonly metadata: TransactionMetadata;
  /** What was decided. */
  readonly decided: TransactionRecord;
  readonly completed: TransactionRecord;
}

/** The marker of one transaction for some partitions of one leader. */
interface Queued {
  readonly completion: Completion;
  readonly partitions: readonly number[];
}

export class MarkerChannels {
  readonly #services: CoordinatorServices;
  /** By transactional id. */
  readonly #pending = new Map<string, Completion>();
  /** By broker. */
  readonly #channels: (MarkerChannel | undefined)[] = [];
  /** Refused, or without a leader. */
  #toRetry: Queued[] = [];
  #isRetryDue = false;

  constructor(services: CoordinatorServices) {
    this.#services = services;
  }

  send(completion: Completion): void {
    this.#pending.set(completion.decided.transactionalId, completion);
    if (completion.metadata.unmarked.length === 0) this.#finish(completion);
    else this.#enqueue(completion, completion.metadata.unmarked);
  }

  /** Of ids that this broker no longer coordinates. */
  forget(isForgotten: (transactionalId: string) => boolean): void {
    for (const transactionalId of this.#pending.keys()) {
      if (isForgotten(transactionalId)) this.#pending.delete(transactionalId);
    }
  }

  #isPending(completion: Completion): boolean {
    return this.#pending.get(completion.decided.transactionalId) === completion;
  }

  onRetry(): void {
    this.#isRetryDue = false;
    const queued = this.#toRetry;
    this.#toRetry = [];
    for (const { completion, partitions } of queued) this.#enqueue(completion, partitions);
  }

  onChannelTimer(kind: number): void {
    this.#channels[Math.trunc((kind - FIRST_MARKER_TIMER) / 2)]?.channel.onTimer(kind);
  }

  /** One answer for one partition (TransactionMarkerRequestCompletionHandler). */
  onAnswer(queued: Queued, partition: number, error: ErrorCode): void {
    const { completion } = queued;
    if (!this.#isPending(completion)) return;
    switch (error) {
      case KafkaError.NONE:
        completion.metadata.marked(partition);
        if (completion.metadata.unmarked.length === 0) this.#finish(completion);
        return;
      case KafkaError.INVALID_PRODUCER_EPOCH:
      case KafkaError.TRANSACTION_COORDINATOR_FENCED:
        // Somebody else coordinates the id, with a later epoch: not for this broker to end (abortSending).
        this.#pending.delete(completion.decided.transactionalId);
        return;
      default:
        this.retry(queued.completion, [partition]);
    }
  }

  retry(completion: Completion, partitions: readonly number[]): void {
    if (!this.#isPending(completion)) return;
    this.#toRetry.push({ completion, partitions });
    if (this.#isRetryDue) return;
    this.#isRetryDue = true;
    this.#services.host.timer(TransactionTimer.retryMarkers, RETRY_BACKOFF_MICROS, 0);
  }

  /** last marker | complete record */
  #finish(completion: Completion): void {
    this.#pending.delete(completion.decided.transactionalId);
    this.#services.host.later(TransactionTimer.complete, 0, completion);
  }

  #enqueue(completion: Completion, partitions: readonly number[]): void {
    if (!this.#isPending(completion)) return;
    const { image } = this.#services;
    const leaders = partitions.map((partition) => image.partition(partition)?.leader ?? -1);
    for (const leader of new Set(leaders)) {
      const led = partitions.filter((_, i) => leaders[i] === leader);
      if (leader < 0) this.retry(completion, led);
      else this.#channelTo(leader).add({ completion, partitions: led });
    }
  }

  #channelTo(broker: number): MarkerChannel {
    return (this.#channels[broker] ??= new MarkerChannel(this.#services, broker, this));
  }
}

/** One broker's connection, with at most one request under way: what comes meanwhile goes with the next. */
class MarkerChannel implements ChannelUser {
  readonly channel: InterBrokerChannel;
  readonly #owner: MarkerChannels;
  #queue: Queued[] = [];
  #sent: readonly Queued[] = [];

  constructor({ host }: CoordinatorServices, broker: number, owner: MarkerChannels) {
    this.#owner = owner;
    const first = FIRST_MARKER_TIMER + 2 * broker;
    const settings = {
      purpose: Purpose.transactionMarkers,
      requestTimeoutMicros: REQUEST_TIMEOUT_MICROS,
      reconnectBackoffMaxMicros: RECONNECT_BACKOFF_MAX_MICROS,
      deadlineTimer: first,
      reconnectTimer: first + 1,
    };
    this.channel = new InterBrokerChannel(host, settings, () => broker, this);
  }

  add(queued: Queued): void {
    this.#queue.push(queued);
    this.#sendNext();
  }

  onResponse(response: Response): void {
    const sent = this.#sent;
    this.#sent = [];
    const { markers } = response as WriteTxnMarkersResponse;
    sent.forEach((queued, i) => {
      for (const { partition, error } of markers[i].partitions) this.#owner.onAnswer(queued, partition, error);
    });
    this.#sendNext();
  }

  /** The leader may have taken them; a repeated marker does no harm. There may be another leader by now. */
  onRequestLost(): void {
    const lost = [...this.#sent, ...this.#queue];
    this.#sent = [];
    this.#queue = [];
    for (const { completion, partitions } of lost) this.#owner.retry(completion, partitions);
  }

  #sendNext(): void {
    if (this.#sent.length > 0 || this.#queue.length === 0) return;
    this.#sent = this.#queue;
    this.#queue = [];
    const markers = this.#sent.map(marker);
    const partitions = markers.reduce((sum, one) => sum + one.partitions.length, 0);
    const request: WriteTxnMarkersRequest = {
      kind: Api.writeTxnMarkers,
      bytes: REQUEST_BYTES + MARKER_BYTES * markers.length + PARTITION_BYTES * partitions,
      correlationId: this.channel.nextCorrelationId(),
      markers,
    };
    this.channel.send(request);
  }
}

function marker({ completion, partitions }: Queued): TxnMarker {
  const { producerId, producerEpoch, state } = completion.decided;
  const { coordinatorEpoch } = completion;
  return { producerId, producerEpoch, coordinatorEpoch, committed: state === 'PrepareCommit', partitions };
}
