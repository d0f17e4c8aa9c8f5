/**
 * Producer ids, in blocks that the controller gives out: RPCProducerIdManager (KIP-730). While there is none, producers
 * are told to ask again.
 */
import { KafkaError } from '../protocol/errors.js';
import {
  Api,
  Purpose,
  type AllocateProducerIdsRequest,
  type AllocateProducerIdsResponse,
  type Response,
} from '../protocol/messages.js';
import { TimerRange, type BrokerComponent, type ControllerServices } from './components.js';
import type { ProducerIds } from './control-plane.js';
import { ControllerChannel, type ControllerRequestUser } from './controller-channel.js';

const Timer = {
  channelDeadline: TimerRange.forwarding + 0,
  channelReconnect: TimerRange.forwarding + 1,
} as const;

/** RPCProducerIdManager.RetryBackoffMs */
const RETRY_BACKOFF_MICROS = 50_000;
/** BrokerServer: retryTimeoutMs of the channel "forwarding". */
const RETRY_TIMEOUT_MICROS = 60_000_000;
const REQUEST_BYTES = 40;
/** The next block is asked for when this share of the present one is used: ProducerIdManager.PidPrefetchThreshold. */
const PREFETCH_TENTHS = 9;

interface Block {
  readonly start: number;
  readonly length: number;
}

const EMPTY: Block = { start: 0, length: 0 };

export class ProducerIdManager implements BrokerComponent, ProducerIds, ControllerRequestUser {
  readonly #broker: ControllerServices;
  readonly #channel: ControllerChannel;
  #block: Block = EMPTY;
  #used = 0;
  #nextBlock: Block | null = null;
  /** Asked for, and not yet here. */
  #isAwaited = false;
  /** Monotonic microseconds. */
  #askNotBefore = 0;

  constructor(broker: ControllerServices) {
    this.#broker = broker;
    this.#channel = new ControllerChannel(
      broker,
      {
        purpose: Purpose.forwarding,
        retryTimeoutMicros: RETRY_TIMEOUT_MICROS,
        deadlineTimer: Timer.channelDeadline,
        reconnectTimer: Timer.channelReconnect,
      },
      this,
    );
  }

  start(): void {}

  /** -1: none at hand. The next block has been asked for. */
  next(): number {
    if (this.#used === this.#block.length) {
      if (this.#nextBlock === null) {
        this.#requestBlock();
        return -1;
      }
      this.#block = this.#nextBlock;
      this.#nextBlock = null;
      this.#used = 0;
    }
    if (this.#used === Math.trunc((this.#block.length * PREFETCH_TENTHS) / 10)) this.#requestBlock();
    return this.#block.start + this.#used++;
  }

  onTimer(kind: number): void {
    this.#channel.onTimer(kind);
  }

  /** After an error nothing is asked until somebody wants an id again, and not at once (KAFKA-14694). */
  onResponse(response: Response): void {
    const { error, producerIdStart, producerIdLen } = response as AllocateProducerIdsResponse;
    this.#isAwaited = false;
    if (error === KafkaError.NONE) this.#nextBlock = { start: producerIdStart, length: producerIdLen };
    else this.#askNotBefore = this.#broker.host.monotonicMicros() + RETRY_BACKOFF_MICROS;
  }

  onTimeout(): void {
    this.#isAwaited = false;
  }

  /** A block that was given out and not heard of is lost: ids need only be unique. */
  #requestBlock(): void {
    if (this.#isAwaited || this.#nextBlock !== null) return;
    if (this.#broker.host.monotonicMicros() < this.#askNotBefore) return;
    this.#isAwaited = true;
    this.#send();
  }

  #send(): void {
    const request: AllocateProducerIdsRequest = {
      kind: Api.allocateProducerIds,
      bytes: REQUEST_BYTES,
      correlationId: this.#channel.nextCorrelationId(),
      brokerId: this.#broker.config.nodeId,
      brokerEpoch: this.#broker.brokerEpoch(),
    };
    this.#channel.send(request);
  }
}
