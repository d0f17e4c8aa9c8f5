/**
 * Who leads and who is in the ISR: the controller's decisions about partitions, as records to be written.
 * Nothing here changes the image; the records do, once they are replayed. (ReplicationControlManager)
 */
import { directoryOf, type MetadataImage, type PartitionRegistration } from '../metadata-image.js';
import type { TopicSettings } from '../../cluster-spec.js';
import { KafkaError, type ErrorCode } from '../../protocol/errors.js';
import {
  Api,
  RESPONSE,
  type AssignReplicasToDirsRequest,
  type AssignReplicasToDirsResponse,
  type ElectLeadersRequest,
  type ElectLeadersResponse,
} from '../../protocol/messages.js';
import { NO_LEADER, type MetadataRecord } from '../../protocol/metadata-records.js';
import { inForce } from '../../protocol/versions/features.js';
import type { Rules } from '../../protocol/versions/rules.js';
import type { AlterableSetting } from '../../topic-configuration.js';
import {
  buildPartitionChange,
  LeaderAcceptor,
  NO_BROKER,
  type Election,
  type LeaderPolicy,
  type PartitionTarget,
  unchanged,
} from './partition-change.js';

/** Elections that one rebalance of preferred leaders may make at most. (MAX_ELECTIONS_PER_IMBALANCE) */
const MAX_ELECTIONS_PER_IMBALANCE = 1000;

export class ReplicationControl {
  private readonly image: MetadataImage;
  /** By topic number: the settings that it was created with. */
  private readonly topics: readonly TopicSettings[];
  private readonly rules: Rules;

  constructor(image: MetadataImage, topics: readonly TopicSettings[], rules: Rules) {
    this.image = image;
    this.topics = topics;
    this.rules = rules;
  }

  /** The broker leaves every ISR, its partitions get other leaders, and then it is fenced. */
  handleBrokerFenced(broker: number, records: MetadataRecord[]): void {
    this.updateLeadersAndIsrs(broker, NO_BROKER, records);
    records.push(this.registrationChange(broker, 1, 0));
  }

  /** The broker may lead again: partitions that nobody leads are looked at once more. */
  handleBrokerUnfenced(broker: number, records: MetadataRecord[]): void {
    records.push(this.registrationChange(broker, -1, 0));
    this.updateLeadersAndIsrs(NO_BROKER, broker, records);
  }

  /** As fencing, but the broker goes on serving until it may stop. (KIP-631) */
  handleControlledShutdown(broker: number, records: MetadataRecord[]): void {
    records.push(this.registrationChange(broker, 0, 1));
    this.updateLeadersAndIsrs(broker, NO_BROKER, records);
  }

  /**
   * Another incarnation registers: the old one leaves its ISRs, if it was never fenced. Otherwise the reborn broker,
   * perhaps without its data, would lead on in the epoch of the dead (KAFKA-18106). If the old one did not stop in order,
   * the new one is no eligible leader either (KIP-966). (ReplicationControlManager.handleBrokerShutdown)
   */
  handleBrokerShutdown(broker: number, isClean: boolean, records: MetadataRecord[]): void {
    if (isClean || !inForce('eligibleLeaderReplicas', this.image, this.rules)) {
      this.updateLeadersAndIsrs(broker, NO_BROKER, records);
      return;
    }
    const acceptor = new LeaderAcceptor(this.image, broker, NO_BROKER);
    for (const partition of this.image.partitions) {
      if (partition === undefined) continue;
      if (!partition.isr.includes(broker) && !partition.elr.includes(broker)) continue;
      const target = { ...this.targetOf(partition), isr: without(partition.isr, broker), uncleanShutdown: broker };
      this.change(partition, target, acceptor, records);
    }
  }

  /** The broker has lost log directories: its replicas there leave their ISRs, and others lead (KIP-858). */
  handleDirectoriesOffline(broker: number, reported: readonly number[], records: MetadataRecord[]): void {
    const { logDirs, brokerEpoch } = this.image.broker(broker)!;
    const offline = logDirs.filter((directory) => reported.includes(directory));
    if (offline.length === 0) return;
    for (const partition of this.image.partitions) {
      if (partition === undefined || !offline.includes(directoryOf(partition, broker))) continue;
      this.removeFromIsr(partition, broker, records);
    }
    const remaining = logDirs.filter((directory) => !reported.includes(directory));
    const change = { brokerId: broker, brokerEpoch, fenced: 0, inControlledShutdown: 0, logDirs: remaining } as const;
    records.push({ kind: 'broker-registration-change', ...change });
  }

