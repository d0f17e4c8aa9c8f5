/**
 * Asks the transaction coordinator whether a producer's transaction is open in a partition, before the first append:
 * AddPartitionsToTxnManager (KIP-890). With transaction version 2 the partition is added to the transaction that way, and
 * the client does not ask for it.
 */
import { KafkaError, type ErrorCode } from '../protocol/errors.js';
import { Api, Purpose, type ProduceRequest, type Response } from '../protocol/messages.js';
import { NO_SEQUENCE } from '../protocol/records.js';
import type {
  AddPartitionsToTxnRequest,
  AddPartitionsToTxnResponse,
  TxnOffsetCommitRequest,
} from '../protocol/transaction-messages.js';
import { FIRST_VERIFICATION_TIMER, type CoordinatorServices } from '../coordinator/transaction/services.js';
import type { VerificationGuard } from '../log/verification-guards.js';
import { InterBrokerChannel, type ChannelUser } from './inter-broker-channel.js';
import type { RequestChannel } from './request-channel.js';
import type { VerifiedTransaction } from './verified-transaction.js';

/** request.timeout.ms of a broker. */
const REQUEST_TIMEOUT_MICROS = 30_000_000;
const RECONNECT_BACKOFF_MAX_MICROS = 1_000_000;
const REQUEST_BYTES = 60;
const PARTITION_BYTES = 8;
const PER_BROKER = 2;

/** A request that waits for its verification: to append records of a transaction, or offsets. */
export interface Verification {
  readonly channel: RequestChannel;
  readonly request: ProduceRequest | TxnOffsetCommitRequest;
  readonly transactionalId: string;
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly guards: ReadonlyMap<number, VerificationGuard>;
  /** null: nobody has answered yet. */
  verified: VerifiedTransaction | null;
}

export class TransactionVerifier {
  readonly #services: CoordinatorServices;
  readonly #doneTimer: number;
  /** By broker. */
  readonly #channels: (VerificationChannel | undefined)[] = [];

  /** @param doneTimer kind of the yield between the coordinator's answer and the append */
  constructor(services: CoordinatorServices, doneTimer: number) {
    this.#services = services;
    this.#doneTimer = doneTimer;
  }

  /** undefined: every batch may be appended as it is, as far as verification goes. */
  begin(channel: RequestChannel, request: ProduceRequest): Verification | undefined {
    const guards = new Map<number, VerificationGuard>();
    let producerId = -1;
    let producerEpoch = -1;
    for (const { partition: number, batch } of request.partitions) {
      const partition = this.#services.replicas.partition(number);
      if (partition?.isLeader !== true || batch.isTransactional === undefined) continue;
      const { producers } = partition.log;
      if (producers.hasOngoingTransaction(batch.producerId, batch.producerEpoch)) continue;
      ({ producerId, producerEpoch } = batch);
      guards.set(number, producers.verifications.begin(producerId, producerEpoch, batch.baseSequence));
    }
    if (guards.size === 0) return undefined;
    const transactionalId = request.transactionalId ?? '';
    return { channel, request, transactionalId, producerId, producerEpoch, guards, verified: null };
  }

  /**
   * The same for offsets that are committed in a transaction, to a partition of __consumer_offsets
   * (maybeStartTransactionVerificationForPartition).
   */
  beginOffsets(channel: RequestChannel, request: TxnOffsetCommitRequest, number: number): Verification | undefined {
    const partition = this.#services.replicas.partition(number);
    const { transactionalId, producerId, producerEpoch } = request;
    if (partition?.isLeader !== true) return undefined;
    const { producers } = partition.log;
    if (producers.hasOngoingTransaction(producerId, producerEpoch)) return undefined;
    const guards = new Map([[number, producers.verifications.begin(producerId, producerEpoch, NO_SEQUENCE)]]);
    return { channel, request, transactionalId, producerId, producerEpoch, guards, verified: null };
  }

