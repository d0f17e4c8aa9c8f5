/**
 * The replicas of one broker: ReplicaManager. Everything that knows more than one of them, and less than the network.
 */
import type { Host } from '../../kernel/process.js';
import type { LogDirectory } from '../log/log-directory.js';
import type { LogManager } from '../log/log-manager.js';
import { LogDirFailure } from '../log/storage-error.js';
import { Probe } from '../probes.js';
import { DirectoryId } from '../protocol/directory-ids.js';
import { KafkaError, type ErrorCode } from '../protocol/errors.js';
import type { FetchRequest } from '../protocol/messages.js';
import { inForce } from '../protocol/versions/features.js';
import { withAltered } from '../topic-configuration.js';
import type { MetadataImageView } from './components.js';
import type { BrokerConfig } from './config.js';
import { maybeIncrementHighWatermark } from './high-watermark.js';
import { isCandidate, isEligible, mayJoin, outOfSync, type LagLimits } from './isr.js';
import { contains, pendingExpand, pendingShrink, type IsrState } from './isr-state.js';
import { Partition } from './partition.js';
import type { DelayedDeleteRecords } from './delete-records.js';
import type { DelayedFetch } from './fetch-purgatory.js';
import { Purgatory, type DelayedOperation } from './purgatory.js';
import { RACK_AWARE_SELECTOR, rackAwareReadReplica } from './read-replica.js';
import type { RemoteReplica } from './remote-replica.js';
import { replicationRules, type ReplicationRules } from './replication-rules.js';
import { BrokerTimer } from './timers.js';

/** replica.lag.max.messages */
const DEFAULT_LAG_MESSAGES = 4000;

export class ReplicaManager {
  readonly host: Host;
  readonly config: BrokerConfig;
  readonly rules: ReplicationRules;
  /** The metadata cache. */
  readonly image: MetadataImageView;
  readonly delayedProduces: Purgatory<DelayedOperation>;
  readonly delayedFetches: Purgatory<DelayedFetch>;
  readonly delayedDeleteRecords: Purgatory<DelayedDeleteRecords>;
  readonly #lag: LagLimits;
  /** By partition number. */
  readonly #partitions: (Partition | undefined)[] = [];
  /** Replicas that lie, or may lie, in a log directory that is offline: until the process ends (HostedPartition.Offline). */
  readonly #offline = new Set<number>();
  readonly #logs: LogManager;
  readonly #ownEpoch: () => number;
  /** replica.selector.class (KIP-392). */
  readonly #selectsByRack: boolean;

