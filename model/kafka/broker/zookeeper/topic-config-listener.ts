/**
 * How a broker hears of topics whose settings were altered: a watch on the notifications, and the topic's znode, which it reads
 * by itself (DynamicConfigManager, ZkNodeChangeNotificationListener). Until it has, it goes by the old ones, whatever the other
 * brokers go by.
 *
 * A departure: Kafka's broker also reads the znode whenever it opens a log; ours goes by what it has read last.
 */
import { readConfigurations } from '../../control/zookeeper/topic-configs.js';
import type { ZnodeEvent } from '../../control/zookeeper/ensemble/operations.js';
import { CONFIG_PATHS, ZkPath, type ConfigChangeZnode, type TopicPaths } from '../../control/zookeeper/znodes.js';
import type { ZkSession } from '../../control/zookeeper/zk-session.js';
import { children, ensurePaths, read, type ZkSteps } from '../../control/zookeeper/zk-steps.js';
import type { ZkMetadataCache } from './metadata-cache.js';

/** Told of a topic whose settings were read anew. */
export interface TopicConfigHandler {
  topicAltered(topic: number): void;
}

export class TopicConfigListener {
  readonly #session: ZkSession;
  readonly #paths: TopicPaths;
  readonly #cache: ZkMetadataCache;
  readonly #handler: TopicConfigHandler;
  /** Topics that somebody may alter; of the others nothing is ever read. */
  readonly #alterable: readonly number[];
  /** Name of the last notification that was handled. */
  #lastChange = '';
  #isListening = false;
  #isBusy = false;
  /** Something has changed since the notifications were listed. */
  #isDue = false;

  constructor(session: ZkSession, paths: TopicPaths, cache: ZkMetadataCache, handler: TopicConfigHandler) {
    this.#session = session;
    this.#paths = paths;
    this.#cache = cache;
    this.#handler = handler;
    this.#alterable = paths.alterable.flatMap((isAlterable, topic) => (isAlterable ? [topic] : []));
  }

  /** Before the broker registers: what its logs begin with (LogManager.fetchTopicConfigOverrides). */
  *load(): ZkSteps<void> {
    if (this.#alterable.length === 0) return;
    yield* ensurePaths(CONFIG_PATHS);
    for (const [topic, configuration] of yield* readConfigurations(this.#alterable, this.#paths)) {
      this.#cache.configurations[topic] = configuration;
    }
  }

  /** The broker is registered. */
  startup(): void {
    if (this.#alterable.length === 0) return;
    this.#isListening = true;
    this.#processSoon();
  }

  /** The watch of the last session is gone, and perhaps what it would have told. */
  onNewSession(): void {
    if (this.#isListening) this.#processSoon();
  }

  onZnodeEvent({ path }: ZnodeEvent): void {
    if (path === ZkPath.configChanges && this.#isListening) this.#processSoon();
  }

  #processSoon(): void {
    this.#isDue = true;
    if (this.#isBusy) return;
    this.#isBusy = true;
    // If the session ends meanwhile, the next one begins anew.
    this.#session.run(this.#process(), () => (this.#isBusy = false));
  }

  *#process(): ZkSteps<void> {
    while (this.#isDue) {
      this.#isDue = false;
      const changes = (yield* children(ZkPath.configChanges, true)).toSorted();
      for (const change of changes) if (change > this.#lastChange) yield* this.#processChange(change);
    }
  }

  *#processChange(change: string): ZkSteps<void> {
    const notification = yield* read<ConfigChangeZnode>(`${ZkPath.configChanges}/${change}`);
    if (notification !== null) {
      const { topic } = notification.data;
      this.#cache.configurations[topic] = (yield* readConfigurations([topic], this.#paths)).get(topic);
      this.#handler.topicAltered(topic);
    }
    this.#lastChange = change;
  }
}