  /**
   * A broker says where its replicas lie; those in a directory that is offline leave their ISRs.
   * (ReplicationControlManager.handleAssignReplicasToDirs)
   */
  assignReplicasToDirs(request: AssignReplicasToDirsRequest, records: MetadataRecord[]): AssignReplicasToDirsResponse {
    const registration = this.image.broker(request.brokerId);
    const isCurrent = registration?.brokerEpoch === request.brokerEpoch;
    const asked = isCurrent ? request.partitions : [];
    const partitions = asked.map(({ partition, directoryId }) => ({
      partition,
      error: this.assignToDirectory(partition, request.brokerId, directoryId, records),
    }));
    for (const { partition, directoryId } of asked) {
      const state = this.image.partition(partition);
      if (state !== undefined && !registration!.logDirs.includes(directoryId)) {
        this.removeFromIsr(state, request.brokerId, records);
      }
    }
    return {
      kind: Api.assignReplicasToDirs + RESPONSE,
      bytes: 24 + 8 * partitions.length,
      correlationId: request.correlationId,
      error: isCurrent ? KafkaError.NONE : KafkaError.STALE_BROKER_EPOCH,
      partitions,
    };
  }

  hasLeaderships(broker: number): boolean {
    return this.image.partitions.some((partition) => partition?.leader === broker);
  }

  /** unclean where the topic allows it. (unclean.leader.election.enable) */
  electionOf(partition: PartitionRegistration): Election {
    const isAllowed =
      this.rules.uncleanElectionByController && this.setting(partition.topic, 'unclean.leader.election.enable');
    return isAllowed ? 'unclean' : 'online';
  }

  policyOf(partition: PartitionRegistration): LeaderPolicy {
    const { image, rules } = this;
    return {
      eligibleLeaderReplicas: inForce('eligibleLeaderReplicas', image, rules),
      electsFencedLastKnownLeader: this.rules.defects['KAFKA-19522'],
      leaderEpochOnShrink: inForce('leaderEpochOnShrink', image, rules),
      leaderRecoveryState: inForce('leaderRecoveryState', image, rules),
      wholeTargetInIsr: this.rules.wholeTargetInIsr,
      minIsr: this.effectiveMinIsr(partition.topic),
    };
  }

  /** (ReplicationControlManager.electLeaders) */
  electLeaders(request: ElectLeadersRequest, records: MetadataRecord[]): ElectLeadersResponse {
    const partitions = request.partitions.map((partition) => ({
      partition,
      error: this.electLeader(partition, request, records),
    }));
    return {
      kind: Api.electLeaders + RESPONSE,
      bytes: 24 + 8 * partitions.length,
      correlationId: request.correlationId,
      error: KafkaError.NONE,
      partitions,
    };
  }

  /** Is any partition led by another than the first of its assignment? */
  isImbalanced(): boolean {
    return this.image.partitions.some((partition) => partition !== undefined && isImbalanced(partition));
  }

  /** Back to the preferred leaders, where they are in the ISR. KRaft heeds no percentage. (maybeBalancePartitionLeaders) */
  balanceLeaders(records: MetadataRecord[]): void {
    const acceptor = new LeaderAcceptor(this.image, NO_BROKER, NO_BROKER);
    let elections = 0;
    for (const partition of this.image.partitions) {
      if (partition === undefined || !isImbalanced(partition)) continue;
      if (elections === MAX_ELECTIONS_PER_IMBALANCE) return;
      if (this.elect(partition, 'preferred', acceptor, records)) elections++;
    }
  }

  /** The periodic sweep over partitions without a leader whose topic allows an unclean one (KAFKA-12670, 3.9). */
  electUncleanLeaders(records: MetadataRecord[]): void {
    const acceptor = new LeaderAcceptor(this.image, NO_BROKER, NO_BROKER);
    for (const partition of this.image.partitions) {
      if (partition === undefined || partition.leader !== NO_LEADER) continue;
      if (this.electionOf(partition) === 'unclean') this.elect(partition, 'unclean', acceptor, records);
    }
  }

  /** (ReplicationControlManager.generateLeaderAndIsrUpdates) */
  private updateLeadersAndIsrs(toRemove: number, toAdd: number, records: MetadataRecord[]): void {
    const acceptor = new LeaderAcceptor(this.image, toRemove, toAdd);
    for (const partition of this.image.partitions) {
      if (partition === undefined) continue;
      const concerned = toRemove === NO_BROKER ? partition.leader === NO_LEADER : partition.isr.includes(toRemove);
      if (!concerned) continue;
      const target = { ...this.targetOf(partition), isr: without(partition.isr, toRemove) };
      this.change(partition, target, acceptor, records);
    }
  }

