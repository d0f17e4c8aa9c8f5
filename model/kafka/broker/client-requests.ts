/** What clients ask besides produce and fetch: metadata, offsets, producer ids. Each is answered in one step. */
import { KafkaError, type ErrorCode } from '../protocol/errors.js';
import {
  Api,
  EARLIEST_TIMESTAMP,
  LATEST_TIMESTAMP,
  RESPONSE,
  type InitProducerIdRequest,
  type InitProducerIdResponse,
  type ListOffsetsRequest,
  type ListOffsetsResponse,
  type MetadataRequest,
  type MetadataResponse,
  type OffsetForLeaderEpochRequest,
  type OffsetForLeaderEpochResponse,
} from '../protocol/messages.js';
import { NO_LEADER } from '../protocol/metadata-records.js';
import type { PartitionLog } from '../log/partition-log.js';
import { hasPartition } from '../partition-table.js';
import type { MetadataImageView } from './components.js';
import type { BrokerConfig } from './config.js';
import type { Partition } from './partition.js';
import type { ProducerIds } from './control-plane.js';
import type { ReplicaManager } from './replica-manager.js';

const RESPONSE_BYTES = 40;
const PARTITION_BYTES = 30;
const UNKNOWN = -1;

type EpochEndAnswer = Pick<OffsetForLeaderEpochResponse['partitions'][number], 'leaderEpoch' | 'endOffset'>;
const UNDEFINED: EpochEndAnswer = { leaderEpoch: UNKNOWN, endOffset: UNKNOWN };

/** From this broker's cache, as old as it may be (KRaftMetadataCache.getTopicMetadata). */
export function metadataResponse(
  request: MetadataRequest,
  image: MetadataImageView,
  config: BrokerConfig,
): MetadataResponse {
  const brokers: number[] = [];
  for (let broker = 0; broker < image.brokers.length; broker++) if (image.isAlive(broker)) brokers.push(broker);
  const partitions: MetadataResponse['partitions'][number][] = [];
  for (let number = 0; number < config.partitions.length; number++) {
    const { topic, isAddition } = config.partitions[number];
    if (request.topics !== null && !request.topics.includes(topic)) continue;
    // Of a topic that exists, what this broker has not heard of is not named at all.
    if (!hasPartition(image, number, isAddition)) continue;
    partitions.push(partitionMetadata(number, image));
  }
  return {
    kind: Api.metadata + RESPONSE,
    bytes: RESPONSE_BYTES + PARTITION_BYTES * (brokers.length + partitions.length),
    correlationId: request.correlationId,
    brokers,
    partitions,
  };
}

function partitionMetadata(partition: number, image: MetadataImageView): MetadataResponse['partitions'][number] {
  const state = image.partition(partition);
  if (state === undefined) {
    const error = KafkaError.UNKNOWN_TOPIC_OR_PARTITION;
    return { partition, error, leader: NO_LEADER, leaderEpoch: UNKNOWN, replicas: [], isr: [] };
  }
  const { leaderEpoch, replicas, isr } = state;
  const hasLeader = state.leader !== NO_LEADER && image.broker(state.leader) !== undefined;
  const error = hasLeader ? KafkaError.NONE : KafkaError.LEADER_NOT_AVAILABLE;
  return { partition, error, leader: hasLeader ? state.leader : NO_LEADER, leaderEpoch, replicas, isr };
}

/** ReplicaManager.fetchOffset, Partition.fetchOffsetForTimestamp. */
export function listOffsetsResponse(request: ListOffsetsRequest, replicas: ReplicaManager): ListOffsetsResponse {
  const partitions = request.partitions.map((asked) => {
    const partition = replicas.partition(asked.partition);
    const isClient = request.replicaId < 0;
    const error = listOffsetsError(replicas, asked, isClient, partition);
    if (error !== KafkaError.NONE || partition === undefined) {
      return { partition: asked.partition, error, offset: UNKNOWN, leaderEpoch: UNKNOWN };
    }
    const { log } = partition;
    if (asked.timestamp === EARLIEST_TIMESTAMP) {
      const leaderEpoch = log.leaderEpochs.epochAt(log.logStartOffset);
      return { partition: asked.partition, error, offset: log.logStartOffset, leaderEpoch };
    }
    const stable = request.readCommitted === true ? log.lastStableOffset : log.highWatermark;
    const offset = isClient ? stable : log.logEndOffset;
    return { partition: asked.partition, error, offset, leaderEpoch: partition.leaderEpoch };
  });
  return {
    kind: Api.listOffsets + RESPONSE,
    bytes: RESPONSE_BYTES + PARTITION_BYTES * partitions.length,
    correlationId: request.correlationId,
    partitions,
  };
}

