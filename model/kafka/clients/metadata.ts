/**
 * What a client believes about the cluster: a cache, possibly stale, that is refreshed only on these triggers (Metadata
 * of the Java client; clients.md §2.5): an error that says that it is stale, no known leader for data that is queued,
 * a broken connection, a new topic, and metadata.max.age.ms.
 */
import type { MachineId } from '../../kernel/process.js';
import type { Stream } from '../../kernel/random.js';
import type { MetadataResponse } from '../protocol/messages.js';
import { KafkaError } from '../protocol/errors.js';
import type { Rules } from '../protocol/versions/rules.js';
import type { PartitionTable } from './api.js';
import { isInvalidMetadata } from './error-classes.js';
import { retryBackoff, type ExponentialBackoff, type RetryBackoffSettings } from './exponential-backoff.js';

export interface MetadataSettings extends RetryBackoffSettings {
  readonly 'metadata.max.age.ms': number;
  readonly 'metadata.recovery.strategy'?: 'none' | 'rebootstrap';
}

export type MetadataRules = Pick<Rules, 'retryBackoff' | 'metadataEpochs' | 'positionValidation'>;

export interface MetadataListener {
  /** The cache names another leader, or another epoch, than before. leader -1: none. */
  onLeaderLearnt(partition: number, leader: MachineId, leaderEpoch: number): void;
}

/** What a metadata request asked for, to be given back with its response. */
export interface MetadataAsked {
  readonly topics: readonly number[];
  readonly partial: boolean;
  readonly requestVersion: number;
}

export class Metadata {
  private readonly table: PartitionTable;
  private readonly bootstrap: readonly MachineId[];
  private readonly listener: MetadataListener;
  private readonly rebootstraps: boolean;
  private readonly comparesEpochs: boolean;
  private readonly consumersSendEpochs: boolean;
  private readonly maxAgeMicros: number;
  private readonly refreshBackoff: ExponentialBackoff;

  /** Brokers that can be asked: bootstrap.servers at first, then those that the last response named as alive. */
  nodes: readonly MachineId[];
  /** Counts changes of nodes or leaders, so that others can tell whether what they derived is still right. */
  version = 0;
  private readonly leaders: Int32Array;
  private readonly leaderEpochs: Int32Array;
  /** The newest epoch seen anywhere; what is older is not believed (KIP-320), but before 2.2: there the last answer counts. */
  private readonly lastSeenEpochs: Int32Array;
  private readonly topicKnown: boolean[] = [];
  /** By topic, in the order of their indexes: those that the last response named. */
  private readonly partitions: (readonly number[])[];
  private readonly topics: number[] = [];
  private newTopics: number[] = [];

  private needFullUpdate = true;
  private needPartialUpdate = false;
  private requestVersion = 0;
  private lastRefreshAt = -Infinity;
  private lastSuccessfulRefreshAt = -Infinity;
  private failedAttempts = 0;
  private equivalentResponses = 0;
  private failureBackoffMicros = 0;
  private equivalentBackoffMicros = 0;

  constructor(
    table: PartitionTable,
    bootstrap: readonly MachineId[],
    settings: MetadataSettings,
    rules: MetadataRules,
    dice: Stream,
    listener: MetadataListener,
  ) {
    this.table = table;
    this.listener = listener;
    this.bootstrap = bootstrap;
    this.nodes = bootstrap;
    this.rebootstraps = settings['metadata.recovery.strategy'] === 'rebootstrap';
    this.maxAgeMicros = settings['metadata.max.age.ms'] * 1000;
    this.refreshBackoff = retryBackoff(rules, settings, dice);
    this.comparesEpochs = rules.metadataEpochs;
    this.consumersSendEpochs = rules.positionValidation;
    this.partitions = table.partitionsOf.map((all, topic) => firstOf(all, table.initialCounts[topic]!));
    this.leaders = new Int32Array(table.topicOf.length).fill(-1);
    this.leaderEpochs = new Int32Array(table.topicOf.length).fill(-1);
    this.lastSeenEpochs = new Int32Array(table.topicOf.length).fill(-1);
  }

  /** The leader as last told; -1: none known, or not among the live nodes. */
  leaderOf(partition: number): MachineId {
    return this.leaders[partition]!;
  }

  /** The leader epoch that came with the leader; -1 while nothing is known. */
  leaderEpochOf(partition: number): number {
    return this.leaderEpochs[partition]!;
  }

