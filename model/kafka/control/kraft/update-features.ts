/** Feature levels are raised, as UpdateFeatures asks for it (KIP-584, KIP-778; FeatureControlManager.updateFeatures). */
import type { MetadataImage } from '../metadata-image.js';
import { KafkaError, type ErrorCode } from '../../protocol/errors.js';
import { Api, RESPONSE, type UpdateFeaturesRequest, type UpdateFeaturesResponse } from '../../protocol/messages.js';
import type { MetadataRecord } from '../../protocol/metadata-records.js';
import { allowsEligibleLeaderReplicas } from '../../protocol/versions/features.js';

/**
 * All of them, or none. Levels are only raised here: going back is another matter.
 * @param supported the highest metadata.version that this controller supports
 */
export function updateFeatures(
  image: MetadataImage,
  supported: number,
  request: UpdateFeaturesRequest,
  records: MetadataRecord[],
): UpdateFeaturesResponse {
  const error = refusal(image, supported, request);
  if (error === KafkaError.NONE) {
    for (const { name, level } of request.features) records.push({ kind: 'feature-level', name, level });
  }
  return { kind: Api.updateFeatures + RESPONSE, bytes: 24, correlationId: request.correlationId, error };
}

/** Every broker that is registered has to support it, be it fenced or not (QuorumFeatures.reasonNotSupported). */
function refusal(image: MetadataImage, supported: number, { features }: UpdateFeaturesRequest): ErrorCode {
  let metadataVersion = image.metadataVersion;
  for (const { name, level } of features) {
    if (name === 'metadata.version') metadataVersion = level;
  }
  const isTooHigh =
    metadataVersion > supported ||
    image.brokers.some((broker) => broker !== undefined && (broker.metadataVersion ?? Infinity) < metadataVersion);
  if (isTooHigh || metadataVersion < image.metadataVersion) return KafkaError.INVALID_UPDATE_VERSION;
  const asksForElr = features.some(({ name, level }) => name === 'eligible.leader.replicas.version' && level > 0);
  return asksForElr && !allowsEligibleLeaderReplicas(metadataVersion)
    ? KafkaError.INVALID_UPDATE_VERSION
    : KafkaError.NONE;
}
