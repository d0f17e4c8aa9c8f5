/** What handler threads do with a request that they take from the queue: KafkaApis.handle. */
import {
  Api,
  type DeleteRecordsRequest,
  type FetchRequest,
  type ListOffsetsRequest,
  type MetadataRequest,
  type OffsetForLeaderEpochRequest,
  type ProduceRequest,
} from '../protocol/messages.js';
import {
  initProducerIdResponse,
  listOffsetsResponse,
  metadataResponse,
  offsetForLeaderEpochResponse,
} from './client-requests.js';
import type { ControlPlane } from './control-plane.js';
import type { Coordinators } from './coordinators.js';
import { DelayedDeleteRecords } from './delete-records.js';
import { FetchHandler } from './fetch.js';
import { ProduceHandler } from './produce.js';
import type { ReplicaManager } from './replica-manager.js';
import type { RequestChannel } from './request-channel.js';

export class RequestHandler {
  readonly produce: ProduceHandler;
  readonly fetch: FetchHandler;
  readonly #replicas: ReplicaManager;
  readonly #control: ControlPlane;
  /** null: the cluster has none. */
  readonly #coordinators: Coordinators | null;

  constructor(replicas: ReplicaManager, control: ControlPlane, coordinators: Coordinators | null) {
    this.produce = new ProduceHandler(replicas);
    this.fetch = new FetchHandler(replicas);
    this.#replicas = replicas;
    this.#control = control;
    this.#coordinators = coordinators;
  }

  handle(channel: RequestChannel): void {
    const { request } = channel;
    // The broker has closed the connection meanwhile.
    if (request === null || this.#coordinators?.handle(channel, request) === true) return;
    switch (request.kind) {
      case Api.produce:
        this.produce.handle(channel, request as ProduceRequest);
        return;
      case Api.fetch:
        this.fetch.handle(channel, request as FetchRequest);
        return;
      case Api.metadata:
        channel.respond(metadataResponse(request as MetadataRequest, this.#control.cache, this.#replicas.config));
        return;
      case Api.listOffsets:
        channel.respond(listOffsetsResponse(request as ListOffsetsRequest, this.#replicas));
        return;
      case Api.deleteRecords: {
        const operation = new DelayedDeleteRecords(this.#replicas, channel, request as DeleteRecordsRequest);
        this.#replicas.delayedDeleteRecords.completeOrWatch(operation);
        return;
      }
      case Api.offsetForLeaderEpoch:
        channel.respond(offsetForLeaderEpochResponse(request as OffsetForLeaderEpochRequest, this.#replicas));
        return;
      case Api.initProducerId:
        channel.respond(initProducerIdResponse(request, this.#control.producerIds));
        return;
      default:
        // A request that no broker serves (UnsupportedVersion, InvalidRequest): the connection is closed.
        if (!this.#control.handle(channel)) channel.close();
    }
  }
}