function listOffsetsError(
  replicas: ReplicaManager,
  asked: ListOffsetsRequest['partitions'][number],
  isClient: boolean,
  partition: Partition | undefined,
): ErrorCode {
  const error = leaderError(replicas, asked, partition);
  if (error !== KafkaError.NONE || partition === undefined) return error;
  if (asked.timestamp === EARLIEST_TIMESTAMP) return KafkaError.NONE;
  if (asked.timestamp !== LATEST_TIMESTAMP) return KafkaError.INVALID_REQUEST;
  // A new leader's high watermark may still lie below what clients have seen (KIP-207).
  const lags = partition.log.highWatermark < partition.leaderEpochStartOffset;
  return isClient && lags && replicas.rules.offsetNotAvailable ? KafkaError.OFFSET_NOT_AVAILABLE : KafkaError.NONE;
}

/** ReplicaManager.lastOffsetForLeaderEpoch: from the leader alone. */
export function offsetForLeaderEpochResponse(
  request: OffsetForLeaderEpochRequest,
  replicas: ReplicaManager,
): OffsetForLeaderEpochResponse {
  const namesEpoch = request.namesEpoch && replicas.rules.namesEpochEnds;
  const partitions = request.partitions.map((asked) => {
    const partition = replicas.partition(asked.partition);
    const error = leaderError(replicas, asked, partition);
    const { leaderEpoch, endOffset } =
      error === KafkaError.NONE ? epochEnd(partition!.log, asked.leaderEpoch, namesEpoch) : UNDEFINED;
    return { partition: asked.partition, error, leaderEpoch, endOffset };
  });
  return {
    kind: Api.offsetForLeaderEpoch + RESPONSE,
    bytes: RESPONSE_BYTES + PARTITION_BYTES * partitions.length,
    correlationId: request.correlationId,
    partitions,
  };
}

/** KIP-101 told the offset alone (version 0), and nothing of epochs below the first of this log (up to 1.1). */
function epochEnd(log: PartitionLog, epoch: number, namesEpoch: boolean): EpochEndAnswer {
  const end = log.endOffsetForEpoch(epoch);
  if (end === undefined) return UNDEFINED;
  if (namesEpoch) return { leaderEpoch: end.epoch, endOffset: end.endOffset };
  const isBelowAll = epoch < log.leaderEpochs.entries[0].epoch;
  return isBelowAll ? UNDEFINED : { leaderEpoch: UNKNOWN, endOffset: end.endOffset };
}

/** The sender's leader epoch before leadership (Partition.localLogOrError). */
function leaderError(
  replicas: ReplicaManager,
  asked: { readonly partition: number; readonly currentLeaderEpoch: number },
  partition: Partition | undefined,
): ErrorCode {
  if (partition === undefined) return replicas.absenceError(asked.partition);
  if (replicas.rules.checksLeaderEpochs) {
    const epochError = partition.checkLeaderEpoch(asked.currentLeaderEpoch);
    if (epochError !== KafkaError.NONE) return epochError;
  }
  return partition.isLeader ? KafkaError.NONE : KafkaError.NOT_LEADER_OR_FOLLOWER;
}

/** TransactionCoordinator.handleInitProducerId without a transactional id: a new id, epoch 0. */
export function initProducerIdResponse(
  request: InitProducerIdRequest,
  producerIds: ProducerIds,
): InitProducerIdResponse {
  const producerId = producerIds.next();
  const error = producerId < 0 ? KafkaError.COORDINATOR_LOAD_IN_PROGRESS : KafkaError.NONE;
  return {
    kind: Api.initProducerId + RESPONSE,
    bytes: RESPONSE_BYTES,
    correlationId: request.correlationId,
    error,
    producerId,
    producerEpoch: producerId < 0 ? -1 : 0,
  };
}