  /** What a consumer puts into its requests, and knows a change of leader by: leaderEpochOf, or -1 before 2.3 (KIP-320). */
  requestEpochOf(partition: number): number {
    return this.consumersSendEpochs ? this.leaderEpochs[partition]! : -1;
  }

  /** Whether it leads some partition, as far as this client knows. */
  takesForLeader(node: MachineId): boolean {
    return this.leaders.includes(node);
  }

  /** As leaderOf, but -1 also if a newer epoch than that leader's was seen since (Metadata.currentLeader). */
  currentLeaderOf(partition: number): MachineId {
    return this.leaderEpochs[partition] === this.lastSeenEpochs[partition] ? this.leaders[partition]! : -1;
  }

  /** A response has named the topic's partitions. */
  knowsTopic(topic: number): boolean {
    return this.topicKnown[topic] === true;
  }

  /** A response has named the topic, and this partition among its own; -1: any. */
  knowsPartition(topic: number, partition: number): boolean {
    return this.knowsTopic(topic) && (partition < 0 || this.table.indexOf[partition]! < this.partitions[topic]!.length);
  }

  /** The topic's partitions as far as this client knows, in the order of their indexes (Cluster.partitionsForTopic). */
  partitionsOf(topic: number): readonly number[] {
    return this.partitions[topic]!;
  }

  /** From now on the topic is part of what is asked for (ProducerMetadata.add). */
  addTopic(topic: number): void {
    if (this.topics.includes(topic)) return;
    this.topics.push(topic);
    this.newTopics.push(topic);
    this.requestUpdateForNewTopics();
  }

  /** ProducerMetadata.requestUpdateForTopic: at once for a topic never heard of, else with the usual backoff. */
  requestUpdateForTopic(topic: number): void {
    if (this.newTopics.includes(topic)) this.requestUpdateForNewTopics();
    else this.requestUpdate();
  }

  requestUpdate(): void {
    this.needFullUpdate = true;
  }

  /** An answer carried a leader epoch. A newer one makes the cache stale. */
  sawEpoch(partition: number, leaderEpoch: number): void {
    if (!this.comparesEpochs) return;
    if (this.lastSeenEpochs[partition]! < 0 || leaderEpoch <= this.lastSeenEpochs[partition]!) return;
    this.lastSeenEpochs[partition] = leaderEpoch;
    this.needFullUpdate = true;
  }

  /** When the next request may and should go out; at or before `now`: it is due. Infinity never: metadata ages. */
  nextUpdateAt(now: number): number {
    const expiresAt = this.lastSuccessfulRefreshAt + this.maxAgeMicros;
    const wantedAt = this.needFullUpdate || this.needPartialUpdate ? now : expiresAt;
    const allowedAfterFailure = this.lastRefreshAt + this.failureBackoffMicros;
    // Answers that bring nothing new back off exponentially; an update because of age starts a new count (KIP-580).
    if (expiresAt <= now) {
      this.equivalentResponses = 0;
      this.equivalentBackoffMicros = 0;
    }
    return Math.max(wantedAt, allowedAfterFailure, this.lastRefreshAt + this.equivalentBackoffMicros);
  }

  /** What to ask now (Metadata.newMetadataRequestAndVersion): only the new topics, if that is all that is missing. */
  ask(now: number): MetadataAsked {
    const partial = !this.needFullUpdate && this.lastSuccessfulRefreshAt + this.maxAgeMicros > now;
    return {
      topics: partial ? this.newTopics.slice() : this.topics.slice(),
      partial,
      requestVersion: this.requestVersion,
    };
  }

  /** The request was lost, or its answer named no broker. */
  failedUpdate(now: number): void {
    this.lastRefreshAt = now;
    this.failedAttempts++;
    this.failureBackoffMicros = this.refreshBackoff.next(this.failedAttempts - 1);
  }

  update(asked: MetadataAsked, response: MetadataResponse, now: number): void {
    this.needPartialUpdate = asked.requestVersion < this.requestVersion;
    this.lastRefreshAt = now;
    this.failedAttempts = 0;
    this.failureBackoffMicros = this.refreshBackoff.next(0);
    if (!asked.partial) {
      this.needFullUpdate = false;
      this.lastSuccessfulRefreshAt = now;
    }
    this.newTopics = this.newTopics.filter((topic) => !asked.topics.includes(topic));
    this.equivalentResponses++;
    this.version++;
    this.nodes = response.brokers;
    this.forgetTopicsNotNamed(asked.topics, response);
    for (const topic of asked.topics) this.countPartitions(topic, response);
    for (const { partition, error, leader, leaderEpoch } of response.partitions) {
      if (isInvalidMetadata(error)) this.requestUpdate();
      if (error !== KafkaError.UNKNOWN_TOPIC_OR_PARTITION) this.learn(partition, leader, leaderEpoch);
    }
    this.equivalentBackoffMicros =
      this.equivalentResponses > 0 ? this.refreshBackoff.next(this.equivalentResponses - 1) : 0;
  }

