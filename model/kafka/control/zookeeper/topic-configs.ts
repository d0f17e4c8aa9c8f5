/** What was altered of topics' settings, as it stands in ZooKeeper: AdminZkClient, KafkaZkClient.getLogConfigs. */
import { KafkaError, type ErrorCode } from '../../protocol/errors.js';
import type { IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse } from '../../protocol/messages.js';
import { isValid, type TopicConfiguration } from '../../topic-configuration.js';
import { alterConfigsResponse } from '../admin-answers.js';
import { ZkCode } from './ensemble/codes.js';
import { ZkPath, type ConfigChangeZnode, type TopicConfigZnode, type TopicPaths } from './znodes.js';
import { expectOk, persistent, read, request, requestAll, type ZkSteps } from './zk-steps.js';

/** By topic number; none: nothing was altered of it. */
export type Configurations = ReadonlyMap<number, TopicConfiguration>;

export const NOTHING_ALTERED: Configurations = new Map();

export function* readConfigurations(topics: readonly number[], paths: TopicPaths): ZkSteps<Configurations> {
  const answers = yield* requestAll(
    topics.map((topic) => ({ kind: 'get-data', path: paths.configs[topic], watch: false })),
  );
  const found = new Map<number, TopicConfiguration>();
  answers.forEach((answer, index) => {
    if (answer.code === ZkCode.NONODE) return;
    expectOk(answer);
    found.set(topics[index], (answer.data as TopicConfigZnode).config);
  });
  return found;
}

/**
 * Whichever broker is asked does it, and asks nobody: it reads the topic's settings, writes them with what is wanted, whatever
 * their version, and notifies all brokers (ZkAdminManager.incrementalAlterConfigs, AdminZkClient.changeTopicConfig). If two are
 * asked at once, one may write over what the other has written.
 */
export function* alterConfigs(
  asked: IncrementalAlterConfigsRequest,
  paths: TopicPaths,
): ZkSteps<IncrementalAlterConfigsResponse> {
  const topics: IncrementalAlterConfigsResponse['topics'][number][] = [];
  for (const { topic, configs } of asked.resources) {
    topics.push({ topic, error: yield* alterTopic(topic, configs, paths) });
  }
  return alterConfigsResponse(asked, KafkaError.NONE, topics);
}

function* alterTopic(topic: number, wish: TopicConfiguration, paths: TopicPaths): ZkSteps<ErrorCode> {
  if ((yield* read(paths.topics[topic])) === null) return KafkaError.UNKNOWN_TOPIC_OR_PARTITION;
  if (!isValid(wish)) return KafkaError.INVALID_CONFIG;
  const path = paths.configs[topic];
  const before = yield* read<TopicConfigZnode>(path);
  const data: TopicConfigZnode = { config: { ...before?.data.config, ...wish } };
  yield* setOrCreate(path, data);
  const change: ConfigChangeZnode = { topic };
  const notification = { ...persistent(ZkPath.configChangePrefix, change), sequential: true };
  expectOk(yield* request(notification));
  return KafkaError.NONE;
}

/** KafkaZkClient.setOrCreateEntityConfigs */
function* setOrCreate(path: string, data: TopicConfigZnode): ZkSteps<void> {
  const written = yield* request({ kind: 'set-data', path, data, version: -1 });
  if (written.code !== ZkCode.NONODE) {
    expectOk(written);
    return;
  }
  const created = yield* request(persistent(path, data));
  if (created.code === ZkCode.NODEEXISTS) yield* setOrCreate(path, data);
  else expectOk(created);
}
