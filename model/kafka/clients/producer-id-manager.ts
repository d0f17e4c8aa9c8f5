/**
 * Gets a producer id from any broker before the first batch goes out, and again when the epochs of one are used up
 * (TransactionManager.InitProducerIdHandler, Sender.maybeSendAndPollTransactionalRequest; KIP-98).
 */
import type { MachineId } from '../../kernel/process.js';
import { KafkaError, type ErrorCode } from '../protocol/errors.js';
import { Api, type InitProducerIdRequest, type InitProducerIdResponse } from '../protocol/messages.js';
import { isRetriable } from './error-classes.js';
import type { Metadata } from './metadata.js';
import type { NetworkClient } from './network-client.js';
import type { TransactionManager } from './transaction-manager.js';

const REQUEST_BYTES = 48;

export interface ProducerIdListener {
  onProducerId(producerId: number, producerEpoch: number): void;
}

/** idle: nothing is wanted. waiting: for the connection to a node, or for a backoff to end. asked: the request is in flight. */
type State = 'idle' | 'waiting' | 'asked';

export class ProducerIdManager {
  private readonly network: NetworkClient;
  private readonly metadata: Metadata;
  private readonly transactions: TransactionManager;
  private readonly listener: ProducerIdListener;
  private readonly retryBackoffMicros: number;
  private readonly requestTimeoutMicros: number;
  private state: State = 'idle';
  /** The node whose connection is waited for; 0: none. */
  private target: MachineId = 0;
  /** While waiting: until when for that node, or until when nothing is tried. */
  private until = -Infinity;

  constructor(
    network: NetworkClient,
    metadata: Metadata,
    transactions: TransactionManager,
    settings: { readonly 'retry.backoff.ms': number; readonly 'request.timeout.ms': number },
    listener: ProducerIdListener,
  ) {
    this.network = network;
    this.metadata = metadata;
    this.transactions = transactions;
    this.listener = listener;
    this.retryBackoffMicros = settings['retry.backoff.ms'] * 1000;
    this.requestTimeoutMicros = settings['request.timeout.ms'] * 1000;
  }

  /**
   * True while a producer id is being fetched. The Java client's network thread does nothing else meanwhile: no batch is
   * drained, and none expires, however long it takes.
   * @param ready whether a node takes a request now (connects to it if need be)
   */
  isFetching(now: number, ready: (node: MachineId, now: number) => boolean): boolean {
    if (this.state === 'asked') return true;
    if (this.transactions.hasProducerId || this.transactions.fatalError !== KafkaError.NONE) return false;
    this.state = 'waiting';
    if (this.target === 0 && now >= this.until) this.chooseNode(now);
    if (this.target !== 0) this.tryToAsk(now, ready);
    return true;
  }

  /** When there is something to be done next while an id is being fetched. */
  nextDeadline(): number {
    return this.state === 'waiting' ? this.until : Infinity;
  }

  handleResponse(response: InitProducerIdResponse, now: number): void {
    this.state = 'idle';
    if (response.error === KafkaError.NONE) {
      this.until = -Infinity;
      this.transactions.setProducerId(response.producerId, response.producerEpoch);
      this.listener.onProducerId(response.producerId, response.producerEpoch);
    } else if (isRetriable(response.error)) {
      this.backOff(now);
    } else {
      this.transactions.fatalError = response.error satisfies ErrorCode;
    }
  }

  handleRequestLost(now: number): void {
    this.backOff(now);
  }

  private chooseNode(now: number): void {
    this.target = this.network.leastLoadedNode(this.metadata.nodes, now);
    this.until = now + (this.target === 0 ? this.retryBackoffMicros : this.requestTimeoutMicros);
  }

  private tryToAsk(now: number, ready: (node: MachineId, now: number) => boolean): void {
    if (ready(this.target, now)) {
      const request: InitProducerIdRequest = {
        kind: Api.initProducerId,
        bytes: REQUEST_BYTES,
        correlationId: this.network.nextCorrelationId(),
      };
      this.state = 'asked';
      this.network.send(this.target, request, null, true, now);
      this.target = 0;
    } else if (this.network.connectionFailed(this.target) || now >= this.until) {
      this.metadata.requestUpdate();
      this.backOff(now);
    }
  }

  private backOff(now: number): void {
    this.state = 'waiting';
    this.target = 0;
    this.until = now + this.retryBackoffMicros;
  }
}
