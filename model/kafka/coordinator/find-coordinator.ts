/** Who coordinates for a key: any broker knows it, as well as its metadata does (KafkaApis.handleFindCoordinatorRequest). */
import type { MetadataImageView } from '../broker/components.js';
import { KafkaError } from '../protocol/errors.js';
import { RESPONSE, type FindCoordinatorRequest, type FindCoordinatorResponse } from '../protocol/messages.js';
import type { StateTopic } from './state-topic.js';

const RESPONSE_BYTES = 40;
const NOBODY = -1;

/** @param topic of this kind of coordinator; null: the cluster has none */
export function findCoordinatorResponse(
  request: FindCoordinatorRequest,
  topic: StateTopic | null,
  image: MetadataImageView,
): FindCoordinatorResponse {
  const { kind, correlationId, key } = request;
  const number = topic?.partitionOf(key);
  const leader = number === undefined ? NOBODY : (image.partition(number)?.leader ?? NOBODY);
  const error = leader < 0 ? KafkaError.COORDINATOR_NOT_AVAILABLE : KafkaError.NONE;
  return { kind: kind + RESPONSE, bytes: RESPONSE_BYTES, correlationId, error, nodeId: leader };
}
