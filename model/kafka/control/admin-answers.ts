/** What a controller of either kind answers to requests of administrators that name several topics or partitions. */
import type { ErrorCode } from '../protocol/errors.js';
import {
  Api,
  RESPONSE,
  type AlterPartitionReassignmentsRequest,
  type AlterPartitionReassignmentsResponse,
  type CreatePartitionsRequest,
  type CreatePartitionsResponse,
  type IncrementalAlterConfigsRequest,
  type IncrementalAlterConfigsResponse,
} from '../protocol/messages.js';

const HEAD_BYTES = 24;
const BYTES_EACH = 8;

/** @param topics what became of each; none if the request was refused as a whole */
export function createPartitionsResponse(
  { correlationId }: CreatePartitionsRequest,
  error: ErrorCode,
  topics: CreatePartitionsResponse['topics'],
): CreatePartitionsResponse {
  return { kind: Api.createPartitions + RESPONSE, bytes: bytesOf(topics), correlationId, error, topics };
}

/** @param topics what became of each; none if the request was refused as a whole */
export function alterConfigsResponse(
  { correlationId }: IncrementalAlterConfigsRequest,
  error: ErrorCode,
  topics: IncrementalAlterConfigsResponse['topics'],
): IncrementalAlterConfigsResponse {
  return { kind: Api.incrementalAlterConfigs + RESPONSE, bytes: bytesOf(topics), correlationId, error, topics };
}

/** @param partitions what became of each; none if the request was refused as a whole */
export function alterReassignmentsResponse(
  { correlationId }: AlterPartitionReassignmentsRequest,
  error: ErrorCode,
  partitions: AlterPartitionReassignmentsResponse['partitions'],
): AlterPartitionReassignmentsResponse {
  const kind = Api.alterPartitionReassignments + RESPONSE;
  return { kind, bytes: bytesOf(partitions), correlationId, error, partitions };
}

function bytesOf(answers: readonly unknown[]): number {
  return HEAD_BYTES + BYTES_EACH * answers.length;
}
