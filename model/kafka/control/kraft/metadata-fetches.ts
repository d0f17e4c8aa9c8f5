/**
 * Brokers read the committed log by fetching it. A fetch at its end waits for the high watermark to move, or for its
 * own patience to end. (KafkaRaftClient.handleFetchRequest, for observers)
 */
import type { Connection } from '../../../kernel/network.js';
import type { Host, TimerId } from '../../../kernel/process.js';
import { KafkaError, type ErrorCode } from '../../protocol/errors.js';
import { Api, RESPONSE, type FetchMetadataRequest, type FetchMetadataResponse } from '../../protocol/messages.js';
import type { MetadataRecord } from '../../protocol/metadata-records.js';
import type { MetadataLog } from './metadata-log.js';

const RESPONSE_OVERHEAD_BYTES = 60;
const RECORD_BYTES = 60;
const NO_RECORDS: readonly MetadataRecord[] = [];

interface ParkedFetch {
  readonly connection: Connection;
  readonly request: FetchMetadataRequest;
  timer: TimerId;
}

export class MetadataFetches {
  private readonly host: Host;
  private readonly log: MetadataLog;
  /** Kind of the timer that ends a fetch's wait; its payload is the fetch. */
  private readonly expired: number;
  private parked: ParkedFetch[] = [];

  constructor(host: Host, log: MetadataLog, expired: number) {
    this.host = host;
    this.log = log;
    this.expired = expired;
  }

  handle(connection: Connection, request: FetchMetadataRequest): void {
    if (request.fetchOffset < this.log.highWatermark) {
      this.answer(connection, request);
      return;
    }
    const fetch: ParkedFetch = { connection, request, timer: 0 };
    fetch.timer = this.host.timer(this.expired, request.maxWaitMs * 1000, 0, fetch);
    this.parked.push(fetch);
  }

  refuse(connection: Connection, request: FetchMetadataRequest, error: ErrorCode): void {
    connection.send(response(request, error, NO_RECORDS, 0));
    connection.resumeReading();
  }

  onHighWatermark(): void {
    const parked = this.parked;
    this.parked = [];
    for (const fetch of parked) {
      this.host.cancel(fetch.timer);
      this.answer(fetch.connection, fetch.request);
    }
  }

  onExpired(fetch: unknown): void {
    const expired = fetch as ParkedFetch;
    this.parked = this.parked.filter((parked) => parked !== expired);
    this.answer(expired.connection, expired.request);
  }

  onBroken(connection: Connection): void {
    const fetch = this.parked.find((parked) => parked.connection === connection);
    if (fetch === undefined) return;
    this.host.cancel(fetch.timer);
    this.parked = this.parked.filter((parked) => parked !== fetch);
  }

  private answer(connection: Connection, request: FetchMetadataRequest): void {
    const highWatermark = this.log.highWatermark;
    const records = request.fetchOffset < highWatermark ? this.log.committedFrom(request.fetchOffset) : NO_RECORDS;
    connection.send(response(request, KafkaError.NONE, records, highWatermark));
    connection.resumeReading();
  }
}

function response(
  request: FetchMetadataRequest,
  error: ErrorCode,
  records: readonly MetadataRecord[],
  highWatermark: number,
): FetchMetadataResponse {
  return {
    kind: Api.fetchMetadata + RESPONSE,
    bytes: RESPONSE_OVERHEAD_BYTES + RECORD_BYTES * records.length,
    correlationId: request.correlationId,
    error,
    baseOffset: request.fetchOffset,
    records,
    highWatermark,
  };
}
