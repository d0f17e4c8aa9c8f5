/**
 * One replica that this broker hosts, and its role: Partition. Leadership is local belief: it comes from the metadata that
 * this broker has applied, and nothing is asked before acting on it.
 */
import type { TopicSettings } from '../cluster-spec.js';
import { maskOf } from '../control/broker-set.js';
import type { PartitionLog } from '../log/partition-log.js';
import type { Host } from '../../kernel/process.js';
import { Probe } from '../probes.js';
import { KafkaError, type ErrorCode } from '../protocol/errors.js';
import type { FetchedPartition } from '../protocol/messages.js';
import type { PartitionRegistrationView } from './components.js';
import type { PartitionConfig } from './config.js';
import { committedIsr, type IsrState } from './isr-state.js';
import { RemoteReplica } from './remote-replica.js';
import type { ReplicationRules } from './replication-rules.js';

const NOBODY = -1;
const NO_EPOCH = -1;
const NO_REPLICAS: readonly number[] = [];

export class Partition {
  readonly number: number;
  readonly config: PartitionConfig;
  /** The topic's, as this broker has heard of them last; replaced at each change. */
  settings: TopicSettings;
  readonly log: PartitionLog;
  /** The assignment; first is preferred. */
  replicas: readonly number[] = [];
  /** The same as a bit mask. */
  replicaSet = 0;
  /** The followers of a leader, in the order of the assignment; nobody on the others. */
  remotes: RemoteReplica[] = [];
  /** -1: nobody, as far as this broker knows. */
  leader = NOBODY;
  leaderEpoch = NO_EPOCH;
  partitionEpoch = NO_EPOCH;
  /** Log end when this broker adopted the epoch in which it leads; -1 on others. */
  leaderEpochStartOffset = -1;
  isr: IsrState = committedIsr(0);
  /** The last answer to a fetch that found nothing to read. */
  nothingNew: FetchedPartition | null = null;
  readonly #host: Host;
  readonly #rules: ReplicationRules;

  constructor(host: Host, number: number, config: PartitionConfig, log: PartitionLog, rules: ReplicationRules) {
    this.#host = host;
    this.#rules = rules;
    this.number = number;
    this.config = config;
    this.settings = config.settings;
    this.log = log;
  }

  get isLeader(): boolean {
    return this.leader === this.#host.id;
  }

  /** It says who leads in its refusals (KIP-951). */
  get givesHints(): boolean {
    return this.#rules.leaderHints;
  }

  /** min.insync.replicas, capped by the number of replicas since 3.7 (KAFKA-15583). */
  get effectiveMinIsr(): number {
    const setting = this.settings['min.insync.replicas'];
    return this.#rules.effectiveMinIsr ? Math.min(setting, this.replicas.length) : setting;
  }

  /**
   * From now on the replica goes by these (UnifiedLog.updateConfig). Nothing is tried again because of it: what waits for a
   * smaller min.insync.replicas goes on with the next append or fetch.
   */
  configure(settings: TopicSettings): void {
    this.settings = settings;
    const { 'min.insync.replicas': minInsyncReplicas, 'unclean.leader.election.enable': unclean } = settings;
    const { id, probes } = this.#host;
    probes.emit(Probe.topicSettingsApplied, id, this.number, minInsyncReplicas, unclean ? 1 : 0);
  }

  /** undefined: the broker is not in the assignment. */
  remote(broker: number): RemoteReplica | undefined {
    const remotes = this.remotes;
    for (let i = 0; i < remotes.length; i++) if (remotes[i].brokerId === broker) return remotes[i];
    return undefined;
  }

  /** Does the sender live in the same leader epoch as this replica? -1: it did not say (KIP-320). */
  checkLeaderEpoch(currentLeaderEpoch: number): ErrorCode {
    if (currentLeaderEpoch === NO_EPOCH || currentLeaderEpoch === this.leaderEpoch) return KafkaError.NONE;
    return currentLeaderEpoch < this.leaderEpoch ? KafkaError.FENCED_LEADER_EPOCH : KafkaError.UNKNOWN_LEADER_EPOCH;
  }

