/**
 * What a prefix of the metadata log says about the cluster. The controller keeps one with its own uncommitted records
 * and one of the committed ones; each broker keeps one of what it has fetched. All are built by the same replay.
 *
 * Registrations are immutable and replaced whole, so a reader may hold on to one and see later whether it changed.
 * (ClusterImage, TopicsImage, PartitionRegistration)
 */
import {
  NO_LEADER,
  NO_LEADER_CHANGE,
  type BrokerRegistrationChangeRecord,
  type MetadataRecord,
  type FeatureLevelRecord,
  type PartitionChangeRecord,
} from '../protocol/metadata-records.js';
import { rulesOfMetadataVersion, type FinalizedRules } from '../protocol/versions/features.js';
import type { TopicConfiguration } from '../topic-configuration.js';
import { DirectoryId, isOnline, NO_DIRECTORIES } from '../protocol/directory-ids.js';

/** One incarnation of a broker, as the controller registered it. */
export interface BrokerRegistration {
  readonly brokerId: number;
  /** Offset of the record that registered it. */
  readonly brokerEpoch: number;
  readonly incarnationId: number;
  readonly fenced: boolean;
  readonly inControlledShutdown: boolean;
  readonly rack: string | null;
  /** The highest metadata.version that it supports. Left out: whatever the cluster may agree on. */
  readonly metadataVersion?: number;
  /** Ids of its log directories that are online (KIP-858); none: it does not say. */
  readonly logDirs: readonly number[];
}

/** The state of a partition that leader and controller agree on. */
export interface PartitionRegistration {
  readonly partition: number;
  readonly topic: number;
  /** The assignment. The first is the preferred leader. During a reassignment also those that it adds and removes. */
  readonly replicas: readonly number[];
  /** The log directory of each of them (KIP-858); empty: nothing is said of directories. */
  readonly directories: readonly number[];
  /** Of a reassignment under way: who is to get a replica, and who is to lose one (KIP-455). Empty: none is. */
  readonly addingReplicas: readonly number[];
  readonly removingReplicas: readonly number[];
  readonly isr: readonly number[];
  /** -1: none. */
  readonly leader: number;
  readonly leaderEpoch: number;
  /** One more with every change: the token of compare-and-set (KIP-497). */
  readonly partitionEpoch: number;
  /** 1: elected uncleanly and not yet recovered (KIP-704). */
  readonly leaderRecoveryState: 0 | 1;
  /**
   * Replicas that hold all that is committed although they are not in the ISR: it became smaller than
   * min.insync.replicas when they left, since when nothing more was committed (KIP-966).
   */
  readonly elr: readonly number[];
  /** While nobody leads, the last leader; else empty. */
  readonly lastKnownElr: readonly number[];
}

const NOBODY: readonly number[] = [];

export class MetadataImage {
  /** By broker id; undefined: never registered. */
  readonly brokers: (BrokerRegistration | undefined)[] = [];
  /** By partition number. */
  readonly partitions: (PartitionRegistration | undefined)[] = [];
  /** Names, by topic number. */
  readonly topics: string[] = [];
  /** What was altered of a topic's settings, by topic number; undefined: nothing. (ConfigurationsImage) */
  readonly configurations: (TopicConfiguration | undefined)[] = [];
  /** The first producer id that no block has taken yet (KIP-730). */
  nextProducerId = 0;
  /** metadata.version, since it was raised; -1: it is what the cluster was formatted with. */
  metadataVersion = -1;
  /** What that, and the features beside it, decide; null: what the cluster was formatted with. */
  finalized: FinalizedRules | null = null;
  /** The end of what was replayed: offset of the next record. */
  nextOffset = 0;

  /** undefined: never registered. */
  broker(id: number): BrokerRegistration | undefined {
    return this.brokers[id];
  }

  /** undefined: never created. */
  partition(partition: number): PartitionRegistration | undefined {
    return this.partitions[partition];
  }