  private assignToDirectory(number: number, broker: number, directoryId: number, records: MetadataRecord[]): ErrorCode {
    const partition = this.image.partition(number);
    if (partition === undefined) return KafkaError.UNKNOWN_TOPIC_OR_PARTITION;
    if (!partition.replicas.includes(broker)) return KafkaError.NOT_LEADER_OR_FOLLOWER;
    const target = { ...unchanged(partition, 'online'), placed: { broker, directoryId } };
    this.change(partition, target, new LeaderAcceptor(this.image, NO_BROKER, NO_BROKER), records);
    return KafkaError.NONE;
  }

  private removeFromIsr(partition: PartitionRegistration, broker: number, records: MetadataRecord[]): void {
    const target = { ...this.targetOf(partition), isr: without(partition.isr, broker) };
    this.change(partition, target, new LeaderAcceptor(this.image, broker, NO_BROKER), records);
  }

  /** Capped by the replicas of the topic's first partition, whichever partition is meant. (getTopicEffectiveMinIsr) */
  private effectiveMinIsr(topic: number): number {
    const first = this.image.partitions.find((partition) => partition?.topic === topic)!;
    return Math.min(this.setting(topic, 'min.insync.replicas'), first.replicas.length);
  }

  /** As it was altered last, be that committed or not. */
  private setting<Name extends AlterableSetting>(topic: number, name: Name): TopicSettings[Name] {
    return this.image.configurations[topic]?.[name] ?? this.topics[topic][name];
  }

  private electLeader(number: number, request: ElectLeadersRequest, records: MetadataRecord[]): ErrorCode {
    const partition = this.image.partition(number);
    if (partition === undefined) return KafkaError.UNKNOWN_TOPIC_OR_PARTITION;
    const acceptor = new LeaderAcceptor(this.image, NO_BROKER, NO_BROKER);
    switch (request.electionType) {
      case 0:
        if (!isImbalanced(partition)) return KafkaError.ELECTION_NOT_NEEDED;
        return this.elect(partition, 'preferred', acceptor, records)
          ? KafkaError.NONE
          : KafkaError.PREFERRED_LEADER_NOT_AVAILABLE;
      case 1:
        if (partition.leader !== NO_LEADER) return KafkaError.ELECTION_NOT_NEEDED;
        return this.elect(partition, 'unclean', acceptor, records)
          ? KafkaError.NONE
          : KafkaError.ELIGIBLE_LEADERS_NOT_AVAILABLE;
      case 2:
        return transfer(partition, request.target, acceptor, records);
    }
  }

  private elect(
    partition: PartitionRegistration,
    election: Election,
    acceptor: LeaderAcceptor,
    records: MetadataRecord[],
  ): boolean {
    return this.change(partition, { ...this.targetOf(partition), election }, acceptor, records);
  }

  /** The ISR as it is, led by whoever may. */
  private targetOf(partition: PartitionRegistration): PartitionTarget {
    return unchanged(partition, this.electionOf(partition));
  }

  private change(
    partition: PartitionRegistration,
    target: PartitionTarget,
    acceptor: LeaderAcceptor,
    records: MetadataRecord[],
  ): boolean {
    const change = buildPartitionChange(partition, target, this.policyOf(partition), acceptor);
    if (change === null) return false;
    records.push(change);
    return true;
  }

  private registrationChange(broker: number, fenced: -1 | 0 | 1, inControlledShutdown: 0 | 1): MetadataRecord {
    const brokerEpoch = this.image.broker(broker)!.brokerEpoch;
    return { kind: 'broker-registration-change', brokerId: broker, brokerEpoch, fenced, inControlledShutdown };
  }
}

/**
 * Leadership to a named ISR member: what a reassignment to a list headed by the target and a preferred election come to.
 */
function transfer(
  partition: PartitionRegistration,
  target: number,
  acceptor: LeaderAcceptor,
  records: MetadataRecord[],
): ErrorCode {
  if (partition.leader === target) return KafkaError.ELECTION_NOT_NEEDED;
  if (!partition.isr.includes(target) || !acceptor.accepts(target, partition))
    return KafkaError.PREFERRED_LEADER_NOT_AVAILABLE;
  records.push({
    kind: 'partition-change',
    partition: partition.partition,
    isr: null,
    leader: target,
    leaderRecoveryState: null,
  });
  return KafkaError.NONE;
}

function without(isr: readonly number[], broker: number): readonly number[] {
  return isr.includes(broker) ? isr.filter((member) => member !== broker) : isr;
}

function isImbalanced(partition: PartitionRegistration): boolean {
  return partition.leader !== partition.replicas[0];
}
