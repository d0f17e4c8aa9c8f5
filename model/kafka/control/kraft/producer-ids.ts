/** Blocks of producer ids for brokers to hand out (KIP-730). A broker that crashes wastes the rest of its block. (ProducerIdControlManager) */
import type { MetadataImage } from '../metadata-image.js';
import { KafkaError } from '../../protocol/errors.js';
import {
  Api,
  RESPONSE,
  type AllocateProducerIdsRequest,
  type AllocateProducerIdsResponse,
} from '../../protocol/messages.js';
import type { MetadataRecord } from '../../protocol/metadata-records.js';

/** Ids in a block. (ProducerIdsBlock.PRODUCER_ID_BLOCK_SIZE) */
export const PRODUCER_ID_BLOCK_SIZE = 1000;

export function allocateProducerIds(
  image: MetadataImage,
  request: AllocateProducerIdsRequest,
  records: MetadataRecord[],
): AllocateProducerIdsResponse {
  const isStale = image.broker(request.brokerId)?.brokerEpoch !== request.brokerEpoch;
  const producerIdStart = image.nextProducerId;
  if (!isStale) {
    records.push({
      kind: 'producer-ids',
      brokerId: request.brokerId,
      brokerEpoch: request.brokerEpoch,
      nextProducerId: producerIdStart + PRODUCER_ID_BLOCK_SIZE,
    });
  }
  return {
    kind: Api.allocateProducerIds + RESPONSE,
    bytes: 30,
    correlationId: request.correlationId,
    error: isStale ? KafkaError.STALE_BROKER_EPOCH : KafkaError.NONE,
    producerIdStart: isStale ? -1 : producerIdStart,
    producerIdLen: isStale ? 0 : PRODUCER_ID_BLOCK_SIZE,
  };
}