  ask(verification: Verification): void {
    const { topic, image } = this.#services;
    const leader = image.partition(topic.partitionOf(verification.transactionalId) ?? -1)?.leader ?? -1;
    if (leader < 0) this.done(verification, () => KafkaError.COORDINATOR_NOT_AVAILABLE);
    else (this.#channels[leader] ??= new VerificationChannel(this.#services, leader, this)).add(verification);
  }

  /** verification reply | append. Of an old epoch appends do not say PRODUCER_FENCED (AddPartitionsToTxnHandler.onComplete). */
  done(verification: Verification, errorOf: (partition: number) => ErrorCode): void {
    const errors = new Map<number, ErrorCode>();
    const isProduce = verification.request.kind === Api.produce;
    for (const partition of verification.guards.keys()) {
      let told = errorOf(partition);
      // The coordinator's release cannot verify: then it is appended as it always was.
      if (told === KafkaError.UNSUPPORTED_VERSION) told = KafkaError.NONE;
      const error = told === KafkaError.PRODUCER_FENCED ? KafkaError.INVALID_PRODUCER_EPOCH : told;
      errors.set(partition, isProduce ? translated(error) : error);
    }
    verification.verified = { errors, guards: verification.guards };
    this.#services.host.later(this.#doneTimer, 0, verification);
  }

  onTimer(kind: number): void {
    this.#channels[Math.trunc((kind - FIRST_VERIFICATION_TIMER) / PER_BROKER)]?.channel.onTimer(kind);
  }
}

/** One request at a time to one coordinator. */
class VerificationChannel implements ChannelUser {
  readonly channel: InterBrokerChannel;
  readonly #owner: TransactionVerifier;
  readonly #addsPartitions: boolean;
  readonly #queue: Verification[] = [];
  #sent: Verification | null = null;

  constructor({ host, rules }: CoordinatorServices, broker: number, owner: TransactionVerifier) {
    this.#owner = owner;
    this.#addsPartitions = rules.transactionVersion === 2;
    const first = FIRST_VERIFICATION_TIMER + PER_BROKER * broker;
    const settings = {
      purpose: Purpose.transactionVerification,
      requestTimeoutMicros: REQUEST_TIMEOUT_MICROS,
      reconnectBackoffMaxMicros: RECONNECT_BACKOFF_MAX_MICROS,
      deadlineTimer: first,
      reconnectTimer: first + 1,
    };
    this.channel = new InterBrokerChannel(host, settings, () => broker, this);
  }

  add(verification: Verification): void {
    this.#queue.push(verification);
    this.#sendNext();
  }

  onResponse(response: Response): void {
    const { partitions } = response as AddPartitionsToTxnResponse;
    const sent = this.#sent!;
    this.#sent = null;
    this.#owner.done(sent, (partition) => partitions.find((one) => one.partition === partition)!.error);
    this.#sendNext();
  }

  onRequestLost(): void {
    const lost = [...(this.#sent === null ? [] : [this.#sent]), ...this.#queue];
    this.#sent = null;
    this.#queue.length = 0;
    for (const verification of lost) this.#owner.done(verification, () => KafkaError.NETWORK_EXCEPTION);
  }

  #sendNext(): void {
    if (this.#sent !== null || this.#queue.length === 0) return;
    const next = this.#queue.shift()!;
    this.#sent = next;
    const { transactionalId, producerId, producerEpoch, guards } = next;
    const request: AddPartitionsToTxnRequest = {
      kind: Api.addPartitionsToTxn,
      bytes: REQUEST_BYTES + PARTITION_BYTES * guards.size,
      correlationId: this.channel.nextCorrelationId(),
      transactionalId,
      producerId,
      producerEpoch,
      verifyOnly: !this.#addsPartitions,
      partitions: [...guards.keys()],
    };
    this.channel.send(request);
  }
}

/** What the producer is told (ReplicaManager.handleProduceAppend): retriable without a look at the metadata, or final. */
function translated(error: ErrorCode): ErrorCode {
  switch (error) {
    case KafkaError.CONCURRENT_TRANSACTIONS:
    case KafkaError.NETWORK_EXCEPTION:
    case KafkaError.COORDINATOR_LOAD_IN_PROGRESS:
    case KafkaError.COORDINATOR_NOT_AVAILABLE:
    case KafkaError.NOT_COORDINATOR:
      return KafkaError.NOT_ENOUGH_REPLICAS;
    default:
      return error;
  }
}
