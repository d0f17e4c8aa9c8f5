/**
 * Reads the controller's committed log, from its beginning, and hands it to the broker in order.
 * (KafkaRaftClient as an observer)
 *
 * A restarted broker begins at offset 0 again. Kafka's has a copy of the log on its disk, but may not apply any of it
 * before the first answer tells the high watermark: what it can know, and when, is the same.
 */
import type { Connection } from '../../kernel/network.js';
import type { BrokenReason, Message } from '../../kernel/process.js';
import { KafkaError } from '../protocol/errors.js';
import {
  Api,
  Purpose,
  type FetchMetadataRequest,
  type FetchMetadataResponse,
  type Response,
} from '../protocol/messages.js';
import { TimerRange, type BrokerServices, type MetadataFetching } from './components.js';
import { ControllerChannel, type ChannelUser } from './controller-channel.js';

const Timer = {
  fetch: TimerRange.metadataFetcher + 0,
  channelDeadline: TimerRange.metadataFetcher + 1,
  channelReconnect: TimerRange.metadataFetcher + 2,
} as const;

/** KafkaRaftClient.MAX_FETCH_WAIT_MS */
const MAX_FETCH_WAIT_MS = 500;
/** controller.quorum.request.timeout.ms, controller.quorum.retry.backoff.ms: Kafka's defaults. */
const REQUEST_TIMEOUT_MICROS = 2_000_000;
const RETRY_BACKOFF_MICROS = 20_000;
/** reconnect.backoff.max.ms of the Raft channel. */
const RECONNECT_BACKOFF_MAX_MICROS = 500_000;
const FETCH_BYTES = 80;

export class MetadataFetcher implements MetadataFetching, ChannelUser {
  private readonly broker: BrokerServices;
  private readonly channel: ControllerChannel;
  private nextOffset = 0;

  constructor(broker: BrokerServices) {
    this.broker = broker;
    this.channel = new ControllerChannel(
      broker.host,
      {
        purpose: Purpose.metadataFetch,
        requestTimeoutMicros: REQUEST_TIMEOUT_MICROS,
        reconnectBackoffMaxMicros: RECONNECT_BACKOFF_MAX_MICROS,
        deadlineTimer: Timer.channelDeadline,
        reconnectTimer: Timer.channelReconnect,
      },
      () => broker.controllerMachine(),
      this,
    );
  }

  start(): void {
    this.fetch();
  }

  onConnected(connection: Connection): void {
    this.channel.onConnected(connection);
  }

  onMessage(connection: Connection, message: Message): void {
    this.channel.onMessage(connection, message);
  }

  onBroken(connection: Connection, why: BrokenReason): void {
    this.channel.onBroken(connection, why);
  }

  onTimer(kind: number): void {
    if (kind === Timer.fetch) this.fetch();
    else this.channel.onTimer(kind);
  }

  onResponse(response: Response): void {
    const fetched = response as FetchMetadataResponse;
    if (fetched.error !== KafkaError.NONE || fetched.baseOffset !== this.nextOffset) {
      this.fetchLater();
      return;
    }
    this.nextOffset += fetched.records.length;
    this.broker.onMetadata(fetched.records, fetched.baseOffset, fetched.highWatermark);
    this.fetch();
  }

  onRequestLost(): void {
    this.fetchLater();
  }

  private fetch(): void {
    const request: FetchMetadataRequest = {
      kind: Api.fetchMetadata,
      bytes: FETCH_BYTES,
      correlationId: this.channel.nextCorrelationId(),
      fetchOffset: this.nextOffset,
      maxWaitMs: MAX_FETCH_WAIT_MS,
    };
    this.channel.send(request);
  }

  private fetchLater(): void {
    this.broker.host.timer(Timer.fetch, RETRY_BACKOFF_MICROS, 0);
  }
}
