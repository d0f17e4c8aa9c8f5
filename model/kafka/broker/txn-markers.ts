/** Markers that a transaction coordinator sends to the leaders of its partitions: KafkaApis.handleWriteTxnMarkersRequest. */
import { KafkaError, type ErrorCode } from '../protocol/errors.js';
import { Api, RESPONSE } from '../protocol/messages.js';
import { markerBatch } from '../protocol/records.js';
import type { WriteTxnMarkersRequest, WriteTxnMarkersResponse } from '../protocol/transaction-messages.js';
import { InternalAppend, type AppendListener, type AppendTimers } from './internal-append.js';
import type { ReplicaManager } from './replica-manager.js';
import type { RequestChannel } from './request-channel.js';

/** config.requestTimeoutMs of the broker: how long an append may wait for its replicas. */
const APPEND_TIMEOUT_MS = 30_000;
const RESPONSE_BYTES = 40;
const PARTITION_BYTES = 6;

/** Offsets that were committed in transactions, and wait for a marker in their partition of __consumer_offsets. */
export interface TransactionalOffsets {
  isPartition(number: number): boolean;
  /** The marker is replicated. @param done the leader may say so */
  complete(producerId: number, partition: number, committed: boolean, done: () => void): void;
}

/** Which of the request's markers, in which of its partitions. */
interface Place {
  readonly marker: number;
  readonly index: number;
}

/** Answered when every partition has its marker on enough replicas, or has refused it. */
export class MarkerWrites implements AppendListener {
  readonly #channel: RequestChannel;
  readonly #request: WriteTxnMarkersRequest;
  /** By marker, then by partition. */
  readonly #errors: ErrorCode[][];
  #offsets: TransactionalOffsets | null = null;
  #open = 0;

  constructor(channel: RequestChannel, request: WriteTxnMarkersRequest) {
    this.#channel = channel;
    this.#request = request;
    this.#errors = request.markers.map(({ partitions }) => partitions.map(() => 0));
    for (const { partitions } of request.markers) this.#open += partitions.length;
  }

  /** @param offsets what a marker means to the group coordinator; null: the cluster has no groups */
  begin(replicas: ReplicaManager, timers: AppendTimers, offsets: TransactionalOffsets | null): void {
    this.#offsets = offsets;
    const timestamp = Math.trunc(replicas.host.wallMicros() / 1000);
    this.#request.markers.forEach(({ producerId, producerEpoch, coordinatorEpoch, committed, partitions }, marker) => {
      partitions.forEach((partition, index) => {
        const place: Place = { marker, index };
        const append = new InternalAppend(replicas, timers, partition, APPEND_TIMEOUT_MS, this, place);
        append.begin(markerBatch(producerId, producerEpoch, { committed, coordinatorEpoch }, timestamp));
      });
    });
  }

  onAppended({ context, error, partition }: InternalAppend): void {
    const { marker, index } = context as Place;
    this.#errors[marker][index] = error;
    const { producerId, committed } = this.#request.markers[marker];
    const offsets = this.#offsets?.isPartition(partition) === true ? this.#offsets : null;
    if (offsets === null || error !== KafkaError.NONE) this.#settled();
    else offsets.complete(producerId, partition, committed, () => this.#settled());
  }

  #settled(): void {
    this.#open--;
    if (this.#open === 0) this.#channel.respond(this.#response());
  }

  #response(): WriteTxnMarkersResponse {
    const { markers, correlationId } = this.#request;
    const count = this.#errors.reduce((sum, errors) => sum + errors.length, 0);
    return {
      kind: Api.writeTxnMarkers + RESPONSE,
      bytes: RESPONSE_BYTES + PARTITION_BYTES * count,
      correlationId,
      markers: markers.map(({ producerId, partitions }, marker) => ({
        producerId,
        partitions: partitions.map((partition, index) => ({ partition, error: this.#errors[marker][index] })),
      })),
    };
  }
}
