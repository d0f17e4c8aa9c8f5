/**
 * Settings of topics that are in use, as IncrementalAlterConfigs asks for them (ConfigurationControlManager). They are in force
 * for the controller as soon as it has decided; brokers hear of them with the metadata.
 *
 * Where min.insync.replicas becomes another, nobody stays eligible to lead that is not in the ISR: what is known of them was
 * found out by the old one (KIP-966, 4.0; ConfigurationControlManager.createClearElrRecordsAsNeeded). A partition that
 * nobody leads, and whose ISR is empty, is left without anyone that may lead it.
 */
import { alterConfigsResponse } from '../admin-answers.js';
import type { MetadataImage } from '../metadata-image.js';
import type { TopicSettings } from '../../cluster-spec.js';
import { KafkaError, type ErrorCode } from '../../protocol/errors.js';
import type { IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse } from '../../protocol/messages.js';
import type { MetadataRecord } from '../../protocol/metadata-records.js';
import { changesTo, isValid, withAltered, type TopicConfiguration } from '../../topic-configuration.js';

/**
 * @param created by topic: the settings that it was created with
 * @param clearsEligible eligible leader replicas are in force
 */
export function alterConfigs(
  image: MetadataImage,
  created: readonly TopicSettings[],
  clearsEligible: boolean,
  request: IncrementalAlterConfigsRequest,
  records: MetadataRecord[],
): IncrementalAlterConfigsResponse {
  const decided: MetadataRecord[] = [];
  const topics = request.resources.map(({ topic, configs }) => {
    return { topic, error: alterTopic(image, created, topic, configs, decided) };
  });
  records.push(...decided);
  for (const record of clearsEligible ? decided : []) {
    const isOfMinIsr = record.kind === 'config' && record.altered['min.insync.replicas'] !== undefined;
    if (isOfMinIsr) records.push({ kind: 'clear-elr', topic: record.topic });
  }
  return alterConfigsResponse(request, KafkaError.NONE, topics);
}

function alterTopic(
  image: MetadataImage,
  created: readonly TopicSettings[],
  topic: number,
  wish: TopicConfiguration,
  records: MetadataRecord[],
): ErrorCode {
  if (image.topics[topic] === undefined) return KafkaError.UNKNOWN_TOPIC_OR_PARTITION;
  if (!isValid(wish)) return KafkaError.INVALID_CONFIG;
  const current = withAltered(created[topic], image.configurations[topic]);
  for (const altered of changesTo(current, wish)) records.push({ kind: 'config', topic, altered });
  return KafkaError.NONE;
}
