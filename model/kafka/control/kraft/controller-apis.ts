/** What an active controller makes of requests: records, and the answer to be given once they are committed. (ControllerApis) */
import type { Host } from '../../../kernel/process.js';
import type { TopicSettings } from '../../cluster-spec.js';
import { numberPartitions } from '../../partition-table.js';
import { Probe } from '../../probes.js';
import { KafkaError, type ErrorCode } from '../../protocol/errors.js';
import {
  Api,
  RESPONSE,
  type AllocateProducerIdsRequest,
  type AlterPartitionReassignmentsRequest,
  type AlterPartitionRequest,
  type AlterPartitionResponse,
  type AssignReplicasToDirsRequest,
  type BrokerHeartbeatRequest,
  type BrokerRegistrationRequest,
  type BrokerRegistrationResponse,
  type CreatePartitionsRequest,
  type ElectLeadersRequest,
  type IncrementalAlterConfigsRequest,
  type Request,
  type Response,
  type UpdateFeaturesRequest,
} from '../../protocol/messages.js';
import type { MetadataRecord } from '../../protocol/metadata-records.js';
import type { MetadataImage } from '../metadata-image.js';
import { inForce } from '../../protocol/versions/features.js';
import { alterConfigs } from './alter-configs.js';
import { alterPartition } from './alter-partition.js';
import type { ClusterControl } from './cluster-control.js';
import type { ControllerConfig } from './controller-config.js';
import { createPartitions } from './create-partitions.js';
import { allocateProducerIds } from './producer-ids.js';
import { alterPartitionReassignments } from './reassignment.js';
import type { ReplicationControl } from './replication-control.js';
import { updateFeatures } from './update-features.js';

/** Of a controller in a cluster of one release: nobody upgrades it. */
const NO_METADATA_VERSION = -1;

export class ControllerApis {
  readonly #host: Host;
  readonly #config: ControllerConfig;
  readonly #image: MetadataImage;
  readonly #cluster: ClusterControl;
  readonly #replication: ReplicationControl;
  /** By topic: the numbers of all partitions that it will ever have. */
  readonly #partitionsOf: readonly (readonly number[])[];
  /** By topic: the settings that it is created with. */
  readonly #created: readonly TopicSettings[];

  constructor(
    host: Host,
    config: ControllerConfig,
    image: MetadataImage,
    cluster: ClusterControl,
    replication: ReplicationControl,
  ) {
    this.#host = host;
    this.#config = config;
    this.#image = image;
    this.#cluster = cluster;
    this.#replication = replication;
    this.#partitionsOf = numberPartitions(config.topics).partitionsOf;
    this.#created = config.topics.map(({ settings }) => settings);
  }

  /**
   * @param nextOffset of the next record: a broker's epoch is the offset of its registration
   * @param records get what is decided
   */
  decide(request: Request, nextOffset: number, records: MetadataRecord[]): Response {
    const now = this.#host.monotonicMicros();
    switch (request.kind) {
      case Api.brokerRegistration:
        return this.#register(request as BrokerRegistrationRequest, nextOffset, now, records);
      case Api.brokerHeartbeat:
        return this.#cluster.heartbeat(request as BrokerHeartbeatRequest, nextOffset, now, records);
      case Api.alterPartition: {
        const asked = request as AlterPartitionRequest;
        const response = alterPartition(this.#image, this.#config.rules, this.#replication, asked, records);
        this.#announceRefusals(asked, response);
        return response;
      }
      case Api.assignReplicasToDirs:
        return this.#replication.assignReplicasToDirs(request as AssignReplicasToDirsRequest, records);
      case Api.allocateProducerIds:
        return allocateProducerIds(this.#image, request as AllocateProducerIdsRequest, records);
      case Api.alterPartitionReassignments: {
        const asked = request as AlterPartitionReassignmentsRequest;
        return alterPartitionReassignments(this.#image, this.#replication, asked, records);
      }
      case Api.createPartitions: {
        const asked = request as CreatePartitionsRequest;
        return createPartitions(this.#image, this.#partitionsOf, asked, this.#host.dice('added-placement'), records);
      }
      case Api.incrementalAlterConfigs: {
        const asked = request as IncrementalAlterConfigsRequest;
        const clearsEligible = inForce('eligibleLeaderReplicas', this.#image, this.#config.rules);
        return alterConfigs(this.#image, this.#created, clearsEligible, asked, records);
      }
      case Api.updateFeatures: {
        const supported = this.#config.metadataVersion ?? NO_METADATA_VERSION;
        return updateFeatures(this.#image, supported, request as UpdateFeaturesRequest, records);
      }
      case Api.electLeaders:
        return this.#replication.electLeaders(request as ElectLeadersRequest, records);
      default:
        throw new Error(`a controller does not serve requests of kind ${request.kind}`);
    }
  }

  #register(
    asked: BrokerRegistrationRequest,
    nextOffset: number,
    now: number,
    records: MetadataRecord[],
  ): BrokerRegistrationResponse {
    const response = this.#cluster.register(asked, nextOffset, now, records);
    if (response.error !== KafkaError.NONE) {
      this.#host.probes.emit(Probe.registrationRefused, this.#host.id, -1, asked.brokerId, response.error);
    }
    return response;
  }

  #announceRefusals(request: AlterPartitionRequest, response: AlterPartitionResponse): void {
    const { probes, id } = this.#host;
    for (let i = 0; i < request.partitions.length; i++) {
      const asked = request.partitions[i];
      const error = response.error !== KafkaError.NONE ? response.error : response.partitions[i].error;
      if (error === KafkaError.NONE) continue;
      probes.emit(Probe.alterPartitionRefused, id, asked.partition, request.brokerId, error, asked.partitionEpoch);
    }
  }
}

/** What answers hold besides the error when they say nothing but that. By request kind. */
const EMPTY_ANSWERS: ReadonlyMap<number, object> = new Map<number, object>([
  [Api.brokerRegistration, { brokerEpoch: -1 }],
  [Api.brokerHeartbeat, { isCaughtUp: false, isFenced: true, shouldShutDown: false }],
  [Api.alterPartition, { partitions: [] }],
  [Api.allocateProducerIds, { producerIdStart: -1, producerIdLen: 0 }],
  [Api.assignReplicasToDirs, { partitions: [] }],
  [Api.electLeaders, { partitions: [] }],
  [Api.alterPartitionReassignments, { partitions: [] }],
  [Api.createPartitions, { topics: [] }],
  [Api.incrementalAlterConfigs, { topics: [] }],
]);

/** An answer that says nothing but the error. */
export function refusal(request: Request, error: ErrorCode): Response {
  const head = { kind: request.kind + RESPONSE, bytes: 30, correlationId: request.correlationId, error };
  return { ...head, ...EMPTY_ANSWERS.get(request.kind) };
}
