/**
 * A broker's requests to the active controller for one purpose: sent again, to whoever is the controller then, until one
 * answers or too long a time has passed. (NodeToControllerChannelManager, NodeToControllerRequestThread)
 *
 * A request that was lost may have been handled all the same: whoever sends it bears that it is handled twice.
 */
import { KafkaError, type ErrorCode } from '../protocol/errors.js';
import type { Request, Response } from '../protocol/messages.js';
import type { ControllerServices } from './components.js';
import { InterBrokerChannel, type ChannelUser } from './inter-broker-channel.js';

/** controller.socket.timeout.ms */
const SOCKET_TIMEOUT_MICROS = 30_000_000;
/** reconnect.backoff.max.ms of these channels. */
const RECONNECT_BACKOFF_MAX_MICROS = 50_000;

/** Errors stand at the head of a response, or with each of its partitions. */
interface MaybeFailed extends Response {
  readonly error?: ErrorCode;
  readonly partitions?: readonly { readonly error: ErrorCode }[];
}

/** Hears what became of requests: ControllerRequestCompletionHandler. */
export interface ControllerRequestUser {
  /** Of an active controller: never NOT_CONTROLLER. */
  onResponse(response: Response): void;
  onTimeout(): void;
}

export interface ControllerChannelSettings {
  readonly purpose: number;
  /** After this a request that is to be sent again has timed out; Infinity: never. */
  readonly retryTimeoutMicros: number;
  /** Kinds of the channel's two timers. */
  readonly deadlineTimer: number;
  readonly reconnectTimer: number;
}

export class ControllerChannel implements ChannelUser {
  readonly #broker: ControllerServices;
  readonly #settings: ControllerChannelSettings;
  readonly #user: ControllerRequestUser;
  readonly #channel: InterBrokerChannel;
  #request: Request | null = null;
  /** Monotonic microseconds at which it was first to be sent. */
  #since = 0;

  constructor(broker: ControllerServices, settings: ControllerChannelSettings, user: ControllerRequestUser) {
    this.#broker = broker;
    this.#settings = settings;
    this.#user = user;
    const { purpose, retryTimeoutMicros, deadlineTimer, reconnectTimer } = settings;
    this.#channel = new InterBrokerChannel(
      broker.host,
      {
        purpose,
        requestTimeoutMicros: Math.min(SOCKET_TIMEOUT_MICROS, retryTimeoutMicros),
        reconnectBackoffMaxMicros: RECONNECT_BACKOFF_MAX_MICROS,
        deadlineTimer,
        reconnectTimer,
      },
      () => broker.controllerMachine(),
      this,
    );
  }

  nextCorrelationId(): number {
    return this.#channel.nextCorrelationId();
  }

  /** Nothing else may be in flight. */
  send(request: Request): void {
    this.#request = request;
    this.#since = this.#broker.host.monotonicMicros();
    this.#channel.send(request);
  }

  /** Gives the connection up, and the request with it. */
  disconnect(): void {
    this.#request = null;
    this.#channel.disconnect();
  }

  onTimer(kind: number): void {
    // A request that waits until there is a controller times out, too (NodeToControllerRequestThread.generateRequests).
    if (kind === this.#settings.reconnectTimer && this.#request !== null && this.#isTimedOut()) {
      this.#channel.forgetRequest();
      this.#timeOut();
    } else {
      this.#channel.onTimer(kind);
    }
  }

  onResponse(response: Response): void {
    if (saysNoController(response)) {
      this.#channel.disconnect();
      this.#sendAgain();
      return;
    }
    this.#request = null;
    this.#user.onResponse(response);
  }

  onRequestLost(): void {
    this.#sendAgain();
  }

  /** The very same request: whoever made it does not hear of this. (NodeToControllerRequestThread.handleResponse) */
  #sendAgain(): void {
    if (this.#isTimedOut()) this.#timeOut();
    else this.#channel.send(this.#request!);
  }

  #isTimedOut(): boolean {
    return this.#broker.host.monotonicMicros() - this.#since >= this.#settings.retryTimeoutMicros;
  }

  #timeOut(): void {
    this.#request = null;
    this.#user.onTimeout();
  }
}

function saysNoController(response: Response): boolean {
  const { error, partitions } = response as MaybeFailed;
  if (error === KafkaError.NOT_CONTROLLER) return true;
  return partitions !== undefined && partitions.some((partition) => partition.error === KafkaError.NOT_CONTROLLER);
}
