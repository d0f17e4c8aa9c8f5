/** AlterPartition (KIP-497): a leader asks the controller for another ISR; compare-and-set on the partition epoch. */
import { mergeChange, type MetadataImage, type PartitionRegistration } from '../metadata-image.js';
import { KafkaError, type ErrorCode } from '../../protocol/errors.js';
import { Api, RESPONSE, type AlterPartitionRequest, type AlterPartitionResponse } from '../../protocol/messages.js';
import type { MetadataRecord } from '../../protocol/metadata-records.js';
import { inForce } from '../../protocol/versions/features.js';
import type { Rules } from '../../protocol/versions/rules.js';
import {
  buildPartitionChange,
  LeaderAcceptor,
  NO_BROKER,
  RECOVERED,
  RECOVERING,
  unchanged,
  type Election,
  type LeaderPolicy,
} from './partition-change.js';

export type RequestedIsr = AlterPartitionRequest['partitions'][number];
type PartitionResult = AlterPartitionResponse['partitions'][number];

/** What alterPartition needs besides the image. */
export interface ElectionRules {
  /** unclean if the topic allows it, else online. */
  electionOf(partition: PartitionRegistration): Election;
  policyOf(partition: PartitionRegistration): LeaderPolicy;
}

/**
 * Decides a request: appends the records to be written to `records` and returns the answer to give once they are
 * committed. (ReplicationControlManager.alterPartition)
 */
export function alterPartition(
  image: MetadataImage,
  rules: Rules,
  elections: ElectionRules,
  request: AlterPartitionRequest,
  records: MetadataRecord[],
): AlterPartitionResponse {
  if (image.broker(request.brokerId)?.brokerEpoch !== request.brokerEpoch) {
    return answer(request, KafkaError.STALE_BROKER_EPOCH, []);
  }
  const results: PartitionResult[] = [];
  for (const requested of request.partitions) {
    const error = validateAlterPartition(image, rules, request.brokerId, requested);
    if (error !== KafkaError.NONE) {
      results.push(refusal(requested.partition, error));
      continue;
    }
    let partition = image.partition(requested.partition)!;
    const change = buildPartitionChange(
      partition,
      {
        ...unchanged(partition, elections.electionOf(partition)),
        isr: requested.newIsr.map((member) => member.brokerId),
        leaderRecoveryState: requested.leaderRecoveryState,
      },
      elections.policyOf(partition),
      new LeaderAcceptor(image, NO_BROKER, NO_BROKER),
    );
    if (change !== null) {
      records.push(change);
      partition = mergeChange(partition, change);
    }
    results.push(
      partition.leader === request.brokerId
        ? accepted(partition)
        : refusal(requested.partition, KafkaError.NEW_LEADER_ELECTED),
    );
  }
  return answer(request, KafkaError.NONE, results);
}

/** In exactly this order. (ReplicationControlManager.validateAlterPartitionData) */
export function validateAlterPartition(
  image: MetadataImage,
  rules: Rules,
  sender: number,
  requested: RequestedIsr,
): ErrorCode {
  const partition = image.partition(requested.partition);
  if (partition === undefined) return KafkaError.UNKNOWN_TOPIC_OR_PARTITION;
  // The leader knows more than this controller: then this is no longer the active one.
  if (requested.leaderEpoch > partition.leaderEpoch || requested.partitionEpoch > partition.partitionEpoch) {
    return KafkaError.NOT_CONTROLLER;
  }
  if (requested.leaderEpoch < partition.leaderEpoch) return KafkaError.FENCED_LEADER_EPOCH;
  if (sender !== partition.leader) return KafkaError.INVALID_REQUEST;
  if (requested.partitionEpoch < partition.partitionEpoch) return KafkaError.INVALID_UPDATE_VERSION;
  if (!isValidIsr(partition, requested)) return KafkaError.INVALID_REQUEST;
  if (requested.leaderRecoveryState === RECOVERING) {
    if (requested.newIsr.length > 1) return KafkaError.INVALID_REQUEST;
    if (partition.leaderRecoveryState === RECOVERED) return KafkaError.INVALID_REQUEST;
  }
  return hasIneligibleReplica(image, rules, requested) ? KafkaError.INELIGIBLE_REPLICA : KafkaError.NONE;
}

/** A set of the partition's replicas with its leader among them. */
function isValidIsr(partition: PartitionRegistration, requested: RequestedIsr): boolean {
  let hasLeader = false;
  for (let i = 0; i < requested.newIsr.length; i++) {
    const member = requested.newIsr[i].brokerId;
    if (!partition.replicas.includes(member)) return false;
    if (member === partition.leader) hasLeader = true;
    for (let j = 0; j < i; j++) {
      if (requested.newIsr[j].brokerId === member) return false;
    }
  }
  return hasLeader;
}

/** KIP-841: no fenced or stopping broker enters an ISR. KIP-903: nor one that was restarted since the leader asked. */
function hasIneligibleReplica(image: MetadataImage, rules: Rules, requested: RequestedIsr): boolean {
  const checksEpochs = inForce('brokerEpochInIsr', image, rules);
  for (const member of requested.newIsr) {
    const registration = image.broker(member.brokerId);
    if (registration === undefined) return true;
    if (rules.fencedNotInIsr && (registration.fenced || registration.inControlledShutdown)) return true;
    if (checksEpochs && member.brokerEpoch !== -1 && member.brokerEpoch !== registration.brokerEpoch) return true;
  }
  return false;
}

function accepted(partition: PartitionRegistration): PartitionResult {
  return {
    partition: partition.partition,
    error: KafkaError.NONE,
    leaderId: partition.leader,
    leaderEpoch: partition.leaderEpoch,
    isr: partition.isr,
    leaderRecoveryState: partition.leaderRecoveryState,
    partitionEpoch: partition.partitionEpoch,
  };
}

function refusal(partition: number, error: ErrorCode): PartitionResult {
  return {
    partition,
    error,
    leaderId: -1,
    leaderEpoch: -1,
    isr: [],
    leaderRecoveryState: RECOVERED,
    partitionEpoch: -1,
  };
}

function answer(
  request: AlterPartitionRequest,
  error: ErrorCode,
  partitions: readonly PartitionResult[],
): AlterPartitionResponse {
  return {
    kind: Api.alterPartition + RESPONSE,
    bytes: 40 + 40 * partitions.length,
    correlationId: request.correlationId,
    error,
    partitions,
  };
}