  /** Applies the next record; `offset` is `nextOffset`. */
  replay(record: MetadataRecord, offset: number): void {
    if (offset !== this.nextOffset) throw new Error(`record ${offset} cannot follow the first ${this.nextOffset}`);
    this.nextOffset++;
    switch (record.kind) {
      case 'register-broker':
        this.brokers[record.brokerId] = {
          brokerId: record.brokerId,
          brokerEpoch: record.brokerEpoch,
          incarnationId: record.incarnationId,
          fenced: record.fenced,
          inControlledShutdown: record.inControlledShutdown,
          rack: record.rack,
          ...(record.metadataVersion === undefined ? {} : { metadataVersion: record.metadataVersion }),
          logDirs: record.logDirs ?? NO_DIRECTORIES,
        };
        return;
      case 'broker-registration-change':
        this.changeRegistration(record);
        return;
      case 'topic':
        this.topics[record.topic] = record.name;
        return;
      case 'partition':
        this.partitions[record.partition] = {
          partition: record.partition,
          topic: record.topic,
          replicas: record.replicas,
          directories: record.directories ?? NO_DIRECTORIES,
          addingReplicas: NOBODY,
          removingReplicas: NOBODY,
          isr: record.isr,
          leader: record.leader,
          leaderEpoch: record.leaderEpoch,
          partitionEpoch: record.partitionEpoch,
          leaderRecoveryState: record.leaderRecoveryState,
          elr: NOBODY,
          lastKnownElr: NOBODY,
        };
        return;
      case 'partition-change':
        this.partitions[record.partition] = mergeChange(this.partitions[record.partition]!, record);
        return;
      case 'producer-ids':
        this.nextProducerId = record.nextProducerId;
        return;
      case 'feature-level':
        this.raise(record);
        return;
      case 'config':
        this.configurations[record.topic] = { ...this.configurations[record.topic], ...record.altered };
        return;
      case 'clear-elr':
        this.clearEligible(record.topic);
        return;
      case 'no-op':
      case 'leader-change':
      case 'voters':
        return;
    }
  }

  /** From now on it says what the other says; both go their own ways. */
  copyFrom(other: MetadataImage): void {
    replaceAll(this.brokers, other.brokers);
    replaceAll(this.partitions, other.partitions);
    replaceAll(this.topics, other.topics);
    replaceAll(this.configurations, other.configurations);
    this.nextProducerId = other.nextProducerId;
    this.metadataVersion = other.metadataVersion;
    this.finalized = other.finalized;
    this.nextOffset = other.nextOffset;
  }

  copy(): MetadataImage {
    const copy = new MetadataImage();
    copy.copyFrom(this);
    return copy;
  }

  /** The next record stands at this offset: what lies between says nothing of the cluster, or was missed. */
  skipTo(offset: number): void {
    this.nextOffset = offset;
  }

  /** Registered, not fenced and not shutting down: may lead and may enter an ISR. (ClusterControlManager.isActive) */
  isActive(broker: number): boolean {
    const registration = this.brokers[broker];
    return registration !== undefined && !registration.fenced && !registration.inControlledShutdown;
  }

  isFenced(broker: number): boolean {
    return this.brokers[broker]?.fenced === true;
  }

  /** The broker's replica does not lie in a log directory that is offline. (ClusterControlManager.hasOnlineDir) */
  isReplicaOnline(partition: PartitionRegistration, broker: number): boolean {
    return isOnline(directoryOf(partition, broker), this.brokers[broker]?.logDirs ?? NO_DIRECTORIES);
  }

  /**
   * Where a new replica on this broker is taken to lie: of several directories it will say itself which.
   * (ClusterControlManager.defaultDir)
   */
  defaultDirectory(broker: number): number {
    const registration = this.brokers[broker];
    if (registration === undefined) return DirectoryId.unassigned;
    const { logDirs } = registration;
    if (logDirs.length === 0) return DirectoryId.migrating;
    return logDirs.length === 1 ? logDirs[0] : DirectoryId.unassigned;
  }

  /** Registered and not fenced: clients may be sent to it. */
  isAlive(broker: number): boolean {
    const registration = this.brokers[broker];
    return registration !== undefined && !registration.fenced;
  }

  /** (FeaturesDelta.replay) */
  private raise({ name, level }: FeatureLevelRecord): void {
    if (name === 'metadata.version') this.metadataVersion = level;
    const had = this.finalized?.eligibleLeaderReplicas === true;
    const has = name === 'eligible.leader.replicas.version' ? level > 0 : had;
    this.finalized = rulesOfMetadataVersion(this.metadataVersion, has);
  }