  /**
   * Partition.makeLeader, but for the high watermark, which the caller tries next. An older partition epoch is dropped;
   * an equal one is not, since the reply to AlterPartition may have brought it first. A new leader does not truncate.
   * @returns false if it was dropped
   */
  makeLeader(state: PartitionRegistrationView): boolean {
    if (state.partitionEpoch < this.partitionEpoch) return false;
    const isNewLeader = !this.isLeader;
    this.#assign(state.replicas, true);
    const isr = maskOf(state.isr);
    // Any proposal is forgotten: this is what the controller decided after it, or instead of it.
    this.isr = committedIsr(isr);
    if (state.leaderEpoch > this.leaderEpoch) this.#beginEpoch(state, isNewLeader);
    this.partitionEpoch = state.partitionEpoch;
    this.leader = this.#host.id;
    const { id, probes } = this.#host;
    const start = this.leaderEpochStartOffset;
    probes.emit(Probe.becomeLeader, id, this.number, this.leaderEpoch, start, isr, this.partitionEpoch);
    return true;
  }

  /**
   * Partition.makeFollower.
   * @returns true if fetching begins anew
   */
  makeFollower(state: PartitionRegistrationView): boolean {
    if (state.partitionEpoch < this.partitionEpoch) return false;
    const beginsAnew = this.#followsAnew(state);
    this.leader = state.leader;
    this.leaderEpoch = state.leaderEpoch;
    this.leaderEpochStartOffset = -1;
    this.partitionEpoch = state.partitionEpoch;
    this.#assign(state.replicas, false);
    this.isr = committedIsr(0);
    const { id, probes } = this.#host;
    const end = this.log.logEndOffset;
    probes.emit(Probe.becomeFollower, id, this.number, this.leaderEpoch, this.leader, end, this.partitionEpoch);
    return beginsAnew;
  }

  /** Partition.delete, markOffline: this broker has no replica any more, or none that it could serve. What still holds on to this object finds that it leads nothing. */
  delete(): void {
    this.leader = NOBODY;
    this.leaderEpochStartOffset = -1;
    this.#assign(NO_REPLICAS, false);
    this.isr = committedIsr(0);
  }

  /**
   * In each new leader epoch (KIP-320). Before, a leader that stayed the same was followed on without a word; in 2.0 unless
   * an epoch in between was missed, in which that leader may have truncated its log.
   */
  #followsAnew({ leader, leaderEpoch }: PartitionRegistrationView): boolean {
    const { fetchEpochFencing, truncation } = this.#rules;
    if (fetchEpochFencing) return leaderEpoch > this.leaderEpoch;
    const missedOne = truncation === 'epoch-and-end-offset' && leaderEpoch > this.leaderEpoch + 1;
    return leader !== this.leader || missedOne;
  }

  #beginEpoch(state: PartitionRegistrationView, isNewLeader: boolean): void {
    const startOffset = this.log.logEndOffset;
    // The epoch's start is written down before its first record, since 2.0.1 (KAFKA-7415).
    if (this.#rules.epochStartOnElection) this.log.leaderEpochs.assign(state.leaderEpoch, startOffset);
    const now = this.#host.wallMicros();
    for (const replica of this.remotes) {
      replica.reset(now, startOffset, isNewLeader, state.isr.includes(replica.brokerId));
    }
    this.leaderEpoch = state.leaderEpoch;
    this.leaderEpochStartOffset = startOffset;
  }

  /** Who stops leading forgets its followers: a fetch that is still being handled updates an orphan (updateAssignmentAndIsr). */
  #assign(replicas: readonly number[], isLeader: boolean): void {
    this.replicas = replicas;
    this.replicaSet = maskOf(replicas);
    const followers = isLeader ? replicas.filter((broker) => broker !== this.#host.id) : [];
    this.remotes = followers.map((broker) => this.remote(broker) ?? new RemoteReplica(broker));
  }
}
