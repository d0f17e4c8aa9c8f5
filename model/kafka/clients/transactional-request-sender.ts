/**
 * Sends a transactional producer's requests to coordinators: one is under way at a time, and meanwhile the network thread
 * sends no records either (Sender.maybeSendAndPollTransactionalRequest). What they are about is the lifecycle's affair.
 */
import type { MachineId } from '../../kernel/process.js';
import { KafkaError } from '../protocol/errors.js';
import type { FindCoordinatorResponse } from '../protocol/messages.js';
import type { Metadata } from './metadata.js';
import type { NetworkClient } from './network-client.js';
import {
  isLookUp,
  RequestQueue,
  type CoordinatorRequest,
  type TransactionalRequest,
} from './transactional-requests.js';

const NOBODY = 0;

/** Puts a request into words when it goes out. */
export interface RequestWriter {
  requestFor(next: TransactionalRequest): CoordinatorRequest;
}

export class TransactionalRequestSender {
  readonly queue = new RequestQueue();
  readonly retryBackoffMicros: number;
  readonly #network: NetworkClient;
  readonly #metadata: Metadata;
  readonly #writer: RequestWriter;
  readonly #requestTimeoutMicros: number;
  /** Of the transactional id. 0: not known. */
  #coordinator: MachineId = NOBODY;
  /** Of the group whose offsets were last sent. 0: not known. */
  #groupCoordinator: MachineId = NOBODY;
  /** The one under way; null: none. */
  #sent: TransactionalRequest | null = null;
  /** Wall micros before which nothing is done at all: the thread sleeps over a retry. */
  #sleepsUntil = -Infinity;
  /** Until when the thread waits for a connection to the target; -Infinity: it does not. */
  #awaitsUntil = -Infinity;
  #target: MachineId = NOBODY;

  constructor(
    settings: { readonly 'retry.backoff.ms': number; readonly 'request.timeout.ms': number },
    network: NetworkClient,
    metadata: Metadata,
    writer: RequestWriter,
  ) {
    this.retryBackoffMicros = settings['retry.backoff.ms'] * 1000;
    this.#requestTimeoutMicros = settings['request.timeout.ms'] * 1000;
    this.#network = network;
    this.#metadata = metadata;
    this.#writer = writer;
  }

  /** One is under way, or the thread sleeps over a retry. */
  isBusy(now: number): boolean {
    if (this.#sent !== null || now < this.#sleepsUntil) return true;
    this.#sleepsUntil = -Infinity;
    return false;
  }

  /**
   * Sends the request, the head of the queue; who its coordinator is has to be asked first if that is not known.
   * @param ready whether a node takes a request now (connects to it if need be)
   * @returns what was sent; null: nothing yet
   */
  send(
    wanted: TransactionalRequest,
    now: number,
    ready: (node: MachineId, now: number) => boolean,
  ): TransactionalRequest | null {
    if (this.#coordinatorFor(wanted) === NOBODY && !isLookUp(wanted)) this.#lookUpFor(wanted);
    const next = this.queue.head!;
    this.#chooseTarget(next, now);
    if (this.#target === NOBODY) {
      this.#sleep(now, this.retryBackoffMicros);
      return null;
    }
    if (!ready(this.#target, now)) {
      if (this.#awaitsUntil === -Infinity) this.#awaitsUntil = now + this.#requestTimeoutMicros;
      else if (this.#network.connectionFailed(this.#target) || now >= this.#awaitsUntil) this.#unreachable(next, now);
      return null;
    }
    this.#awaitsUntil = -Infinity;
    this.queue.shift();
    this.#sent = next;
    this.#network.send(this.#target, this.#writer.requestFor(next), next, true, now);
    return next;
  }

  nextDeadline(): number {
    if (this.#sent !== null) return Infinity;
    if (this.#sleepsUntil > -Infinity) return this.#sleepsUntil;
    return this.#awaitsUntil === -Infinity
      ? Infinity
      : Math.min(this.#awaitsUntil, this.#network.connectableAt(this.#target));
  }

  /** It was answered, or lost. @returns what it was */
  ended(): TransactionalRequest {
    const sent = this.#sent!;
    this.#sent = null;
    return sent;
  }

  again(request: TransactionalRequest, now: number, backoffMicros = this.retryBackoffMicros): void {
    this.queue.add(request);
    this.#sleep(now, backoffMicros);
  }

  /** A broker said who a coordinator is, or could not. */
  found(lookUp: TransactionalRequest, { error, nodeId }: FindCoordinatorResponse): boolean {
    if (error !== KafkaError.NONE) return false;
    if (lookUp.kind === 'find-coordinator') this.#coordinator = nodeId;
    else this.#groupCoordinator = nodeId;
    return true;
  }

  /** Whoever this request goes to is no longer its coordinator, or out of reach: it has to be found anew. */
  forgetCoordinatorOf(request: TransactionalRequest): void {
    if (!isLookUp(request)) this.#lookUpFor(request);
  }

  #coordinatorFor(request: TransactionalRequest): MachineId {
    return request.kind === 'commit-offsets' ? this.#groupCoordinator : this.#coordinator;
  }

  #lookUpFor(request: TransactionalRequest): void {
    const isOfGroup = request.kind === 'commit-offsets';
    if (isOfGroup) this.#groupCoordinator = NOBODY;
    else this.#coordinator = NOBODY;
    const kind = isOfGroup ? 'find-group-coordinator' : 'find-coordinator';
    if (!this.queue.has(kind)) this.queue.add({ kind });
  }

  /** Who knows the coordinator is for any broker to say; the same one as long as its connection is waited for. */
  #chooseTarget(next: TransactionalRequest, now: number): void {
    if (!isLookUp(next)) this.#target = this.#coordinatorFor(next);
    else if (this.#target === NOBODY || this.#awaitsUntil === -Infinity) {
      this.#target = this.#network.leastLoadedNode(this.#metadata.nodes, now);
    }
  }

  #unreachable(next: TransactionalRequest, now: number): void {
    this.#awaitsUntil = -Infinity;
    this.#target = NOBODY;
    if (isLookUp(next)) this.#metadata.requestUpdate();
    else this.#lookUpFor(next);
    this.#sleep(now, this.retryBackoffMicros);
  }

  #sleep(now: number, micros: number): void {
    this.#sleepsUntil = now + micros;
  }
}
