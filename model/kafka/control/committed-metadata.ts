/**
 * The observer's image of what the controllers have committed, and its announcements. It stands outside the simulated
 * world: no process reads it. A record is announced once, by the controller that commits it first, also when another
 * incarnation than the one that decided it does.
 */
import type { Probes } from '../../kernel/probes.js';
import type { MachineId } from '../../kernel/process.js';
import { Probe } from '../probes.js';
import { NO_LEADER_CHANGE, type MetadataRecord, type VoterKey } from '../protocol/metadata-records.js';
import type { TopicSpec } from '../cluster-spec.js';
import { withAltered, type TopicConfiguration } from '../topic-configuration.js';
import {
  announceAssignment,
  announceElection,
  announceEligible,
  announcePartition,
  announceSettings,
} from './announcements.js';
import type { CommittedState } from './committed-state.js';
import { maskOf } from './broker-set.js';
import { eligiblePartitions, MetadataImage, type PartitionRegistration } from './metadata-image.js';

export class CommittedMetadata implements CommittedState {
  readonly image = new MetadataImage();
  /** By offset. */
  readonly records: MetadataRecord[] = [];
  /** Of the last change that was committed; undefined: the first voters are still in force. */
  voters: readonly VoterKey[] | undefined = undefined;
  /** By partition. */
  private readonly placements: (readonly number[])[] = [];
  private readonly topics: readonly Pick<TopicSpec, 'settings'>[];

  /** @param topics by number: as they are created */
  constructor(topics: readonly Pick<TopicSpec, 'settings'>[]) {
    this.topics = topics;
  }

  placement(partition: number): readonly number[] {
    return this.placements[partition] ?? [];
  }

  configuration(topic: number): TopicConfiguration | undefined {
    return this.image.configurations[topic];
  }

  /**
   * The record at `offset` is committed now. One that was announced before is passed over; another in its place means that
   * the quorum has lost what it had committed: then what this controller says is the state from now on.
   * @param stable the controller's own image of what is committed, this record included
   */
  commit(probes: Probes, controller: MachineId, record: MetadataRecord, offset: number, stable: MetadataImage): void {
    if (offset < this.image.nextOffset) {
      if (this.records[offset] === record) return;
      probes.emit(Probe.metadataLost, controller, -1, offset, this.image.nextOffset);
      this.records.length = offset;
      this.records.push(record);
      this.voters = this.records.findLast((earlier) => earlier.kind === 'voters')?.voters;
      this.takeOver(probes, controller, stable);
      return;
    }
    this.records.push(record);
    switch (record.kind) {
      case 'register-broker':
        this.image.replay(record, offset);
        probes.emit(Probe.brokerRegistered, controller, -1, record.brokerId, record.brokerEpoch, record.incarnationId);
        return;
      case 'feature-level':
        this.image.replay(record, offset);
        probes.emit(Probe.featureLevelRaised, controller, -1, record.name === 'metadata.version' ? 0 : 1, record.level);
        return;
      case 'broker-registration-change': {
        const wasFenced = this.image.broker(record.brokerId)!.fenced;
        this.image.replay(record, offset);
        if (record.fenced === 0 || wasFenced === (record.fenced === 1)) return;
        const kind = record.fenced === 1 ? Probe.brokerFenced : Probe.brokerUnfenced;
        probes.emit(kind, controller, -1, record.brokerId, record.brokerEpoch);
        return;
      }
      case 'partition':
      case 'partition-change': {
        const before = this.image.partition(record.partition);
        this.image.replay(record, offset);
        const after = this.image.partition(record.partition)!;
        this.placements[after.partition] ??= after.replicas;
        announceAssignment(probes, controller, before, after);
        if (record.leader !== NO_LEADER_CHANGE) announceElection(probes, controller, before, after);
        announceEligible(probes, controller, before, after);
        announcePartition(probes, controller, after);
        return;
      }
      case 'config':
        this.image.replay(record, offset);
        this.announceSettings(probes, controller, record.topic);
        return;
      case 'clear-elr': {
        const eligible = eligiblePartitions(this.image, record.topic);
        this.image.replay(record, offset);
        for (const before of eligible) {
          const after = this.image.partition(before.partition)!;
          announceEligible(probes, controller, before, after);
          announcePartition(probes, controller, after);
        }
        return;
      }
      case 'voters':
        this.voters = record.voters;
        this.image.replay(record, offset);
        return;
      default:
        this.image.replay(record, offset);
    }
  }

  private announceSettings(probes: Probes, controller: MachineId, topic: number): void {
    const settings = withAltered(this.topics[topic].settings, this.configuration(topic));
    announceSettings(probes, controller, topic, settings, this.image.partitions);
  }

  /** After a loss: the topics, and the partitions, whose state is another than what was announced of them. */
  private takeOver(probes: Probes, controller: MachineId, stable: MetadataImage): void {
    const before = [...this.image.partitions];
    const configured = [...this.image.configurations];
    this.image.copyFrom(stable);
    for (let topic = 0; topic < this.image.topics.length; topic++) {
      if (configured[topic] !== this.configuration(topic)) this.announceSettings(probes, controller, topic);
    }
    for (const after of this.image.partitions) {
      if (after === undefined || isSameState(before[after.partition], after)) continue;
      announcePartition(probes, controller, after);
    }
  }
}

/** A partition epoch is given out again after a loss: it alone tells nothing. */
function isSameState(before: PartitionRegistration | undefined, after: PartitionRegistration): boolean {
  return (
    before?.partitionEpoch === after.partitionEpoch &&
    before.leaderEpoch === after.leaderEpoch &&
    before.leader === after.leader &&
    maskOf(before.isr) === maskOf(after.isr)
  );
}