  /** @param ownEpoch this broker's epoch, as the controller gave it */
  constructor(host: Host, config: BrokerConfig, image: MetadataImageView, logs: LogManager, ownEpoch: () => number) {
    this.#logs = logs;
    this.#ownEpoch = ownEpoch;
    this.host = host;
    this.config = config;
    this.rules = replicationRules(config.rules, config.answers);
    this.image = image;
    const { settings, rules } = config;
    this.#lag = {
      rule: rules.replicaLag,
      micros: settings['replica.lag.time.max.ms'] * 1000,
      messages: settings['replica.lag.max.messages'] ?? DEFAULT_LAG_MESSAGES,
    };
    this.#selectsByRack = settings['replica.selector.class'] === RACK_AWARE_SELECTOR;
    this.delayedProduces = new Purgatory<DelayedOperation>(host, BrokerTimer.produceDeadline);
    this.delayedFetches = new Purgatory<DelayedFetch>(host, BrokerTimer.fetchDeadline);
    this.delayedDeleteRecords = new Purgatory<DelayedDeleteRecords>(host, BrokerTimer.deleteRecordsDeadline);
  }

  /** What this broker's fetches say of its epoch (KIP-903); -1: nothing. */
  get replicaEpoch(): number {
    return inForce('brokerEpochInIsr', this.image, this.rules) ? this.#ownEpoch() : -1;
  }

  /** undefined: this broker hosts no replica of it, as far as it knows. */
  partition(number: number): Partition | undefined {
    return this.#partitions[number];
  }

  /** What to answer where `partition()` is undefined (getPartitionOrError). */
  absenceError(number: number): ErrorCode {
    if (this.#offline.has(number)) return KafkaError.KAFKA_STORAGE_ERROR;
    const exists = this.image.partition(number) !== undefined;
    return exists ? KafkaError.NOT_LEADER_OR_FOLLOWER : KafkaError.UNKNOWN_TOPIC_OR_PARTITION;
  }

  /**
   * The replica that this broker is told to host; its log is opened or made. (Partition.createLogInAssignedDirectoryId)
   *
   * @param directoryId where the metadata say that it is; an id of `DirectoryId`'s if they do not
   * @returns undefined: a new log might take the place of one that lies in a directory that is offline
   */
  hostedIn(number: number, directoryId: number): Partition | undefined {
    if (this.isOffline(number)) return undefined;
    const mayExistElsewhere =
      this.#logs.hasOfflineDirectory &&
      directoryId !== DirectoryId.unassigned &&
      !this.#logs.hasOnlineDirectory(directoryId);
    return mayExistElsewhere && this.#logs.log(number) === undefined ? undefined : this.#hosted(number, directoryId);
  }

  /**
   * The same without directory ids: a replica that is not new, and of which there is no log, is taken to lie in a directory
   * that is offline, if there is one. (LogManager.getOrCreateLog)
   */
  hostedAs(number: number, isNew: boolean): Partition | undefined {
    const mayExistElsewhere = !isNew && this.#logs.hasOfflineDirectory && this.#logs.log(number) === undefined;
    if (mayExistElsewhere) this.#offline.add(number);
    return this.isOffline(number) ? undefined : this.#hosted(number, DirectoryId.unassigned);
  }

  /** Its log lies, or may lie, in a log directory that has failed. */
  isOffline(number: number): boolean {
    return this.#offline.has(number);
  }

  #hosted(number: number, directoryId: number): Partition {
    const known = this.#partitions[number];
    if (known !== undefined) return known;
    const config = this.config.partitions[number];
    const log = this.#logs.getOrCreate(number, directoryId);
    const partition = new Partition(this.host, number, config, log, this.rules);
    this.#partitions[number] = partition;
    if (config.isAlterable) this.#configure(partition);
    return partition;
  }

  /** The metadata name other settings of the topic (LogManager.updateTopicConfig). */
  topicAltered(topic: number): void {
    for (const partition of this.#partitions) if (partition?.config.topic === topic) this.#configure(partition);
  }

  #configure(partition: Partition): void {
    const { topic, settings } = partition.config;
    partition.configure(withAltered(settings, this.image.configurations[topic]));
  }

  /**
   * What lies in the directory is no longer served (ReplicaManager.handleLogDirFailure, markPartitionOffline).
   * @returns the replicas that were
   */
  directoryFailed(directory: LogDirectory): readonly Partition[] {
    const gone: Partition[] = [];
    for (const partition of this.#partitions) {
      if (partition?.log.directory !== directory) continue;
      gone.push(partition);
      partition.delete();
      this.#partitions[partition.number] = undefined;
      this.#offline.add(partition.number);
    }
    this.#logs.directoryFailed(directory);
    return gone;
  }

  /**
   * What a write comes to that has failed: an answer, and the directory goes offline in a step of its own; or the end of the
   * broker, which has no other directory. (UnifiedLog.maybeHandleIOException)
   */
  storageError(failure: unknown): ErrorCode {
    if (!(failure instanceof LogDirFailure) || !this.#logs.outlivesDirectories) throw failure;
    this.#logs.failed(this.#logs.directoryAt(failure.path));
    return KafkaError.KAFKA_STORAGE_ERROR;
  }

  /** The directory that holds the replica's log (KIP-858); `migrating`: nothing is said of directories. */
  directoryIdOf(number: number): number {
    return this.#logs.log(number)?.directory.id ?? DirectoryId.migrating;
  }

  /** This broker is no longer in the assignment: the replica ends, and its log goes. (ReplicaManager.stopPartitions) */
  delete(number: number): void {
    this.#partitions[number]?.delete();
    this.#partitions[number] = undefined;
    this.#logs.delete(number);
  }

  /** Logs on the disk of partitions of which the metadata gives this broker no replica. (KAFKA-14616; LogManager.isStrayKraftReplica) */
  deleteStrays(): void {
    for (const number of this.#logs.partitions()) {
      const isAssigned = this.image.partition(number)?.replicas.includes(this.host.id) === true;
      if (!isAssigned) this.#logs.delete(number);
    }
  }

  /** True if the leader's high watermark moved; what waits for that is the caller's to check. */
  advanceHighWatermark(partition: Partition): boolean {
    const { image, rules, host } = this;
    return (
      partition.isLeader && maybeIncrementHighWatermark(partition, image, rules, host.wallMicros(), this.#lag.micros)
    );
  }

  /** The follower that a consumer had better read from; -1: this broker (findPreferredReadReplica). */
  preferredReadReplica(partition: Partition, request: FetchRequest, fetchOffset: number): number {
    if (!this.#selectsByRack || request.replicaId >= 0) return -1;
    return rackAwareReadReplica(partition, this.image, request.rackId, fetchOffset);
  }

  /** tryCompleteDelayedRequests */
  completeDelayed(number: number): void {
    this.delayedProduces.check(number);
    this.delayedFetches.check(number);
    this.delayedDeleteRecords.check(number);
  }

  /**
   * The check after a follower's fetch: into the ISR with it? (Partition.maybeExpandIsr) The proposal counts from here on;
   * it is sent in a step of its own.
   *
   * @param wasInSync what the log ends said when the position was taken in: with KAFKA-15221 the leader goes by that, and
   * looks at the broker epoch only now, when another incarnation may have fetched
   */
  expandIsr(partition: Partition, replica: RemoteReplica, wasInSync: boolean): void {
    const joins = this.rules.looksTwiceAtJoiner
      ? wasInSync && isCandidate(partition, replica) && isEligible(replica, this.image, this.rules)
      : mayJoin(partition, replica, this.image, this.rules);
    if (joins) this.#propose(partition, pendingExpand(partition.isr, replica.brokerId), 1);
  }

  /** isr-expiration */
  shrinkIsrs(): void {
    const now = this.host.wallMicros();
    for (const partition of this.#partitions) {
      if (partition === undefined) continue;
      const out = outOfSync(partition, now, this.#lag);
      if (out !== 0) this.#propose(partition, pendingShrink(partition.isr, out), 0);
    }
  }

  expireProducers(): void {
    for (const partition of this.#partitions) partition?.log.expireProducers();
  }

  /**
   * All epochs are those of this moment: another leadership, or a later incarnation of a member, must not slip in before
   * the proposal is sent (Partition.prepareIsrExpand, prepareIsrShrink; KIP-903).
   */
  #propose(partition: Partition, proposal: IsrState, expand: 0 | 1): void {
    const { host } = this;
    const brokers = partition.replicas.filter((broker) => contains(proposal.proposed, broker));
    const members = brokers.map((brokerId) => ({ brokerId, brokerEpoch: this.#brokerEpochOf(partition, brokerId) }));
    const { number, partitionEpoch, leaderEpoch } = partition;
    const state: IsrState = { ...proposal, members, leaderEpoch, partitionEpoch };
    partition.isr = state;
    host.probes.emit(Probe.isrPending, host.id, number, state.proposed, partitionEpoch, leaderEpoch, expand);
    host.later(BrokerTimer.submitIsr, number, state);
  }

  #brokerEpochOf(partition: Partition, broker: number): number {
    if (!inForce('brokerEpochInIsr', this.image, this.rules)) return -1;
    if (broker === this.host.id) return this.#ownEpoch();
    return Math.max(-1, partition.remote(broker)?.brokerEpoch ?? -1);
  }
}
