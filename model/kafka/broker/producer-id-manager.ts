/**
 * Producer ids, in blocks that the controller gives out: RPCProducerIdManager (KIP-730). While there is none, producers
 * are told to ask again.
 */
import type { Connection } from '../../kernel/network.js';
import type { BrokenReason, Message } from '../../kernel/process.js';
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
import { ControllerChannel, type ChannelUser } from './controller-channel.js';

const Timer = {
  retry: TimerRange.forwarding + 0,
  channelDeadline: TimerRange.forwarding + 1,
  channelReconnect: TimerRange.forwarding + 2,
} as const;

/** RPCProducerIdManager.RETRY_BACKOFF_MS */
const RETRY_BACKOFF_MICROS = 50_000;
/** controller.socket.timeout.ms */
const REQUEST_TIMEOUT_MICROS = 30_000_000;
const RECONNECT_BACKOFF_MAX_MICROS = 50_000;
const REQUEST_BYTES = 40;
/** The next block is asked for when this share of the present one is used: PREFETCH_THRESHOLD. */
const PREFETCH_TENTHS = 9;

interface Block {
  readonly start: number;
  readonly length: number;
}

const EMPTY: Block = { start: 0, length: 0 };

export class ProducerIdManager implements BrokerComponent, ProducerIds, ChannelUser {
  readonly #broker: ControllerServices;
  readonly #channel: ControllerChannel;
  #block: Block = EMPTY;
  #used = 0;
  #nextBlock: Block | null = null;
  /** Asked for, and not yet here. */
  #isAwaited = false;

  constructor(broker: ControllerServices) {
    this.#broker = broker;
    this.#channel = new ControllerChannel(
      broker.host,
      {
        purpose: Purpose.forwarding,
        requestTimeoutMicros: REQUEST_TIMEOUT_MICROS,
        reconnectBackoffMaxMicros: RECONNECT_BACKOFF_MAX_MICROS,
        deadlineTimer: Timer.channelDeadline,
        reconnectTimer: Timer.channelReconnect,
      },
      () => broker.controllerMachine(),
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

  onConnected(connection: Connection): void {
    this.#channel.onConnected(connection);
  }

  onMessage(connection: Connection, message: Message): void {
    this.#channel.onMessage(connection, message);
  }

  onBroken(connection: Connection, why: BrokenReason): void {
    this.#channel.onBroken(connection, why);
  }

  onTimer(kind: number): void {
    if (kind === Timer.retry) this.#send();
    else this.#channel.onTimer(kind);
  }

  onResponse(response: Response): void {
    const { error, producerIdStart, producerIdLen } = response as AllocateProducerIdsResponse;
    if (error !== KafkaError.NONE) {
      this.#broker.host.timer(Timer.retry, RETRY_BACKOFF_MICROS, 0);
      return;
    }
    this.#isAwaited = false;
    this.#nextBlock = { start: producerIdStart, length: producerIdLen };
  }

  /** A block that was given out and not heard of is lost: ids need only be unique. */
  onRequestLost(): void {
    this.#broker.host.timer(Timer.retry, RETRY_BACKOFF_MICROS, 0);
  }

  #requestBlock(): void {
    if (this.#isAwaited || this.#nextBlock !== null) return;
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