  /**
   * No broker that the last answer named can be reached: with metadata.recovery.strategy=rebootstrap the client begins again
   * with bootstrap.servers, and forgets who leads (KIP-899). With none, Kafka 3.9's default, it goes on trying those it
   * knows, even if the others are up: false.
   */
  rebootstrap(): boolean {
    if (!this.rebootstraps) return false;
    this.nodes = this.bootstrap;
    this.version++;
    this.leaders.fill(-1);
    this.topicKnown.length = 0;
    this.requestUpdate();
    return true;
  }

  /** KIP-951: a produce or fetch response names the new leader. Adopted only if its epoch is newer. */
  adoptLeader(partition: number, leader: MachineId, leaderEpoch: number): boolean {
    if (leader < 0 || leaderEpoch <= this.lastSeenEpochs[partition]!) return false;
    if (!this.knowsTopic(this.table.topicOf[partition]!)) return false;
    if (!this.nodes.includes(leader)) this.nodes = [...this.nodes, leader];
    this.version++;
    this.setLeader(partition, leader, leaderEpoch);
    return true;
  }

  private requestUpdateForNewTopics(): void {
    this.lastRefreshAt = -Infinity;
    this.needPartialUpdate = true;
    this.equivalentResponses = 0;
    this.equivalentBackoffMicros = 0;
    this.requestVersion++;
  }

  /** A topic that was asked for and is not named, or named as unknown, is known no longer. */
  private forgetTopicsNotNamed(asked: readonly number[], response: MetadataResponse): void {
    for (const topic of asked) {
      this.topicKnown[topic] = response.partitions.some(
        ({ partition, error }) =>
          this.table.topicOf[partition] === topic && error !== KafkaError.UNKNOWN_TOPIC_OR_PARTITION,
      );
      if (this.topicKnown[topic]) continue;
      this.requestUpdate();
      for (const partition of this.table.partitionsOf[topic]!) this.leaders[partition] = -1;
    }
  }

  /** As many as the answer names: a broker that has not heard of those that were added takes them from the client again. */
  private countPartitions(topic: number, response: MetadataResponse): void {
    const { partitionsOf, initialCounts, topicOf, indexOf } = this.table;
    const all = partitionsOf[topic]!;
    let count = initialCounts[topic]!;
    if (count === all.length || !this.topicKnown[topic]) return;
    for (const { partition } of response.partitions) {
      if (topicOf[partition] === topic) count = Math.max(count, indexOf[partition]! + 1);
    }
    if (count === this.partitions[topic]!.length) return;
    this.partitions[topic] = firstOf(all, count);
    for (const partition of all.slice(count)) this.leaders[partition] = -1;
    this.equivalentResponses = 0;
  }

  private learn(partition: number, leader: MachineId, leaderEpoch: number): void {
    const lastSeen = this.lastSeenEpochs[partition]!;
    // An error without leader and epoch says nothing of epochs, and forgets those seen (Metadata.updateLatestMetadata).
    if (this.comparesEpochs && leaderEpoch >= 0 && leaderEpoch < lastSeen) {
      // The answering broker is behind: what is cached stays, as far as its node is still named.
      if (!this.nodes.includes(this.leaders[partition]!)) this.leaders[partition] = -1;
      return;
    }
    if (leaderEpoch > lastSeen) this.equivalentResponses = 0;
    this.setLeader(partition, this.nodes.includes(leader) ? leader : -1, leaderEpoch);
  }

  private setLeader(partition: number, leader: MachineId, leaderEpoch: number): void {
    const changed = this.leaders[partition] !== leader || this.leaderEpochs[partition] !== leaderEpoch;
    this.leaders[partition] = leader;
    this.leaderEpochs[partition] = leaderEpoch;
    this.lastSeenEpochs[partition] = leaderEpoch;
    if (changed) this.listener.onLeaderLearnt(partition, leader, leaderEpoch);
  }
}

/** The list itself, if that is all of it. */
function firstOf(all: readonly number[], count: number): readonly number[] {
  return count === all.length ? all : all.slice(0, count);
}
