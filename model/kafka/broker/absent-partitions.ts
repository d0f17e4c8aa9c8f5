/**
 * Partitions that a request names and this broker's metadata does not have: the broker answers for them itself, whoever
 * coordinates (KafkaApis.handleOffsetCommitRequest, handleTxnOffsetCommitRequest, handleAddPartitionsToTxnRequest).
 */
import type { CheckedCommit } from '../coordinator/group/answers.js';
import { KafkaError, type ErrorCode } from '../protocol/errors.js';
import { Api, RESPONSE, type Request } from '../protocol/messages.js';
import type { AddPartitionsToTxnRequest } from '../protocol/transaction-messages.js';
import type { MetadataImageView } from './components.js';
import type { RequestChannel } from './request-channel.js';

const RESPONSE_BYTES = 60;
const PARTITION_BYTES = 16;

/** The request as a coordinator is to see it; null: there is nothing left to ask, and it is answered. */
export function withoutAbsentPartitions(
  channel: RequestChannel,
  request: Request,
  image: MetadataImageView,
): Request | null {
  switch (request.kind) {
    case Api.offsetCommit:
    case Api.txnOffsetCommit:
      return checkedCommit(channel, request as CheckedCommit, image);
    case Api.addPartitionsToTxn:
      return checkedAddition(channel, request as AddPartitionsToTxnRequest, image);
    default:
      return request;
  }
}

/** The other offsets are committed all the same. */
function checkedCommit(channel: RequestChannel, request: CheckedCommit, image: MetadataImageView): Request | null {
  const isKnown = ({ partition }: { readonly partition: number }) => image.partition(partition) !== undefined;
  if (request.offsets.every(isKnown)) return request;
  const offsets = request.offsets.filter(isKnown);
  const absent = request.offsets.filter((one) => !isKnown(one)).map(({ partition }) => partition);
  if (offsets.length > 0) return { ...request, offsets, absent } as CheckedCommit;
  answer(channel, request, absent, () => KafkaError.UNKNOWN_TOPIC_OR_PARTITION);
  return null;
}

/** Then no other is added either. */
function checkedAddition(
  channel: RequestChannel,
  request: AddPartitionsToTxnRequest,
  image: MetadataImageView,
): Request | null {
  const { partitions } = request;
  const isAbsent = (partition: number) => image.partition(partition) === undefined;
  if (!partitions.some(isAbsent)) return request;
  answer(channel, request, partitions, (partition) =>
    isAbsent(partition) ? KafkaError.UNKNOWN_TOPIC_OR_PARTITION : KafkaError.OPERATION_NOT_ATTEMPTED,
  );
  return null;
}

function answer(
  channel: RequestChannel,
  { kind, correlationId }: Request,
  partitions: readonly number[],
  errorOf: (partition: number) => ErrorCode,
): void {
  channel.respond({
    kind: kind + RESPONSE,
    bytes: RESPONSE_BYTES + PARTITION_BYTES * partitions.length,
    correlationId,
    partitions: partitions.map((partition) => ({ partition, error: errorOf(partition) })),
  } as Request);
}