  /** A change of each partition that has any. (ReplicationControlManager.removeTopicElrs, TopicDelta.replay) */
  private clearEligible(topic: number): void {
    for (const partition of eligiblePartitions(this, topic)) {
      this.partitions[partition.partition] = mergeChange(partition, clearedEligible(partition.partition));
    }
  }

  private changeRegistration(change: BrokerRegistrationChangeRecord): void {
    const registration = this.brokers[change.brokerId];
    if (registration === undefined || registration.brokerEpoch !== change.brokerEpoch) {
      throw new Error(
        `a change of broker ${change.brokerId} names epoch ${change.brokerEpoch}, which is not registered`,
      );
    }
    this.brokers[change.brokerId] = {
      ...registration,
      fenced: change.fenced === 0 ? registration.fenced : change.fenced === 1,
      inControlledShutdown: change.inControlledShutdown === 1 ? true : registration.inControlledShutdown,
      logDirs: change.logDirs ?? registration.logDirs,
    };
  }
}

/** The partitions of a topic that somebody is eligible to lead, or was the last to lead (KIP-966). */
export function eligiblePartitions(image: MetadataImage, topic: number): readonly PartitionRegistration[] {
  return image.partitions.filter(
    (partition): partition is PartitionRegistration =>
      partition?.topic === topic && (partition.elr.length > 0 || partition.lastKnownElr.length > 0),
  );
}

function clearedEligible(partition: number): PartitionChangeRecord {
  const stays = { isr: null, leader: NO_LEADER_CHANGE, leaderRecoveryState: null };
  return { kind: 'partition-change', partition, ...stays, elr: NOBODY, lastKnownElr: NOBODY };
}

/** Where a broker's replica of the partition lies, as far as the metadata say (PartitionRegistration.directory). */
export function directoryOf(
  { replicas, directories }: Pick<PartitionRegistration, 'replicas' | 'directories'>,
  broker: number,
): number {
  return directories[replicas.indexOf(broker)] ?? DirectoryId.migrating;
}

/** A reassignment is under way. */
export function isBeingReassigned(
  partition: Pick<PartitionRegistration, 'addingReplicas' | 'removingReplicas'>,
): boolean {
  return partition.addingReplicas.length > 0 || partition.removingReplicas.length > 0;
}

function replaceAll<T>(items: T[], by: readonly T[]): void {
  items.length = 0;
  for (let i = 0; i < by.length; i++) items[i] = by[i];
}

/**
 * The partition after a change: the leader epoch rises if and only if the change names a leader, be it the same one;
 * the partition epoch always does. (PartitionRegistration.merge)
 */
export function mergeChange(partition: PartitionRegistration, change: PartitionChangeRecord): PartitionRegistration {
  const namesLeader = change.leader !== NO_LEADER_CHANGE;
  const merged: PartitionRegistration = {
    partition: partition.partition,
    topic: partition.topic,
    replicas: change.replicas ?? partition.replicas,
    directories: change.directories ?? partition.directories,
    addingReplicas: change.addingReplicas ?? partition.addingReplicas,
    removingReplicas: change.removingReplicas ?? partition.removingReplicas,
    isr: change.isr ?? partition.isr,
    leader: namesLeader ? change.leader : partition.leader,
    leaderEpoch: namesLeader ? partition.leaderEpoch + 1 : partition.leaderEpoch,
    partitionEpoch: partition.partitionEpoch + 1,
    leaderRecoveryState: change.leaderRecoveryState ?? partition.leaderRecoveryState,
    elr: change.elr ?? partition.elr,
    lastKnownElr: change.lastKnownElr ?? partition.lastKnownElr,
  };
  if (merged.elr.some((replica) => merged.isr.includes(replica))) {
    throw new Error('no replica is both in the ISR and an eligible leader replica');
  }
  if (merged.leader !== NO_LEADER && !merged.isr.includes(merged.leader)) {
    throw new Error('a leader is a member of its own ISR');
  }
  return merged;
}
